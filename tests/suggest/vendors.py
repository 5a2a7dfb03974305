"""Exports as known programs write them: their own headers, with values of the shape that each column has."""

import csv
import datetime
import random


def _moment(draw, pattern):
    return (datetime.datetime(2025, 1, 1) + datetime.timedelta(minutes=draw.randrange(700_000))).strftime(
        pattern
    )


def _save(path, names, rows, before=()):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *before, *([row.get(n, "") for n in names] for row in rows)])


def qualtrics(path, choices=False, n=300):
    """A survey with the promoter question Q1 and its group, and a rated item; with `choices`, answers are texts."""
    draw = random.Random(1)
    asked = {
        "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "Progress": "Progress",
        "Duration (in seconds)": "Duration (in seconds)", "Finished": "Finished", "RecordedDate": "Recorded Date",
        "ResponseId": "Response ID", "DistributionChannel": "Distribution Channel", "UserLanguage": "User Language",
        "Q1_NPS_GROUP": "How likely are you to recommend us to a friend? - Group",
        "Q1": "How likely are you to recommend us to a friend?", "Q2": "How satisfied are you overall?",
        "Q3_1": "Please rate - Speed",
    }  # fmt: skip
    names = list(asked)
    ids = ['{"ImportId":"' + f"QID{i}" + '"}' for i in range(len(names))]
    moods = ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"]
    rows = []
    for i in range(n):
        score, mood = draw.randrange(11), draw.randrange(5)
        rows.append({
            "StartDate": _moment(draw, "%Y-%m-%d %H:%M:%S"), "EndDate": _moment(draw, "%Y-%m-%d %H:%M:%S"),
            "Status": "IP Address" if choices else 0, "Progress": 100, "Duration (in seconds)": draw.randrange(30, 900),
            "Finished": "True" if choices else 1, "RecordedDate": _moment(draw, "%Y-%m-%d %H:%M:%S"),
            "ResponseId": f"R_{i:05x}", "DistributionChannel": draw.choice(["email", "anonymous"]),
            "UserLanguage": draw.choice(["EN", "DE", "FR"]),
            "Q1_NPS_GROUP": ["Detractor", "Passive", "Promoter"][(score > 6) + (score > 8)] if choices else 1 + (score > 6) + (score > 8),
            "Q1": score, "Q2": moods[mood] if choices else mood + 1, "Q3_1": moods[draw.randrange(5)] if choices else 1 + draw.randrange(5),
        })  # fmt: skip
    _save(path, names, rows, [list(asked.values()), ids])


def shopify(path, n=300):
    """Orders of a shop, one line each."""
    draw = random.Random(2)
    names = [
        "Name",
        "Email",
        "Financial Status",
        "Paid at",
        "Fulfillment Status",
        "Fulfilled at",
        "Accepts Marketing",
        "Currency",
        "Subtotal",
        "Shipping",
        "Taxes",
        "Total",
        "Discount Code",
        "Discount Amount",
        "Shipping Method",
        "Created at",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
        "Billing Name",
        "Billing Country",
        "Shipping Name",
        "Notes",
        "Cancelled at",
        "Payment Method",
        "Refunded Amount",
        "Vendor",
        "Id",
        "Tags",
        "Risk Level",
        "Source",
    ]
    rows = []
    for i in range(n):
        person, price = draw.randrange(120), round(draw.uniform(5, 300), 2)
        made = _moment(draw, "%Y-%m-%d %H:%M:%S +0200")
        rows.append({
            "Name": f"#{1001 + i}", "Email": f"person{person}@example.org", "Financial Status": "paid", "Paid at": made,
            "Fulfillment Status": "fulfilled", "Fulfilled at": made, "Accepts Marketing": draw.choice(["yes", "no"]),
            "Currency": "EUR", "Subtotal": price, "Shipping": "4.90", "Taxes": "1.10", "Total": round(price + 6, 2),
            "Discount Amount": "0.00", "Shipping Method": "Standard", "Created at": made, "Lineitem quantity": draw.randrange(1, 4),
            "Lineitem name": draw.choice(["Mug", "Lamp"]), "Lineitem price": price, "Billing Name": f"Person {person}",
            "Billing Country": "DE", "Shipping Name": f"Person {person}", "Payment Method": "Card", "Refunded Amount": "0.00",
            "Vendor": "House", "Id": 5_550_000_000_000 + i, "Risk Level": "Low", "Source": draw.choice(["web", "pos"]),
        })  # fmt: skip
    _save(path, names, rows)
