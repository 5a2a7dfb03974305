"""The readiness assessment: twelve questions asked in the terminal, and the answers kept as a table beside the data."""

import datetime
from pathlib import Path

from cxresearch.contract.readiness import ANSWERS, STATEMENTS
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.errors import DataError, ParameterError
from cxresearch.report import beside

FILE = "readiness_answers.csv"
COLUMNS = [
    "organisation_id",
    "assessed_on",
    "respondent_id",
    "respondent_role",
    "year",
    "item",
    "score",
    "is_benchmark",
    "source",
]
LARGEST = 1 << 24  # bytes
SKIP = ("", "-")  # answers that leave a question out


def ask(given, read=input, say=print):
    """Ask what has not been answered yet.

    Parameters
    ----------
    given : dict
        Item → answer as text, of those answered already.
    read, say : callable
        How a line is read and written.

    Returns
    -------
    dict
        Item → score from 0 to 4; items left out are missing.

    Raises
    ------
    ParameterError
        Where an answer given is none, or there is nobody to ask.

    Examples
    --------
    >>> answered = ask({item: "3" for item in READINESS_ITEMS if item != "people_2"}, read=lambda prompt: "1", say=lambda line: None)
    >>> answered["people_2"], answered["people_1"]
    (1, 3)
    """
    found = {item: score(text, item) for item, text in given.items()}
    unknown = sorted(set(given) - set(READINESS_ITEMS))
    if unknown:
        raise ParameterError(f"{unknown[0]!r} is no question; there are {', '.join(READINESS_ITEMS)}")
    rest = [item for item in READINESS_ITEMS if item not in found]
    if rest:
        said = ", ".join(f"{value} {words}" for value, words in ANSWERS.items())
        say(f"Answer each statement from 0 to 4: {said}. An empty line leaves it out.")
    for number, item in enumerate(rest, 1):
        while True:
            try:
                text = read(f"{number}/{len(rest)}  {STATEMENTS[item]} ")
            except EOFError:
                raise ParameterError(f"no answer to {item}: give it with --answer {item}=0 to 4") from None
            try:
                found[item] = score(text, item)
                break
            except ParameterError as fault:
                say(str(fault))
    return {item: value for item, value in found.items() if value is not None}


def score(text, item):
    """An answer as a number from 0 to 4; None where it leaves the question out.

    >>> score(" 3 ", "people_1"), score("", "people_1")
    (3, None)
    """
    text = str(text).strip()
    if text in SKIP:
        return None
    if text not in {str(value) for value in ANSWERS}:
        raise ParameterError(f"{item}: {text!r} is no answer; write a whole number from 0 to 4")
    return int(text)


def add(folder, answers, organisation, year=None, respondent="", role="", assessed_on=None):
    """Append an assessment to ``readiness_answers.csv`` beside the data. What is there stays as it is.

    Parameters
    ----------
    folder : path
        Of a workspace.
    answers : dict
        Item → score.
    organisation : str
    year : int, optional
        Of implementation, 1 to 5.
    respondent, role : str
    assessed_on : date or str, optional
        Today unless given.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ParameterError
        Where the folder is none, nothing was answered, or the respondent has answered on that day.
    DataError
        Where the table that is there is not this file, or has other columns.
    """
    folder = Path(folder)
    if "://" in str(folder) or not folder.is_dir():
        raise ParameterError(f"{folder}: answers are kept in a folder; name the one that holds the data")
    if not answers:
        raise ParameterError("no question was answered, so there is nothing to keep")
    try:
        day = datetime.date.fromisoformat(str(assessed_on)) if assessed_on else datetime.date.today()
    except ValueError:
        raise ParameterError(f"--on {assessed_on}: write a date as 2026-09-30") from None
    if year is not None and (str(year) not in {"1", "2", "3", "4", "5"}):
        raise ParameterError(f"--year {year}: the year of implementation is 1 to 5")
    names = {"organisation": organisation, "respondent": respondent, "role": role}
    clean = {name: " ".join(str(text or "").split()) for name, text in names.items()}
    if not clean["organisation"]:
        raise ParameterError("--organisation is empty")
    path = folder / FILE
    header, kept = _read(folder, path)
    who = (clean["organisation"], day.isoformat(), clean["respondent"])
    if any(
        (row.get("organisation_id"), row.get("assessed_on"), row.get("respondent_id", "")) == who
        for row in kept
    ):
        raise ParameterError(
            f"{FILE}: {clean['respondent'] or 'somebody without a name'} has answered for {who[0]} on {who[1]}; name another with --respondent"
        )
    rows = [
        {
            "organisation_id": clean["organisation"],
            "assessed_on": day.isoformat(),
            "respondent_id": clean["respondent"],
            "respondent_role": clean["role"],
            "year": "" if year is None else str(year),
            "item": item,
            "score": str(value),
            "is_benchmark": "false",
            "source": "own",
        }
        for item, value in answers.items()
    ]
    beside.write(path, header, [*kept, *rows])
    return path


def page():
    """The questions as a page to print.

    >>> page().count("<tr>"), "script" in page()
    (13, False)
    """
    import html

    head = "".join(f"<th scope='col'>{value}<br>{words}</th>" for value, words in ANSWERS.items())
    lines = "".join(
        f"<tr><th scope='row'>{number}. {html.escape(text)}</th>{'<td>☐</td>' * len(ANSWERS)}</tr>"
        for number, text in enumerate(STATEMENTS.values(), 1)
    )
    style = (
        "body{font:15px/1.4 sans-serif;max-width:46em;margin:2em auto;color:#1c2733}table{border-collapse:collapse;width:100%}"
        "th,td{border-bottom:1px solid #d5dce3;padding:.45em;text-align:center}th[scope=row]{text-align:left;font-weight:normal}"
        "td{font-size:1.3em}@media print{body{margin:0}}"
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Readiness in one minute</title><style>{style}</style></head><body>"
        "<h1>Readiness in one minute</h1><p>How far is each statement true of us today?</p>"
        f"<table><tr><th scope='col'>Statement</th>{head}</tr>{lines}</table>"
        "<p>Organisation ______________________ &nbsp; Role ______________________ &nbsp; Year of implementation (1 to 5) ____ &nbsp; Date ____________</p>"
        "</body></html>\n"
    )


def _read(folder, path):
    """Header and rows of the file that is there; the columns of a new one where there is none."""
    others = sorted(
        p.name for p in folder.glob("readiness_answers.*") if p.name != FILE and not p.name.startswith(".")
    )
    if others:
        raise DataError(
            f"{others[0]} holds the readiness answers here; answers are kept in {FILE}: move it, or name another folder"
        )
    if not path.exists():
        return COLUMNS, []
    there, kept = beside.read(path, LARGEST)
    missing = [name for name in ("organisation_id", "assessed_on", "item", "score") if name not in there]
    if missing:
        raise DataError(f"{FILE}: has no column {missing[0]}; nothing was written")
    header = [*there, *(name for name in COLUMNS if name not in there)]
    return header, [{name: row.get(name, "") for name in header} for row in kept]
