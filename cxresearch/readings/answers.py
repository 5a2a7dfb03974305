"""What each part of a page answers to the questions of the board: the page opens with it, and the first screen joins the answers to one question."""

from cxresearch.display import QUESTIONS, Nothing, answer
from cxresearch.readings.sentences import above, are, as_words, counted, people_text
from cxresearch.words import SUPPRESSED, count_text, estimate_text, share_text

HEALTHY, LEAVING, LOYAL, UNEVEN, _ = QUESTIONS
NAMED = 3  # drivers, features or departments that an answer names first
ALL = 6  # departments of which each is named
FEWEST = 30  # leavers of whom it is told who they were
CONTRACTS = {"grow": "contracts grow", "shrink": "contracts shrink", "hold": "contracts hold level"}
SHOP = {
    "stopped": "the shop has stopped winning customers",
    "fewer": "the shop wins fewer customers than a year ago",
    "more": "the shop wins more customers than a year ago",
    "same": "the shop wins as many customers as a year ago",
}


def programme(standing, cost_ahead):
    """Whether open projects keep to their plans.

    Parameters
    ----------
    standing : DataFrame
        ``ProjectHealth.standing()``.
    cost_ahead : tuple of float or None
        Of :func:`cxresearch.models.cost_ahead`.
    """
    n = int((standing["spi_t_low"].notna() | standing["cpi_low"].notna()).sum())
    late, over = (int((standing[f"{index}_high"] < 1).sum()) for index in ("spi_t", "cpi"))
    if not n:
        return answer(HEALTHY, "No open project reports enough to be held against its plan.")
    if late + over:
        plan = f"Of {counted(n, 'open project')}, {over} {are(over)} clearly over budget and {late} {are(late)} clearly behind schedule."
    else:
        plan = f"Of {counted(n, 'open project')}, none is clearly over budget or behind schedule."
    ahead = (
        ""
        if cost_ahead is None
        else f" Together they are forecast to finish {above(cost_ahead[0])} their first budgets."
    )
    is_over = cost_ahead is not None and over and cost_ahead[0] > 0
    clause = f"open projects run {cost_ahead[0]:.0%} over their first budgets" if is_over else ""
    return answer(HEALTHY, "{plan}{ahead}", clause=clause, plan=plan, ahead=ahead)


def failing(rate):
    """How many projects fail.

    Parameters
    ----------
    rate : DataFrame
        ``FailureRate.summary()``.
    """
    told = rate[rate["metric"] == "project failure rate"].dropna(subset="estimate")
    if not len(told):
        return Nothing()
    row = told.iloc[0]
    return answer(
        HEALTHY,
        "{share} of projects fail.",
        share=estimate_text(row["estimate"], row["low"], row["high"], "share"),
    )


def who_left(figures):
    """Who left within a year, by segment and in revenue; and, for the sentence on top, how contracts and the shop go.

    Parameters
    ----------
    figures : KeyFigures
        Fitted.
    """
    clause = ", ".join(filter(None, [CONTRACTS.get(figures.contracts_), SHOP.get(figures.shop_)]))
    by = figures.by_segment_
    if len(by) < 2 or by["left"].sum() < FEWEST or by["left"].between(1, SUPPRESSED - 1).any():
        whole = f"{clause[:1].upper()}{clause[1:]}."
        return answer(LEAVING, "{whole}", clause=clause, whole=whole) if clause else Nothing()
    most = by.loc[by["share"].idxmax()]
    text = f"Of those who left within a year, {share_text(most['share'], 0)} were {_segment(most)}."
    lost = by.dropna(subset="share_of_revenue")
    if len(lost):
        dear = lost.loc[lost["share_of_revenue"].idxmax()]
        text += f" {_segment(dear)[:1].upper()}{_segment(dear)[1:]} account for {share_text(dear['share_of_revenue'], 0)} of the revenue that left with them."
    return answer(LEAVING, "{text}", clause=clause, text=text)


def _segment(row):
    return f"{row['segment'].replace('_', ' ')} customers"


def leaving(risk):
    """How many customers are expected to leave.

    Parameters
    ----------
    risk : CustomersAtRisk
        Fitted.
    """
    return answer(
        LEAVING,
        "{expected} of {all} are expected to leave{due}. In the tenth at highest risk the probability is {top} on average.",
        expected=people_text(risk.expected_),
        all=count_text(risk.n_, "customer"),
        due=f" by {risk.due_on_[-1]}" if risk.due_on_ else "",
        top=share_text(risk.top_risk_),
    )


def leaving_with(reasons):
    """What the model of leaving relies on most.

    Parameters
    ----------
    reasons : DataFrame
        ``ChurnForecast.importance()``; empty where the ranking was not shown to be better than chance.
    """
    names = reasons.dropna(subset="estimate")["feature"].head(NAMED) if len(reasons) else []
    if not len(names):
        return answer(LEAVING, "What goes with leaving cannot be told.")
    return answer(
        LEAVING,
        "Most closely associated with it: {names}.",
        names=_and(list(map(as_words, names))),
    )


def loyalty_goes_with(drivers, outcome):
    """Which drivers go with loyalty most.

    Parameters
    ----------
    drivers : DriverImportance
        Fitted.
    outcome : str
        What the drivers are held against.
    """
    first = drivers.importance_[drivers.importance_["announced"]].sort_values("rank").head(NAMED)
    if not len(first):
        return answer(LOYAL, "No single driver goes with {outcome} beyond the others.", outcome=outcome)
    named = [f"{name} ({share_text(share, 0)})" for name, share in first["share"].items()]
    return answer(
        LOYAL,
        "{named} {go} with {outcome} most, by their share of the variation explained.",
        named=_and(named).capitalize(),
        go="go" if named[1:] else "goes",
        outcome=outcome,
    )


def staying(lived):
    """Whether customers who score higher stay longer.

    Parameters
    ----------
    lived : StatedLived
        Fitted on who stayed.
    """
    ratio = lived.hazard_ratio_
    if ratio.isna().any():
        return Nothing()
    if ratio["low"] <= 1 <= ratio["high"]:
        return answer(LOYAL, "Whether customers who score higher stay longer cannot be told.")
    rate = estimate_text(ratio["estimate"], ratio["low"], ratio["high"])
    way = "longer" if ratio["estimate"] < 1 else "less long"
    return answer(
        LOYAL,
        "Customers who score a point higher stay {way}: {rate} times the rate of leaving.",
        way=way,
        rate=rate,
    )


def uneven(steady):
    """Which department lags at equal work.

    Parameters
    ----------
    steady : Consistency
        Fitted.
    """
    if not len(steady.departments_):
        return Nothing()
    lagging = steady.departments_[steady.departments_["verdict"] == "lagging"]
    if not len(lagging):
        return answer(UNEVEN, "After adjusting for case mix, no department clearly lags.")
    worst = lagging.iloc[0]
    size = estimate_text(-worst["distance"], -worst["distance_high"], -worst["distance_low"])
    return answer(
        UNEVEN,
        "After adjusting for case mix, {who} lags the mean of departments by {size} points.",
        who=worst["department"],
        size=size,
        clause=f"{worst['department']} is the weak spot",
    )


def overrated(picture):
    """Where staff rate the experience higher than customers do.

    Parameters
    ----------
    picture : PerceptionGap
        Fitted.
    """
    over = picture.departments_.query("verdict == 'overrated'")["department"].tolist()
    if not over:
        return Nothing()
    named = over if len(over) <= ALL else [*over[:NAMED], f"{len(over) - NAMED} other departments"]
    return answer(UNEVEN, "Staff rate the experience higher than customers do in {names}.", names=_and(named))


def _and(names):
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last
