"""What a customer answered in surveys: the last score and the mean so far."""

from cxresearch.features.answered import MOMENT, answered
from cxresearch.features.as_of import AGE
from cxresearch.features.customers.feature import Feature, count

TABLE = "survey_responses"
SCORES = {
    "recommend": "likelihood to recommend",
    "satisfaction": "overall satisfaction",
    "effort": "effort",
    "emotion": "emotion",
}


def rows(workspace, at):
    """The answers given by the date, those of one customer and moment taken together.

    When each is known says :func:`~cxresearch.features.answered.answered`.
    """
    answers = answered(workspace.table(TABLE), workspace)
    answers = at.known(answers.filter(answers.customer_id.notnull()), MOMENT)
    scores = [c for c in answers.columns if c in SCORES or c.startswith("driver_")]
    # two answers of one moment have no order: their mean stands for both, so that every engine finds the same last score
    sums = {c: answers[c].sum() for c in scores} | {f"n_{c}": answers[c].count() for c in scores}
    return answers.group_by(*at.keys, MOMENT, AGE).aggregate(answers=answers.count(), **sums)


def features(at, drivers=()):
    """The features of survey answers."""
    yield count("responses", "answers", "survey answers so far", lambda t: t.answers.sum())
    yield Feature(
        "days_since_response", "days", "since the last survey answer", lambda t: t[AGE].min(),
        missing="never answered by then", dtype="int64",
    )  # fmt: skip
    for column, said in SCORES.items():
        given = {"needs": (column,), "missing": "never gave this score by then"}
        yield Feature(
            f"survey_{column}_last", "scale of the data", f"last survey score: {said}",
            lambda t, c=column: (t[c] / t[f"n_{c}"]).argmax(t[MOMENT], where=t[f"n_{c}"] > 0), **given,
        )  # fmt: skip
        yield Feature(
            f"survey_{column}_mean",
            "scale of the data",
            f"mean survey score so far: {said}",
            _mean(column),
            **given,
        )
    for column in drivers:
        yield Feature(
            f"survey_{column}_mean", "scale of the data", f"mean rating of {column.removeprefix('driver_')} so far", _mean(column),
            (column,), missing="never rated it by then",
        )  # fmt: skip


def _mean(column):
    return lambda t: t[column].sum() / t[f"n_{column}"].sum().nullif(0)
