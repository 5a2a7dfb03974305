"""What the page says of readiness: the score, the ladder, the year and the item to fix first; and that a made-up benchmark is one."""

from cxresearch.display import QUESTIONS, answer
from cxresearch.readings.sentences import counted, first_names, known, p_value, say, sentence
from cxresearch.words import estimate_text, number_text, share_text

MADE_UP = "The benchmark is synthetic: its organisations are made up, so that ranks and distances show how the page works, not where the firm stands."
HEALTHY = QUESTIONS[0]


def readiness_score(score):
    """The score, its themes and its reliability.

    Parameters
    ----------
    score : ReadinessScore
        Fitted.
    """
    s, themes = score.score_, score.themes_.sort_values("estimate", kind="stable")
    low, high = themes.iloc[0], themes.iloc[-1]
    technology = themes[themes["theme"] == "technology"].iloc[0]
    people = themes[themes["theme"] == "people"].iloc[0]
    return say(
        f"Readiness is {estimate_text(s['estimate'], s['low'], s['high'])} of 4, by {counted(score.n_, 'respondent')}.",
        f"Lowest is {low['theme']} ({number_text(low['estimate'], 2)}), highest {high['theme']} ({number_text(high['estimate'], 2)}).",
        "Technology is ahead of people: it should come last." if technology["low"] > people["high"] else "",
        f"The twelve questions go together with an alpha of {estimate_text(*score.alpha_)}.",
        *map(sentence, score.left_out_),
        "Answers of one level of the firm may flatter it; those of the staff who serve customers could change this conclusion.",
        MADE_UP if score.is_synthetic_ else "",
    )


def ladder(rungs):
    """Where the firm stands in each year.

    Parameters
    ----------
    rungs : ReadinessLadder
        Fitted.
    """
    own = rungs.years_[rungs.years_["year"] == rungs.year_]
    above = [f"year {y.year}" for y in rungs.years_.itertuples() if y.low > 0.5]
    below = [f"year {y.year}" for y in rungs.years_.itertuples() if y.high < 0.5]
    return say(
        f"Of organisations in the same year ({int(rungs.year_)}), {estimate_text(*own.iloc[0][['estimate', 'low', 'high']], 'share')} score lower."
        if len(own)
        else "The firm does not say in which year it is.",
        f"It is clearly above the median of {first_names(above)}." if above else "",
        f"It is clearly below that of {first_names(below)}." if below else "",
        "Organisations that gave up are in no later year, which makes later years look better.",
        MADE_UP if rungs.is_synthetic_ else "",
    )


def year_of_answers(year):
    """Which year's organisations the answers look like, and how well answers tell the year at all.

    Parameters
    ----------
    year : YearOfAnswers
        Fitted.
    """
    if year.years_["estimate"].isna().any():
        return say("The probability of each year cannot be estimated.", MADE_UP if year.is_synthetic_ else "")
    top = year.years_.loc[year.years_["estimate"].idxmax()]
    worst = (year.calibration_["predicted"] - year.calibration_["actual"]).abs().max()
    return say(
        f"The answers look most like those of year {year.likeliest_}: {estimate_text(top['estimate'], top['low'], top['high'], 'share')}.",
        f"For organisations held out, the score predicts the year better than the mix of years does: {share_text(year.skill_, 0)} less loss."
        if year.skill_ > 0
        else "For organisations held out, the score does not predict the year.",
        f"In bands of held-out organisations, predicted and actual shares differ by at most {100 * worst:.0f} points."
        if known(worst)
        else "",
        _cuts(year),
        MADE_UP if year.is_synthetic_ else "",
    )


def _cuts(year):
    """That one slope does not fit all years, with the least and the greatest of the slopes of each cut."""
    if not len(year.cuts_):
        return ""
    ordered = year.cuts_.sort_values("estimate", kind="stable")
    low, high = (
        f"{number_text(cut['estimate'], 2)} for being later than year {cut['later_than']:.0f}"
        for _, cut in ordered.iloc[[0, -1]].iterrows()
    )
    return (
        f"One slope does not fit all years ({p_value(year.proportional_[2])}), so that these probabilities are rough: "
        f"the log-odds per point of readiness run from {low} to {high}."
    )


def fix_first(items):
    """The item to fix first.

    Parameters
    ----------
    items : ReadinessPriorities
        Fitted.
    """
    if items.first_ is None:
        first = f"No answer is clearly below the organisations in year {items.next_year_}, after correction for twelve comparisons."
    else:
        row = items.items_[items.items_["item"] == items.first_].iloc[0]
        size = estimate_text(row["estimate"], row["low"], row["high"])
        first = f"Fix first: “{row['statement']}” The answer is {number_text(row['own'], 2)}, {size} from the mean in year {items.next_year_}."
        more = int(items.items_["is_below"].sum()) - 1
        first += (
            f" {counted(more, 'further answer')} {'is' if more == 1 else 'are'} clearly below too."
            if more
            else ""
        )
    return say(first, *map(sentence, items.left_out_), MADE_UP if items.is_synthetic_ else "")


def are_we_ready(items):
    """The answer for the board.

    Parameters
    ----------
    items : ReadinessPriorities
        Fitted.
    """
    of = " of a synthetic benchmark" if items.is_synthetic_ else ""
    if items.first_ is None:
        text = "Readiness: no answer is clearly below organisations one year ahead{of}."
        return answer(HEALTHY, text, of=of)
    row = items.items_[items.items_["item"] == items.first_].iloc[0]
    text = "Readiness: furthest below organisations one year ahead{of} is “{what}”"
    return answer(HEALTHY, text, of=of, what=row["statement"])
