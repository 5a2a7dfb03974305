"""Themes of comments: what many write about, and which driver they rate lower. Words of many, never a comment."""

import re
import warnings

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned
from cxresearch.models.estimator import Estimator
from cxresearch.stats.clustered import clustered_mean
from cxresearch.stats.equivalence import welch
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.rows import shares

NEAR = 0.5  # cosine between a comment and its theme
PER_THEME = 40  # respondents with a comment for each theme
DIGITS = 6  # weights and cosines that differ by less are equal: words that always occur together differ by rounding alone
SAME = "no clear difference"
WORD = r"[^\W\d_]{3,}"
PERSONAL = re.compile(r"\S*(?:@|\d|https?:|www\.)\S*")  # mail, numbers and links never become words


class CommentThemes(Estimator):
    """Themes by non-negative factorisation of TF-IDF, shown by words that many respondents used.

    A word counts only if at least ``least`` different respondents wrote it; what holds an @ or a digit never
    does. A theme is a set of such words; a comment belongs to the theme it is nearest to, if it is near any
    (cosine of at least 0.5). A theme is kept if at least ``least`` respondents belong to it. No comment is
    stored or shown.

    For each theme and driver the mean rating of its respondents is compared with that of the other
    commenters (Welch's t, errors clustered by respondent); verdicts allow for all these comparisons
    (Benjamini–Hochberg). A respondent whose comments stand on both sides counts on both, as if they were two:
    with answers that are alike the interval is then rather too wide. Who comments is not everybody: themes
    are no shares of customers.

    Parameters
    ----------
    themes : int
        At most so many; fewer where there are fewer comments (40 for each theme) or words.
    least : int
        Respondents behind every word and every theme; 10 or more.
    seed : int
        Of the search's order, which does not depend on it at present: it starts from the words that explain most.

    Attributes
    ----------
    themes_ : DataFrame
        theme (its words), n (respondents), share (of commenters).
    drivers_ : DataFrame
        theme, driver, estimate (mean among the theme's minus mean among the others), low, high, p_value
        (adjusted), n (respondents of the theme who rated it), verdict (lower, higher, no clear difference).
    theme_, nearness_ : Series
        The theme of each comment, by its place, and how near it is to it (cosine); missing where there is none.
    n_, n_responses_ : int
        Respondents with a comment, and all responses.

    References
    ----------
    Lee, D. D. & Seung, H. S. (1999). Learning the parts of objects by non-negative matrix factorization.
    *Nature* 401, 788–791. Farahat, A. K. et al. (2013). Efficient greedy feature selection for unsupervised learning. *Knowledge and
    Information Systems* 35, 285–310 (where the search starts). Welch, B. L. (1947). *Biometrika* 34, 28–35.

    Examples
    --------
    >>> text = ["The delivery was late again.", "Friendly staff at the desk!"] * 60
    >>> model = CommentThemes().fit(pd.Series(text))
    >>> model.themes_
                       theme   n  share
    0         delivery, late  60    0.5
    1  desk, friendly, staff  60    0.5
    """

    def __init__(self, themes=8, least=10, seed=0):
        self.themes = themes
        self.least = least
        self.seed = seed

    def fit(self, comments, ratings=None, respondent=None):
        """Find themes.

        Parameters
        ----------
        comments : array-like of str
            One per response; missing or empty where nothing was written.
        ratings : DataFrame, optional
            What the same responses rate: drivers, and the outcome.
        respondent : array-like, optional
            Who wrote; each response its own respondent unless given.

        Returns
        -------
        CommentThemes
            This object.

        Raises
        ------
        NotEnough
            Without comments, or where fewer than two themes could be told apart.
        ValueError
            If ``least`` is under 10.
        """
        if self.least < 10:
            raise ValueError(f"least is {self.least}; words of fewer than 10 respondents may give one away")
        ratings = None if ratings is None or not len(ratings.columns) else ratings
        first = None if ratings is None else ratings.iloc[:, 0]
        aligned(comments=comments, ratings=first, respondent=respondent)
        text = pd.Series(comments).reset_index(drop=True)
        who = pd.Series(np.arange(len(text)) if respondent is None else np.asarray(respondent))
        text = text.astype(object).where(text.notna(), "").astype(str)
        text = text.str.replace(PERSONAL, " ", regex=True).str.lower()
        written = text.str.strip() != ""
        if not written.any():
            raise NotEnough("there are no comments")
        self.left_out_ = []
        self.n_, self.n_responses_ = int(who[written].nunique()), len(text)
        theme = self._themes(text[written], who[written]).reindex(text.index)
        self.theme_ = theme
        n = who.groupby(theme).nunique()
        n = n[n >= self.least].sort_values(ascending=False, kind="stable")
        if not len(n):
            raise NotEnough(f"no theme is shared by {self.least} respondents")
        self.themes_ = pd.DataFrame({"theme": n.index, "n": n.to_numpy(), "share": n.to_numpy() / self.n_})
        rows = []
        if ratings is not None:
            rows = self._compare(theme, written, ratings.reset_index(drop=True), who.to_numpy(), n)
        self.drivers_ = _judged(rows)
        return self

    def summary(self):
        """Each theme's share of those who wrote, one row each; the method names the drivers that its writers rate apart."""
        apart = self.drivers_[self.drivers_["verdict"] != SAME]
        verdicts = (apart["driver"] + " " + apart["verdict"]).groupby(apart["theme"]).agg("; ".join)
        found = shares(self.themes_["theme"], self.themes_["n"], self.n_)
        how = self.themes_["theme"].map(lambda theme: verdicts.get(theme, "no driver rated apart"))
        return found.assign(n=self.themes_["n"], method="share of writers, Wilson; " + how)

    def _themes(self, text, who):
        """The theme of each comment."""
        words = self._words(text, who)
        count = min(self.themes, len(words) // 2, self.n_ // PER_THEME)
        if count < 2:
            who = "1 respondent" if self.n_ == 1 else f"{self.n_:,} respondents"
            wrote = f"{who} wrote comments, with {len(words):,} words in common"
            raise NotEnough(f"{wrote}: too few to tell two themes apart")
        return self._factorise(text, words, count)

    def _words(self, text, who):
        """The words that enough respondents used."""
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        found = text.str.findall(WORD).explode().dropna()
        used = pd.DataFrame({"word": found, "who": who.reindex(found.index)}).drop_duplicates()
        counts = used["word"].value_counts()
        counts = counts[(counts >= self.least) & (counts <= 0.8 * who.nunique())]
        return sorted(set(counts.index) - ENGLISH_STOP_WORDS)

    def _factorise(self, text, words, count):
        """The theme of each comment that has a word of one, as the theme's words."""
        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.feature_extraction.text import TfidfVectorizer

        matrix = TfidfVectorizer(vocabulary=words, token_pattern=WORD, sublinear_tf=True).fit_transform(text)
        held = np.asarray(matrix.sum(axis=1)).ravel() > 0
        model = NMF(count, init="custom", random_state=self.seed, max_iter=1000, tol=1e-6)
        start = _start((matrix.T @ matrix).toarray(), count)
        with (
            np.errstate(invalid="ignore"),
            warnings.catch_warnings(),
        ):  # a perfect fit has no error left to reduce
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit_transform(matrix[held], W=matrix[held] @ start.T, H=start)
        names = []
        for part in model.components_:
            part = np.round(
                part / max(part.max(), 1e-12), DIGITS
            )  # words with equal weights stay in alphabetical order
            top = np.argsort(-part, kind="stable")[:4]
            names.append(", ".join(words[i] for i in top if part[i] > 0.25))
        along = model.components_ / np.maximum(
            np.linalg.norm(model.components_, axis=1, keepdims=True), 1e-12
        )
        near = np.round(matrix[held] @ along.T, DIGITS)  # cosines: the rows of TF-IDF have length 1
        chosen = np.where(near.max(axis=1) >= NEAR, near.argmax(axis=1), -1)
        named = [names[c] if c >= 0 else None for c in chosen]
        self.nearness_ = pd.Series(near.max(axis=1), text.index[held])
        return pd.Series(named, text.index[held], dtype=object)

    def _compare(self, theme, written, ratings, who, n):
        rows = []
        for name in n.index:
            inside, other = (theme == name).to_numpy(), (written & (theme != name)).to_numpy()
            for driver in ratings:
                x = ratings[driver].to_numpy(dtype=float, na_value=np.nan)
                sides = [side & ~np.isnan(x) for side in (inside, other)]
                if not all(side.any() for side in sides) or all(np.ptp(x[side]) == 0 for side in sides):
                    continue
                own, others = (clustered_mean(x[side], who[side]) for side in sides)
                if min(own.clusters, others.clusters) < self.least:
                    continue
                gap = welch(own, others, margin=0)
                rows.append(
                    (name, str(driver), gap.estimate, gap.low, gap.high, gap.p_difference, own.clusters)
                )
        return rows


def _start(gram, count):
    """Themes to begin with: the words that explain most, each with those it occurs with.

    Words are taken one by one, the one that explains most of what is left first, the alphabet deciding between equals. Unlike singular
    vectors, which are arbitrary where two topics are equally frequent, this start is the same on every machine.
    """
    left, themes = gram.copy(), []
    for _ in range(count):
        size = np.maximum(np.diag(left), 1e-9)
        best = int(np.argmax(np.round(np.square(left).sum(axis=0) / size, DIGITS)))
        themes.append(gram[best] / np.linalg.norm(gram[best]))
        left = left - np.outer(left[:, best], left[best]) / size[best]
    return np.array(themes)


def _judged(rows):
    """The comparisons as a frame, with p-values adjusted over all of them and a verdict for each."""
    columns = ["theme", "driver", "estimate", "low", "high", "p_value", "n"]
    found = pd.DataFrame(rows, columns=columns).astype({"theme": object, "driver": object})
    if not len(found):
        return found.assign(verdict=pd.Series(dtype=object))
    adjusted = benjamini_hochberg(found["p_value"])
    side = np.where(found["estimate"] < 0, "lower", "higher")
    return found.assign(p_value=adjusted.p_value, verdict=np.where(adjusted.rejected, side, SAME))
