"""What the page on loyalty says: where it stands, what goes with it, what customers did, and how far the score can be trusted."""

from cxresearch.currency import UNIT
from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import known
from cxresearch.words import change_text, count_text, share_text, supported

LEAST = 10  # a smaller base has no verdict
MOST_LEFT_OUT = 5  # sentences on what was left out; the others are counted
KINDS = {"must-be": "a must-be driver", "attractive": "an attractive driver"}


def loyalty_waves(waves):
    """Whether loyalty changed since the last wave, and what change the next wave could show.

    Parameters
    ----------
    waves : LoyaltyWaves

    Returns
    -------
    Shown
    """
    return _say(
        _against_the_last_wave(waves.changes_, waves.waves_["wave"].nunique()),
        _over_all_waves(waves.changes_),
        _next_wave(waves),
        _left_out(waves.left_out_),
        "A larger sample could turn “no clear difference” into a change.",
        cautions={"NPS": "of those who answered; the others are not judged"},
    )


def driver_importance(drivers, outcome, left_out=()):
    """Which drivers add to the others, and whether two methods rank them alike.

    Parameters
    ----------
    drivers : DriverImportance
        By LMG.
    outcome : str
        What the drivers are held against.
    left_out : sequence of str
        Sentences on drivers that were not analysed.

    Returns
    -------
    Shown
        A finding for the board page.
    """
    table = drivers.importance_.sort_values("rank")
    text = _joined(
        _announced(table[table["announced"]], outcome),
        _two_methods(table),
        _left_out(left_out),
        "These are associations, not effects: customers in a good mood rate everything higher.",
        "A trial that improves one driver for some customers could change this conclusion.",
    )
    return finding("Drivers", "{text}", text=text)


def driver_overlap(drivers):
    """How many ratings are missing, and how far the drivers overlap.

    Parameters
    ----------
    drivers : DriverImportance

    Returns
    -------
    Shown
    """
    highest = drivers.importance_["vif"].max()
    if not known(highest):
        return _say(_missing_ratings(drivers))
    overlap = "strong enough to blur their shares" if highest > 5 else "low enough to tell the drivers apart"
    return _say(_missing_ratings(drivers), f"The highest VIF is {highest:.1f}: overlap is {overlap}.")


def ordinal_check(ordinal):
    """Whether a model of ordered categories confirms the signs of the drivers.

    Parameters
    ----------
    ordinal : OrdinalCheck

    Returns
    -------
    Shown
    """
    against = [str(name) for name, agrees in ordinal.drivers_["agrees"].items() if not agrees]
    verdict = "Both models agree on the sign of every driver"
    if against:
        verdict = f"The two models disagree on the sign of {_and(against)}: do not act on it"
    rho = ordinal.rank_correlation_
    alike = f"rank correlation of the coefficients {rho:.2f}, " if rho == rho else ""
    return _say(f"{verdict} ({alike}{count_text(ordinal.n_)} complete answers).")


def must_be_and_delighters(kinds):
    """Which drivers cost loyalty when they fail, or win it when they shine, beyond what a ceiling explains.

    Parameters
    ----------
    kinds : BySurvey

    Returns
    -------
    Shown
    """
    named = [_kind(k) for k in kinds.named().to_dict("records")]
    verdict = (
        f"After allowing for the ceiling of the scale, {_and(named)}."
        if named
        else "No driver is clearly must-be or attractive: the ceiling of the scale is enough to explain the differences."
    )
    return _say(
        verdict,
        _left_out(kinds.left_out),
        "The cut points matter: quartiles can miss a failure that only the lowest ratings show.",
        "A different result in the next survey would change this conclusion.",
    )


def _kind(k):
    side = "low" if k["kind"] == "must-be" else "high"
    rests = count_text(k[f"{side} answers"], f"{side} answer")
    return f"{k['driver']} is {KINDS[k['kind']]} ({k['survey']}, {k['cuts']}; {rests})"


def leaving_by_score(lived):
    """Whether customers who gave higher scores stayed longer.

    Parameters
    ----------
    lived : StatedLived

    Returns
    -------
    Shown
    """
    ratio = lived.hazard_ratio_
    if ratio.isna().all():
        return Nothing()
    verdict = _side(ratio, 1, "Customers who score higher leave sooner", "Customers who score higher stay longer",
                    "There is no clear link between score and leaving")  # fmt: skip
    size = f"one more point goes with {ratio['estimate']:.2f} times the rate of leaving {_ratio(ratio)}"
    trial = "Only customers who answered are counted, and raising a score need not keep anyone: that takes a trial."
    return _say(f"{verdict}: {size}.", _left_out(lived.left_out_), trial)


def spending_by_score(lived):
    """Whether customers who gave higher scores spent more afterwards than others who had spent as much before.

    Parameters
    ----------
    lived : StatedLived

    Returns
    -------
    Shown
    """
    slope = lived.spend_slope_
    if slope.isna().all():
        return Nothing()
    verdict = _side(slope, 0, "Customers who score higher spend more", "Customers who score higher spend less",
                    "There is no clear link between score and later spend")  # fmt: skip
    more, low, high = supported(slope["estimate"], slope["low"], slope["high"])
    size = f"at equal earlier spend, one more point goes with {change_text(more, UNIT)} in the next half-year"
    trial = "Only customers who answered are counted; a trial could change this conclusion."
    return _say(
        f"{verdict}: {size} (95% interval {change_text(low, UNIT)} to {change_text(high, UNIT)}).",
        _left_out(lived.left_out_),
        trial,
    )


def non_response(silent):
    """How many answered, how different non-respondents would have to be, and whether they left more often.

    Parameters
    ----------
    silent : NonResponse

    Returns
    -------
    Shown
    """
    ratio, limits = silent.hazard_ratio_, silent.tipping_["silent"]
    more, less = ratio["low"] > 1, ratio["high"] < 1
    return _say(
        _response_rate(silent.rate_["estimate"], limits, silent.reported_),
        _left_afterwards(ratio),
        _left_out(silent.left_out_),
        _bias(silent.verdict_, "lower" if more else "higher" if less else ""),
        _unseen(silent),
        cautions={"NPS": _caution(silent, "lower" if more else "higher" if less else "different")},
    )


def comment_themes(themes):
    """Which themes go with a lower or higher rating of a driver.

    Parameters
    ----------
    themes : CommentThemes

    Returns
    -------
    Shown
    """
    apart = themes.drivers_[themes.drivers_["verdict"].isin(["lower", "higher"])]
    pairs = [
        f"“{r.theme}” rate {r.driver} {r.verdict}"
        + (f" ({_signed(r.estimate)})" if known(r.estimate) else "")
        for r in apart.itertuples()
    ]
    verdict = "No theme goes with a clearly lower or higher rating of any driver."
    if pairs:
        verdict = f"Compared with other writers, writers of {'; of '.join(pairs)}."
    many = f"{count_text(themes.n_)} respondents wrote a comment, out of {count_text(themes.n_responses_)} responses."
    return _say(many, verdict, "Not every customer comments, and a theme does not explain a rating.")


def _against_the_last_wave(changes, number):
    if not len(changes):
        only = "There is only one wave" if number < 2 else "No index is known for two waves"
        return f"{only}, so change cannot be assessed."
    latest = changes.groupby("index", sort=False).tail(1)
    latest = latest[latest["n"] >= LEAST]
    if not len(latest):
        return f"Change is not assessed: fewer than {LEAST} respondents answered the latest wave or the one before."
    moved = [
        f"{c.index} {'rose' if c.estimate > 0 else 'fell'}"
        for c in latest[latest["verdict"] == "changed"].itertuples(index=False)
    ]
    same = latest.loc[latest["verdict"] != "changed", "index"].tolist()
    parts = [_and(moved), f"{_and(same)} showed no clear difference" if same else ""]
    return f"Compared with the previous wave, {'; '.join(filter(None, parts))}."


def _over_all_waves(changes):
    changes = changes[changes["n"] >= LEAST]
    if not len(changes):
        return ""
    many = (changes["verdict"] == "changed").sum()
    return f"Across all indices and waves, {many} of {len(changes)} changes {'exceeds' if many == 1 else 'exceed'} chance."


def _next_wave(waves):
    bases = waves.waves_.groupby("index", sort=False)["n"].last()
    units = waves.waves_.groupby("index", sort=False)["unit"].last()
    seen = waves.detectable_[(waves.detectable_ > 0) & (bases.reindex(waves.detectable_.index) >= LEAST)]
    sizes = [f"{_change(size, units[index])} in {index}" for index, size in seen.items()]
    if not sizes:
        return ""
    return (
        f"With the same sample size, the next wave has an 80% chance of detecting a change of {_and(sizes)}."
    )


def _change(size, unit):
    return f"{100 * size:.1f} percentage points" if unit == "share" else f"{size:.3g}"


def _announced(table, outcome):
    if not len(table):
        return f"No driver stands out: none adds to what the others explain of {outcome} beyond chance."
    named = [
        f"{name} ({share_text(d.share, 0)}, {_rank(d)}{_sign(d, outcome)})" for name, d in table.iterrows()
    ]
    return f"Drivers that add to the others, with their share of the explained variation in {outcome} and their rank: {'; '.join(named)}."


def _sign(driver, outcome):
    """What a share does not say: that a driver's higher ratings go with a lower outcome."""
    return (
        f", with a negative sign: higher ratings go with lower {outcome}" if driver["coefficient"] < 0 else ""
    )


def _rank(driver):
    low, high = int(driver["rank_low"]), int(driver["rank_high"])
    return f"rank {low}" + (f" to {high}" if high > low else "")


def _two_methods(table):
    same = (table["rank"] == table["johnson_rank"]).sum()
    if same == len(table):
        return f"LMG and Johnson’s weights rank all {len(table)} drivers alike."
    return f"LMG and Johnson’s weights give the same rank to {same} of {len(table)} drivers."


def _missing_ratings(drivers):
    missing = int(drivers.bases_["missing"].drop("y").sum())
    if not missing:
        return "No rating is missing."
    ratings, least = (count_text(n) for n in (missing, drivers.n_least_))
    ratings = f"{ratings[:1].upper()}{ratings[1:]} ratings are missing"
    return f"{ratings}; each correlation uses the respondents who gave both ratings, at least {least}."


def _response_rate(rate, silent, reported):
    if rate == 1:
        return "Everyone invited answered."
    low, high = silent.iloc[0], silent.iloc[1]
    edges = [f"below {low:.0f}" if low >= -100 else "", f"above {high:.0f}" if high <= 100 else ""]
    edges = " or ".join(filter(None, edges))
    interval = f"the reported interval ({reported['low']:.0f} to {reported['high']:.0f})"
    if not edges:
        return f"{rate:.1%} answered. No NPS of the others could move the overall score out of {interval}."
    return f"{rate:.1%} answered. If the NPS of the others were {edges.replace('-', '−')}, the overall score would fall outside {interval}."


def _left_afterwards(ratio):
    if ratio.isna().all():
        return ""
    verdict = _side(ratio, 1, "left more often than", "left less often than", "left about as often as")
    return f"Across all waves, non-respondents {verdict} respondents (hazard ratio {ratio['estimate']:.2f}, {ratio['low']:.2f} to {ratio['high']:.2f})."


def _unseen(silent):
    """What an R-indicator near 1 does not say."""
    strata = len(silent.strata_)
    if not known(silent.r_indicator_["estimate"]) or silent.verdict_ == "everybody answered":
        return ""
    return (
        f"The R-indicator compares {strata} strata with each other; who answers within them it does not see."
    )


def _caution(silent, side):
    """The share of the invited who answered and the verdict, for the board page."""
    said = {
        "everybody answered": "all invited customers answered",
        "may lie elsewhere": f"the true score may be {side}",
    }
    verdict = said.get(silent.verdict_, "a bias of who answers cannot be ruled out")
    rate = silent.rate_["estimate"]
    return verdict if rate == 1 else f"{rate:.0%} of those invited answered; {verdict}"


def _bias(verdict, side):
    if verdict == "everybody answered":
        return "The score is that of all invited customers."
    if verdict == "cannot be excluded":
        return "There is no sign of bias, but it cannot be ruled out."
    return f"The true score may {f'be {side}' if side else 'differ'}: the interval covers sampling error, not non-response."


def _side(limits, null, above, below, unclear):
    """Which of three verdicts an interval gives against the value of no difference."""
    return above if limits["low"] > null else below if limits["high"] < null else unclear


def _ratio(limits):
    return f"(95% interval {limits['low']:.2f} to {limits['high']:.2f})"


def _signed(value):
    return f"{value:+z,.1f}".replace("-", "−")


def _left_out(sentences):
    sentences = list(sentences)
    if not sentences:
        return ""
    more = len(sentences) - MOST_LEFT_OUT
    return f"Left out: {'; '.join(sentences[:MOST_LEFT_OUT])}{f'; and {more} more' if more > 0 else ''}."


def _and(names):
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _joined(*sentences):
    return " ".join(filter(None, sentences))


def _say(*sentences, cautions=None):
    return reading("{text}", cautions, text=_joined(*sentences))
