"""What the page on project health says of failure: its definition, its rate and what goes with it."""

from cxresearch.display import reading
from cxresearch.readings.sentences import counted, known

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
        "{failed:,} of {n:,} decided projects failed{per}. {clear} {auc}{both}{further} "
        "Better projects may attract a sponsor or a strategy in the first place; only random assignment could settle that.",
        failed=model.failures_,
        n=model.n_,
        per=_per_predictor(model.events_per_variable_, few) if len(odds) else "",
        clear=_clear_odds(odds) if len(odds) else "None of the named predictors is recorded.",
        auc=_discrimination(auc["estimate"], auc["low"], auc["high"]),
        both=_clear_but_no_better(odds, auc["low"]),
        further=_further(model),
    )


def _per_predictor(events, few):
    return f": {events:.1f} of the rarer outcome per predictor{', so the odds ratios are indicative' if few else ''}"


def _further(model):
    """What the further attributes add, and whether the probabilities use them."""
    looked_at = len(model.further_)
    if not looked_at:
        return ""
    names = [name.replace("_", " ") for name in model.further_.loc[model.further_["stands"], "attribute"]]
    what = "further attribute was" if looked_at == 1 else "further attributes were"
    said = f" {looked_at} {what} known at the gate; "
    said += (
        f"beyond the predictors above, failure goes with {' and '.join(names)}, after correction for their number."
        if names
        else "none of them clearly goes with failure beyond the predictors above."
    )
    rows = model.performance().set_index("metric")["estimate"]
    bare = rows.get("AUC without the further attributes")
    if not model.penalty_ < float("inf"):
        return f"{said} The probabilities do not use them: in held-out projects they predict no better."
    if not known(bare) or not known(rows["AUC"]):
        return f"{said} The probabilities use them."
    return f"{said} The probabilities use them: AUC {rows['AUC']:.2f} in held-out projects, {bare:.2f} without them."


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
        return f"In held-out projects, the model ranks a failure above a success {estimate:.0%} of the time, which is better than chance {span}."
    return f"In held-out projects, the model is not clearly better than chance {span}."


def technology_first(groups):
    """Whether projects with technology first failed more often.

    Parameters
    ----------
    groups : DataFrame
        ``ProjectHealth.failure_by_order()``.
    """
    bases = groups[groups["metric"].str.startswith("failed,")]["n"] if len(groups) else ()
    if len(bases) < 2 or min(bases) < FEWEST:
        return reading(
            "Fewer than ten decided projects of one of the two orders have scores, so the orders are not compared."
        )
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
    return f"{counted(abs(lag), 'month')} {'earlier' if lag > 0 else 'later'}"
