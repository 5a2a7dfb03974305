"""Which job fails in which channel: success, first-contact resolution, contacts and time of each episode."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.share_gap import share_gap
from cxresearch.models.journeys.shown_share import WITHHELD, shown_share
from cxresearch.stats import rows
from cxresearch.stats.clustered import (
    clustered_difference,
    clustered_mean,
    clustered_median,
    clusters_of,
)
from cxresearch.stats.multiplicity import benjamini_hochberg, benjamini_hochberg_intervals
from cxresearch.words import SUPPRESSED, count_text

NEEDED = ["who", "channel", "contacts", "days", "days_followed"]
TAIL = 0.95  # quantile of the length of an episode that its follow-up must reach beyond the gap


class Measure(NamedTuple):
    """One thing that an episode shows."""

    words: str
    kind: str  # share, mean or median
    lacking: str


MEASURES = {
    "success": Measure("the matter was settled", "share", "no contact says whether it settled the matter"),
    "first": Measure("settled by the first contact", "share", ""),
    "net": Measure("settled by the first contact, and not back within {:g} days", "share", ""),
    "abandoned": Measure("given up: not settled, and not back within {:g} days", "share", ""),
    "contacts": Measure("contacts", "mean", ""),
    "wait": Measure("minutes waited (median)", "median", "no contact has a waiting time"),
    "handle": Measure("minutes served (median)", "median", "no contact has a handling time"),
}
PAIRS = ["job", "channel", "n", "outcome", "outcome_low", "outcome_high", "p", "stands", "level", "level_low", "level_high", "same_outcome", "same_level"]  # fmt: skip


class Jobs(Estimator):
    """Success, first-contact resolution, contacts and time by job and channel; and where outcome or level differ between channels.

    The unit is an episode: all contacts of a customer on one job. First-contact resolution is the share of episodes with a single contact
    that settled the matter and was not handed on; its net counts those only whose customer had no contact about anything within the gap. An
    episode counts if its first contact lies at least the gap and the 95 % quantile of the episodes' length before the last day: counting
    by the last contact would favour the short ones. Intervals are clustered by customer.

    In each job every channel is compared with all others together. Its outcome is the share settled, its level the contacts that this took. Both may
    differ, or be shown to be the same, within a margin (two one-sided tests): channels that settle as much may still ask more of the
    customer, and being consistent is not being the same.

    Parameters
    ----------
    gap : float
        Days of silence by which the episodes were closed.
    margin : float
        Difference in the share settled that does not matter.
    level_margin : float
        Difference in the contacts per episode that does not matter.
    level : float
        Confidence level.

    Attributes
    ----------
    cells_, jobs_, channels_, all_ : DataFrame
        job and channel, job, channel, or nothing; episodes, n (customers), and for each measure recorded (success, first, net, abandoned, contacts, wait, handle) the estimate and its
        limits (success, success_low, success_high …); missing where fewer than ten customers are on one side. The most frequent first.
    pairs_ : DataFrame
        job, channel, n (customers), outcome (share settled less that of the job's other channels), outcome_low, outcome_high, p, stands (after correction
        over all cells), level (contacts less those of the others), level_low, level_high, same_outcome, same_level (shown to be within the margin, after correction); lowest outcome first.
    measures_ : list of str
    counted_, uncounted_ : int
        Episodes that count, and those of the last days.
    longest_ : float
        The 95 % quantile of the episodes' length in days.
    left_out_ : list of str

    References
    ----------
    Dixon, M., Freeman, K. & Toman, N. (2010). Stop trying to delight your customers. *Harvard Business Review* 88(7/8), 116–122.

    Examples
    --------
    >>> episodes = pd.DataFrame({"who": range(400), "job": "pay", "channel": ["phone", "web"] * 200, "contacts": [1, 2] * 200, "days": 0.0,
    ...     "days_followed": 60.0, "resolved": True, "resolved_first": [True, False] * 200, "came_back": False})
    >>> found = Jobs().fit(episodes)
    >>> found.cells_[["channel", "success", "first", "contacts"]]
      channel  success  first  contacts
    0   phone      1.0    1.0       1.0
    1     web      1.0    0.0       2.0
    >>> found.pairs_[["channel", "level", "same_level"]]
      channel  level  same_level
    0   phone   -1.0       False
    1     web    1.0       False
    """

    def __init__(self, gap=7, margin=0.05, level_margin=0.25, level=0.95):
        self.gap = gap
        self.margin = margin
        self.level_margin = level_margin
        self.level = level

    def fit(self, episodes):
        """Count and compare.

        Parameters
        ----------
        episodes : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.episodes.episodes`: who, channel, contacts, days, days_followed, and job (or else touchpoint);
            resolved, resolved_first, came_back, wait_seconds and handle_seconds where they are there.

        Returns
        -------
        Jobs
            This object.

        Raises
        ------
        NotEnough
            Without episodes, or where none was followed long enough.
        ValueError
            For a missing column.
        """
        known = table(episodes, NEEDED, "episodes", may_be_empty=True)
        if not len(known):
            raise NotEnough("there are no episodes")
        self.left_out_ = []
        self.longest_ = float(np.quantile(known["days"].astype(float), TAIL))
        counts = (known["days_followed"] >= self.gap + self.longest_).to_numpy()
        self.counted_, self.uncounted_ = int(counts.sum()), int((~counts).sum())
        if not self.counted_:
            raise NotEnough(
                f"no episode was followed for {self.gap + self.longest_:.0f} days, in which nearly all are over"
            )
        if self.uncounted_:
            self.left_out_.append(
                f"{count_text(self.uncounted_)} episodes of the last {self.gap + self.longest_:.0f} days are not counted: they may not be over"
            )
        frame = self._frame(known[counts].reset_index(drop=True))
        keys = ["job", "channel"]
        self.cells_, self.jobs_, self.channels_ = (
            self._by(frame, names) for names in (keys, keys[:1], keys[1:])
        )
        self.all_ = self._by(frame.assign(all="all"), ["all"]).drop(columns="all")
        self.pairs_ = self._pairs(frame)
        return self

    def summary(self):
        """Each measure overall and by job.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group.
        """
        found = []
        for frame, name in ((self.all_.assign(job="all jobs"), "all"), (self.jobs_, "job")):
            for r in frame.to_dict("records"):
                for measure in self.measures_:
                    words, kind, _ = MEASURES[measure]
                    limits = [r[measure], r[f"{measure}_low"], r[f"{measure}_high"]]
                    if not np.isnan(limits[0]):
                        how, unit = (
                            f"{kind} of episodes, clustered by customer",
                            "share" if kind == "share" else "",
                        )
                        line = rows.row(f"{r['job']}: {words.format(self.gap)}", limits, r["n"], how, unit)
                        found.append(line | {"group": name})
        shown = rows.summary(found)
        return shown if len(shown) else shown.assign(group=pd.Series(dtype=object))

    def _frame(self, known):
        """The measures of each episode as numbers, missing where it does not show them."""
        job = next(
            (name for name in ("job", "touchpoint") if name in known and known[name].notna().any()), None
        )
        if job == "touchpoint":
            self.left_out_.append(
                "no contact names a job, so that the touchpoint of the first contact stands for it"
            )
        frame = pd.DataFrame(
            {
                "who": clusters_of(known["who"], len(known)),
                "job": known[job].fillna("not recorded").astype(str) if job else "not recorded",
                "channel": known["channel"].fillna("not recorded").astype(str),
                "contacts": known["contacts"].astype(float),
            }
        )
        found = {"contacts": frame["contacts"]} | self._outcomes(known) | _minutes(known)
        self.measures_ = [name for name in MEASURES if name in found and found[name].notna().any()]
        self.left_out_ += [
            m.lacking for name, m in MEASURES.items() if m.lacking and name not in self.measures_
        ]
        return frame.assign(**{name: found[name] for name in self.measures_})

    def _outcomes(self, known):
        if "resolved" not in known or not known["resolved"].notna().any():
            return {}
        settled = known["resolved"].astype("boolean").astype(float)
        back = known["came_back"].astype("boolean").astype(float) if "came_back" in known else np.nan
        once = (
            known["resolved_first"].astype("boolean").astype(float) if "resolved_first" in known else np.nan
        )
        first = ((known["contacts"] == 1) * once).where(settled.notna())
        return {
            "success": settled,
            "first": first,
            "net": first * (1 - back),
            "abandoned": (1 - settled) * (1 - back),
        }

    def _by(self, frame, keys):
        found = []
        for key, part in frame.groupby(keys, sort=True):
            line = dict(zip(keys, key, strict=True)) | {"episodes": len(part), "n": part["who"].nunique()}
            for name in self.measures_:
                line |= dict(
                    zip((name, f"{name}_low", f"{name}_high"), self._estimate(part, name), strict=True)
                )
            found.append(line)
        return pd.DataFrame(found).sort_values("episodes", ascending=False, kind="stable", ignore_index=True)

    def _estimate(self, part, name):
        part = part[part[name].notna()]
        values, who, kind = part[name].to_numpy(), part["who"].to_numpy(), MEASURES[name].kind
        if kind == "share":
            return shown_share(values, who, self.level)
        if len(np.unique(who)) < SUPPRESSED:
            return WITHHELD
        return (clustered_mean if kind == "mean" else clustered_median)(values, who, self.level)[:3]

    def _pairs(self, frame):
        """Each channel of a job against its other channels."""
        lines, tests = [], []
        for (job, channel), part in frame.groupby(["job", "channel"], sort=True):
            whole = frame[frame["job"] == job]
            inside = (whole["channel"] == channel).to_numpy()
            n = part["who"].nunique()
            if n < SUPPRESSED or whole.loc[~inside, "who"].nunique() < SUPPRESSED:
                continue
            outcome, p = self._outcome(whole, inside)
            effort = clustered_difference(whole["contacts"], inside, whole["who"], self.level)
            lines.append([job, channel, n, *outcome[:3], *effort[:3]])
            tests.append([p, _equal(outcome, self.margin), _equal(effort, self.level_margin)])
        columns = [name for name in PAIRS if name not in ("p", "stands", "same_outcome", "same_level")]
        found, p = pd.DataFrame(lines, columns=columns), np.array(tests).reshape(-1, 3)
        found["p"] = p[:, 0]
        found["stands"] = _passed(p[:, 0], benjamini_hochberg)
        found["same_outcome"], found["same_level"] = (
            _passed(p[:, k], benjamini_hochberg_intervals) for k in (1, 2)
        )
        return found[PAIRS].sort_values("outcome", kind="stable", ignore_index=True)

    def _outcome(self, whole, inside):
        """The share settled inside less that outside, and p; missing where it is not recorded, or too few are (un)settled to compare."""
        kept = whole["success"].notna().to_numpy() if "success" in whole else np.zeros(len(whole), dtype=bool)
        part = whole[kept]
        gap, p = share_gap(
            part["success"] if kept.any() else [], inside[kept], part["who"].to_numpy(), self.level
        )
        return (_UNKNOWN, p) if gap is None else (gap, p)


_UNKNOWN = clustered_difference([0.0, 0.0], [True, True])


def _minutes(known):
    found = {}
    for name in ("wait", "handle"):
        if f"{name}_seconds" in known:
            found[name] = known[f"{name}_seconds"].astype(float) / 60
    return found


def _equal(gap, margin):
    """p of a difference at least as large as the margin: the larger of two one-sided tests."""
    if not gap.std_error > 0:
        return np.nan if np.isnan(gap.estimate) else float(abs(gap.estimate) >= margin)
    return float(stdtr(gap.df, (abs(gap.estimate) - margin) / gap.std_error))


def _passed(p, adjust):
    """Which of the tests that could be made stand after correction."""
    made, found = ~np.isnan(p), np.zeros(len(p), dtype=bool)
    if made.any():
        found[made] = adjust(p[made]).rejected
    return found
