"""What the page on project health says."""

from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import known
from cxresearch.stats.proportions import wilson

FEWEST = 10  # projects below which a comparison is not read
_CONFOUNDERS = (
    "Sponsor, strategy, size and readiness itself differ between the two groups, and later scores may follow the project's fate; "
    "any of these could explain a difference."
)


def failure_definition(definition):
    """The definition of failure, a sentence of the workspace."""
    return reading(
        "{definition} The definition was fixed before the data were read; to change it, edit cxresearch.toml.",
        definition=definition,
    )


def failure_by_attribute(attributes):
    """Which attributes of projects go with failure.

    Parameters
    ----------
    attributes : FailureByAttribute
        Fitted.
    """
    tested = len(attributes.tests_)
    stands = attributes.tests_.loc[attributes.tests_["stands"], "attribute"].tolist()
    what = "1 attribute was" if tested == 1 else f"{tested} attributes were"
    verdict = (
        f"Failure differs by {' and '.join(stands)} by more than chance explains. This is an association."
        if stands
        else "No attribute goes with failure by more than chance explains."
    )
    left_out = f" Left out: {'; '.join(attributes.left_out_)}." if attributes.left_out_ else ""
    return reading(
        "{what} compared, with correction for their number. {verdict}{left_out}",
        what=what,
        verdict=verdict,
        left_out=left_out,
    )


def portfolio(health):
    """How many projects and reports there are.

    Parameters
    ----------
    health : ProjectHealth
        Fitted.
    """
    return reading(
        "{projects} are known, {open} of them open. {reports}.",
        projects=_count(len(health.register_), "project"),
        open=f"{len(health.open_):,}",
        reports=_count(len(health.status_), "status report"),
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
    )


def _against_plan(standing):
    n = int((standing["spi_t_low"].notna() | standing["cpi_low"].notna()).sum())
    if not n:
        return "No open project has two reports with earned value, so schedule and cost cannot be judged."
    late, over = (int((standing[f"{index}_high"] < 1).sum()) for index in ("spi_t", "cpi"))
    return (
        f"Of {_count(n, 'open project')} with an interval, {over} {_are(over)} over budget and {late} {_are(late)} behind schedule "
        "even at the favourable end of the interval."
    )


def _cost_ahead(cost_ahead, overrun):
    if cost_ahead is None:
        return "No open project reports its actual cost, so there is no forecast of cost."
    over, added = cost_ahead
    text = (
        f"Together they are forecast to finish {_above(over)} their first budgets; scope changes since then account for {added:+z.1%} of the "
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
        "Forecasts made half-way: {said}. Projects unlike the finished ones could do worse.",
        said="; ".join(
            f"{metric} in {share:.0%} of projects"
            for metric, share in zip(inside["metric"], inside["estimate"], strict=True)
        ),
    )


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
        green=_count(green, "open project"),
        are=_are(n),
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
        unclear=_count(unclear, "project"),
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


def failure_rate(rate, published):
    """The failure rate of the company, beside published ones.

    Parameters
    ----------
    rate : ProjectFailureRate
        Fitted.
    published : Series of float
    """
    ends = {"least": f"{published.min():.0%}", "most": f"{published.max():.0%}", "all": len(published)}
    if rate.n_ < FEWEST:
        return reading(
            "Fewer than ten projects are known, so this company's failure rate is not shown. Published rates ({least} to {most}) cannot replace it.",
            **ends,
        )
    low, high = rate.between_
    return reading(
        "{rate:.0%} of this company's projects fail ({low:.0%} to {high:.0%}){undecided}. "
        "{inside} of {all} published rates ({least} to {most}) lie inside the interval; none of them predicts a single company. {left_out}",
        rate=rate.rate_, low=low, high=high, undecided=_if_undecided(rate), inside=int(published.between(low, high).sum()),
        left_out=" ".join(f"{sentence}." for sentence in rate.left_out_), **ends,
    )  # fmt: skip


def _if_undecided(rate):
    if not rate.open_:
        return ""
    least, most = rate.bounds_
    return f" if the {rate.open_:,} undecided turn out like the decided; {least:.0%} if none of them fails, {most:.0%} if all do"


def failure_factors(model):
    """What goes with failure, and how well the model separates failures from successes.

    Parameters
    ----------
    model : ProjectFailure
        Fitted.
    """
    odds, auc = model.summary(), model.performance().iloc[0]
    few = model.events_per_variable_ < 10
    return reading(
        "{failed:,} of {n:,} decided projects failed: {epv:.1f} of the rarer outcome per predictor{few}. {clear} {auc}{both} "
        "Better projects may attract a sponsor or a strategy in the first place; only random assignment could settle that.",
        failed=model.failures_,
        n=model.n_,
        epv=model.events_per_variable_,
        few=", so the odds ratios are indicative" if few else "",
        clear=_clear_odds(odds),
        auc=_discrimination(auc["estimate"], auc["low"], auc["high"]),
        both=_clear_but_no_better(odds, auc["low"]),
    )


def _clear_but_no_better(odds, low):
    """What to make of a clear association in a model that does not rank better than chance."""
    if low > 0.5 or not ((odds["high"] < 1) | (odds["low"] > 1)).any():
        return ""
    by_chance = 1 - 0.95 ** len(odds)
    return f" With {len(odds)} odds ratios, one or more is clear by chance alone {by_chance:.0%} of the time: wait for more projects before acting on it."


def _clear_odds(odds):
    lower, higher = odds[odds["high"] < 1]["metric"], odds[odds["low"] > 1]["metric"]
    parts = [
        f"{word} odds of failure go with: {', '.join(names)}"
        for word, names in (("Lower", lower), ("Higher", higher))
        if len(names)
    ]
    return f"{'. '.join(parts)}." if parts else "No predictor shows a clear association."


def _discrimination(estimate, low, high):
    span = f"(AUC {estimate:.2f}; {low:.2f} to {high:.2f})"
    if low > 0.5:
        return f"The model ranks a failure above a success {estimate:.0%} of the time, which is better than chance {span}."
    return f"The model is not clearly better than chance {span}."


def technology_first(groups):
    """Whether projects with technology first failed more often.

    Parameters
    ----------
    groups : DataFrame
        ``ProjectHealth.failure_by_order()``.
    """
    bases = groups[groups["metric"].str.startswith("failed,")]["n"] if len(groups) else ()
    if len(bases) < 2 or min(bases) < FEWEST:
        return reading("Too few projects are decided to compare the two orders.")
    gap = groups.iloc[-1]
    return reading(
        "{verdict} {caution}",
        verdict=_order_verdict(gap["estimate"], gap["low"], gap["high"]),
        caution=_CONFOUNDERS,
    )


def _order_verdict(estimate, low, high):
    if not all(map(known, (estimate, low, high))):
        return "The difference in failure between projects with technology first and the others cannot be estimated."
    span = f"(difference {100 * estimate:+z.0f} points; {100 * low:+z.0f} to {100 * high:+z.0f})"
    if low > 0:
        return f"Projects with technology first failed more often than the others {span}."
    if high < 0:
        return f"Projects with technology first failed less often than the others {span}."
    return f"There is no clear difference in failure between projects with technology first and the others {span}."


def leads(sequence):
    """Whether changes of one side of readiness follow those of the other.

    Parameters
    ----------
    sequence : ReadinessSequence
        Fitted.
    """
    lags = sequence.lags_
    if not len(lags):
        return reading("{why}.", why=sequence.left_out_[0])
    clear = lags[(lags["low"] > 0) | (lags["high"] < 0)]
    if not len(clear):
        return reading(
            "Changes in technology readiness show no clear association with earlier or later changes in people and processes."
        )
    return reading(
        "Changes in technology readiness go with changes in people and processes {when}. A common cause could produce the same pattern.",
        when=" and ".join(_lag(lag) for lag in clear["lag"]),
    )


def _lag(lag):
    if lag == 0:
        return "in the same month"
    return f"{_count(abs(lag), 'month')} {'earlier' if lag > 0 else 'later'}"


def uplift(curve, of, risk=0.2):
    """What to add to an estimate.

    Parameters
    ----------
    curve : DataFrame
        ``ReferenceClass.uplift()``.
    of : str
        What is estimated: ``"cost"``.
    risk : float
        Of exceeding it, one of the curve.
    """
    found = curve[curve["risk"] == risk].dropna(subset=["estimate", "low", "high"])
    if not len(found):
        return reading(
            "Too few projects are delivered for an uplift of {of} at a risk of {risk:.0%}.", of=of, risk=risk
        )
    at = found.iloc[0]
    return reading(
        "For a {risk:.0%} risk of exceeding the estimate, add {at:+z.0%} ({low:+z.0%} to {high:+z.0%}) to {of}; based on {n:,.0f} projects. "
        "The slowest projects finish last and are not counted yet, so the uplift is rather too small.",
        risk=risk, at=at["estimate"], low=at["low"], high=at["high"], of=of, n=at["n"],
    )  # fmt: skip


def risk_list(risks, money=None):
    """How certain the risk list is, and what would change it.

    Parameters
    ----------
    risks : DataFrame
        ``ProjectHealth.risks_``.
    money : tuple of float, optional
        Of :func:`cxresearch.models.money_at_risk`.
    """
    if not len(risks):
        return Nothing()
    return finding(
        "Projects likely to fail",
        "{top} {lever} {money} A wrong score at the gate, or one bad month of a young project, could change its place.",
        top=_top(risks),
        lever=_lever(risks["first"]),
        money=_by_money(risks),
        at_stake=money,
    )


def _top(risks):
    firm = int((risks["in_top"] >= 0.8).sum())
    rank = "project ranks" if firm == 1 else "projects rank"
    return f"{_count(len(risks), 'project')} {_are(len(risks))} open. {firm or 'No'} {rank} in the top five in at least 80% of simulations; the other places are uncertain."


def _lever(first):
    levers = first.dropna().value_counts()
    if not len(levers):
        return "No single change stands out."
    return f"The change most often associated with a lower risk: {levers.index[0]} (in {_count(int(levers.iloc[0]), 'project')})."


def _by_money(risks):
    if not (risks["at_risk"].notna() & risks["rank_by_money"].notna()).any():
        return "Spending is not known, so no money is at risk here."
    first = risks.loc[risks["rank_by_money"].idxmin(), "project"]
    return f"Ranked by money at risk, {first} comes first. The money at stake is what will be spent on projects that then fail."


def one_project(facts):
    """One project in sentences.

    Parameters
    ----------
    facts : Series
        ``ProjectHealth.profile()``.
    """
    parts = [f"{facts['name']}, {_count(facts['reports'], 'report')}."]
    parts += ["All its work is done."] if facts["is_done"] else [_finish(facts), _cost(facts)]
    parts += [_declared(facts["priority"], facts["sacrificed"]), _risk(facts)]
    return reading("{said}", said=" ".join(filter(None, parts)))


def _finish(facts):
    if not known(facts["finish_on"]):
        return "No forecast of the finish."
    span = "no interval"
    if known(facts["finish_low"]) and known(facts["finish_high"]):
        span = f"{facts['finish_low']:%Y-%m-%d} to {facts['finish_high']:%Y-%m-%d}"
    return f"Forecast finish {facts['finish_on']:%Y-%m-%d} ({_late(facts['slip_days'])}; {span})."


def _late(days):
    if not known(days):
        return "no first plan to compare with"
    if abs(days) < 0.5:
        return "on the first plan"
    return f"{_count(round(abs(days)), 'day')} {'after' if days > 0 else 'before'} the first plan"


def _cost(facts):
    if not known(facts["cost"]):
        return "No forecast of the cost."
    span = "no interval"
    if known(facts["cost_low"]) and known(facts["cost_high"]):
        span = f"{facts['cost_low']:.0%} to {facts['cost_high']:.0%}"
    creep = f"; scope changes so far {facts['creep']:+z.1%}" if known(facts["creep"]) else ""
    return f"Forecast cost {facts['cost']:.0%} of the first budget ({span}){creep}."


def _declared(priority, most):
    if not known(most):
        return ""
    declared = f"declared priority {priority}" if known(priority) else "no declared priority"
    return f"{declared.capitalize()}; sacrificed most: {most}."


def _risk(facts):
    if not known(facts["probability"]):
        return ""
    has_limits = known(facts["low"]) and known(facts["high"])
    span = f" ({facts['low']:.0%} to {facts['high']:.0%})" if has_limits else ""
    gate = f", {facts['gate']:.0%} at the first gate" if known(facts["gate"]) else ""
    text = f"Risk of failure {facts['probability']:.0%}{span}{gate}."
    if not known(facts["first"]) or not known(facts["fall"]):
        return text
    fall = f"{100 * facts['fall']:+z.0f} points at the gate".replace("-", "−")
    return f"{text} Associated with the largest fall in risk: {facts['first']} ({fall})."


def _count(n, thing):
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def _are(n):
    return "is" if n == 1 else "are"


def _above(share):
    return f"{abs(share):.1%} {'above' if share >= 0 else 'below'}"
