"""Whom the page on churn says to contact and to interview: what customers are worth, what contacts earn, who is at risk."""

from cxresearch.currency import amount_text
from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import known, money, people_text
from cxresearch.words import count_text

PROFIT = {
    "pays": "Contacting the customers for whom it pays earns money, at the acceptance rate assumed.",
    "unclear": "Contacting the customers for whom it pays may earn money or lose it.",
    "nobody": "There are hardly any customers for whom a contact pays.",
}


def customer_worth(worth):
    """What a customer who stays is worth, and how that is known.

    Parameters
    ----------
    worth : CustomerWorth
        Fitted.
    """
    if worth.source_ == "unknown":
        return reading("{why}. Until then nothing is said of profit.", why=worth.left_out_[0])
    if worth.source_ == "declared":
        return reading("A customer who stays is worth {value}, as declared.", value=amount_text(worth.value_))
    return reading(
        "A customer who stays is worth {value} on average: what {n} with a running contract are expected to pay in the next {months} "
        "months, times a margin of {margin:.4g}, discounted at {rate:.4g} a year. Each customer is judged by what their own contract is "
        "expected to pay.{costs}",
        value=amount_text(float(f"{worth.value_:.3g}")),
        n=count_text(worth.n_, "customer"),
        months=worth.months,
        margin=worth.margin,
        rate=worth.discount_rate,
        costs=" At a margin of 1 no costs are deducted: this is revenue, and profit is lower."
        if worth.margin == 1
        else "",
    )


def contact_profit(profit, worth, is_today=True, placeholders=()):
    """What contacting those for whom it pays is expected to earn; a finding for the board.

    Parameters
    ----------
    profit : ContactProfit
        Fitted to the customers who could be contacted.
    worth : CustomerWorth
        Fitted.
    is_today : bool
        Whether these are today's customers, rather than those of the rows set aside.
    placeholders : sequence of str
        Which of the costs the firm has not declared.
    """
    known_of = count_text(profit.n_ - profit.unknown_, "customer")
    who, verdict = "" if is_today else " in the test rows", profit.verdict()
    assumed = (
        f"{amount_text(worth.value_)} per customer, as declared"
        if worth.source_ == "declared"
        else "each customer's own contract"
    )
    return finding(
        "Contacting by risk",
        "{verdict} {contacts}{earned}The value at stake is that of {assumed}; an offer costs {offer} and a contact {contact}{placeholders}; other "
        "values change the result. {law} It is also assumed that customers at risk can be persuaded; only a trial with a control group "
        "can show that.{unknown}",
        verdict=PROFIT[verdict],
        contacts=f"A contact pays for {count_text(profit.contacted_)} of {known_of}{who}, those above their own break-even risk. ",
        earned=""
        if verdict == "nobody"
        else f"Contacting them is expected to earn {money(profit.profit_)} in all. ",
        assumed=assumed,
        offer=amount_text(profit.d),
        contact=amount_text(profit.f),
        placeholders=_placeholders(placeholders),
        law=_law(profit),
        unknown=f" What {count_text(profit.unknown_, 'customer')} are worth is not known; they are not contacted."
        if profit.unknown_
        else "",
        at_stake=profit.profit_ if is_today and verdict != "nobody" else None,
        within=_within(worth),
        of="revenue kept, less offers," if worth.source_ == "contracts" and worth.margin == 1 else "profit",
    )


def contacts_before(profit, rows):
    """How the same rule would have done in the period set aside.

    Parameters
    ----------
    profit : ContactProfit
        Fitted to the customers of the period set aside, at what was known then.
    rows : pandas.DataFrame
        As from :meth:`ContactProfit.against`.
    """
    told, made = rows.iloc[0], profit.made_
    place = "within" if told["low"] <= made <= told["high"] else "below" if made < told["low"] else "above"
    return reading(
        "In the period set aside, the same rule would have contacted {contacted}. At the mean acceptance rate {told} was to be expected of "
        "it; by those who did leave it would have been {made}, {place} the interval. How many would have accepted is not in these data.",
        contacted=count_text(profit.contacted_, "customer"),
        told=money(told[["estimate", "low", "high"]]),
        made=amount_text(float(f"{made:.2g}")),
        place=place,
    )


def customers_at_risk(risk):
    """How many of today's customers are expected to leave, and how many are worth a contact.

    Parameters
    ----------
    risk : CustomersAtRisk
        Fitted.
    """
    return reading(
        "{expected} of {n} are expected to leave {when}. {contacts} The riskiest "
        "tenth leaves with an average probability of {top:.1%}{even}.",
        expected=people_text(risk.expected_),
        n=count_text(risk.n_, "customer"),
        when=f"by {risk.due_on_[-1]}" if risk.due_on_ else "in the period that the labels cover",
        contacts=_above(risk),
        top=risk.top_risk_,
        even=f"; half of them break even at {risk.top_break_even_:.1%} or less"
        if known(risk.top_break_even_)
        else "",
    )


def interview_sample(sample, forecast):
    """Of whom the interviews are drawn, and what decided how many each group gets.

    Parameters
    ----------
    sample : InterviewSample
    forecast : ChurnForecast
        Both fitted.
    """
    first, last = sample.strata_.iloc[0], sample.strata_.iloc[-1]
    expected = max(sample.strata_["leavers"].sum(), 1e-300)
    if not (known(first["leavers"]) and known(last["leavers"])):
        return Nothing()
    return reading(
        "Drawn at random within three groups of {who}. The question is why customers leave, so each group gets interviews by its share of those "
        "expected to leave: {asked} of {n} go to the group with the highest risk, which has {share:.0%} of them, and {kept} to the loyal, who "
        "have {rest:.0%}.",
        who="today's customers" if len(forecast.today_) else "the customers in the test rows who stayed",
        asked=int(first["interviews"]),
        n=int(sample.strata_["interviews"].sum()),
        share=first["leavers"] / expected,
        kept=int(last["interviews"]),
        rest=last["leavers"] / expected,
    )


def _law(profit):
    rate, low, high = profit.acceptance
    return (
        f"Of the leavers contacted {rate:.0%} accept on average, between {low:.0%} and {high:.0%}; the interval covers that, who leaves and "
        "who accepts, and probabilities that are all off together."
    )


def _placeholders(names):
    """That costs are placeholders, and how to declare them."""
    if not names:
        return ""
    what = "both are placeholders" if names[1:] else f"the {names[0]} is a placeholder"
    return f" ({what} until the firm declares {' and '.join(names)} under [money] in cxresearch.toml)"


def _within(worth):
    if worth.source_ == "declared":
        return "the time that the declared value covers"
    return (
        f"{worth.months // 12} years"
        if worth.months % 12 == 0 and worth.months > 12
        else f"{worth.months} months"
    )


def _above(risk):
    if not risk.is_priced_:
        return "What a customer is worth is not known, so that the riskiest tenth is listed, whether contacting them pays or not."
    if not len(risk.contacts_):
        return "None of them is above their own break-even risk."
    number = count_text(len(risk.contacts_))
    return f"{number[:1].upper()}{number[1:]} of them are above their own break-even risk."
