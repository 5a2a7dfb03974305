"""What the page on churn says: who left, how good the forecast was, what goes with leaving."""

import math

from cxresearch.display import Nothing, reading
from cxresearch.readings.sentences import few, first_names
from cxresearch.words import count_text, estimate_text

FIRST_TERMS = 6
UNKNOWN = "unknown"  # the way of those who left without a recorded reason
ASSOCIATION = "These are associations: a feature may stand for something that is not in the data."


def churn_rates(rates, definition="", base_rate=None):
    """How many rows, leavers and features there are.

    Parameters
    ----------
    rates : ChurnRates
        Fitted.
    definition : str
        Which ends of a contract count as leaving, a sentence; said of rows laid out from contracts.
    base_rate : float, optional
        The share of all customers that leaves, where the mapping declares one.
    """
    parts = [
        definition if rates.has_due_dates_ else "",
        _outcomes(rates),
        _sampled(rates, base_rate),
        _open_outcomes(rates),
        _copies(rates.copies_),
        _features(len(rates.features_)),
    ]
    return reading("{text}", text=" ".join(filter(None, parts)))


def churn_scores(forecast):
    """How well the forecast ranked and calibrated customers that it had not seen.

    Parameters
    ----------
    forecast : ChurnForecast
        Fitted.
    """
    scores = forecast.scores_
    return reading(
        "{split}. {sampling}A leaver scores above a stayer {a.estimate:.1%} of the time (AUC {a.estimate:.3f}, {a.low:.3f} to {a.high:.3f}): {verdict}. "
        "A plain logistic regression reaches {b.estimate:.3f} ({b.low:.3f} to {b.high:.3f}). {slope} {left_out}"
        "This is a single test; another period may turn out differently.",
        split=forecast.split_[:1].upper() + forecast.split_[1:],
        sampling=f"The model {forecast.sampling_}. " if forecast.sampling_ else "",
        a=scores.auc_,
        b=forecast.benchmark_scores_.auc_,
        verdict=_ranking(scores.auc_),
        slope=_slope(scores.slope_),
        left_out=_not_learnt(forecast.left_out_),
    )


def churn_reasons(importance):
    """Which features the model leans on most.

    Parameters
    ----------
    importance : pandas.DataFrame
        As from :meth:`ChurnForecast.importance`; empty where the ranking was not shown to be better than chance.
    """
    importance = importance.dropna(subset="estimate") if len(importance) else importance
    if not len(importance):
        return reading("No reasons are given: the model was not shown to rank better than chance.")
    names = importance["feature"].str.replace("_", " ").tolist()
    return reading(
        "The model relies most on {first}, which moves the odds of leaving up or down by a factor of {factor:.2f} on average{rest}. {association}",
        first=names[0],
        factor=math.exp(importance["estimate"].iloc[0]),
        rest=f", followed by {_listed(names[1:4])}" if names[1:] else "",
        association=ASSOCIATION,
    )


def hazard_terms(hazard, not_used=()):
    """How well the hazard ranked contracts, and which terms stand after correction.

    Parameters
    ----------
    hazard : ContractHazard
        Fitted.
    not_used : sequence of str
        Sentences on columns of customers and contracts that were filled in later.
    """
    return reading(
        "In the latest period the hazard model ranked contracts with an AUC of {a.estimate:.3f} ({a.low:.3f} to {a.high:.3f}): {verdict}. "
        "{terms}{references}{left_out}",
        a=hazard.auc_,
        verdict=_ranking(hazard.auc_),
        terms=_terms(hazard.announced_, len(hazard.terms_), hazard.is_better_than_chance_),
        references=f" Ratios are against {'; '.join(hazard.references_)}." if hazard.references_ else "",
        left_out="".join(
            f" {sentence}."
            for sentence in [*hazard.left_out_, *([few(list(not_used))] if len(not_used) else [])]
        ),
    )


def ends_compete(ways):
    """Which way of leaving is the most common.

    Parameters
    ----------
    ways : WaysOfLeaving
        Fitted.
    """
    rows = ways.summary().dropna(subset=["estimate", "low", "high"])
    if not len(rows):
        return Nothing()
    first = rows.iloc[0]
    return reading(
        "{way}: {f.estimate:.1%} ({f.low:.1%} to {f.high:.1%}) of contract customers within {months} months. The reason is what was entered "
        "when the contract ended, and it may be wrong.{left_out}",
        months=ways.month_,
        way=_way(first["metric"].split(": ", 1)[1]),
        f=first,
        left_out="".join(f" {sentence}." for sentence in ways.left_out_),
    )


def share_and_speed(compared):
    """Which groups leave in larger numbers, and whether they also leave faster.

    Parameters
    ----------
    compared : ShareAndSpeed
        Fitted.
    """
    gray, found = compared.gray_, compared.terms_[compared.terms_["is_announced"]]
    differ = [test.attribute for test in gray.itertuples() if test.is_announced]
    alike = [test.attribute for test in gray.itertuples() if not test.is_announced]
    way = "leave" if compared.way_ == "leaving" else f"end as “{compared.way_}”"
    by = (
        f"The share of contracts that {way} differs by {_listed(differ)}"
        if differ
        else f"No difference in the share of contracts that {way} is beyond chance"
    )
    also = f", not clearly by {_listed(alike)}" if differ and alike else ""
    terms = "; ".join(
        f"{term.label} × {term.estimate:.2f} ({term.low:.2f} to {term.high:.2f}) in share, × {term.speed:.2f} in speed"
        for term in found.itertuples()
    )
    only = [term.label for term in found.itertuples() if (term.estimate - 1) * (term.speed - 1) < 0]
    turned = (
        f" Share and speed point different ways for {_listed(only)}: there, other ends make the difference."
        if only
        else ""
    )
    return reading(
        "{by}{also} (Gray’s test). {terms}{turned} Of {n} contracts seen from their beginning, {own} did so and {others} ended in another way. These "
        "are associations.{references}{left_out}",
        by=by,
        also=also,
        terms=f"Beyond chance after correction: {terms}."
        if terms
        else "No single group stands out after correction.",
        turned=turned,
        n=count_text(compared.n_),
        own=count_text(compared.share_.n_events_),
        others=count_text(compared.share_.n_other_),
        references=f" Ratios are against {'; '.join(compared.references_)}." if compared.references_ else "",
        left_out="".join(f" {sentence}." for sentence in compared.left_out_),
    )


def _not_learnt(left_out):
    """The columns that were not learnt from, by reason; which column knows the outcome is for the firm to judge."""
    if not left_out:
        return ""
    by_reason = {}
    for sentence in left_out:
        name, _, why = sentence.partition(" is left out: ")
        by_reason.setdefault(why, []).append(name)
    parts = [f"{first_names(names)} ({why})" for why, names in by_reason.items()]
    columns = "1 column was" if len(left_out) == 1 else f"{len(left_out):,} columns were"
    more = (
        " Name other columns that are only known afterwards in leave_out."
        if any("outcome" in why or "after they left" in why for why in by_reason)
        else ""
    )
    return f"{columns} not learnt from: {'; '.join(parts)}.{more} "


def _outcomes(rates):
    dates = len(rates.rates_)
    if not rates.n_:
        return "No outcome is known yet."
    when = f"{count_text(rates.n_)} rows on {dates} {'date' if dates == 1 else 'dates'}"
    left = count_text(rates.leavers_, "customer")
    if rates.has_due_dates_:
        return f"{when} have a known outcome, of {count_text(rates.customers_, 'customer')}; {left} left in a period that followed."
    return f"{when} have a label that came with the data; {left} left. How far ahead the label looks is not stated."


def _sampled(rates, base_rate):
    """What the share of leavers stands for, where the rows were drawn by it or look so."""
    if not rates.n_:
        return ""
    share = f"{rates.n_events_ / rates.n_:.1%}"
    if base_rate is not None:
        return (
            f"In these rows {share} left; of all customers {base_rate:.1%} do, as the mapping says. Probabilities, expected leavers and profits "
            "below are of all customers; the quality of the forecast is measured on the rows as they are."
        )
    if not rates.looks_sampled_:
        return ""
    return (
        f"In these rows {share} left, a share so round that it looks made by drawing rows. If it was, declare the share of all customers that "
        "leaves in cxresearch.toml: [churn] base_rate. Until then probabilities and profits hold for these rows only."
    )


def _open_outcomes(rates):
    text = f"{count_text(rates.n_open_, 'customer')} of today have an open outcome."
    return text[:1].upper() + text[1:] if rates.n_open_ else ""


def _copies(copies):
    if not copies:
        return ""
    what = (
        "1 row repeated another exactly and was"
        if copies == 1
        else f"{copies:,} rows repeated another exactly and were"
    )
    return (
        f"{what} removed before the data were split; otherwise the model would be tested on rows it had seen."
    )


def _features(count):
    return "1 feature is available." if count == 1 else f"{count:,} features are available."


def _ranking(auc):
    if auc.low > 0.5:
        return "better than chance"
    return "worse than chance" if auc.high < 0.5 else "no clear difference from chance"


def _slope(slope):
    if not math.isfinite(slope.estimate):
        return "There is no calibration slope, because these rows do not identify one."
    return f"Calibration slope {slope.estimate:.2f} ({slope.low:.2f} to {slope.high:.2f}): {_spread(slope)}."


def _spread(slope):
    if slope.low > 1:
        return "the probabilities are too cautious"
    return (
        "the probabilities are too extreme"
        if slope.high < 1
        else "no sign that the probabilities are too extreme or too cautious"
    )


def _way(name):
    if name == UNKNOWN:
        return "The largest group left without a recorded reason"
    return f"The most common way of leaving is “{name}”"


def _terms(announced, tested, is_better_than_chance):
    if not is_better_than_chance:
        return "No term is reported, because the model was not shown to rank better than chance."
    if not len(announced):
        return f"No term is significant after correction for {_tests(tested)}."
    first = "; ".join(map(_term, announced.head(FIRST_TERMS).itertuples()))
    return f"Associated with the odds of ending in a month, after correction for {_tests(tested)}: {first}. These are associations, not effects."


def _tests(count):
    return "1 test" if count == 1 else f"{count} tests"


def _term(term):
    times = "× " if term.is_ratio else ""
    return f"{term.label} {times}{estimate_text(term.estimate, term.low, term.high)}"


def _listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
