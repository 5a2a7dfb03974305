"""What one survey rates: the outcome, the drivers that enough respondents rated, and who answered."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.usable_answers import survey_weights

PREFIX = "driver_"
LEAST = 30  # ratings by respondents who also answered the outcome, below which a driver is left out
MOST = 15  # drivers analysed together


def driver_names(answers):
    """The drivers that a table of answers has columns for, without their prefix.

    >>> driver_names(pd.DataFrame(columns=["recommend", "driver_ease", "driver_price"]))
    ['ease', 'price']
    """
    return [name.removeprefix(PREFIX) for name in answers if name.startswith(PREFIX)]


class SurveyRatings(Estimator):
    """The columns of a survey's answers that an analysis of drivers needs.

    A driver is kept if at least 30 respondents rated it, answered the outcome too, and did not all give the same rating; of more than 15
    the 15 rated most. The others are named in ``left_out_``.

    Parameters
    ----------
    outcome : str
        The column that the drivers are held against; ``"auto"`` is recommend where anybody answered it, satisfaction otherwise.
    leave_out : sequence of str
        Drivers to leave out, without their prefix.

    Attributes
    ----------
    outcome_ : str
    score_ : Series
        The outcome; missing throughout where nobody answered it.
    drivers_ : DataFrame
        The drivers kept, without their prefix, in the order of the table.
    widely_rated_ : list of str
        Columns of the drivers that were rated at least half as often as the one rated most.
    weight_ : Series or None
        Survey weights, where the table has any.
    respondent_ : Series
        Who answered: the customer, or the response where the customer is unknown.
    survey_ : str
        The survey's name; ``"all"`` where the table does not name surveys.
    left_out_ : list of str

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": range(40), "recommend": [9, 4] * 20, "driver_ease": [8, 3] * 20, "driver_price": 5})
    >>> ratings = SurveyRatings().fit(answers)
    >>> list(ratings.drivers_), ratings.left_out_
    (['ease'], ['price: every respondent gave the same rating'])
    """

    def __init__(self, outcome="auto", leave_out=()):
        self.outcome = outcome
        self.leave_out = leave_out

    def fit(self, answers):
        """Choose the columns.

        Parameters
        ----------
        answers : DataFrame or Ibis table
            The contract's ``survey_responses`` of one survey.

        Returns
        -------
        SurveyRatings
            This object.

        Raises
        ------
        NotEnough
            If there is no answer.
        """
        if not len(answers):
            raise NotEnough("nobody has answered the survey yet")
        answers = table(answers, ["response_id"], "answers")
        self.outcome_ = self._outcome(answers)
        empty = pd.Series(float("nan"), answers.index)
        self.score_ = answers.get(self.outcome_, empty).rename(self.outcome_)
        self.weight_, self.left_out_ = None, []
        if is_answered(answers, "weight"):
            weights, self.left_out_ = survey_weights(answers["weight"])
            self.weight_ = pd.Series(weights, answers.index, name="weight")
        self.respondent_ = respondents(answers)
        self.survey_ = str(answers["survey"].iloc[0]) if is_answered(answers, "survey") else "all"
        self._choose(answers)
        return self

    def _outcome(self, answers):
        if self.outcome != "auto":
            return self.outcome
        return "recommend" if is_answered(answers, "recommend") else "satisfaction"

    def _choose(self, answers):
        rated = answers[[PREFIX + name for name in driver_names(answers) if name not in self.leave_out]]
        rated = rated.dropna(axis=1, how="all").rename(columns=lambda name: name.removeprefix(PREFIX))
        usable = rated[self.score_.notna()]
        base, varies = usable.notna().sum(), usable.nunique() > 1
        for name in rated.columns[base < LEAST]:
            self.left_out_.append(f"{name}: {_how_many(base[name])}, fewer than {LEAST}")
        for name in rated.columns[(base >= LEAST) & ~varies]:
            self.left_out_.append(f"{name}: every respondent gave the same rating")
        order = base[(base >= LEAST) & varies].sort_values(ascending=False, kind="stable").index
        self.left_out_ += [f"{name}: {MOST} other drivers were rated more often" for name in order[MOST:]]
        self.drivers_ = rated[[name for name in rated if name in order[:MOST]]]
        half = base.max() / 2 if len(base) else 0
        self.widely_rated_ = [PREFIX + name for name in self.drivers_ if base[name] >= half]


def is_answered(answers, column):
    """Whether a table has a column in which anything stands."""
    return column in answers and bool(answers[column].notna().any())


def respondents(answers):
    """Who gave each answer: the customer, or the response where the customer is unknown.

    >>> respondents(pd.DataFrame({"response_id": ["1", "2"], "customer_id": ["a", None]})).tolist()
    ['a', '2']
    """
    return answers.get("customer_id", answers["response_id"]).fillna(answers["response_id"])


def _how_many(n):
    who = "nobody" if n == 0 else f"{n} respondent{'s' if n > 1 else ''}"
    return f"rated by {who} who gave the outcome"
