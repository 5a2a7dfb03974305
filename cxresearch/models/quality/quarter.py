"""A quarter's data as every question on their quality reads them: each table read once."""

import datetime
from functools import cached_property

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.models.quality import people
from cxresearch.models.quality.scan import months_back, readable, scan


class QuarterData:
    """The tables of a workspace as known on a date, with what is needed of them to judge the quarter that ends then.

    Parameters
    ----------
    workspace : Workspace
    as_of : datetime.date
        The quarter's last day.
    check : Check, optional
        Of the same workspace, if it was made already.

    Attributes
    ----------
    as_of, start : datetime.date
        The quarter's last and first day.
    rows : dict
        Readable rows per table, up to the date.
    set_aside : dict
        Rows per table that the mapping does not choose, whatever their date.
    notes : list of str
        What the mapping makes of values, as the check says it.
    problems : pandas.DataFrame
        The check's problems. Rows after the date are left out, and are no problem.
    scans : dict
        Table name → `TableScan`.
    dated : list of TableScan
        The tables that have a date and a record up to `as_of`.
    steady : list of TableScan
        Those of them whose rows come by themselves: not what the firm does when it chooses to, such as offers.

    Raises
    ------
    ValueError
        Where `as_of` is no date.
    """

    def __init__(self, workspace, as_of, check=None):
        if not isinstance(as_of, datetime.date) or isinstance(as_of, datetime.datetime):
            raise ValueError(f"as_of is {as_of!r}, not a date")
        check = workspace.check() if check is None else check
        self.as_of, self.start = as_of, months_back(as_of, 3) + datetime.timedelta(days=1)
        self.problems = check.problems[check.problems["rule"] != f"later than {check.as_of}"]
        self.set_aside, self.notes = check.set_aside, check.notes
        self._sources, self._zone = check.readable, check.zone
        starts = workspace.mapping.fiscal_year_starts
        self.scans = {
            name: scan(source, check.zone, as_of, starts) for name, source in check.readable.items()
        }
        self.rows = {
            name: n - (self.scans[name].later if name in self.scans else 0) for name, n in check.rows.items()
        }
        self.dated = [table for table in self.scans.values() if table.event and len(table.days)]
        self.steady = [table for table in self.dated if not TABLES[table.name].acts]

    def table(self, name, only=None):
        """A table, or some columns of it, with no row after the date; None where it is not there, or has no date.

        The day of a row is ``cx_day``.
        """
        dated = {scan.name: scan.event for scan in self.dated}
        if name not in dated:
            return None
        wanted = None if only is None else {*only, dated[name]}
        table = readable(self._sources[name], self._zone, wanted)
        table = table.mutate(cx_day=table[dated[name]].cast("date"))
        return table.filter(table.cx_day <= ibis.literal(self.as_of, "date"))

    @cached_property
    def invited(self):
        """Invited and answered by wave and stratum, with the day of the last invitation; see :func:`people.invited`."""
        return people.invited(self._sources, self._zone, self.as_of)

    @cached_property
    def customers(self):
        """Customers by group; see :func:`people.customers`."""
        return people.customers(self._sources, self._zone, self.as_of)

    @cached_property
    def active(self):
        """Customers with a record, by table, quarter and group; see :func:`people.active`."""
        return people.active(self._sources, self._zone, self.scans, self.as_of)
