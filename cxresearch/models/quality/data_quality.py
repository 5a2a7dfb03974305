"""Is this quarter fit to publish? What is wrong, late, lost, redefined or missing in the data of its three months."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.quality.definitions import Definitions
from cxresearch.models.quality.faults import TableFaults
from cxresearch.models.quality.filled_columns import FilledColumns
from cxresearch.models.quality.last_records import LastRecords
from cxresearch.models.quality.plausibility import Plausibility
from cxresearch.models.quality.quarter import QuarterData
from cxresearch.models.quality.representation import Representation
from cxresearch.models.quality.response import WaveResponse
from cxresearch.models.quality.row_volumes import RowVolumes
from cxresearch.models.quality.topic import HOLD, OK, UNKNOWN, WARNING
from cxresearch.stats import rows

PUBLISH, WARN, STOP = "publish", "publish with a warning", "hold"
FAULTS, LATE, VOLUMES, FILLED = "Faults in the tables", "Late records", "Row counts", "Filled columns"
PLAUSIBLE = "Plausibility"
MEANING, RESPONSE, GROUPS, HISTORY = "Definitions", "Survey response", "Representation", "History"


class DataQuality(Estimator):
    """Compare a quarter's data with those of earlier quarters, and decide whether a report on them is fit to publish.

    The quarter is the three months that end on a date. The rules are the same for every quarter and firm; they were tuned on null data,
    where they should stay silent. The quarter is on **hold** when

    - an error of the workspace's check remains (unreadable, duplicate or orphaned rows, a missing column, an empty table): `TableFaults`;
    - a table that fed the last report has fallen silent: `LastRecords`;
    - a table has fewer than half of the least rows expected: `RowVolumes`.

    It gets a **warning** when

    - the check warns;
    - rows contradict each other: loaded twice, dated before their customer was won, an amount beyond all others: `Plausibility`;
    - the last seven days of a table are far from full: `LastRecords`;
    - a month has more or fewer rows than predicted, or an earlier one has none: `RowVolumes`;
    - an optional column is filled less often: `FilledColumns`;
    - a label is new, has vanished or changed its share, or a number its scale: `Definitions`;
    - strata of the latest wave answered at different rates, or the wave's rate fell: `WaveResponse`;
    - a group of customers is less than half as well represented in a table as before: `Representation`;
    - nothing could be compared with earlier quarters.

    Each topic says by how much and documents its own rule. Many looks are corrected: *beyond chance* means significant after Benjamini and
    Hochberg's procedure over all tests of the topic, at 1 %. Rows of one customer, project or other unit resemble each other, so counts of
    rows are divided by rows per unit. A change that already stood in the last quarter is not reported again. Rows after the date are left out,
    and are no fault.

    Parameters
    ----------
    level : float
        Confidence level of prediction intervals.
    rate : float
        False discovery rate of each topic.

    Attributes
    ----------
    quarter_ : QuarterData
        What was read of the tables; each topic can be fitted to it on its own.
    topics_ : dict
        Name → fitted topic, in order; those that could not be assessed are not among them.
    refusals_ : dict
        Name of a topic that could not be assessed → half a sentence why.
    states_ : dict
        Name of a topic → ``ok``, ``warning``, ``hold`` or ``not assessed``.
    verdict_ : str
        ``publish``, ``publish with a warning`` or ``hold``.

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *JRSS B* 57, 289–300.

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = DataQuality().fit(cx.open("data/cdnow"), datetime.date(1997, 9, 30))
    >>> quality.verdict_
    'publish'
    >>> quality.left_out_[0]
    'Survey response: there is no table survey_invitations'
    """

    def __init__(self, level=0.95, rate=0.01):
        self.level = level
        self.rate = rate

    def fit(self, workspace, as_of, check=None):
        """Read the workspace as it was known on a date, and judge the quarter that ends then.

        Parameters
        ----------
        workspace : Workspace
        as_of : datetime.date
            The quarter's last day.
        check : Check, optional
            Of the same workspace, if it was made already.

        Returns
        -------
        DataQuality
            This object.

        Raises
        ------
        ValueError
            Where `as_of` is no date.
        """
        self.quarter_ = QuarterData(workspace, as_of, check)
        self.topics_, self.refusals_, self.states_ = {}, {}, {}
        for name, topic in self._topics().items():
            try:
                self.topics_[name] = topic.fit(self.quarter_)
                self.states_[name] = topic.state_
            except NotEnough as why:
                self.refusals_[name], self.states_[name] = str(why), UNKNOWN
        is_quiet = set(self.states_.values()) <= {OK, UNKNOWN}
        if is_quiet and OK not in (self.states_[LATE], self.states_[VOLUMES]):
            self.states_[HISTORY] = WARNING
        states = self.states_.values()
        self.verdict_ = STOP if HOLD in states else WARN if WARNING in states else PUBLISH
        self.left_out_ = [f"{name}: {why}" for name, why in self.refusals_.items()]
        return self

    def summary(self):
        """Rows of each table and how many were expected, the response and its evenness.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        topics = [self.topics_[name] for name in (VOLUMES, RESPONSE) if name in self.topics_]
        return (
            pd.concat([topic.summary() for topic in topics], ignore_index=True)
            if topics
            else rows.summary([])
        )

    def _topics(self):
        return {
            FAULTS: TableFaults(),
            PLAUSIBLE: Plausibility(self.rate),
            LATE: LastRecords(self.level, self.rate),
            VOLUMES: RowVolumes(self.level, self.rate),
            FILLED: FilledColumns(self.rate),
            MEANING: Definitions(self.rate),
            RESPONSE: WaveResponse(self.rate),
            GROUPS: Representation(self.rate),
        }
