"""Personal data in any text: values that are known to name or describe somebody, and the shapes of addresses and numbers.

Everything that a notebook shows goes through :func:`masked` before it is drawn, shortened or told: tables, readings, the texts of a picture.
In the run of a report the known values come from a file that only the run's own kernels can read; a notebook that is opened by itself masks
the shapes alone.
"""

import json
import os
import re
from functools import cache
from pathlib import Path

from cxresearch.environment import PERSONAL

WITHHELD = "[withheld]"
WORD = re.compile(r"[^\W_]+")  # a name may be joined by a _
# a letter, a blank or a control character as a repr, or the repr of a repr, writes it: '+49\\xa030'
ESCAPE = r"\\+(?:x[0-9a-f]{2}|u[0-9a-f]{4})"
HEAD = 6  # words of a long text that give it away; the rest is masked as far as it agrees
FEWEST = 8  # digits of a telephone number

HIDDEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd"  # letters that do not show, and what stands for them
INVISIBLE = re.compile(f"[{HIDDEN}]+")
PIECE = re.compile(rf"{ESCAPE}|\\+[nrtvf]|{WORD.pattern}")
JOINED = re.compile(
    rf"{ESCAPE}|\\+[nrtvf]|{WORD.pattern}(?:[{HIDDEN}]+{WORD.pattern})*"
)  # a word may hold letters that do not show
BLANK = rf"(?:{ESCAPE}|[{HIDDEN} \u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff])"
GAP = rf"(?:{BLANK}|[()/\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d])"
AT = rf"(?:@|＠|﹫|%40|&#64;|{BLANK}?[(\[{{]{BLANK}?at{BLANK}?[)\]}}]{BLANK}?)"
DOT = rf"(?:\.|。|．|{BLANK}?[(\[{{]{BLANK}?(?:dot|punkt){BLANK}?[)\]}}]{BLANK}?)"
MAIL = re.compile(
    rf"(?<![\w.+%{HIDDEN}-])[\w.+%'’{HIDDEN}-]{{1,64}}{AT}(?:[\w{HIDDEN}-]{{1,63}}{DOT}){{1,8}}[^\W\d_]{{2,24}}",
    re.IGNORECASE,
)
_END = r"(?![\w]|[.,]\d)"
PHONE = re.compile(
    r"(?<![\w.,+])(?:"
    rf"(?:[+＋]|00(?=[1-9]\d{{0,2}}{GAP}))[1-9]\d{{0,2}}(?:{GAP}{{0,3}}\d){{7,13}}"  # +49 (0)30 123456, 0049 30 123456
    r"|[+＋][1-9]\d{0,2}(?:\.\d{2,4}){2,4}"  # +1.415.555.0132
    rf"|\(?0[1-9]\d{{1,4}}\)?(?!{GAP}?\d{{1,2}}\.\d){GAP}{BLANK}?\d{{3,8}}(?:{GAP}\d{{1,5}}){{0,3}}"  # (030) 123456, 0171/123 45 67
    rf"|0[1-9](?:(?:{GAP}|\.)\d\d){{4}}(?!(?:{GAP}|\.)\d)"  # 06 12 34 56 78
    r"|0(?:1[5-7]\d{8,9}|7\d{9}|[67]\d{8})"  # a mobile in one go
    rf"|(?:1{GAP})?\([2-9]\d\d\){BLANK}?\d{{3}}{GAP}\d{{4}}"  # (415) 555-0132
    r"|(?:1[ .-])?[2-9]\d\d([.\-\u2010-\u2015])\d{3}\1\d{4}"  # 415-555-0132
    rf"|[6-9]\d{{2}}{BLANK}\d{{3}}{BLANK}\d{{3}}(?!{BLANK}\d)"  # 612 345 678
    rf"|[6-9]\d{{4}}{BLANK}\d{{5}}"  # 98765 43210
    r")" + _END
)
ACCOUNT = re.compile(rf"(?<!\w)[A-Z]{{2}}\d{{2}}(?:{BLANK}?[A-Z0-9]){{11,30}}(?!\w)")
GROUP = re.compile(r"[^\W_]+")
CARD = re.compile(rf"(?<![\w.,])\d(?:(?:{BLANK}|[-\u2010-\u2015])?\d){{13,18}}(?![\w]|[.,]\d)")


class Secrets:
    """Texts that may not be shown, indexed by their first words.

    Parameters
    ----------
    values : iterable of str
        Several words are found in any case and with any punctuation between them; a single word only as it is written, and only from
        four letters or seven digits on, as shorter ones would mask ordinary words and counts.
    is_capped : bool
        There were more values than could be kept.
    """

    def __init__(self, values=(), is_capped=False):
        self.is_capped = is_capped
        self._words, self._heads = set(), {}
        for value in values:
            self._add(value)
            if INVISIBLE.search(value):
                self._add(INVISIBLE.sub("", value))
        self._lengths = sorted({len(head) for head in self._heads}, reverse=True)

    def _add(self, value):
        words = WORD.findall(value)
        if len(words) == 1:
            word = words[0]
            if len(word) >= (7 if word.isdigit() else 4):
                self._words.add(word)
        elif sum(map(len, words)) > 4:
            words = tuple(word.casefold() for word in words)
            head = words[:HEAD]
            if len(self._heads.get(head, ())) <= len(words):
                self._heads[head] = words

    def __len__(self):
        return len(self._words) + len(self._heads)

    def spelled_out(self, source):
        """The secrets that a text holds, as keys to leave alone."""
        return {key for _, _, key in self._found(source, frozenset())} if len(self) else frozenset()

    def mask(self, text, own=frozenset(), by=WITHHELD):
        """The text with its secrets masked, and how many there were; `own` are left alone.

        Examples
        --------
        >>> Secrets(["Ana Lopez"]).mask("LOPEZ, and Ana  Lopez, called")
        ('LOPEZ, and [withheld], called', 1)
        """
        if not len(self):
            return text, 0
        given, text, total = text, _unescaped(text), 0
        for piece in (JOINED, PIECE) if INVISIBLE.search(text) else (PIECE,):
            parts, at, count = [], 0, 0
            for start, end, _ in self._found(text, own, piece):
                parts += [text[at:start], by]
                at, count = end, count + 1
            text = "".join([*parts, text[at:]]) if count else text
            total += count
        return (text, total) if total else (given, 0)

    def _found(self, text, own, piece=PIECE):
        """Start, end and key of each secret in a text, longest first, none overlapping."""
        spans = [match.span() for match in piece.finditer(text) if match[0][0] != "\\"]
        words = (
            [INVISIBLE.sub("", text[a:b]) for a, b in spans]
            if piece is JOINED
            else [text[a:b] for a, b in spans]
        )
        folded = [word.casefold() for word in words]
        i = 0
        while i < len(words):
            head = self._head(folded, i, own)
            step = self._agreeing(folded, i, head) if head else 1
            if head:
                yield spans[i][0], spans[i + step - 1][1], head
            elif words[i] in self._words and words[i] not in own and not _is_joined(text, *spans[i]):
                yield *spans[i], words[i]
            i += step

    def _head(self, words, i, own):
        """The longest head of a secret that stands whole at a place."""
        for length in self._lengths:
            head = tuple(words[i : i + length])
            if len(head) == length and head in self._heads and head not in own:
                return head
        return None

    def _agreeing(self, words, i, head):
        """How many words from a place on agree with the secret of a head."""
        whole, step = self._heads[head], len(head)
        while step < len(whole) and words[i + step : i + step + 1] == [whole[step]]:
            step += 1
        return step

    def to_json(self):
        """As a text from which :meth:`from_json` makes the same again."""
        return json.dumps(
            [sorted(self._words), [list(words) for words in self._heads.values()], self.is_capped]
        )

    @classmethod
    def from_json(cls, text):
        words, phrases, is_capped = json.loads(text)
        made = cls(is_capped=is_capped)
        made._words = set(words)
        made._heads = {tuple(phrase[:HEAD]): tuple(phrase) for phrase in phrases}
        made._lengths = sorted({len(head) for head in made._heads}, reverse=True)
        return made


def _unescaped(text):
    """A text with letters and signs for their escapes; what does not show stays escaped."""
    return re.sub(ESCAPE, _sign, text) if "\\" in text else text


def _sign(escape):
    sign = chr(int(escape[0].lstrip("\\")[1:], 16))
    return sign if sign.isprintable() else escape[0]


def _is_joined(text, start, end):
    """Whether a word is part of a longer one, such as a column's name."""
    return text[start - 1 : start] == "_" or text[end : end + 1] == "_"


def shapes(text):
    """A text without what looks like an e-mail address, a telephone, account or card number, and how many there were.

    Account (IBAN) and card numbers are known by their check digits.

    >>> shapes("ana (at) firm.example or +49 30 123456, DE89 3704 0044 0532 0130 00; 1,234 of 56.7%")
    ('[withheld] or [withheld], [withheld]; 1,234 of 56.7%', 3)
    """
    count, given, text = [0], text, _unescaped(text)
    plain = text.translate(_DIGITS)  # of the same length, so that places agree

    def replaced(pattern, is_one):
        nonlocal text, plain
        spans = [span for match in pattern.finditer(plain) if (span := _within(match, is_one))]
        count[0] += len(spans)
        for start, end in reversed(spans):
            text = text[:start] + WITHHELD + text[end:]
            plain = plain[:start] + WITHHELD + plain[end:]

    if any(sign in plain for sign in ("@", "＠", "﹫", "%40", "&#64;")) or "at" in plain.casefold():
        replaced(MAIL, lambda found: True)
    if any(map(str.isdigit, plain)):
        replaced(ACCOUNT, _is_account)
        replaced(CARD, _is_card)
        replaced(PHONE, lambda found: len(_digits(found)) >= FEWEST)
    return (text, count[0]) if count[0] else (given, 0)


def _within(match, is_one):
    """Where in a match the thing itself stands: all of it, or what is left without the words and numbers that only stand beside it."""
    text, at = match[0], match.start()
    if is_one(text):
        return match.span()
    starts, ends = [[edge(part) for part in GROUP.finditer(text)] for edge in (re.Match.start, re.Match.end)]
    spans = [(a, b) for a in starts for b in reversed(ends) if b - a >= 14]
    return next(((at + a, at + b) for a, b in spans if is_one(text[a:b])), None)


_DIGITS = {ord(c): str(i) for i, c in enumerate("０１２３４５６７８９")} | {
    ord(c): str(i) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩")
}


def _is_account(text):
    """Whether an IBAN's check digits are right (ISO 13616: modulo 97)."""
    plain = re.sub(BLANK, "", text)
    return (
        re.match(r"[A-Z]{2}\d\d", plain) is not None
        and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
    )


def _is_card(text):
    """Whether a card number's check digit is right (Luhn)."""
    digits = _digits(text)[::-1]
    return (
        len(digits) > 13 and (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0
    )


def _digits(text):
    return [int(c) for c in re.sub(ESCAPE, "", text) if c.isdigit()]


@cache
def _of_the_run(path):
    try:
        return Secrets.from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return Secrets()


def masked(text):
    """A text without personal data, as far as it is known or has the shape of it."""
    path = os.environ.get(PERSONAL)
    return shapes(_of_the_run(path).mask(text)[0] if path else text)[0]


def shortened(text, most):
    """A text of at most so many characters, masked before it is cut: half an address would no longer look like one.

    >>> shortened("asked by agatha.long@firm.example", 20), shortened("a rather long description", 12)
    ('asked by [withheld]', 'a rather lo…')
    """
    text = masked(text)
    return text if len(text) <= most else text[: most - 1] + "…"
