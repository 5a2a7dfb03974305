"""What a run says while it works: lines for people, and the same as JSON for whatever runs it."""

import datetime
import json


class Event(str):
    """A line of progress that also says what happened, in fields for programs.

    >>> done = event("done", "07_retention done in 9.3 s", notebook="07_retention", seconds=9.3)
    >>> print(done)
    07_retention done in 9.3 s
    >>> done.kind, done.fields
    ('done', {'notebook': '07_retention', 'seconds': 9.3})
    """

    kind = "note"
    fields = None


def event(kind, line, **fields):
    """A line of progress of one kind, with its fields."""
    made = Event(line)
    made.kind, made.fields = kind, fields
    return made


def as_json(line, now=None):
    """A line of progress as one line of JSON: ``at`` (UTC), ``event``, ``message`` and the fields of the event.

    >>> import datetime
    >>> as_json(event("left_out", "01 left out: no table", notebook="01"), datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC))
    '{"at": "2026-10-01T00:00:00+00:00", "event": "left_out", "message": "01 left out: no table", "notebook": "01"}'
    """
    now = now or datetime.datetime.now(datetime.UTC)
    fields = getattr(line, "fields", None) or {}
    known = {
        "at": now.isoformat(timespec="seconds"),
        "event": getattr(line, "kind", "note"),
        "message": " ".join(str(line).split()),
    }
    return json.dumps(known | fields, ensure_ascii=False)
