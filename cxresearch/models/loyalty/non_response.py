"""Non-response: who kept silent, what weights can repair, and how different the silent would have to be."""

import numpy as np
import pandas as pd

from cxresearch.inputs import aligned, in_time, numbers, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.raking import rake
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.likelihood import wald
from cxresearch.stats.proportions import nps, wilson
from cxresearch.stats.representativeness import representativeness

LEAST = 10
ELSEWHERE, UNSEEN, EVERYBODY = "may lie elsewhere", "cannot be excluded", "everybody answered"


class NonResponse(Estimator):
    r"""How far a wave's net promoter score may be from that of all who were invited.

    With response rate :math:`\rho`, :math:`NPS_{all} = \rho\,NPS_{answered} + (1 - \rho)\,NPS_{silent}`: the
    **tipping point** is the score of the silent at which the score of all leaves the interval that is
    reported. Three further looks, none of which proves anything alone:

    - strata: response rates (Wilson) and the R-indicator, 1 − 2·S(rates);
    - raking to the invited, over all categories known of them: what weights can repair;
    - what the silent did: how much more often they left afterwards than those who answered (hazard ratio).

    The verdict is *may lie elsewhere* where a bias is seen: the silent left more (or less) often beyond
    chance, or raking moves the score out of its interval. Otherwise a bias *cannot be excluded* – within
    a category the content may answer more often than others, and no weight knows of it.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    strata_ : DataFrame
        stratum, invited, answered, rate, low, high, nps, nps_low, nps_high.
    r_indicator_ : Series or None
        estimate, low, high; None with one stratum.
    estimates_ : DataFrame
        name (as answered, weighted, raked), estimate, low, high, n, n_effective.
    rate_ : Series
        Response rate: estimate, low, high, n.
    tipping_ : DataFrame
        limit, score (of all), silent (the score of the silent at which it is reached; beyond ±100 impossible).
    lived_ : DataFrame or None
        who, n, left, low, high: share that left within the horizon, each customer from the first invitation.
    hazard_ratio_ : Series or None
        Of leaving, silent against answered, over all invitations, by customer: estimate, low, high, n.
    verdict_ : str
    left_out_ : list of str

    References
    ----------
    Schouten, B., Cobben, F. & Bethlehem, J. (2009). Indicators for the representativeness of survey response.
    *Survey Methodology* 35, 101–113. Groves, R. M. (2006). Nonresponse rates and nonresponse bias in household
    surveys. *Public Opinion Quarterly* 70, 646–675.

    Examples
    --------
    >>> invited = pd.DataFrame({"customer_id": range(400), "has_responded": [True] * 100 + [False] * 300})
    >>> answers = pd.DataFrame({"customer_id": range(100), "recommend": [10] * 40 + [8] * 40 + [4] * 20})
    >>> model = NonResponse().fit(invited, answers)
    >>> model.tipping_.round(1)
              limit  score  silent
    0  lower limit    5.3     0.4
    1  upper limit   34.7    39.6
    2          zero    0.0    -6.7
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, invitations, responses, known=None, lived=None, horizon=6):
        """Fit to one wave.

        Parameters
        ----------
        invitations : DataFrame
            One row per invited customer: customer_id, has_responded; optionally stratum.
        responses : DataFrame
            customer_id, recommend; optionally weight. Answers of customers who were not invited are left out.
        known : DataFrame, optional
            customer_id and what is known of all customers (segment, region …): the columns to rake on.
        lived : DataFrame, optional
            Of all invited, of this and of earlier waves: customer_id, has_responded, duration, has_left, as
            from ``features.stayed_after``; in order of time unless there is an ``invited_at`` to order them by.
        horizon : int
            Months within which leaving is compared.

        Returns
        -------
        NonResponse
            This object.

        Raises
        ------
        ValueError
            For missing columns; a customer invited twice in the wave; if none of the invited answered.
        """
        invited = table(invitations, ["customer_id", "has_responded"], "invitations").reset_index(drop=True)
        answers = table(responses, ["customer_id", "recommend"], "responses")
        reject(invited["customer_id"].duplicated(), "customer_id", "occurs twice among the invited")
        self.left_out_ = []
        answers = answers[answers["recommend"].notna() & answers["customer_id"].isin(invited["customer_id"])]
        answers = answers.drop_duplicates("customer_id")
        if not len(answers):
            raise ValueError("recommend is missing for everybody who was invited: there is no score to judge")
        invited["answered"] = invited["customer_id"].isin(answers["customer_id"])
        n, k = len(invited), len(answers)
        self.rate_ = pd.Series({**wilson(k, n, self.level)._asdict(), "n": n})
        self._strata(invited, answers)
        self._estimates(invited, answers, known)
        self._tipping(k / n)
        self.lived_ = self.hazard_ratio_ = None
        if lived is not None and len(lived):
            self._lived(lived, horizon)
        else:
            self.left_out_.append("what the silent did: no contracts")
        self.verdict_ = EVERYBODY if k == n else ELSEWHERE if self._is_seen() else UNSEEN
        return self

    def summary(self):
        """Response rate, R-indicator and the score by each way of weighting, one row each."""
        rows = [("response rate", *self.rate_[["estimate", "low", "high", "n"]], "Wilson score")]
        if self.r_indicator_ is not None:
            how = "R-indicator, parametric bootstrap"
            rows.append(
                ("R-indicator", *self.r_indicator_[["estimate", "low", "high"]], self.rate_["n"], how)
            )
        if self.hazard_ratio_ is not None:
            how = "discrete-time cloglog hazard, by customer"
            rows.append(("hazard ratio of leaving, silent to answered", *self.hazard_ratio_, how))
        for e in self.estimates_.itertuples():
            how = f"net promoter score, Kish's effective base {e.n_effective:,.0f}"
            rows.append((f"NPS, {e.name}", e.estimate, e.low, e.high, e.n, how))
        found = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method"])
        return found.astype({"n": int})

    def _strata(self, invited, answers):
        rows, self.r_indicator_ = [], None
        if "stratum" not in invited or invited["stratum"].nunique() < 2:
            self.left_out_.append("R-indicator: fewer than two strata")
            invited = invited.assign(stratum="all")
        stratum = invited["stratum"].fillna("unknown").astype(str)
        of = answers["customer_id"].map(pd.Series(stratum.to_numpy(), invited["customer_id"]))
        for name, part in invited.groupby(stratum):
            rate = wilson(part["answered"].sum(), len(part), self.level)
            scores = answers.loc[of == name, "recommend"].to_numpy()
            score = nps(scores, level=self.level)[:3] if len(scores) else (np.nan,) * 3
            rows.append((name, len(part), int(part["answered"].sum()), *rate, *score))
        columns = ["stratum", "invited", "answered", "rate", "low", "high", "nps", "nps_low", "nps_high"]
        self.strata_ = pd.DataFrame(rows, columns=columns)
        if len(rows) > 1:
            counts = self.strata_["answered"].to_numpy(), self.strata_["invited"].to_numpy()
            found = representativeness(*counts, level=self.level)
            self.r_indicator_ = pd.Series(list(found.values()), ["estimate", "low", "high"])

    def _estimates(self, invited, answers, known):
        scores, rows = answers["recommend"], []
        weights = {"as answered": None}
        if "weight" in answers:
            weights["weighted"] = numbers(answers["weight"], "weight", low=0)
        about = invited[["customer_id"] + (["stratum"] if "stratum" in invited else [])]
        if known is not None:
            more = [c for c in known if c != "customer_id" and c not in about]
            about = about.merge(
                known[["customer_id", *more]].drop_duplicates("customer_id"), "left", "customer_id"
            )
        categories = about.drop(columns="customer_id").fillna("unknown").astype(str)
        useful = [c for c in categories if 1 < categories[c].nunique() <= 20]
        if useful:
            targets = {c: categories[c].value_counts() for c in useful}
            of = categories[useful].set_axis(about["customer_id"]).loc[answers["customer_id"]]
            try:
                raked = rake(of.reset_index(drop=True), targets)
                self.left_out_ += [f"raking: nobody of {name} answered" for name in raked.attrs["unreached"]]
                weights["raked"] = raked.to_numpy()
            except ValueError as refused:
                self.left_out_.append(f"raking: {refused}")
        else:
            self.left_out_.append("raking: nothing is known of the invited")
        for name, weight in weights.items():
            one = nps(scores.to_numpy(), weight, self.level)
            rows.append((name, one.estimate, one.low, one.high, one.n, one.n_effective))
        columns = ["name", "estimate", "low", "high", "n", "n_effective"]
        self.estimates_ = pd.DataFrame(rows, columns=columns)

    def _tipping(self, rate):
        reported = self.estimates_[self.estimates_["name"] != "raked"].iloc[-1]
        rows = [("lower limit", reported["low"]), ("upper limit", reported["high"]), ("zero", 0.0)]
        found = pd.DataFrame(rows, columns=["limit", "score"])
        if rate < 1:
            found["silent"] = (found["score"] - rate * reported["estimate"]) / (1 - rate)
        else:
            found["silent"] = np.nan
        self.reported_, self.tipping_ = reported, found

    def _lived(self, lived, horizon):
        lived = table(lived, ["customer_id", "has_responded", "duration", "has_left"], "lived")
        aligned(has_responded=lived["has_responded"], has_left=lived["has_left"])
        lived = lived[(lived["duration"] > 0) & lived["has_responded"].notna()]
        lived = in_time(lived, "invited_at").reset_index(drop=True)
        silent, left = ~lived["has_responded"].astype(bool), lived["has_left"].astype(int)
        rows = []
        for who, inside in (("silent", silent), ("answered", ~silent)):
            once = lived[inside].drop_duplicates("customer_id").index
            if left[inside].sum() < LEAST or lived.loc[once, "duration"].max() < horizon:
                self.left_out_.append(
                    f"what the silent did: too few {who} left, or were followed {horizon} months"
                )
                return
            curve = KaplanMeier(level=self.level).fit(lived.loc[once, "duration"], left[once])
            at = curve.at([horizon]).iloc[0]
            rows.append((who, len(once), 1 - at["survival"], 1 - at["high"], 1 - at["low"]))
        self.lived_ = pd.DataFrame(rows, columns=["who", "n", "left", "low", "high"])
        model = ChurnHazard(link="cloglog", level=self.level)
        X = pd.DataFrame({"silent": silent.astype(int)})
        model.fit(lived["duration"], left, X, customer=lived["customer_id"])
        ratio = np.exp(model.params_["silent"])
        limits = wald(ratio, model.std_error_["silent"], self.level)
        people = lived["customer_id"].nunique()
        self.hazard_ratio_ = pd.Series([ratio, *limits, people], ["estimate", "low", "high", "n"])

    def _is_seen(self):
        ratio, raked = self.hazard_ratio_, self.estimates_[self.estimates_["name"] == "raked"]
        lived = ratio is not None and (ratio["low"] > 1 or ratio["high"] < 1)
        out = len(raked) and not self.reported_["low"] <= raked["estimate"].iloc[0] <= self.reported_["high"]
        return bool(lived or out)
