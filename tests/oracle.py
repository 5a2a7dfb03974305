"""Delimited text read one byte at a time: the grammar of `cxresearch.reading.records` again, as plainly as it can be written."""

LF, CR, QUOTE, BLANK = b'\n\r" '


def records(data, delimiter=b",", columns=1):
    """The records of UTF-8 bytes as (line, values or None, fault or None); blank lines at the end are none."""
    found, at, line = [], 0, 1
    while at < len(data):
        start = at
        values, fault, at = _record(data, at, delimiter[0])
        text = data[start:at]
        if not fault:
            fault = _other_fault(text, len(values), columns)
        found.append((line, None if fault else values, fault))
        end = 2 if data[at : at + 2] == b"\r\n" else 1 if at < len(data) else 0
        at += end
        line += _ends(text) + bool(end)
    while columns > 1 and found and found[-1][2] == "blank":
        found.pop()
    return found


def _record(data, at, delimiter):
    values = []
    while True:
        value, fault, at = _value(data, at, delimiter)
        if fault:
            return None, fault, _line_end(data, at)
        values.append(value)
        if at == len(data) or data[at] != delimiter:
            return values, None, at
        at += 1


def _value(data, at, delimiter):
    closers = (delimiter, LF, CR)
    first = at
    while at < len(data) and data[at] == BLANK:
        at += 1
    if at == len(data) or data[at] != QUOTE:
        at = first
        while at < len(data) and data[at] not in closers:
            at += 1
        return data[first:at], None, at
    value, at, opened = bytearray(), at + 1, at
    while at < len(data):
        if data[at] != QUOTE:
            value.append(data[at])
            at += 1
        elif data[at : at + 2] == b'""':
            value.append(QUOTE)
            at += 2
        else:
            at += 1
            while at < len(data) and data[at] == BLANK:
                at += 1
            fault = None if at == len(data) or data[at] in closers else "after a closing quote"
            return bytes(value), fault, at
    return None, "never closed", opened


def _other_fault(text, fields, columns):
    if b"\0" in text:
        return "NUL"
    try:
        text.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    if columns > 1 and not text:
        return "blank"
    return None if fields == columns else f"has {fields} field"


def _line_end(data, at):
    while at < len(data) and data[at] not in (LF, CR):
        at += 1
    return at


def _ends(text):
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
