"""Two hundred malformed workspaces: a sound orders.csv and customers.csv, one of them spoilt in ways met in the wild and worse.

``malformed()`` gives the same cases for the same seed. A case is a name and the bytes of its files.
"""

import gzip
import io
import random
import zipfile
from typing import NamedTuple

SEEDS = 10


class Case(NamedTuple):
    """A workspace on its way to disk."""

    name: str
    files: dict


def sound(rng, rows=60):
    """A valid pair of tables: quoted names with delimiters, line ends and accents in them, ids with leading zeros."""
    names = [
        "Zoë Müller",
        '"Smith, Ann"',
        '"O""Neil"',
        '"two\nlines"',
        "李雷",
        "NA",
        "5 inch pipe",
        '"a;b|c"',
    ]
    orders, customers = ["order_id,customer_id,ordered_at,amount,note"], ["customer_id,acquired_at,segment"]
    for i in range(rows):
        day = f"2026-{1 + i % 12:02d}-{1 + i % 28:02d}"
        orders.append(f"{i:06d},{i % 20:04d},{day},{rng.randint(1, 99999) / 100:.2f},{rng.choice(names)}")
    customers += [f"{i:04d},2025-01-{1 + i:02d},{rng.choice(names)}" for i in range(20)]
    return {
        name: ("\n".join(lines) + "\n").encode()
        for name, lines in (("orders", orders), ("customers", customers))
    }


def truncated(rng, data):
    return data[: rng.randrange(len(data))]


def flipped(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 3, 30])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def encoded(rng, data):
    encoding = rng.choice(
        ["cp1252", "utf-16-le", "utf-16", "utf-32", "utf-8-sig", "gb18030", "utf-16-be", "cp437", "cp037"]
    )
    text = data.decode().encode(encoding, "replace")
    return text[: len(text) - rng.choice([0, 0, 1])]


def with_nul(rng, data):
    return _put(rng, data, [b"\0", b"\0\0\0", b"\0" * 1000])


def with_stray_quotes(rng, data):
    return _put(rng, data, [b'"', b',"', b'"x', b'""', b'\n"', b"'", b'","'], times=rng.choice([1, 2, 8]))


def ragged(rng, data):
    return _lines(
        rng,
        data,
        [lambda s: s + b",", lambda s: s.rpartition(b",")[0], lambda s: s + b",x,y", lambda s: b"x"],
    )


def with_odd_header(rng, data):
    header, _, rest = data.partition(b"\n")
    names = header.split(b",")
    names[rng.randrange(1, len(names))] = rng.choice(
        [
            names[0],
            names[0].upper(),
            b"",
            b'"open',
            b'"a"b',
            b" ",
            b'"x\ny"',
            b'"x,y"',
            b"\x1b[2J",
            "\u202eid".encode(),
            b"=",
        ]
    )
    return b",".join(names) + b"\n" + rest


def with_other_delimiters(rng, data):
    other = rng.choice([b";", b"\t", b"|", b" ", b":", b"\x01"])
    if rng.random() < 0.5:
        return data.replace(b",", other)
    return _lines(rng, data, [lambda s: s.replace(b",", other)], share=rng.choice([0.1, 0.9]))


def with_mixed_ends(rng, data):
    ends = rng.choice([[b"\r"], [b"\r\n"], [b"\r\n", b"\n"], [b"\r", b"\n", b"\r\n"], [b"\r\r\n"], [b"\n\r"]])
    return b"".join(line + rng.choice(ends) for line in data.split(b"\n"))


def huge(rng, data):
    size = rng.choice([50_000, 300_000, 1_100_000])
    value = rng.choice([b"x", b"x,", b'""', b"x\n", "é".encode(), b" "]) * size
    return _put(rng, data, [value[:size], b'"' + value[:size] + b'"', b',"' + value[:size]])


def with_controls(rng, data):
    marks = [
        b"\x1a",
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"\x85",
        b"\x1b]0;x\x07",
        "\u2028\u0085".encode(),
        "\u202e".encode(),
    ]
    return _put(rng, data, marks, times=rng.choice([1, 5]))


def in_zip(rng, data):
    files = rng.choice(
        [{"orders.csv": data}, {"a.csv": data, "b.csv": data}, {"../orders.csv": data}, {}, {"o/": b""}]
    )
    bomb = {"orders.csv": data + b"9" * 300_000}
    return _spoilt(rng, zipped(rng.choice([files, bomb])))


def in_gzip(rng, data):
    packed = rng.choice([data, data, data + b"9,9\n" * 100_000, gzip.compress(data, mtime=0)])
    return _spoilt(rng, gzip.compress(packed, mtime=0))


def hardly_anything(rng, data):
    header = data.partition(b"\n")[0]
    marks = [
        b"",
        b"\n",
        b" ",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        header,
        header + b"\r\n",
        b",,,,\n",
        b"\n" * 2000,
        b'"',
        b'""',
        b",",
    ]
    return rng.choice(marks)


def with_blank_lines(rng, data):
    blank = rng.choice([b"\n", b"\r\n", b"  \n", b"\t\n"])
    if rng.random() < 0.3:
        return rng.choice([blank * 3 + data, data + blank * 3])
    return _lines(rng, data, [lambda s: s + b"\n" + blank[:-1]], share=0.2)


def of_another_kind(rng, data):
    return rng.choice(
        [
            b"PK\x03\x04" + data,
            b"%PDF-1.7\n" + data,
            b"SQLite format 3\0" + data,
            b"PAR1" + data,
            b'[{"order_id": 1, "customer_id": "a"}]\n',
            b"<!doctype html><table><tr><td>1</td></tr></table>\n",
            bytes(rng.randrange(256) for _ in range(5000)),
            bytes(rng.randrange(32, 127) for _ in range(5000)),
            bytes(rng.choice(b'a",\r\n \t;') for _ in range(5000)),
            b"\x1f\x8b" + data,
        ]
    )


def shuffled(rng, data):
    cuts = sorted(rng.sample(range(len(data)), 5))
    parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    rng.shuffle(parts)
    return b"".join(parts * rng.choice([1, 2]))


def with_marks(rng, data):
    mark = rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"])
    return mark * rng.choice([1, 2]) + (_put(rng, data, [mark]) if rng.random() < 0.5 else data)


def wide(rng, data):
    columns = rng.choice([200, 600])
    header = b",".join(b"c%d" % i for i in range(columns))
    return (
        header
        + b"\n"
        + b"".join(b"," * (columns - rng.choice([0, 1, 1, 1])) + b"\n" for _ in range(20))
        + data
    )


def not_unicode(rng, data):
    return _put(
        rng, data, [b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xff", b"\xe2\x80"], times=3
    )


PLAIN = [
    truncated,
    flipped,
    encoded,
    with_nul,
    with_stray_quotes,
    ragged,
    with_odd_header,
    with_other_delimiters,
]
PLAIN += [with_mixed_ends, huge, with_controls, hardly_anything, with_blank_lines, of_another_kind, shuffled]
PLAIN += [with_marks, wide, not_unicode]


def malformed(seed=0):
    """All cases, always the same: ten of each of twenty kinds."""
    cases = []
    for number in range(SEEDS):
        for kind in (*PLAIN, in_zip, in_gzip):
            rng = random.Random(f"{seed} {number} {kind.__name__}")
            pair = sound(rng)
            table = rng.choice(["orders", "orders", "orders", "customers"])
            suffix = {in_zip: ".zip", in_gzip: ".csv.gz"}.get(kind, ".csv")
            files = {f"{name}.csv": data for name, data in pair.items() if name != table}
            cases.append(Case(f"{kind.__name__}-{number}", {**files, table + suffix: kind(rng, pair[table])}))
    return cases


def zipped(files):
    """A zip archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _put(rng, data, pieces, times=1):
    for _ in range(times):
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice(pieces) + data[at:]
    return data


def _lines(rng, data, changes, share=0.1):
    header, *lines = data.split(b"\n")
    return b"\n".join([header, *(rng.choice(changes)(s) if s and rng.random() < share else s for s in lines)])


def _spoilt(rng, data):
    return rng.choice(
        [lambda: data, lambda: truncated(rng, data), lambda: flipped(rng, data), lambda: data + b"junk"]
    )()
