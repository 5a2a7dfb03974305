"""What the retention page says of customers under contract."""

from cxresearch.readings.sentences import count, difference, few, known, p_value, points, say, share
from cxresearch.words import count_text

ESTIMATE = ["estimate", "low", "high"]


def contract_stay(stay, definition=""):
    """How long contract customers stay.

    Parameters
    ----------
    stay : ContractStay
    definition : str
        Which ends of a contract count as leaving, a sentence.
    """
    mark = stay.marks_.iloc[min(2, len(stay.marks_) - 1)]
    return say(
        f"Of {count_text(stay.before_)} customers under contract twelve months ago, {share(stay.lately_)} have not left since."
        if stay.lately_ is not None
        else "",
        f"Over all of the records, average retention after {mark['month']:.0f} months of tenure: {share(mark[ESTIMATE])}.",
        f"Of {count_text(stay.n_)} customers observed, {count_text(stay.left_)} have left.",
        definition,
        _other_ends(stay.others_),
        _late_entry(stay.late_, mark["naive"]),
        *(f"{sentence}." for sentence in stay.left_out_),
        "As a forecast this assumes that today's customers leave as earlier ones did.",
    )


def _other_ends(others):
    if not others:
        return ""
    return f"{count_text(others, 'contract').capitalize()} ended for another reason; their holders count as not having left."


def _late_entry(late, naive):
    if not late:
        return "All were observed from their first month."
    joined = f"{count_text(late).capitalize()} had joined before the records begin"
    return (
        f"{joined}; counting them as new customers would give {naive:.1%}." if known(naive) else f"{joined}."
    )


def contract_cohorts(kept, period=4):
    """Whether later cohorts of contract customers stay as long as earlier ones.

    Parameters
    ----------
    kept : CohortRetention
    period : int
        At which the earliest cohort and the latest one are compared; nothing is said where only one has been observed that long.
    """
    change = kept.change(period)
    if change.empty:
        return say()
    c = change.iloc[0]
    return say(
        f"After one year, {c['latest_share']:.1%} of the {c['latest']} cohort were still customers, against "
        f"{c['earliest_share']:.1%} of {c['earliest']}: {points(c[ESTIMATE])}, {difference(c['low'], c['high'])}.",
        "The customer mix may differ between cohorts; the same trend over several more would be a finding.",
    )


def tenure(retention, lifetime):
    """Whether retention rises with tenure, and what that shows.

    Parameters
    ----------
    retention : RetentionByTenure
    lifetime : pandas.DataFrame
        As from its ``lifetime``.
    """
    verdict = {"heterogeneity": _mix, "constant": _constant, "more": _more}[retention.verdict_]
    rows = lifetime.set_index("metric")
    return say(
        verdict(retention),
        _lifetime(rows.loc["discounted expected lifetime", ESTIMATE]),
        "Only a trial that changes terms or service for some customers can show what makes them stay.",
    )


def _mix(retention):
    rise = retention.summary().iloc[-1]
    is_change = rise["unit"] == "points"
    size = f": {points(rise[ESTIMATE])} {rise['metric'].removeprefix('change ')}" if is_change else ""
    fits = f"no worse than any curve ({p_value(retention.p_more_)})" if known(retention.p_more_) else ""
    fit = f"That model fits better than one rate for all customers ({p_value(retention.p_mix_)})"
    return (
        f"Retention rises with tenure{size}. This does not show that loyalty grows: customers who differ and never change are enough to "
        f"explain it. {' and '.join(filter(None, [fit, fits]))}. Long-standing customers may simply be those who were never "
        "likely to leave."
    )


def _constant(retention):
    return (
        "No evidence that retention rises with tenure: customers who differ fit no better than one rate for all "
        f"({p_value(retention.p_mix_)})."
    )


def _more(retention):
    return (
        f"Retention changes with tenure in a way that unchanging customers cannot explain ({p_value(retention.p_more_)}): "
        "customers change while they stay, or cohorts differ."
    )


def _lifetime(years):
    return f"A new customer stays for {count(years, 1)} discounted years." if known(years["low"]) else ""


def renewal_hazard(renewal):
    """When in their term contracts end.

    Parameters
    ----------
    renewal : RenewalHazard
    """
    if "ratio" not in renewal.main_.index:
        return say(
            "The renewal month cannot be compared with other months: contracts ended in one kind of month only."
        )
    at, ratio = renewal.main_.loc["renewal"], renewal.main_.loc["ratio"]
    if not all(map(known, ratio[ESTIMATE])):
        return say("How much more often contracts end in the renewal month cannot be estimated.")
    verdict = (
        _more_at_renewal
        if ratio["low"] > 1
        else _less_at_renewal
        if ratio["high"] < 1
        else _no_renewal_effect
    )
    return say(
        verdict(at, ratio),
        "Whether a call keeps anyone is not in these data, as customers are not called at random; a randomised trial would show it.",
    )


def _more_at_renewal(at, ratio):
    term = f"a {int(at['term'])}-month term" if known(at["term"]) else "their term"
    return (
        f"{share(at[ESTIMATE])} of contracts that reach the end of {term} end there, {_times(ratio)} the rate of other "
        "months. Reach customers in the months before."
    )


def _less_at_renewal(at, ratio):
    return f"Contracts end less often in the renewal month than in other months ({_times(ratio)} their rate)."


def _no_renewal_effect(at, ratio):
    return f"No clear difference between the renewal month and other months ({_times(ratio)} their rate)."


def _times(ratio):
    digits = 0 if ratio["low"] >= 10 else 1
    return f"{ratio['estimate']:.{digits}f} times ({ratio['low']:.{digits}f} to {ratio['high']:.{digits}f})"


def end_reasons(ways):
    """Why contracts end.

    Parameters
    ----------
    ways : WaysOfLeaving
    """
    rows = ways.summary()
    total = rows["estimate"].sum()
    if not total > 0:
        return say()
    first = rows.iloc[0]
    reason = first["metric"].split(": ", 1)[1]
    recorded = "without a recorded reason" if reason == "unknown" else f"recorded as {reason}"
    return say(
        f"Within {ways.month_} months, {total:.1%} have left, {first['estimate'] / total:.0%} of them {recorded}. That is "
        f"{share(first[ESTIMATE])} of all customers.",
        "A recorded reason is what somebody entered; customers asked by somebody else may give another.",
    )


def contract_outlook(outlook, leavers, due_on, not_used=()):
    """Who is expected to leave.

    Parameters
    ----------
    outlook : ContractOutlook
    leavers : pandas.DataFrame
        As from its ``expected_leavers``.
    due_on : datetime.date
    not_used : sequence of str
        Sentences on columns of customers and contracts that were no covariates.
    """
    row = leavers.iloc[0]
    left_out = [*outlook.left_out_, *([few(list(not_used))] if len(not_used) else [])]
    pooled = f"Left out or pooled: {'; '.join(left_out)}." if left_out else ""
    return say(
        f"Of {count_text(row['n'])} contract customers, {count(row[ESTIMATE])} are expected to leave by {due_on}.",
        pooled,
        f"Ratios are against {'; '.join(outlook.references_)}." if outlook.references_ else "",
        "The odds ratios are associations: they do not say what another term would change.",
    )


def contract_holdout(test):
    """How the same forecast fared when it was made earlier.

    Parameters
    ----------
    test : ContractHoldout
    """
    verdict = {
        "agrees": "within the interval",
        "too many expected": f"fewer than the interval allows. Read the probabilities of leaving as too high, by {abs(test.off_):.0%}",
        "too few expected": f"more than the interval allows. Read the probabilities of leaving as too low, by {abs(test.off_):.0%}",
    }[test.verdict_]
    return say(
        f"Made {test.months} months earlier, the forecast expected {count(test.expected_[ESTIMATE])} to leave; {count_text(test.gone_)} left, {verdict}."
    )
