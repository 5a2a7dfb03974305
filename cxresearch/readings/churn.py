"""What the page on churn says: who left, how good the forecast was, whom to contact, what goes with leaving."""

import math

from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import first_names, known, money, people_text
from cxresearch.words import count_text, estimate_text

FIRST_TERMS = 6
UNKNOWN = "unknown"  # the way of those who left without a recorded reason
PROFIT = {
    "pays": "Contacting the customers for whom it pays earns money, at the acceptance rate assumed.",
    "unclear": "Contacting the customers for whom it pays may earn money or lose it.",
    "nobody": "There are hardly any customers for whom a contact pays.",
}
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
        "{split}. A leaver scores above a stayer {a.estimate:.1%} of the time (AUC {a.estimate:.3f}, {a.low:.3f} to {a.high:.3f}): {verdict}. "
        "A plain logistic regression reaches {b.estimate:.3f} ({b.low:.3f} to {b.high:.3f}). {slope} {left_out}"
        "This is a single test; another period may turn out differently.",
        split=forecast.split_[:1].upper() + forecast.split_[1:],
        a=scores.auc_,
        b=forecast.benchmark_scores_.auc_,
        verdict=_ranking(scores.auc_),
        slope=_slope(scores.slope_),
        left_out=_not_learnt(forecast.left_out_),
    )


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
        return reading("A customer who stays is worth {value:,.0f}, as declared.", value=worth.value_)
    return reading(
        "A customer who stays is worth {value:,.0f} on average: what {n} with a running contract are expected to pay in the next {months} "
        "months, times a margin of {margin:.4g}, discounted at {rate:.4g} a year. Each customer is judged by what their own contract is "
        "expected to pay.{costs}",
        value=worth.value_,
        n=count_text(worth.n_, "customer"),
        months=worth.months,
        margin=worth.margin,
        rate=worth.discount_rate,
        costs=" At a margin of 1 no costs are deducted: this is revenue, and profit is lower."
        if worth.margin == 1
        else "",
    )


def contact_profit(profit, worth, is_today=True):
    """What contacting those for whom it pays is expected to earn; a finding for the board.

    Parameters
    ----------
    profit : ContactProfit
        Fitted to the customers who could be contacted.
    worth : CustomerWorth
        Fitted.
    is_today : bool
        Whether these are today's customers, rather than those of the rows set aside.
    """
    known_of = count_text(profit.n_ - profit.unknown_, "customer")
    who, verdict = "" if is_today else " in the test rows", profit.verdict()
    assumed = (
        f"{worth.value_:,.0f} per customer, as declared"
        if worth.source_ == "declared"
        else "each customer's own contract"
    )
    return finding(
        "Contacting by risk",
        "{verdict} {contacts}{earned}The value at stake is that of {assumed}; an offer costs {offer:,.2f} and a contact {contact:,.2f}; other "
        "values change the result. {law} It is also assumed that customers at risk can be persuaded; only a trial with a control group "
        "can show that.{unknown}",
        verdict=PROFIT[verdict],
        contacts=f"A contact pays for {count_text(profit.contacted_)} of {known_of}{who}, those above their own break-even risk. ",
        earned=""
        if verdict == "nobody"
        else f"Contacting them is expected to earn {money(profit.profit_)} in all. ",
        assumed=assumed,
        offer=profit.d,
        contact=profit.f,
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
        "it; by those who did leave it would have been {made:,.0f}, {place} the interval. How many would have accepted is not in these data.",
        contacted=count_text(profit.contacted_, "customer"),
        told=money(told[["estimate", "low", "high"]]),
        made=float(f"{made:.2g}"),
        place=place,
    )


def _law(profit):
    rate, low, high = profit.acceptance
    return (
        f"Of the leavers contacted {rate:.0%} accept on average, between {low:.0%} and {high:.0%}; the interval covers that, who leaves and "
        "who accepts, and probabilities that are all off together."
    )


def _within(worth):
    if worth.source_ == "declared":
        return "the time that the declared value covers"
    return (
        f"{worth.months // 12} years"
        if worth.months % 12 == 0 and worth.months > 12
        else f"{worth.months} months"
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


def hazard_terms(hazard):
    """How well the hazard ranked contracts, and which terms stand after correction.

    Parameters
    ----------
    hazard : ContractHazard
        Fitted.
    """
    return reading(
        "In the latest period the hazard model ranked contracts with an AUC of {a.estimate:.3f} ({a.low:.3f} to {a.high:.3f}): {verdict}. "
        "{terms}{references}{left_out}",
        a=hazard.auc_,
        verdict=_ranking(hazard.auc_),
        terms=_terms(hazard.announced_, len(hazard.terms_), hazard.is_better_than_chance_),
        references=f" Ratios are against {'; '.join(hazard.references_)}." if hazard.references_ else "",
        left_out="".join(f" {sentence}." for sentence in hazard.left_out_),
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


def _above(risk):
    if not risk.is_priced_:
        return "What a customer is worth is not known, so that the riskiest tenth is listed, whether contacting them pays or not."
    if not len(risk.contacts_):
        return "None of them is above their own break-even risk."
    number = count_text(len(risk.contacts_))
    return f"{number[:1].upper()}{number[1:]} of them are above their own break-even risk."


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
