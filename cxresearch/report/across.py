r"""What the reports on several parts of a firm would give away together: no difference between published bases may be one to nine people.

A part :math:`A` is a set of values for each of some attributes; it lies within :math:`B` if it names every attribute of :math:`B` with values
among those of :math:`B`, and :math:`A_1, A_2` are apart if they name an attribute with no value in common. Whoever reads that :math:`B` has
:math:`n_B` and parts of it that are apart have :math:`n_1, \dots, n_k` knows of the rest

.. math:: r = n_B - \sum n_j .

A base is withheld if with it some :math:`r` is from 1 to 9. So is a share of which it holds for those who did, or for those who did not. As
every published base is ten or more, only sets of parts to which no further one can be added have to be tried. Rounding alone would not do:
where two bases are stated alike, the rest is known to be under ten.

The exact bases of a report are kept in ``.cxresearch/`` beside the reports. Of a report without them, each stated base :math:`n` may be
anything from :math:`n - 5` to :math:`n + 4`, and what could be from 1 to 9 counts as if it were.

References
----------
Hundepool, A. et al. (2012). *Statistical Disclosure Control*. Wiley, ch. 4. Bron, C. & Kerbosch, J. (1973). Finding all cliques of an
undirected graph. *Communications of the ACM* 16, 575–577.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from itertools import islice

from cxresearch.files import reports, text_of
from cxresearch.report.cache import KEPT
from cxresearch.words import SUPPRESSED

ROUNDED = 5, 4  # what the nearest ten may have lost
FOLDER = ".bases"  # in the folder of what is kept
MOST = 500  # sets of parts that are tried for one base


@dataclass(frozen=True)
class Base:
    """A base that a report states of a part of the firm.

    Attributes
    ----------
    key : str
        What is counted, the same in every report.
    part : dict
        Attribute → its values; empty for the whole firm.
    n : tuple of int
        The least and the most that it may be.
    cases : tuple of int or None
        How many of them a share counts, likewise.
    """

    key: str
    part: dict = field(hash=False)
    n: tuple
    cases: tuple | None = None


def within(part, whole):
    """Whether a part lies in another, or is the same.

    >>> within({"segment": ["a"], "region": ["n"]}, {"segment": ["a", "b"]}), within({"segment": ["a"]}, {"region": ["n"]})
    (True, False)
    """
    return all(name in part and set(part[name]) <= set(values) for name, values in whole.items())


def apart(one, other):
    """Whether nobody can be in both of two parts.

    >>> apart({"segment": ["a"]}, {"segment": ["b"], "region": ["n"]}), apart({"segment": ["a"]}, {"region": ["n"]})
    (True, False)
    """
    return any(not set(one[name]) & set(other[name]) for name in one.keys() & other.keys())


def gives_away(base, published):
    """Whether a base, beside what is published of the same key, leaves one to nine people by subtraction.

    Parameters
    ----------
    base : Base
    published : sequence of Base

    Examples
    --------
    Of 120 customers 114 are business customers, so that six are not:

    >>> whole, part = Base("customers", {}, (120, 120)), Base("customers", {"segment": ["business"]}, (114, 114))
    >>> gives_away(part, [whole]), gives_away(whole, [part]), gives_away(part, [])
    (True, True, False)

    Of a report that only states 120, the rest may be one to nine for anything from 106 to 123:

    >>> stated = Base("customers", {}, (115, 124))
    >>> [gives_away(Base("customers", {"segment": ["business"]}, (n, n)), [stated]) for n in (105, 106, 123, 124)]
    [False, True, True, False]
    """
    others = [one for one in published if one.key == base.key and one.part != base.part]
    if _gives_away(base, others, [_bases]):
        return True
    shares = [one for one in others if one.cases is not None]
    return base.cases is not None and _gives_away(base, shares, [_did, _did_not])


def _gives_away(base, others, counts):
    """Whether one of several counts leaves one to nine."""
    inside = [one for one in others if within(one.part, base.part)]
    if any(_leaves_few(base, parts, counts) for parts in _sets(inside) if parts):
        return True
    for whole in others:
        if within(base.part, whole.part):
            fellows = [o for o in others if within(o.part, whole.part) and apart(o.part, base.part)]
            if any(_leaves_few(whole, [base, *parts], counts) for parts in _sets(fellows)):
                return True
    return False


def _leaves_few(whole, parts, counts):
    for count in counts:
        (low, high), *taken = (count(one) for one in (whole, *parts))
        least, most = low - sum(high for _, high in taken), high - sum(low for low, _ in taken)
        if least < SUPPRESSED and most > 0:
            return True
    return False


def _bases(base):
    return base.n


def _did(base):
    return base.cases


def _did_not(base):
    return base.n[0] - base.cases[1], base.n[1] - base.cases[0]


def _sets(bases):
    """The sets of bases whose parts are apart and to which no further one can be added; one empty set of none."""
    near = [
        {j for j, other in enumerate(bases) if j != i and apart(one.part, other.part)}
        for i, one in enumerate(bases)
    ]

    def cliques(chosen, candidates, seen):
        if not candidates and not seen:
            yield [bases[i] for i in chosen]
            return
        pivot = max(candidates | seen, key=lambda i: (len(near[i] & candidates), -i))
        for i in sorted(candidates - near[pivot]):
            yield from cliques([*chosen, i], candidates & near[i], seen & near[i])
            candidates, seen = candidates - {i}, seen | {i}

    return islice(cliques([], set(range(len(bases))), set()), MOST)


def to_withhold(bases, published):
    """Which bases of a report have to be withheld beside those that are published.

    Parameters
    ----------
    bases : sequence of Base
        Of the new report; the larger ones are kept first.
    published : sequence of Base
        Of other reports of the same day.

    Returns
    -------
    set of int
        Their places.

    Examples
    --------
    >>> parts = [Base("k", {"region": [name]}, (n, n)) for name, n in (("north", 40), ("south", 50))]
    >>> to_withhold(parts, [Base("k", {}, (95, 95))])
    {0}
    """
    kept, hidden = list(published), set()
    for at in sorted(range(len(bases)), key=lambda i: (-bases[i].n[1], i)):
        if gives_away(bases[at], kept):
            hidden.add(at)
        else:
            kept.append(bases[at])
    return hidden


def keep(out, bases):
    """Keep the exact bases that a report states, for the reports on other parts; only their owner may read them.

    Parameters
    ----------
    out : pathlib.Path
        The report.
    bases : sequence of Base
    """
    place = out.parent / KEPT / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    content = {"of": _sum(out), "bases": [[b.key, b.part, b.n, b.cases] for b in bases]}
    unfinished = place / f".{out.name}.{os.getpid()}"
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    os.replace(unfinished, place / f"{out.name}.json")


def published(folder, about, out):
    """The bases that other reports of the same firm and day state.

    Parameters
    ----------
    folder : pathlib.Path
        Where the reports are.
    about : dict
        Of the new report: company, as_of.
    out : str
        The name of its own folder.

    Returns
    -------
    list of Base
    """
    found = []
    for path in reports(folder, "results.json"):
        if path.parent.name == out:
            continue
        try:
            content = json.loads(text_of(path))
            if (content["company"], content["as_of"]) == (about["company"], about["as_of"]):
                found += _exact(path.parent) or _stated(content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return found


def _exact(report):
    """The exact bases that were kept of a report; None where they are not those of the report that stands there."""
    try:
        content = json.loads(text_of(report.parent / KEPT / FOLDER / f"{report.name}.json"))
        if content["of"] != _sum(report):
            return None
        return [Base(key, part, tuple(n), cases and tuple(cases)) for key, part, n, cases in content["bases"]]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _stated(content):
    """The bases of a report as far as its ``results.json`` tells them."""
    where = content.get("where") or {}
    whole = {page["notebook"] for page in content["pages"] if page.get("is_whole")}
    found = []
    for row in content["results"]:
        if row["n"] is None or "of" in row or row["notebook"] in whole or row["notebook"].startswith("by_"):
            continue
        n = (max(row["n"] - ROUNDED[0], SUPPRESSED), row["n"] + ROUNDED[1])
        found.append(Base(row["id"], where, n))
    return found


def _sum(report):
    return hashlib.sha256((report / "results.json").read_bytes()).hexdigest()
