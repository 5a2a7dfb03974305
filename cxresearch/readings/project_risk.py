"""What the page on project health says of what may come: uplifts, the list of risks and single projects."""

from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import are, counted, known


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
        "{top} {lever} {money}{high} A wrong score at the gate, or one bad month of a young project, could change its place.",
        top=_top(risks),
        lever=_lever(risks["first"]),
        money=_by_money(risks),
        high=_high(risks["probability"]),
        at_stake=money,
        of="spending on projects that fail",
    )


def _top(risks):
    firm = int((risks["in_top"] >= 0.8).sum())
    rank = "project ranks" if firm == 1 else "projects rank"
    return f"{counted(len(risks), 'project')} {are(len(risks))} open. {firm or 'No'} {rank} in the top five in at least 80% of simulations; the other places are uncertain."


def _high(probability):
    """What became of projects with the highest risks in simulated portfolios."""
    high = int((probability > 0.8).sum())
    if not high:
        return ""
    whose = "1 risk is" if high == 1 else f"{high} risks are"
    return f" {whose} above 80%: of such projects in simulated portfolios about eight in ten failed."


def _lever(first):
    levers = first.dropna().value_counts()
    if not len(levers):
        return "No single difference between projects stands out."
    return f"What most often goes with a lower risk, by comparison of past projects: {levers.index[0]} (for {counted(int(levers.iloc[0]), 'project')})."


def _by_money(risks):
    if not (risks["at_risk"].notna() & risks["rank_by_money"].notna()).any():
        return "Spending is not known, so no money is at risk here."
    first = risks.loc[risks["rank_by_money"].idxmin(), "project"]
    return f"Ranked by money at risk, {first} comes first. The money at stake is what will be spent on projects that then fail; those that are cancelled on the way stop spending."


def one_project(facts):
    """One project in sentences.

    Parameters
    ----------
    facts : Series
        ``ProjectHealth.profile()``.
    """
    parts = [f"{facts['name']}, {counted(facts['reports'], 'report')}."]
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
    return f"{counted(round(abs(days)), 'day')} {'after' if days > 0 else 'before'} the first plan"


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
    return f"{text} What goes with a lower risk in past projects: {facts['first']} ({fall})."
