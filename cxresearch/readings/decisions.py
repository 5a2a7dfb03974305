"""The decisions that pages propose: each the candidate of one question, with what it rests on and what would overturn it."""

import math

from cxresearch.currency import amount_text
from cxresearch.display import Nothing
from cxresearch.months import months_later
from cxresearch.proposal import propose
from cxresearch.readings.sentences import as_words, first_names, known, money
from cxresearch.words import count_text, share_text

THINGS = {  # rows of a table, as a board would call them
    "customers": "new customers",
    "contracts": "new contracts",
    "orders": "orders",
    "interactions": "contacts",
    "survey_responses": "survey answers",
}
FEWEST = 10  # decided projects of each order, as of the reading beside it
PERSISTENT = ("still missing",)
GONE = ("far too few", *PERSISTENT)


def find_out_why_rows_stopped(volumes, as_of):
    """To find out why a table has lost most of its rows: the business, or the records.

    Parameters
    ----------
    volumes : RowVolumes
        Fitted.
    as_of : datetime.date
    """
    gone = volumes.quarters_[volumes.quarters_["verdict"].isin(GONE)].copy()
    if not len(gone):
        return Nothing()
    persists = gone["verdict"].isin(PERSISTENT)
    for name, usual in (("expected", "usual"), ("low", "usual_low"), ("high", "usual_high")):
        gone[name] = gone[usual].where(persists, gone[name])
    gone["share"] = gone["rows"] / gone["expected"]
    worst = gone.sort_values(["share", "table"], kind="stable").iloc[0]
    thing = THINGS.get(worst["table"], f"rows of {worst['table']}")
    lacking = tuple(worst[end] - worst["rows"] for end in ("expected", "low", "high"))
    if not known(lacking[0]):
        return Nothing()
    is_dated = worst["verdict"] in PERSISTENT and known(worst["since"])
    since = f" since {worst['since']:%Y-%m}" if is_dated else " this quarter"
    others = [THINGS.get(name, f"rows of {name}") for name in gone["table"] if name != worst["table"]]
    too = f"; the same goes for {first_names(others)}" if others else ""
    return propose(
        "rows that stopped",
        f"Find out why the number of {thing} has collapsed{since}: lost business, or lost records",
        subject="data and volumes",
        evidence=lacking,
        rests_on="count",
        why=f"{count_text(worst['rows'])} {thing} this quarter, about {count_text(worst['expected'])} by the months before{too}",
        effect=lacking,
        of=f"{thing} a quarter, if they come back",
        overturned="the same number in the source system",
        owner="whoever delivers the data, then sales and marketing",
        again_on=months_later(as_of, 1),
        metric=f"{worst['table']}, rows",
        comes_first=True,
    )


def let_people_and_processes_lead(groups, ahead, at_risk, as_of):
    """To hold technology back in the open projects in which it runs ahead, where such projects failed more often.

    Parameters
    ----------
    groups : DataFrame
        ``ProjectHealth.failure_by_order()``.
    ahead : DataFrame
        ``ProjectHealth.technology_ahead()``.
    at_risk : tuple of float or None
        Of :func:`cxresearch.models.money_at_risk`, of the same projects.
    as_of : datetime.date
    """
    bases = groups[groups["metric"].str.startswith("failed,")]["n"] if len(groups) else ()
    if len(bases) < 2 or min(bases) < FEWEST or not len(ahead):
        return Nothing()
    gap = tuple(groups.iloc[-1][["estimate", "low", "high"]])
    first = ahead.sort_values("at_risk", ascending=False, kind="stable")["project"].iloc[0]
    n = len(ahead)
    which = "the open project in which" if n == 1 else f"half of the {n} open projects in which"
    lot = "" if n == 1 else ", drawn by lot"
    fewer = gap if gap[0] >= 0 else (-gap[0], -gap[2], -gap[1])
    return propose(
        "technology runs ahead",
        f"Bring people and processes up before more technology is bought in {which} technology runs ahead{lot}",
        subject="projects",
        evidence=gap if gap[0] > 0 else (0.0, -1.0, 1.0),
        rests_on="association",
        why=f"decided projects with technology first failed more often than the others; the most money is at risk in {first}",
        effect=fewer,
        unit="points",
        of="fewer failures among them, if the order is the cause",
        at_stake=at_risk,
        money_of="spending on projects that fail",
        overturned="a cause of both, such as a project in a hurry",
        owner="the programme board",
        again_on=months_later(as_of, 6),
        metric="project failure rate",
    )


def try_in_the_lagging_department(steady, as_of):
    """To try, in the department that lags at equal work, what may lift it.

    Parameters
    ----------
    steady : Consistency
        Fitted.
    as_of : datetime.date
    """
    if not len(steady.departments_):
        return Nothing()
    worst = steady.departments_.iloc[0]
    gap = tuple(-worst[end] for end in ("distance", "distance_high", "distance_low"))
    if not known(gap[0]):
        return Nothing()
    is_named = worst["verdict"] == "lagging"
    name = worst["department"]
    return propose(
        "lagging department",
        f"Run a trial of simpler handling in {name}: half of its cases, drawn by lot",
        subject="departments",
        evidence=gap if is_named else (0.0, -1.0, 1.0),
        rests_on="comparison",
        why=f"{name} lags the mean of departments at equal work",
        effect=gap,
        of="points of satisfaction, if it reaches the mean of departments",
        overturned="a cause of hard work that no column records",
        owner=name,
        again_on=months_later(as_of, 6),
        metric=f"{name}: adjusted satisfaction",
        expected=gap[0],
        touches=f"department={name}",
    )


def contact_renewals(risk, renewal, as_of):
    """To contact the customers whose renewal comes up, and to hold half of them out.

    Parameters
    ----------
    risk : RenewalsAtRisk
        Fitted.
    renewal : RenewalHazard
        Fitted.
    as_of : datetime.date
    """
    if "ratio" not in renewal.main_.index:
        return Nothing()
    ratio = renewal.main_.loc["ratio", ["estimate", "low", "high"]]
    due = months_later(as_of, risk.months)
    who = f"{risk.group_.replace('_', ' ')} customers" if risk.group_ else "customers"
    has_money = risk.a_year_ > 0
    up = f"; {amount_text(float(f'{risk.a_year_:.3g}'))} a year is up for renewal" if has_money else ""
    of_all = f", {share_text(risk.share_, 0)} of all that is" if risk.group_ else ""
    lost = money(risk.loss_) if has_money else f"{risk.leavers_[0]:.0f} customers"
    return propose(
        "renewals",
        f"Call half of the {count_text(risk.n_)} {who} whose contract is up for renewal by {due}, drawn by lot, and hold out the others",
        subject="contract customers",
        evidence=tuple(math.log(value) if value > 0 else math.nan for value in ratio),
        rests_on="comparison",
        why=f"customers leave {ratio['estimate']:.0f} times as often in the month of renewal as in others{up}; expected to be lost: {lost}{of_all}",
        effect=risk.kept_,
        unit="money" if has_money else "",
        of=f"{'a year' if has_money else 'customers'} kept, if 30% of those who would leave stay for a call",
        at_stake=risk.loss_ if has_money else None,
        within="a year",
        money_of="revenue",
        overturned="a held-out half that renews as often as the half that was called",
        owner="account management",
        again_on=due,
        metric=f"left within a year, {risk.group_}" if risk.group_ else "left within a year",
        expected=None,
        touches=f"segment={risk.group_}" if risk.group_ else "",
    )


def ask_back(profit, whom, as_of):
    """To ask lapsed customers back with the offer that pays, and to hold a tenth of them out.

    Parameters
    ----------
    profit : OfferProfit
        Fitted.
    whom : WhomToAsk
        Fitted, and asked for its list.
    as_of : datetime.date
    """
    customers = whom.listed_ or whom.askable_
    row = profit.profits_.set_index("arm").loc[whom.arm_]
    evidence = tuple(row[["estimate", "low", "high"]])
    if not known(evidence[0]) or not customers:
        return Nothing()
    name = as_words(whom.arm_)
    effect = tuple(end * customers for end in evidence)
    is_trial = profit.comparison_ == "trial"
    return propose(
        "win back",
        f"Ask {count_text(customers)} customers who left to come back with {name}, and hold a tenth of them out, drawn by lot",
        subject="lapsed customers",
        evidence=evidence,
        rests_on="trial" if is_trial else "comparison",
        why=f"{name} earns {money(evidence)} per customer asked, beyond those who return without an offer",
        effect=effect,
        unit="money",
        of="over the second lives of those asked",
        at_stake=effect,
        within=f"{profit.years_:g} years" if profit.years_ else "their second lives",
        money_of="contribution",
        overturned="a held-out tenth that returns as often, or second lives that end sooner than those observed",
        owner="customer retention",
        again_on=months_later(as_of, 6),
        metric=f"profit per customer asked: {whom.arm_}",
    )
