"""Event logs in XES, as process-mining tools write them: events as records of a delimited text, hostile XML refused."""

import csv
from xml.etree.ElementTree import ParseError, XMLParser

from cxresearch.errors import DataError
from cxresearch.files import unnamed
from cxresearch.reading.unpack import CHUNK, LONGEST, named, opened, shown

VALUES = {"string", "date", "int", "float", "boolean", "id"}  # elements that hold one value
CASE = "case:"  # before the name of what a whole trace has
MOST, DEEPEST = 1000, 100  # columns, and elements within each other


def delimited(path, owner):
    """The events of a log as a CSV file that lasts as long as its owner: a column for each attribute.

    Attributes of a trace come first, each with ``case:`` before its name, then those of the events; both in the order in which they first occur. The records are in
    the order of the file. Attributes within attributes, lists and the defaults of the log are left out.

    Parameters
    ----------
    path : pathlib.Path
        ``.xes`` or ``.xes.gz``.
    owner : object
        Once nothing holds it, the file is gone.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        Where the file is no XML or no log, has a document type (in which entities could be declared that unfold without end), no events, or
        more than a thousand columns.

    Notes
    -----
    The file is read twice, piece by piece, because only its end tells which columns it has: memory does not grow with it.

    References
    ----------
    IEEE 1849-2023, *Standard for eXtensible Event Stream (XES)*.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> log = '<log><trace><string key="concept:name" value="case 1"/><event><string key="concept:name" value="call"/></event></trace></log>'
    >>> owner = set()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "calls.xes")
    ...     _ = file.write_text(log)
    ...     delimited(file, owner).read_text().split()
    ['case:concept:name,concept:name', 'case', '1,call']
    """
    of_case, of_event, events = {}, {}, 0
    for case, event in _events(path):
        of_case |= dict.fromkeys(case)
        of_event |= dict.fromkeys(event)
        events += 1
        if len(of_case) + len(of_event) > MOST:
            raise DataError(f"{named(path)}: has more than {MOST:,} columns")
    if not events:
        raise DataError(f"{named(path)}: has no events")
    copy = unnamed(owner)
    with copy.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*(CASE + name for name in of_case), *of_event])
        for case, event in _events(path):
            writer.writerow(
                [*(case.get(name, "") for name in of_case), *(event.get(name, "") for name in of_event)]
            )
    return copy


def _events(path):
    """The attributes of the trace and of the event, for each event of a log."""
    target = _Target(path)
    parser = XMLParser(target=target)
    with opened(path) as stream:
        while data := stream.read(CHUNK):
            yield from _fed(parser, data, target, path)
        try:
            parser.close()
        except ParseError as fault:
            raise _broken(path, fault) from fault
    yield from target.taken()


def _fed(parser, data, target, path):
    try:
        parser.feed(data)
    except ParseError as fault:
        raise _broken(path, fault) from fault
    except (ValueError, LookupError) as fault:  # an encoding that is none
        raise DataError(f"{named(path)}: is no XML that can be read ({shown(str(fault))})") from fault
    return target.taken()


def _broken(path, fault):
    line, _ = fault.position
    return DataError(f"{named(path)}, line {line}: is no well-formed XML ({shown(str(fault).split(':')[0])})")


class _Target:
    """What the parser tells of a log; it keeps the events until they are taken, and nothing of what it has passed."""

    def __init__(self, path):
        self._path, self._open, self._found = path, [], []
        self._case, self._event, self._waiting = {}, None, []

    def doctype(self, name, public, system):
        """Refused before anything that it declares can be used."""
        raise DataError(
            f"{named(self._path)}: has a document type, in which entities could be declared; a log needs none"
        )

    def start(self, tag, attributes):
        tag = tag.rpartition("}")[2]
        if not self._open and tag != "log":
            raise DataError(f"{named(self._path)}: is XML, but no event log: it begins with {shown(tag, 40)}")
        self._open.append(tag)
        if len(self._open) > DEEPEST:
            raise DataError(f"{named(self._path)}: has elements more than {DEEPEST} deep")
        above = self._open[-2] if self._open[1:] else ""
        if tag == "trace":
            self._case, self._waiting = {}, []
        elif tag == "event" and above in ("trace", "log"):
            self._event = {}
        elif tag in VALUES and "key" in attributes:
            self._keep(above, attributes["key"], attributes.get("value", ""))

    def _keep(self, above, key, value):
        if len(value) > LONGEST:
            raise DataError(f"{named(self._path)}: a value longer than {LONGEST >> 20} MB")
        if above == "event" and self._event is not None:
            self._event[key] = value
        elif above == "trace":
            self._case[key] = value

    def end(self, tag):
        tag = self._open.pop()
        if tag == "event" and self._event is not None:
            event, self._event = self._event, None
            if "trace" in self._open:
                self._waiting.append(event)
            else:
                self._found.append(({}, event))
        elif tag == "trace":  # only now is all known that it has
            self._found += [(self._case, event) for event in self._waiting]
            self._waiting = []

    def data(self, text):
        """Text between elements says nothing in a log."""

    def close(self):
        return self

    def taken(self):
        """The events that are whole, once."""
        found, self._found = self._found, []
        return found
