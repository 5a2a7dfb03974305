"""Non-response: who kept silent, what weights can repair, and how different the silent would have to be."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, in_time, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.raking import rake
from cxresearch.models.loyalty.survey_ratings import is_answered
from cxresearch.models.loyalty.usable_answers import survey_weights, whole_scores
from cxresearch.models.loyalty.waves import waves_in_time
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.likelihood import wald
from cxresearch.stats.proportions import nps, wilson
from cxresearch.stats.representativeness import representativeness
from cxresearch.stats.rows import row, shares, summary

LEAST = 10
MOST_CATEGORIES = 20  # of a column to rake on
RAKED_ON = ("stratum", "segment", "region", "acquisition_channel")
WHO = {"silent": "kept silent", "answered": "answered"}
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
    wave_ : str
        The wave judged; empty where the invitations name none.
    strata_ : DataFrame
        stratum, invited, answered, rate, low, high, nps, nps_low, nps_high.
    r_indicator_ : Series
        estimate, low, high; missing with one stratum.
    estimates_ : DataFrame
        name (as answered, weighted, raked), estimate, low, high, n, n_effective.
    rate_ : Series
        Response rate: estimate, low, high, n.
    tipping_ : DataFrame
        limit, score (of all), silent (the score of the silent at which it is reached; beyond ±100 impossible).
    reported_ : Series
        The estimate that is reported: weighted where there are weights.
    lived_ : DataFrame
        who, n, left, low, high: share that left within the horizon, each customer from the first invitation; empty where too few left.
    hazard_ratio_ : Series
        Of leaving, silent against answered, over all invitations, by customer: estimate, low, high, n; missing where too few left.
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

    def fit(self, invitations, responses, horizon=6):
        """Fit to the latest wave that has answers.

        Parameters
        ----------
        invitations : DataFrame or Ibis table
            As from ``features.invited``, one row per invited customer and wave: customer_id, has_responded; optionally wave, stratum,
            segment, region and acquisition_channel to rake on, duration and has_left, and invited_at to order them by. Invitations to
            waves that the responses do not have belong to another survey and are left out.
        responses : DataFrame or Ibis table
            customer_id, recommend; optionally wave, responded_at and weight. Answers of customers who were not invited are left out.
        horizon : int
            Months within which leaving is compared.

        Returns
        -------
        NonResponse
            This object.

        Raises
        ------
        NotEnough
            If fewer than ten of the invited answered recommend.
        ValueError
            For missing columns; a customer invited twice in the wave.
        """
        self.left_out_ = []
        invitations, invited, answers = self._wave(invitations, responses)
        reject(invited["customer_id"].duplicated(), "customer_id", "occurs twice among the invited")
        invited["answered"] = invited["customer_id"].isin(answers["customer_id"])
        n, k = len(invited), len(answers)
        self.rate_ = pd.Series({**wilson(k, n, self.level)._asdict(), "n": n})
        self._strata(invited, answers)
        self._estimates(invited, answers)
        self._tipping(k / n)
        self.hazard_ratio_ = pd.Series(np.nan, ["estimate", "low", "high", "n"])
        self.lived_ = pd.DataFrame(columns=["who", "n", "left", "low", "high"])
        self._lived(invitations, horizon)
        self.verdict_ = EVERYBODY if k == n else ELSEWHERE if self._is_seen() else UNSEEN
        return self

    def summary(self):
        """Response rate, R-indicator and the score by each way of weighting, one row each for what was estimated."""
        n = int(self.rate_["n"])
        rows = [row("response rate", self.rate_, n, "Wilson score", "share")]
        if self.r_indicator_.notna().all():
            rows.append(row("R-indicator", self.r_indicator_, n, "R-indicator, parametric bootstrap"))
        if (ratio := self.hazard_ratio_).notna().all():
            what = "hazard ratio of leaving, non-respondents to respondents"
            how = "discrete-time cloglog hazard, by customer"
            rows.append(row(what, ratio, int(ratio["n"]), how))
        for e in self.estimates_.itertuples():
            how = f"net promoter score, Kish's effective base {e.n_effective:,.0f}"
            rows.append(row(f"NPS, {e.name}", (e.estimate, e.low, e.high), int(e.n), how))
        return summary(rows)

    def rates(self):
        """The response rate of each stratum, one row each; together they are all who were invited."""
        found = shares(self.strata_["stratum"], self.strata_["answered"], self.strata_["invited"], self.level)
        return found.assign(group="strata")

    def _wave(self, invitations, responses):
        """All invitations of the survey, and the invitations and answers of its latest wave."""
        responses = executed(responses)
        if not len(responses) or not is_answered(responses, "recommend"):
            raise NotEnough("nobody answered recommend")
        answers = table(responses, ["customer_id", "recommend"], "responses")
        invitations = executed(invitations)
        if not len(invitations):
            raise NotEnough("nobody had been invited")
        invitations = table(invitations, ["customer_id", "has_responded"], "invitations").reset_index(
            drop=True
        )
        scores, between = whole_scores(answers["recommend"].reset_index(drop=True))
        self.left_out_ += between
        answers = answers.assign(recommend=scores.to_numpy())
        scored = answers[answers["recommend"].notna()]
        invited, self.wave_ = invitations, ""
        if "wave" in invitations and "wave" in answers:
            invitations = invitations[invitations["wave"].isin(answers["wave"].unique())]
            latest = waves_in_time(scored)[-1]
            invited, scored = invitations[invitations["wave"] == latest], scored[scored["wave"] == latest]
            self.wave_ = str(latest)
        scored = scored[scored["customer_id"].isin(invited["customer_id"])].drop_duplicates("customer_id")
        if len(scored) < LEAST:
            which = f" in wave {self.wave_}" if self.wave_ else ""
            raise NotEnough(f"fewer than {LEAST} of the invited answered recommend{which}")
        return invitations, invited.reset_index(drop=True), scored

    def _strata(self, invited, answers):
        self.r_indicator_ = pd.Series(np.nan, ["estimate", "low", "high"])
        stratum = pd.Series("all", invited.index)
        if "stratum" in invited:
            stratum = invited["stratum"].fillna("unknown").astype(str)
        of = answers["customer_id"].map(pd.Series(stratum.to_numpy(), invited["customer_id"]))
        rows = []
        for name, part in invited.groupby(stratum):
            rate = wilson(part["answered"].sum(), len(part), self.level)
            scores = answers.loc[of == name, "recommend"].to_numpy()
            score = nps(scores, level=self.level)[:3] if len(scores) else (np.nan,) * 3
            rows.append((name, len(part), int(part["answered"].sum()), *rate, *score))
        columns = ["stratum", "invited", "answered", "rate", "low", "high", "nps", "nps_low", "nps_high"]
        self.strata_ = pd.DataFrame(rows, columns=columns)
        if len(rows) < 2:
            self.left_out_.append("no R-indicator: there is one stratum only")
            return
        counts = self.strata_["answered"].to_numpy(), self.strata_["invited"].to_numpy()
        limits = representativeness(*counts, level=self.level)
        self.r_indicator_ = pd.Series(list(limits.values()), ["estimate", "low", "high"])

    def _estimates(self, invited, answers):
        scores = answers["recommend"].to_numpy()
        weights = {"as answered": None}
        if is_answered(answers, "weight"):
            weights["weighted"], unweighted = survey_weights(answers["weight"])
            self.left_out_ += unweighted
        weights |= self._raked(invited, answers)
        rows = []
        for name, weight in weights.items():
            one = nps(scores, weight, self.level)
            rows.append((name, one.estimate, one.low, one.high, one.n, one.n_effective))
        columns = ["name", "estimate", "low", "high", "n", "n_effective"]
        self.estimates_ = pd.DataFrame(rows, columns=columns)

    def _raked(self, invited, answers):
        """Weights that make who answered look like the invited; none where that cannot be done."""
        categories = invited[[name for name in RAKED_ON if name in invited]].fillna("unknown").astype(str)
        useful = [name for name in categories if 1 < categories[name].nunique() <= MOST_CATEGORIES]
        if not useful:
            self.left_out_.append(f"no raking: {_unraked(categories)}")
            return {}
        targets = {name: categories[name].value_counts() for name in useful}
        of = categories[useful].set_axis(invited["customer_id"]).loc[answers["customer_id"]]
        try:
            raked = rake(of.reset_index(drop=True), targets)
        except NotEnough as refused:
            self.left_out_.append(f"no raking: {refused}")
            return {}
        self.left_out_ += [f"raking: nobody of {name} answered" for name in raked.attrs["unreached"]]
        return {"raked": raked.to_numpy()}

    def _tipping(self, rate):
        self.reported_ = self.estimates_[self.estimates_["name"] != "raked"].iloc[-1]
        limits = {"lower limit": self.reported_["low"], "upper limit": self.reported_["high"], "zero": 0.0}
        tipping = pd.DataFrame(list(limits.items()), columns=["limit", "score"])
        tipping["silent"] = np.nan
        if rate < 1:
            tipping["silent"] = (tipping["score"] - rate * self.reported_["estimate"]) / (1 - rate)
        self.tipping_ = tipping

    def _lived(self, invitations, horizon):
        """Whether the silent left more often than those who answered."""
        if not is_answered(invitations, "duration"):
            self.left_out_.append("whether the silent left more often: none of the invited held a contract")
            return
        lived = invitations[invitations["has_responded"].notna() & (invitations["duration"] > 0)]
        lived = in_time(lived, "invited_at").reset_index(drop=True)
        duration, left = lived["duration"].astype(int), lived["has_left"].astype(int)
        silent = ~lived["has_responded"].astype(bool)
        rows = []
        for who, inside in (("silent", silent), ("answered", ~silent)):
            once = lived[inside].drop_duplicates("customer_id").index
            if left[inside].sum() < LEAST or duration[once].max() < horizon:
                few = (
                    f"fewer than {LEAST} who {WHO[who]} left"
                    if left[inside].sum() < LEAST
                    else f"none who {WHO[who]} was followed for {horizon} months"
                )
                self.left_out_.append(f"whether the silent left more often: {few}")
                return
            curve = KaplanMeier(level=self.level).fit(duration[once], left[once])
            at = curve.at([horizon]).iloc[0]
            rows.append((who, len(once), 1 - at["survival"], 1 - at["high"], 1 - at["low"]))
        self.lived_ = pd.DataFrame(rows, columns=self.lived_.columns)
        model = ChurnHazard(link="cloglog", level=self.level)
        X = pd.DataFrame({"silent": silent.astype(int)})
        model.fit(duration, left, X, customer=lived["customer_id"])
        ratio = np.exp(model.params_["silent"])
        limits = wald(ratio, model.std_error_["silent"], self.level)
        people = lived["customer_id"].nunique()
        self.hazard_ratio_ = pd.Series([ratio, *limits, people], self.hazard_ratio_.index)

    def _is_seen(self):
        ratio, raked = self.hazard_ratio_, self.estimates_[self.estimates_["name"] == "raked"]
        lived = ratio["low"] > 1 or ratio["high"] < 1
        out = len(raked) and not self.reported_["low"] <= raked["estimate"].iloc[0] <= self.reported_["high"]
        return bool(lived or out)


def _unraked(categories):
    """Half a sentence on why what is known of the invited makes no weights."""
    sizes = {name: categories[name].nunique() for name in categories}
    told = [
        f"{name} is the same for all"
        if size < 2
        else f"{name} has {size} values, more than {MOST_CATEGORIES}"
        for name, size in sizes.items()
    ]
    return "; ".join(told) or "nothing is known of the invited"
