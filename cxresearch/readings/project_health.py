"""What the page on project health says of the portfolio: standing, forecasts, what projects sacrifice and hide."""

from cxresearch.display import finding, reading
from cxresearch.readings.sentences import above, are, counted
from cxresearch.stats.proportions import wilson

FEWEST = 10  # projects below which a comparison is not read


def portfolio(health):
    """How many projects and reports there are.

    Parameters
    ----------
    health : ProjectHealth
        Fitted.
    """
    return reading(
        "{projects} are known, {open} of them open. {reports}.",
        projects=counted(len(health.register_), "project"),
        open=f"{len(health.open_):,}" if len(health.open_) else "none",
        reports=counted(len(health.status_), "status report"),
    )


def open_projects(standing, cost_ahead=None, overrun=None):
    """Which open projects are over budget or behind schedule, and where their cost is heading.

    Parameters
    ----------
    standing : DataFrame
        ``ProjectHealth.standing()``.
    cost_ahead : tuple of float, optional
        Of :func:`cxresearch.models.cost_ahead`.
    overrun : tuple of float, optional
        Of :func:`cxresearch.models.overrun_to_come`; the money at stake.
    """
    return finding(
        "Cost of open projects",
        "{plan} {cost}",
        plan=_against_plan(standing),
        cost=_cost_ahead(cost_ahead, overrun),
        at_stake=overrun,
        of="cost above plan",
    )


def _against_plan(standing):
    n = int((standing["spi_t_low"].notna() | standing["cpi_low"].notna()).sum())
    if not n:
        return "No open project has two reports with earned value, so schedule and cost cannot be judged."
    late, over = (int((standing[f"{index}_high"] < 1).sum()) for index in ("spi_t", "cpi"))
    return (
        f"Of {counted(n, 'open project')} with an interval, {over} {are(over)} over budget and {late} {are(late)} behind schedule "
        "even at the favourable end of the interval."
    )


def _cost_ahead(cost_ahead, overrun):
    if cost_ahead is None:
        return "No open project reports its actual cost, so there is no forecast of cost."
    over, added = cost_ahead
    text = (
        f"Together they are forecast to finish {above(over)} their first budgets; scope changes since then account for {added:+z.1%} of the "
        "first budgets, which the latest budgets would hide."
    )
    money = " The money at stake is what the remaining work will cost beyond its budget at the present cost index."
    return text + (money if overrun is not None else "")


def forecast_accuracy(backtest):
    """How often the forecasts of finished projects would have held.

    Parameters
    ----------
    backtest : DataFrame
        ``EarnedValue.backtest()``.
    """
    if not len(backtest):
        return reading("Fewer than ten finished projects have enough reports to test the forecasts.")
    inside = backtest[backtest["metric"].str.contains(" inside its ")].dropna(subset="estimate")
    if not len(inside):
        return reading("No finished project has an interval to test the forecasts on.")
    return reading(
        "Forecasts made half-way: {said}. The dates tested are those that would have been printed: limits rounded to the next report, which "
        "should hold the finish in at least {level}. Projects unlike the finished ones could do worse.",
        level=_level(inside["metric"].iloc[0]),
        said="; ".join(
            f"{metric} in {share:.0%} of projects"
            for metric, share in zip(inside["metric"], inside["estimate"], strict=True)
        ),
    )


def _level(metric):
    """ "95%" of "actual finish inside its 95% interval"."""
    return metric.split(" inside its ")[1].split()[0]


def finish_dates(finishes):
    """Whether the finish dates that managers give early in a project are too early or too late.

    Parameters
    ----------
    finishes : FinishForecasts
        Fitted.
    """
    first = finishes.by_stage_[finishes.by_stage_["stage"] == "first quarter"].to_dict("records")
    if not first or first[0]["n"] < FEWEST:
        return reading(
            "Fewer than ten finished projects have a forecast finish date in their first quarter, so its accuracy is not judged."
        )
    return reading("{said}", said=_finish_verdict(**first[0]))


def _finish_verdict(estimate, low, high, n, **_):
    days = f"{abs(estimate):.0f} days"
    span = f"({low:z.0f} to {high:z.0f} days after the date; {n:,} projects)"
    if low > 0:
        return f"Finish dates given in the first quarter of a project were too early: the actual finish came {days} later on average {span}."
    if high < 0:
        return f"Finish dates given in the first quarter of a project were too late: the actual finish came {days} earlier on average {span}."
    return f"Finish dates given in the first quarter of a project show no clear bias {span}."


def watermelons(latest):
    """How many open projects report green and are behind schedule.

    Parameters
    ----------
    latest : DataFrame
        ``ProjectHealth.watermelons_now()``.
    """
    green, n = int(latest["is_green"].sum()), int(latest["is_watermelon"].sum())
    if not green:
        return reading("No open project reports green at present.")
    return reading(
        "{n} of {green} that report green {are} behind schedule even at the favourable end of the interval. "
        "Earned value is self-reported too: a project that inflates it is not found here. An audit of the work done could change this.",
        n=f"{n:,}",
        green=counted(green, "open project"),
        are=are(n),
    )


def sacrificed(triangle):
    """Whether declared priorities held, and what was sacrificed.

    Parameters
    ----------
    triangle : BermudaTriangle
        Fitted.
    """
    judged = triangle.projects_["is_compromised"].dropna()
    unclear = int((triangle.projects_["sacrificed"] == "no clear difference").sum())
    return reading(
        "{priority} In {unclear}, there is no clear difference between the three. {caution}",
        priority=_priority(int(judged.sum()), len(judged), triangle.tolerance),
        unclear=counted(unclear, "project"),
        caution=_defects_caution(triangle.left_out_),
    )


def _priority(x, n, tolerance):
    if n < FEWEST:
        return "Fewer than ten projects have both a declared priority and a measure of it."
    share = wilson(x, n)
    return (
        f"{x:,} of {n:,} projects ({share.estimate:.0%}; {share.low:.0%} to {share.high:.0%}) compromised their declared priority by more than "
        f"{tolerance:.0%}, even at the low end of the interval."
    )


def _defects_caution(left_out):
    return (
        " ".join(f"{s}." for s in left_out)
        or "If projects count defects differently, the result for quality could change."
    )


def scope_creep(links):
    """Whether scope creep goes with slip.

    Parameters
    ----------
    links : DataFrame
        ``ProjectHealth.scope_and_slip()``.
    """
    if not len(links):
        return reading("Too few scope changes are recorded to compare scope creep with slip.")
    clear = links[(links["low"] > 0) | (links["high"] < 0)]
    return reading(
        "{said} Large and long projects have more scope creep and more slip anyway; neither is adjusted for.",
        said=f"Clear association: {'; '.join(clear['metric'])}."
        if len(clear)
        else "No clear association between scope creep and slip.",
    )
