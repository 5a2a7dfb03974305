"""Comments that may be quoted as examples: one for each theme, chosen by a rule and screened of what may name somebody."""

import re

import pandas as pd

from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.comment_themes import PERSONAL

MOST = 5  # themes
WORDS = (4, 40)  # of a comment that is quoted
CANDIDATES = 5  # of each theme, should the first be masked
NAME = re.compile(r"(?<![.!?…:]\s)(?<!^)(?<![\"“(‘'])\b(?!I\b)[^\W\d_]*[A-ZÄÖÜÉ]\w*")


class CommentExamples(Estimator):
    """Comments of the most frequent themes, the one nearest to its theme first.

    A comment is a candidate if its theme has at least ten respondents, it has 4 to 40 words, holds no digit, address or link, and no word
    with a capital letter but at the beginning of a sentence: that might be a name. Of candidates that are equally near the one that most
    respondents wrote comes first, then the shortest, then the alphabet. No taste decides. Nothing is quoted unless the firm allows it.

    Parameters
    ----------
    is_allowed : bool
        What the mapping declares: ``[survey] quote_comments``.

    Attributes
    ----------
    examples_ : pandas.DataFrame
        theme, n (its respondents), comment; up to five themes, and up to five candidates of each, the first choice first.

    Examples
    --------
    >>> from cxresearch.models.loyalty.comment_themes import CommentThemes
    >>> text = pd.Series(["The delivery was late again.", "The staff of the desk were friendly!", "Staff like Anna Lee at the desk"] * 60)
    >>> found = CommentExamples(True).fit(CommentThemes().fit(text), text).examples_
    >>> found["comment"].tolist()
    ['The delivery was late again.', 'The staff of the desk were friendly!']
    """

    def __init__(self, is_allowed=False):
        self.is_allowed = is_allowed

    def fit(self, themes, comments):
        """Choose; none where the firm does not allow it, or no comment passes.

        Parameters
        ----------
        themes : CommentThemes
            Fitted to these comments.
        comments : array-like of str
        """
        self.examples_ = pd.DataFrame(columns=["theme", "n", "comment"])
        if not self.is_allowed:
            return self
        text = (
            pd.Series(comments).reset_index(drop=True).astype("string").fillna("").str.split().str.join(" ")
        )
        frame = pd.DataFrame({"comment": text, "theme": themes.theme_, "near": themes.nearness_})
        frame = frame[frame["comment"].map(may_be_quoted)]
        by = (
            frame.groupby(["theme", "comment"])
            .agg(near=("near", "max"), times=("near", "size"))
            .reset_index()
        )
        by["length"] = by["comment"].str.len()
        order = ["near", "times", "length", "comment"]
        by = by.sort_values(order, ascending=[False, False, True, True], kind="stable")
        parts = []
        for row in themes.themes_.head(MOST).itertuples():
            own = by[by["theme"] == row.theme].head(CANDIDATES)
            parts.append(own.assign(n=row.n)[["theme", "n", "comment"]])
        self.examples_ = pd.concat(parts, ignore_index=True)
        return self


def may_be_quoted(comment):
    """Whether a comment has a length to quote and nothing in it that may name somebody.

    >>> [may_be_quoted(text) for text in ("The bill was wrong again.", "Too short", "I told Mr Smith about it", "Call me on 0171 5 please")]
    [True, False, False, False]
    """
    return (
        WORDS[0] <= len(comment.split()) <= WORDS[1]
        and not PERSONAL.search(comment)
        and not NAME.search(comment)
    )
