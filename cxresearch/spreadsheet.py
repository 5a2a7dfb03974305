"""Texts as a spreadsheet may have them: whatever people open in one goes through here, so that no value of the data runs as a formula."""

import datetime
import numbers
import re

PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def cell(value):
    """A value of a CSV file for people: numbers and dates as they are, a text never as a formula, which an apostrophe prevents.

    >>> [cell(v) for v in (-5, "-5", "=1+1", " @SUM(A1)", "x;=1+1", None, "2 - 1")]
    [-5, '-5', "'=1+1", "' @SUM(A1)", "x;'=1+1", '', '2 - 1']
    """
    if value is None or value != value:  # NaN, NaT
        return ""
    if isinstance(value, bool | numbers.Number):
        return value
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    text = str(value)
    if PLAIN_NUMBER.fullmatch(text):
        return text
    # where the spreadsheet's own separator is another, a cell may also begin behind that one, or on a new line of whatever kind
    text = re.sub(r"([;\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]\s*)(?=[=+\-@＝＋－＠])", r"\1'", text)
    return "'" + text if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", text) else text
