"""Stated against lived loyalty: do those who say that they would recommend stay longer, and spend more."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, in_time, numbers, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.survey_ratings import is_answered
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.clustered import clustered_covariance
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import wald
from cxresearch.stats.rows import row, summary
from cxresearch.stats.weighted_means import weighted_mean
from cxresearch.words import count_text

LEAST = 10  # leavers, or respondents in a group, below which nothing is estimated
RATIO, SLOPE = ["estimate", "low", "high", "n", "events"], ["estimate", "low", "high", "n"]
GROUPS = {"0–6": (0, 6), "7–8": (7, 8), "9–10": (9, 10)}


class StatedLived(Estimator):
    r"""What customers did after an answer, by what they had answered.

    Leaving: a discrete-time hazard in the months after the answer,
    :math:`\log(-\log(1 - h_t)) = \alpha + \kappa \log t + \beta \cdot score`; :math:`e^\beta` is the ratio of
    hazards per point. Standard errors allow for one customer's answers in several waves being alike. Beside it
    stand the shares that left within the horizon (Kaplan–Meier, each customer from the first answer given) by
    group of scores, and the shares the model expects there: its calibration.

    Spending: :math:`after = a + b \cdot before + c \cdot score`, least squares, errors by customer; c is money
    per point at equal earlier spend.

    Only who answered is seen, and only from the answer on. Associations: a raised score need not keep anyone.

    Parameters
    ----------
    horizon : int
        Months within which the share of leavers is told.
    level : float

    Attributes
    ----------
    hazard_ratio_ : Series
        estimate, low, high, n (customers), events (customers who left, however often they had answered); missing where it was not estimated.
    groups_ : DataFrame
        group, n, left (share within the horizon), low, high, expected (by the model).
    spend_slope_ : Series
        estimate, low, high, n (customers); missing where it was not estimated.
    spend_ : DataFrame
        group, n, estimate, low, high: mean spend after the answer.
    score_ : str
        The column of the score.
    left_out_ : list of str

    References
    ----------
    Morgan, N. A. & Rego, L. L. (2006). The value of different customer satisfaction and loyalty metrics in
    predicting business performance. *Marketing Science* 25, 426–439.
    """

    def __init__(self, horizon=12, level=0.95):
        self.horizon = horizon
        self.level = level

    def fit(self, stayed=None, spent=None, score="recommend"):
        """Fit to what :mod:`cxresearch.features` says of the time after each answer.

        Parameters
        ----------
        stayed : DataFrame, optional
            customer_id, the score, duration, has_left, as from ``features.stayed_after``; in order of time unless there is a
            ``responded_at`` to order them by.
        spent : DataFrame, optional
            customer_id, the score, spend_before, spend_after, as from ``features.spend_after``.
        score : str
            The column of the score; scores of 0–10 are grouped 0–6, 7–8, 9–10, others by thirds.

        Returns
        -------
        StatedLived
            This object.

        Raises
        ------
        NotEnough
            Where neither of what was given could be compared: fewer than ten leavers, fewer than thirty buyers, or one score only.
        ValueError
            For bad columns; where neither table is given.
        """
        if stayed is None and spent is None:
            raise ValueError("neither stayed nor spent is given: there is nothing lived to compare with")
        self.left_out_, self.score_ = [], score
        self.hazard_ratio_, self.spend_slope_ = pd.Series(np.nan, RATIO), pd.Series(np.nan, SLOPE)
        self.groups_ = pd.DataFrame(columns=["group", "n", "left", "low", "high", "expected"])
        self.spend_ = pd.DataFrame(columns=["group", "n", "estimate", "low", "high"])
        answered = self._answered(stayed, score, "who answered held a contract")
        if answered is not None:
            self._leaving(table(answered, ["customer_id", score, "duration", "has_left"], "stayed"), score)
        answered = self._answered(spent, score, "who answered had bought before and was followed long enough")
        if answered is not None:
            self._spending(
                table(answered, ["customer_id", score, "spend_before", "spend_after"], "spent"), score
            )
        if self.hazard_ratio_.isna().all() and self.spend_slope_.isna().all():
            raise NotEnough("; ".join(self.left_out_))
        return self

    def summary(self):
        """Hazard ratio, shares of leavers, and spend, one row each for what was estimated."""
        return summary([*self._leaving_rows(), *self._spending_rows()])

    def _leaving_rows(self):
        ratio = self.hazard_ratio_
        if ratio.notna().all():
            how = f"discrete-time cloglog hazard, {count_text(ratio['events'])} leavers, by customer"
            yield row("hazard ratio of leaving, per point", ratio, int(ratio["n"]), how)
        for g in self.groups_.itertuples():
            what, how = f"left within {self.horizon} months, score {g.group}", "Kaplan–Meier, log–log limits"
            yield row(what, (g.left, g.low, g.high), g.n, how, "share")

    def _spending_rows(self):
        slope = self.spend_slope_
        if slope.notna().all():
            how = "least squares at equal earlier spend, by customer"
            yield row("later spend per point", slope, int(slope["n"]), how, "money")
        for g in self.spend_.itertuples():
            limits = g.estimate, g.low, g.high
            yield row(f"later spend, score {g.group}", limits, g.n, "mean, Student's t", "money")

    def _answered(self, rows, score, who):
        """The rows whose score is there; none, and a sentence on it, where there are none of them."""
        if rows is None:
            return None
        rows = executed(rows)
        if len(rows) and not is_answered(rows, score):
            self.left_out_.append(f"nobody {who} and gave {score}")
            return None
        if not len(rows):
            self.left_out_.append(f"nobody {who}")
            return None
        return rows[rows[score].notna()]

    def _leaving(self, stayed, score):
        stayed = in_time(stayed[stayed["duration"] > 0], "responded_at").reset_index(drop=True)
        values = numbers(stayed[score], score).astype(float)
        event = stayed["has_left"].astype(int).to_numpy()
        if event.sum() < LEAST:
            self.left_out_.append(f"fewer than {LEAST} of those who answered left")
            return
        if len(np.unique(values)) < 2:
            self.left_out_.append("all who answered gave one score")
            return
        model = ChurnHazard(link="cloglog", level=self.level)
        X = pd.DataFrame({"score": values})
        model.fit(stayed["duration"], event, X, customer=stayed["customer_id"])
        ratio = np.exp(model.params_["score"])
        limits = wald(ratio, model.std_error_["score"], self.level)
        people = stayed["customer_id"].nunique()
        leavers = stayed.loc[event == 1, "customer_id"].nunique()
        self.hazard_ratio_ = pd.Series([ratio, *limits, people, leavers], RATIO)
        expected = 1 - model.predict_survival(self.horizon, X)["survival"].to_numpy()
        self._shares_who_left(stayed, values, event, expected)

    def _shares_who_left(self, stayed, values, event, expected):
        """The share of each group of scores that left, each customer from the first answer."""
        rows, once = [], ~stayed["customer_id"].duplicated().to_numpy()
        for name, inside in _groups(values).items():
            inside = inside & once
            if inside.sum() < LEAST:
                self.left_out_.append(f"score {name}: fewer than {LEAST} customers")
                continue
            at = KaplanMeier(level=self.level).fit(stayed["duration"][inside], event[inside])
            if at.last_time_ < self.horizon:
                self.left_out_.append(f"score {name}: nobody was followed for {self.horizon} months")
                continue
            share = at.at([self.horizon]).iloc[0]
            left = 1 - share["survival"], 1 - share["high"], 1 - share["low"]
            rows.append((name, int(inside.sum()), *left, expected[inside].mean()))
        self.groups_ = pd.DataFrame(rows, columns=self.groups_.columns)

    def _spending(self, spent, score):
        spent = spent.reset_index(drop=True)
        values = numbers(spent[score], score).astype(float)
        after, before = (
            numbers(spent[f"spend_{x}"], f"spend_{x}").astype(float) for x in ("after", "before")
        )
        who, people = pd.factorize(spent["customer_id"])
        reject(who < 0, "customer_id", "is missing")
        if len(people) < 3 * LEAST:
            self.left_out_.append(f"fewer than {3 * LEAST} of those who answered had bought before")
            return
        if len(np.unique(values)) < 2:
            self.left_out_.append("all buyers who answered gave one score")
            return
        earlier = (before - before.mean()) / (
            before.std() or 1.0
        )  # in units of its own: money may be in millions
        design = np.column_stack([np.ones(len(values)), earlier, values])
        gram = np.linalg.pinv(design.T @ design, hermitian=True)
        beta = gram @ (design.T @ after)
        covariance = clustered_covariance(gram, design * (after - design @ beta)[:, None], who)
        half = normal_quantile(self.level) * np.sqrt(covariance[2, 2])
        self.spend_slope_ = pd.Series([beta[2], beta[2] - half, beta[2] + half, len(people)], SLOPE)
        rows = []
        for name, inside in _groups(values).items():
            each = pd.Series(after[inside]).groupby(who[inside]).mean()
            if len(each) >= LEAST:
                rows.append((name, len(each), *weighted_mean(each.to_numpy(), level=self.level)[:3]))
        self.spend_ = pd.DataFrame(rows, columns=self.spend_.columns)


def _groups(values):
    """Which rows belong to which group of scores."""
    if values.min() >= 0 and 7 < values.max() <= 10:
        return {name: (values >= low) & (values <= high) for name, (low, high) in GROUPS.items()}
    low, high = np.quantile(values, [1 / 3, 2 / 3])
    parts = {
        f"≤ {low:g}": values <= low,
        "between": (values > low) & (values <= high),
        f"> {high:g}": values > high,
    }
    return {name: inside for name, inside in parts.items() if inside.any()}
