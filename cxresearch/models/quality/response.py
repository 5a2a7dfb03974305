"""Who answered the latest survey wave, and how far the strata are apart."""

import numpy as np
from scipy.stats import chi2_contingency

from cxresearch.errors import NotEnough
from cxresearch.models.quality.topic import ENOUGH, OK, WARNING, Topic, compared, over
from cxresearch.months import in_natural_order
from cxresearch.stats import rows
from cxresearch.stats.proportions import wilson
from cxresearch.stats.representativeness import representativeness

APART = 0.10  # points between the response rates of two strata, or two waves, that matter
FEWEST = 10  # invited, under which a wave is not judged: so few could be told apart


class WaveResponse(Topic):
    """The response to the latest wave as a whole and by stratum.

    The R-indicator is R = 1 − 2·S, S the standard deviation of the strata's response rates over the invited, less what chance alone
    would make of it (never below 0): 1 where all strata answer alike. Its interval is a parametric bootstrap of the strata's answers.

    Attributes
    ----------
    strata_ : pandas.DataFrame
        stratum, invited, answered, rate with Wilson's interval low and high, before (the rate of earlier waves).
    wave_ : dict
        wave, last (day of the last invitation), invited, answered, rate, low, high, before, previous (rates of all earlier waves and of the
        last one), r, r_low, r_high (missing without two strata), p (of equal rates).
    verdict_ : str
        ``strata apart`` (rates differ beyond chance and by 10 points), ``fell`` (the wave's rate did so) or ``as before``.
    state_ : str

    References
    ----------
    Schouten, B., Cobben, F. & Bethlehem, J. (2009). *Survey Methodology* 35, 101–113.

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> WaveResponse().fit(quality.quarter_).strata_[["stratum", "invited", "answered"]]
           stratum  invited  answered
    0          B2C     2189       580
    1          SMB      698       197
    2  key_account      113        35
    """

    def fit(self, quarter):
        """Count the answers to the latest wave.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        WaveResponse
            This object.

        Raises
        ------
        NotEnough
            Where there are no invitations of this quarter, or fewer than ten.
        """
        cells = quarter.invited
        ends = cells.groupby("wave")["last"].max()
        ends = ends.reindex(in_natural_order(ends.index) or ends.index).sort_values(kind="stable")
        if ends.empty or ends.iloc[-1].date() < quarter.start:
            raise NotEnough("nobody was invited to a survey this quarter")
        now, past = cells[cells["wave"] == ends.index[-1]], cells[cells["wave"].isin(ends.index[:-1])]
        if now["invited"].sum() < FEWEST:
            raise NotEnough("fewer than ten customers were invited to the latest wave")
        self.strata_ = _strata(now, past)
        previous = cells[cells["wave"].isin(ends.index[-2:-1])]
        self.wave_ = {
            "wave": str(ends.index[-1]),
            "last": ends.iloc[-1].date(),
            **_whole(now, past, previous),
        }
        self.wave_ |= _evenness(self.strata_)
        self.verdict_ = self._verdict(past)
        self.state_ = OK if self.verdict_ == "as before" else WARNING
        is_blank = np.isnan(self.wave_["r"])
        self.left_out_ = ["R-indicator (fewer than two strata, or all or none answered)"] if is_blank else []
        return self

    def summary(self):
        """The response rate and the R-indicator.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, series.
        """
        wave = self.wave_
        name, n = wave["wave"], wave["invited"]
        response = (wave["rate"], wave["low"], wave["high"])
        kept = [rows.row(f"response rate, wave {name}", response, n, "Wilson score", "share")]
        kept[0]["series"] = "response rate, latest wave"
        if not np.isnan(wave["r"]):
            method = "1 − 2·standard deviation of the strata's rates, parametric bootstrap"
            evenness = (wave["r"], wave["r_low"], wave["r_high"])
            kept.append(rows.row(f"R-indicator, wave {name}", evenness, n, method))
            kept[1]["series"] = "R-indicator, latest wave"
        return rows.summary(kept)

    def by_stratum(self):
        """The response rate of each stratum, as rows of one known total.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group.
        """
        strata = self.strata_
        return rows.shares(strata["stratum"], strata["answered"], strata["invited"]).assign(group="strata")

    def extremes(self):
        """The strata of 30 or more invited with the lowest and the highest rate: two rows of ``strata_``."""
        solid = self.strata_[self.strata_["invited"] >= ENOUGH].sort_values("rate")
        return solid.iloc[[0, -1]] if len(solid) else solid

    def _verdict(self, past):
        wave, rates = self.wave_, self.extremes()["rate"]
        if wave["p"] < self.rate and len(rates) and rates.iloc[1] - rates.iloc[0] >= APART:
            return "strata apart"
        counts = [
            wave["answered"],
            wave["invited"],
            *(int(past[name].sum()) for name in ("answered", "invited")),
        ]
        fell = min(wave["before"], wave["previous"]) - wave["rate"] >= APART
        return "fell" if fell and compared(*counts)[1] < self.rate else "as before"


def _strata(now, past):
    now = now.sort_values("stratum", ignore_index=True)
    rate = wilson(now["answered"], now["invited"])
    earlier = past.groupby("stratum")[["invited", "answered"]].sum()
    before = (earlier["answered"] / earlier["invited"]).reindex(now["stratum"]).to_numpy(dtype=float)
    now = now.assign(rate=rate.estimate, low=rate.low, high=rate.high, before=before)
    return now[["stratum", "invited", "answered", "rate", "low", "high", "before"]]


def _whole(now, past, previous):
    n, k = int(now["invited"].sum()), int(now["answered"].sum())
    rate = wilson(k, n)
    return {
        "invited": n, "answered": k, "rate": rate.estimate, "low": rate.low, "high": rate.high,
        "before": over(past["answered"].sum(), past["invited"].sum()),
        "previous": over(previous["answered"].sum(), previous["invited"].sum()),
    }  # fmt: skip


def _evenness(strata):
    """The R-indicator and the p-value of equal rates; missing where all or none answered, or without two strata."""
    answered, invited = strata["answered"].to_numpy(), strata["invited"].to_numpy()
    if len(strata) < 2 or not 0 < answered.sum() < invited.sum():
        return dict.fromkeys(("p", "r", "r_low", "r_high"), np.nan)
    counts = np.array([answered, invited - answered])
    p = float(chi2_contingency(counts, correction=False).pvalue)
    return {"p": p, **representativeness(answered, invited)}
