"""What a draft could not know, asked one by one: each question with up to three of the values it is about."""

import datetime
import math
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cxresearch.contract.tables import TABLES
from cxresearch.errors import ParameterError
from cxresearch.masking import shortened
from cxresearch.suggest import draft, holds_amounts, tells_local_clocks
from cxresearch.suggest.files import sampled
from cxresearch.suggest.match import matches
from cxresearch.suggest.money import currency_line
from cxresearch.suggest.placed import Placed, listed, quoted
from cxresearch.tables.codes import MANY

SHOWN, LONGEST = 3, 40  # values beside a question, and how much of each


@dataclass(frozen=True)
class Question:
    """A question of the interview.

    Attributes
    ----------
    key : str
        By which ``--answer`` gives it: a setting of the firm, or ``table.column``.
    text : str
        With up to three values.
    use : callable
        Takes the answer as text, puts it in its place, and raises `ValueError` with half a sentence where it is none. An empty answer is never
        given to it.
    """

    key: str
    text: str
    use: object


class Interview:
    """The questions that the draft of a folder leaves open.

    Parameters
    ----------
    folder : path

    Attributes
    ----------
    questions : list of Question
    settings : dict
        What the firm has said of itself.
    """

    def __init__(self, folder):
        self._files, self._faults = sampled(folder)
        self._drafted, self.settings = matches(self._files), {}
        self.questions = [*self._of_columns(), *self._of_the_firm()]

    def ask(self, given, read=None, say=print, is_silent=False):
        """Put the answers given in their place, and ask for the others.

        Parameters
        ----------
        given : dict
            Key → answer.
        read, say : callable
            How a line is read (from the terminal unless given) and written.
        is_silent : bool
            Ask nothing: what is not given stays as it was drafted.

        Raises
        ------
        ParameterError
            Where an answer is given to no question or cannot be one, or there is nobody to ask.
        """
        read = read or input
        keys = {question.key for question in self.questions}
        for key in given:
            if key not in keys:
                raise ParameterError(
                    f"--answer {key}: nothing is asked by that name; there are {', '.join(sorted(keys))}"
                )
        waiting = [q for q in self.questions if q.key not in given]
        for question in self.questions:
            if question.key in given and given[question.key].strip():
                try:
                    question.use(given[question.key].strip())
                except ValueError as fault:
                    raise ParameterError(f"--answer {question.key}={given[question.key]}: {fault}") from None
        if is_silent or not waiting:
            return
        say("An empty answer leaves the line as it was drafted.")
        for number, question in enumerate(waiting, 1):
            while True:
                try:
                    text = read(f"{number}/{len(waiting)}  {question.text} ").strip()
                except EOFError:
                    raise ParameterError(
                        f"nobody answers: give --answer {question.key}=…, or --yes to leave it as drafted"
                    ) from None
                try:
                    if text:
                        question.use(text)
                    break
                except ValueError as fault:
                    say(f"{text}: {fault}")

    def text(self):
        """The mapping with the answers in it."""
        return draft(self._files, self._faults, self._drafted, self.settings)

    def _of_columns(self):
        for match in self._drafted:
            for target, place in match.placed.items():
                if place.commented and place.column is not None:
                    yield from self._open(match, target, place)
            for target in _lacking(match):
                yield self._for_all(match, target)

    def _open(self, match, target, place):
        """The question about a line that is commented out: which values mean yes, which number a text stands for, which format."""
        key, about = (
            f"{match.table}.{target}",
            f"{match.file.name}, column {quoted(shortened(place.column.name, LONGEST))}",
        )
        values = list(place.column.values)
        if "true" in place.settings:
            text = f"{about} ({_some(values)}): which mean that {TABLES[match.table].column(target).description}? (several with commas)"
            yield Question(key, text, lambda answer: _true(place, answer, values))
        elif "codes" in place.settings and len(values) <= MANY:
            among = TABLES[match.table].column(target).among
            meant = " or ".join(among) if among else "a number"
            text = f"{about} ({_some(values)}): what does each stand for, {meant}? (such as {shortened(values[0], LONGEST)}=…, with commas)"
            yield Question(key, text, lambda answer: _codes(place, answer, values, among))
        elif "format" in place.settings and len(place.column.formats) > 1:
            text = f"{about} ({_some(values)}): in which format, {' or '.join(place.column.formats)}?"
            yield Question(key, text, lambda answer: _format(place, answer))

    def _for_all(self, match, target):
        what = "round of the survey (such as 2026Q3)" if target == "wave" else "day (such as 2026-09-30)"

        def use(answer):
            if target != "wave":
                datetime.date.fromisoformat(answer)
            match.placed[target] = Placed(
                None, target, "as you said", {"value": quoted(answer)}, is_made=True
            )

        return Question(
            f"{match.table}.{target}",
            f"{match.file.name} has no {target}: which {what} do all its rows share?",
            _dated(use),
        )

    def _of_the_firm(self):
        yield Question(
            "company",
            "Whose data are these? Reports of one company are compared.",
            self._keep("company", str),
        )
        clocks = "Some moments tell no offset from UTC. " if tells_local_clocks(self._drafted) else ""
        text = (
            f"{clocks}In which time zone do days begin and end, such as Europe/Berlin? (UTC unless you say)"
        )
        yield Question("timezone", text, self._keep("timezone", _zone))
        text = "In which month does the fiscal year begin, 1 to 12? (1 unless you say)"
        yield Question("fiscal_year_starts", text, self._keep("fiscal_year_starts", _month))
        if holds_amounts(self._drafted):
            if currency_line(self._drafted)[0].startswith("#"):
                text = "In which currency are the amounts (such as EUR)?"
                yield Question("currency", text, self._keep("currency", _code))
            text = "What share of revenue is contribution, above 0, at most 1? (without it values are of revenue)"
            yield Question("margin", text, self._keep("margin", _share))
        reasons = next(
            (
                m.placed["end_reason"].column
                for m in self._drafted
                if m.table == "contracts" and "end_reason" in m.placed
            ),
            None,
        )
        if reasons is not None and reasons.values:
            text = f"Why contracts end ({_some(list(reasons.values))}): which reasons count as leaving? (several with commas; all unless you say)"
            yield Question(
                "leaving", text, self._keep("leaving", lambda answer: _some_of(answer, list(reasons.values)))
            )
        text = "Targets, by the names on the board page (such as NPS=20, with commas)?"
        yield Question("targets", text, self._keep("targets", _targets))

    def _keep(self, key, read):
        def use(answer):
            self.settings[key] = read(answer)

        return use


def _lacking(match):
    """What all rows of a table share and its file does not say."""
    schema, present = TABLES[match.table], match.placed
    lacking = [c for c in schema.missing(present) if schema.columns[c].is_dated and schema.columns[c].event]
    if schema.one_of and not set(schema.one_of) & set(present):
        lacking.append(schema.one_of[0])
    return lacking


def _some(values):
    shown = ", ".join(quoted(shortened(value, LONGEST)) for value in values[:SHOWN])
    return shown + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")


def _some_of(answer, values):
    """Values out of a list, with commas; whole values that hold commas may be in quotes."""
    named = [part.strip().strip('"') for part in re.findall(r'"[^"]*"|[^,]+', answer)]
    wrong = [name for name in named if name not in values]
    if wrong:
        raise ValueError(f"there is no value {wrong[0]!r}")
    return named


def _true(place, answer, values):
    true = _some_of(answer, values)
    flags = {"true": true, "false": [v for v in values if v not in true]}
    _settle(place, {key: listed(found) for key, found in flags.items()})


def _codes(place, answer, values, among):
    codes = dict(part.strip().split("=", 1) for part in answer.split(",") if "=" in part)
    _some_of(",".join(f'"{value}"' for value in codes), values)
    left = [value for value in values if value not in codes and value not in (among or ())]
    if left:
        raise ValueError(f"nothing is said of {left[0]!r}")
    for meaning in codes.values():
        if among and meaning not in among:
            raise ValueError(f"{meaning!r} is none of {', '.join(among)}")
        if not among:
            float(meaning)
    _settle(place, {"codes": "{ " + ", ".join(f"{quoted(k)} = {quoted(v)}" for k, v in codes.items()) + " }"})


def _format(place, answer):
    if answer not in place.column.formats:
        raise ValueError(f"it is one of {', '.join(place.column.formats)}")
    _settle(place, {"format": quoted(answer)})


def _settle(place, settings):
    place.settings |= settings
    place.commented, place.why = False, "as you said"
    place.issues = [i for i in place.issues if "until this line is completed" not in i]


def _dated(use):
    def checked(answer):
        try:
            use(answer)
        except ValueError:
            raise ValueError("a day is written like 2026-09-30") from None

    return checked


def _zone(answer):
    try:
        ZoneInfo(answer)
    except (KeyError, ValueError, OSError):
        raise ValueError("that is no time zone such as Europe/Berlin") from None
    return answer


def _month(answer):
    if not re.fullmatch(r"[1-9]|1[0-2]", answer):
        raise ValueError("a month is a number from 1 to 12")
    return int(answer)


def _code(answer):
    if not re.fullmatch(r"[A-Za-z]{3}", answer):
        raise ValueError("a currency has a code of three letters, such as GBP")
    return answer.upper()


def _share(answer):
    try:
        value = float(answer)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise ValueError("it is a share above 0, at most 1, such as 0.4")
    return value


def _targets(answer):
    found = {}
    for part in answer.split(","):
        name, mark, value = part.rpartition("=")
        try:
            found[name.strip()] = number = float(value)
        except ValueError:
            mark = ""
        if not mark or not name.strip() or not math.isfinite(number):
            raise ValueError("a target is written like NPS=20")
    return found
