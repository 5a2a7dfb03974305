"""What a whole column says of single values: a code on a scale, a stand-in for a date or a key, a point that may group thousands.

Nothing here is certain. What would change numbers without a word is an error until the mapping declares how it is meant; the rest is a warning.
"""

import datetime

import ibis

from cxresearch.checks.project_status import status_rules
from cxresearch.checks.rules import Rule, readable
from cxresearch.tables.mapping import FILE
from cxresearch.tables.points import MAY_GROUP, ambiguous

SCALE_ENDS = 1000  # distinct values; what has more is no scale of answers
FEW, MANY = 10, 30  # answers that show a scale
EPOCH = datetime.date(2000, 1, 1)
SENTINELS = [
    datetime.date(year, month, day)
    for year, month, day in (
        (1970, 1, 1),
        (1969, 12, 31),
        (1901, 1, 1),
        (1900, 1, 1),
        (1899, 12, 31),
        (1899, 12, 30),
    )
]
TEN_YEARS, FIVE_YEARS, THREE_YEARS = 3653, 1826, 1096
STAND_IN = (
    r"^\s*(guests?|gast|unknown|unbekannt|inconnu|anonym(ous|e)?|walk[- ]?in|cash|laufkunde|barverkauf|diverse|dummy|test|"
    r"none|null|nan|nil|#?n/?a|-+|\?+|0+|-1)\s*$"
)
ENOUGH, SHARE, OTHERS = (
    100,
    0.1,
    20,
)  # rows, their share under one key, and keys, from which one key is too much


def column_rules(source, zone):
    """The rules that come of a look at a whole column."""
    yield from (Rule(column, MAY_GROUP, bad) for column, bad in ambiguous(source).items())
    for column, spec in source.columns().items():
        value = readable(source.raw[column], spec.kind, zone)
        if spec.kind == "number":
            yield from _scale(source, column, spec, value)
        if spec.is_dated:
            yield from _dates(source, column, value.cast("date"))
        if spec.unit == "currency" and source.name in ("orders", "contracts"):
            yield from _constant(source, column, value)
        if spec.references:
            yield from _keys(source, column, spec.references)
    yield from status_rules(source, zone)


def _constant(source, column, value):
    """An amount that is 0 or 1 in all rows; all may pay another price."""
    rows = source.chosen(source.raw.mutate(cx_value=value))
    facts = {"n": rows.cx_value.count(), "low": rows.cx_value.min(), "high": rows.cx_value.max()}
    n, low, high = rows.aggregate(**facts).to_pandas().iloc[0].astype(float)
    if n >= FEW and low == high and low in (0, 1):
        said = f'is {low:g} in all rows: if it is no amount, declare {column} = {{ value = "1" }} in {FILE}, and money is left out'
        yield Rule(column, said, value.notnull(), "warning")


def _scale(source, column, spec, value):
    """Answers outside the scale that is declared; without one, answers that lie apart from all others."""
    declared = source.how.column(column).range
    if declared:
        low, high = declared
        yield Rule(column, f"outside the declared range {low:g} to {high:g}", (value < low) | (value > high))
        return
    if not spec.scale:
        return
    rows = source.chosen(source.raw.mutate(cx_value=value))
    counts = rows.filter(rows.cx_value.notnull()).group_by("cx_value").aggregate(n=ibis._.count())
    counts = counts.order_by("cx_value").limit(SCALE_ENDS + 1).to_pandas()
    values, n = counts["cx_value"].tolist(), counts["n"].tolist()
    if not values or len(values) > SCALE_ENDS:
        return
    if spec.high is not None:
        if values[0] >= 1 and ((values[-1] <= 5 and sum(n) >= FEW) or (values[-1] <= 7 and sum(n) >= MANY)):
            said = f"no answer is 0 or above {values[-1]:g}, on a scale of {spec.low:g} to {spec.high:g}: is it another scale?"
            yield Rule(column, said, value.notnull(), "warning")
        return
    codes, rest = apart(values, n)
    if codes:
        said = f"apart from all others, which lie between {rest[0]:g} and {rest[-1]:g}"
        yield Rule(column, said, value.isin(codes))


def apart(values, counts):
    """The values that lie apart from a scale, and those of the scale.

    A value is apart where the gap before it is wider than all the scale, or nearly so of a scale that many answers show and where it lies as
    codes do: above all others, or not above 0.

    Parameters
    ----------
    values, counts : list
        Distinct values, ascending, and how often each occurs.

    Examples
    --------
    >>> apart([-9, 1, 2, 3, 4, 5, 98, 99], [1, 5, 9, 20, 30, 20, 1, 2])
    ([98, 99, -9], [1, 2, 3, 4, 5])
    >>> apart([0, 25, 50, 75, 100], [5, 5, 5, 5, 5])
    ([], [0, 25, 50, 75, 100])
    >>> apart([3, 6, 7, 8, 9, 10], [1, 40, 90, 200, 150, 60])
    ([], [3, 6, 7, 8, 9, 10])
    """
    found = []
    rest = list(zip(values, counts, strict=True))
    while len(rest) > 3:
        gaps = [rest[i + 1][0] - rest[i][0] for i in range(len(rest) - 1)]
        at = gaps.index(max(gaps)) + 1
        few, many = sorted((rest[:at], rest[at:]), key=lambda part: sum(n for _, n in part))
        answers, width = sum(n for _, n in many), many[-1][0] - many[0][0]
        is_code_like = few[0][0] > many[-1][0] or few[-1][0] <= 0  # a low answer among high ones is an answer
        is_wide = max(gaps) > width or (max(gaps) >= 0.75 * width and answers >= MANY and is_code_like)
        if len(many) < 3 or len(few) > 3 or answers < FEW or not is_wide:
            break
        found += [value for value, _ in few]
        rest = many
    return found, [value for value, _ in rest]


def _dates(source, column, day):
    """Days that stand for none, and days cut off from all others by years."""
    number = day.delta(ibis.literal(EPOCH, "date"), unit="day")
    rows = source.chosen(source.raw.mutate(cx_number=number))
    quarters = {"low": rows.cx_number.quantile(0.25), "high": rows.cx_number.quantile(0.75)}
    low, high = (float(value) for value in rows.aggregate(**quarters).to_pandas().iloc[0].astype(float))
    if low != low:
        return
    usual = int(low - max(TEN_YEARS, 5 * (high - low)))
    is_far = rows.cx_number < usual
    ends = {"far": rows.cx_number.max(where=is_far), "near": rows.cx_number.min(where=~is_far)}
    ends = rows.aggregate(**ends).to_pandas().iloc[0].astype(float)
    stand_ins = [ibis.literal(d, "date") for d in SENTINELS if (d - EPOCH).days + THREE_YEARS < low]
    bad = day.isin(stand_ins) if stand_ins else ibis.literal(False)
    if ends["near"] - ends["far"] > FIVE_YEARS:
        bad |= number < usual
    since = EPOCH + datetime.timedelta(days=int(low))
    yield Rule(
        column, f"years before the others, three quarters of which are from {since} on", bad, "warning"
    )


def _keys(source, column, target):
    """A key that stands for many customers or none: it reads like one, or holds more of the rows than one customer can."""
    value = source.raw[column].cast("string")
    stand_in = value.lower().re_search(STAND_IN)
    if source.how.column(column).row_number or _any(source, value == "1"):
        stand_in &= ~value.re_search(r"^\s*-?\d+\s*$")  # keys that are counted may begin with 0
    one = target.removesuffix("s")
    remedy = f"leave its rows out by rows = {{ {column} = {{ except = [...] }} }} in {FILE}"
    yield Rule(column, f"reads like a stand-in for an unknown {one}; {remedy}", stand_in, "warning")
    if target != "customers":
        return
    rows = source.chosen(source.raw.mutate(cx_key=value, cx_known=~stand_in))
    counts = (
        rows.filter(rows.cx_key.notnull())
        .group_by("cx_key")
        .aggregate(n=ibis._.count(), known=ibis._.cx_known.any())
    )
    sums = counts.aggregate(keys=counts.count(), rows=counts.n.sum()).to_pandas().iloc[0]
    if not sums["keys"] > OTHERS or not sums["rows"] >= ENOUGH:
        return
    top = counts.order_by(ibis.desc("n"), "cx_key").limit(1).to_pandas().iloc[0]
    if top["known"] and top["n"] >= SHARE * sums["rows"]:
        share = f"{top['n'] / sums['rows']:.0%} of all rows"
        yield Rule(
            column,
            f"one {one} holds {share}: does it stand for many? Then {remedy}",
            value == top["cx_key"],
            "warning",
        )


def _any(source, condition):
    rows = source.chosen(source.raw.mutate(cx_found=condition))
    return bool(rows.filter(rows.cx_found).limit(1).count().to_pandas())
