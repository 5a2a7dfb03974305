"""Buyers with covariates: what goes with buying more often, and with dropping out, in the BG/NBD and the Pareto/NBD."""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cxresearch.inputs import aligned
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.beta_geo import BetaGeoNBD
from cxresearch.models.purchases.pareto_nbd import ParetoNBD
from cxresearch.models.purchases.purchase_history import purchase_history, read_weights
from cxresearch.models.purchases.row_likelihoods import beta_geo_rows, chained, pareto_rows
from cxresearch.models.survival.hazard_design import HazardDesign
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import IdentificationWarning, Information, maximise, parameter_rows, wald
from cxresearch.stats.rows import row, summary

_RATE, _DROPOUT = "purchase rate ratio", "dropout ratio"


class _Kind(NamedTuple):
    """A model, its rows, and which parameter a covariate of dropping out moves, and which way."""

    model: type
    rows: callable
    place: int
    sign: float


KINDS = {
    BetaGeoNBD.name: _Kind(BetaGeoNBD, beta_geo_rows, 2, 1.0),
    ParetoNBD.name: _Kind(ParetoNBD, pareto_rows, 3, -1.0),
}


class PurchaseCovariates(Estimator):
    r"""BG/NBD or Pareto/NBD in which customers' attributes move how often they buy and how soon they drop out.

    With x the covariates of a customer less their means (Fader & Hardie 2007),

    .. math:: \alpha_i = \alpha\,e^{-x'\gamma}, \qquad \beta_i = \beta\,e^{-x'\delta}\ \text{(Pareto/NBD)}, \qquad
        a_i = a\,e^{x'\delta}\ \text{(BG/NBD)}.

    exp(γ) is a ratio of purchase rates; exp(δ) one of death rates in the Pareto/NBD, and in the BG/NBD one of the odds a/b of dropping out
    after a purchase, b being common. Each customer then follows the model with parameters of their own.

    Parameters
    ----------
    kind : {"BG/NBD", "Pareto/NBD"}
    rate, dropout : list of str, optional
        Which columns of X move the rate, and which the dropout; all unless given.
    unit : str
        Unit of every time.
    level : float
        Of every interval.

    Attributes
    ----------
    params_ : Series
        r, α and the two of dropping out, of a customer with average covariates.
    rate_, dropout_ : Series
        Coefficients γ and δ, by name of the term.
    covariance_ : DataFrame
        Of the logarithms of the parameters and the coefficients.
    log_likelihood_, log_likelihood_without_ : float
        With and without covariates.
    p_value_ : float
        Of the likelihood-ratio test that no covariate matters.
    identified_ : Series
        Whether the data determine each parameter and coefficient.
    n_customers_, converged_

    Notes
    -----
    Newton's method with the analytic gradient and Hessian, on the distinct rows of history and covariates together: covariates that take
    few values cost little. Associations: an attribute may stand for what is not recorded. Only what was known when a customer
    first bought may be a covariate; what came later knows how the story went on.

    References
    ----------
    Fader & Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models, brucehardie.com/notes/019.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> half = pd.DataFrame({"late": (rfm["age"] < 33).astype(int)})
    >>> model = PurchaseCovariates().fit(rfm, half)
    >>> model.summary().tail(2).round(3)[["metric", "estimate", "low", "high"]]
                          metric  estimate    low   high
    4  purchase rate ratio, late     1.089  0.883  1.343
    5        dropout ratio, late     1.117  0.819  1.524
    """

    def __init__(self, kind="BG/NBD", rate=None, dropout=None, unit="weeks", level=0.95):
        self.kind = kind
        self.rate = rate
        self.dropout = dropout
        self.unit = unit
        self.level = level

    def fit(self, rfm, X, weights=None):
        """Estimate parameters and coefficients by maximum likelihood.

        Parameters
        ----------
        rfm : pandas.DataFrame
            One row per customer: frequency, recency, age.
        X : pandas.DataFrame
            Covariates in the same order; text and categories become indicators against their first value.
        weights : array-like, optional
            How many customers each row stands for.

        Returns
        -------
        PurchaseCovariates

        Raises
        ------
        ValueError
            If a column is missing or holds impossible values, or covariates are collinear.
        """
        normal_quantile(self.level)
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; it is one of {', '.join(KINDS)}")
        how = KINDS[self.kind]
        aligned(rfm=rfm, X=X)
        history = purchase_history(rfm, self.unit)
        counts = np.ones(len(rfm)) if weights is None else read_weights(weights, history.index)
        self._designs = {}
        parts = [self._read("rate", X, True), self._read("dropout", X, True)]
        matrix = np.hstack(parts)
        h, first, place = _distinct(matrix, history.row)
        count = np.bincount(place, counts)
        x, z = (part[first] for part in parts)
        self._centre = [counts @ part / counts.sum() for part in parts]
        scale = [
            np.sqrt(counts @ (part - mean) ** 2 / counts.sum())
            for part, mean in zip(parts, self._centre, strict=True)
        ]
        rows = ((x - self._centre[0]) / scale[0], (z - self._centre[1]) / scale[1])
        _refuse_collinear(rows, count, self._names)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IdentificationWarning)
            without = how.model(self.unit, self.level).fit(rfm, weights)
        data = history.x[h], history.recency[h], history.age[h], count
        start = np.concatenate([without._theta, np.zeros(matrix.shape[1])])
        best = maximise(chained(how.rows, how.place, how.sign, data, *rows), start)
        self._keep(best, how, np.concatenate(scale), without, matrix.shape[1], counts.sum())
        return self

    def of(self, x):
        """The plain model that customers with one set of covariates follow, its intervals carrying those of the coefficients.

        Parameters
        ----------
        x : pandas.DataFrame
            One row of covariates.

        Returns
        -------
        BetaGeoNBD or ParetoNBD
        """
        return self._at(np.hstack([self._read("rate", x), self._read("dropout", x)])[0])[0]

    def predict(self, rfm, X, t):
        """Return what every customer is expected to buy in the next `t`, and whether still alive; columns as of the plain models."""
        return self._each(rfm, X, lambda model, rows: model.predict(rows, t))

    def p_active(self, rfm, X, t):
        """Return every customer's probability of at least one purchase in the next `t`, with its interval."""
        return self._each(rfm, X, lambda model, rows: model.p_active(rows, t))

    def expected_total(self, rfm, X, t):
        """Return the purchases of the whole base in the next `t`: their expectation (delta method), and their prediction (exact variance)."""
        total, chance, slope = 0.0, 0.0, np.zeros(len(self._theta))
        for model, jacobian, rows in self._parts(rfm, X):
            history = purchase_history(rows, self.unit)
            odds, odds_slope = model.log_odds_gone(history)
            mean, gradient = model._expected(history, t, odds, odds_slope)
            once, square = model.moments(history, t)
            total += history.count @ mean
            chance += history.count @ (square - once**2)
            slope += (history.count * mean) @ gradient @ jacobian
        log_se = self._information.se(slope / max(total, 1e-300))
        span = f"next {t:g} {self.unit}"
        spread = np.sqrt(log_se**2 + chance / max(total, 1e-300) ** 2)
        return summary(
            [
                row(
                    f"expected purchases, {span}",
                    (total, *wald(total, log_se, self.level)),
                    len(rfm),
                    "delta method",
                ),
                row(
                    f"purchases to be made, {span}",
                    (total, *wald(total, spread, self.level)),
                    len(rfm),
                    "exact variance, log normal",
                ),
            ]
        )

    def summary(self):
        """The parameters of a customer with average covariates, then a ratio per term."""
        names = list(self.params_.index)
        cov = self.covariance_.loc[names, names].to_numpy()
        plain = parameter_rows(self.params_, cov, self.identified_[names], self.n_customers_, self.level)
        ratios = [
            row(
                f"{what}, {name}",
                _ratio(beta, error, known, self.level),
                self.n_customers_,
                f"{self.kind}, maximum likelihood",
            )
            for what, name, beta, error, known in self._terms()
        ]
        return summary([*plain.to_dict("records"), *ratios])

    def z_scores(self):
        """Coefficient over standard error of every term, in the order of the ratios of :meth:`summary`; missing where not identified."""
        return np.array([beta / error if known else np.nan for _, _, beta, error, known in self._terms()])

    def _terms(self):
        errors = pd.Series(np.sqrt(np.diag(self.covariance_)), self.covariance_.index)
        for what, part in ((_RATE, self.rate_), (_DROPOUT, self.dropout_)):
            for name, beta in part.items():
                at = f"{what}, {name}"
                yield what, name, beta, errors[at], bool(self.identified_[at])

    def _read(self, part, X, learn=False):
        """The design of the rate or of the dropout."""
        wanted = getattr(self, part)
        if learn:
            self._designs[part] = HazardDesign("constant", 1)
        design, frame = self._designs[part], X if wanted is None else X[list(wanted)]
        if frame.shape[1] == 0:
            self._name(part, [], learn)
            return np.zeros((len(X), 0))
        columns = design.read(frame, None, len(frame), learn=learn)
        matrix = design.matrix(np.ones(len(frame)), columns, learn=learn)[:, 1:]
        self._name(part, design.names_[1:], learn)
        return matrix

    def _name(self, part, names, learn):
        if learn:
            what = {"rate": _RATE, "dropout": _DROPOUT}[part]
            self._names = [
                *(self._names if part == "dropout" else []),
                *(f"{what}, {name}" for name in names),
            ]

    def _keep(self, best, how, scale, without, k, n):
        back = np.concatenate([np.ones(4), 1 / scale])
        found = Information.at(best.hessian)
        self._theta = best.theta * back
        self._information = Information(
            found.covariance * np.outer(back, back), found.identified, back[:, None] * found.flat
        )
        names = [*how.model._names, *self._names]
        self.params_ = pd.Series(np.exp(self._theta[:4]), how.model._names, name="estimate")
        self.covariance_ = pd.DataFrame(self._information.covariance, names, names)
        self.identified_ = pd.Series(found.identified, names, name="identified")
        self.rate_, self.dropout_ = (
            pd.Series(
                {name.split(", ", 1)[1]: value for name, value in zip(self._names, self._theta[4:], strict=True) if name.startswith(what)},
                dtype=float,
            )
            for what in (_RATE, _DROPOUT)
        )  # fmt: skip
        self.log_likelihood_, self.log_likelihood_without_ = float(best.value), without.log_likelihood_
        gain = max(2 * (self.log_likelihood_ - self.log_likelihood_without_), 0.0)
        self.p_value_ = float(chdtrc(k, gain)) if k else np.nan
        self.converged_, self.n_customers_ = best.converged, round(float(n))

    def _at(self, covariates):
        """The plain model of one set of covariates, and the derivatives of its parameters in ours."""
        how, k = KINDS[self.kind], len(self.rate_)
        jacobian = np.zeros((4, len(self._theta)))
        jacobian[:, :4] = np.eye(4)
        jacobian[1, 4 : 4 + k] = -(covariates[:k] - self._centre[0])
        jacobian[how.place, 4 + k :] = how.sign * (covariates[k:] - self._centre[1])
        model, found = how.model(self.unit, self.level), self._information
        model._theta = jacobian @ self._theta
        model._information = Information(
            jacobian @ found.covariance @ jacobian.T, found.identified[:4], jacobian @ found.flat
        )
        model.params_ = pd.Series(np.exp(model._theta), how.model._names, name="estimate")
        model.covariance_ = pd.DataFrame(model._information.covariance, how.model._names, how.model._names)
        model.identified_ = self.identified_.iloc[:4]
        return model, jacobian

    def _parts(self, rfm, X):
        """Model, derivatives and customers of every distinct set of covariates."""
        aligned(rfm=rfm, X=X)
        matrix = np.hstack([self._read("rate", X), self._read("dropout", X)])
        distinct, place = np.unique(matrix, axis=0, return_inverse=True)
        place = place.ravel()
        order = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place, minlength=len(distinct)))
        for covariates, rows in zip(distinct, np.split(order, ends[:-1]), strict=True):
            yield *self._at(covariates), rfm.iloc[rows]

    def _each(self, rfm, X, told):
        aligned(rfm=rfm, X=X)
        numbered, X = rfm.reset_index(drop=True), X.reset_index(drop=True)
        parts = [told(model, rows) for model, _, rows in self._parts(numbered, X)]
        return pd.concat(parts).sort_index().set_axis(rfm.index, axis=0)


def _ratio(beta, error, known, level):
    if not known:
        return np.nan, np.nan, np.nan
    z = normal_quantile(level)
    return tuple(np.exp([beta, beta - z * error, beta + z * error]))


def _distinct(matrix, history_row):
    """Distinct pairs of history and covariates: the history and the first customer of each, and which pair each customer has."""
    _, pattern = np.unique(matrix, axis=0, return_inverse=True)
    pattern = pattern.ravel()
    keys = history_row.astype(np.int64) * (pattern.max() + 1) + pattern
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return history_row[first], first, place


def _refuse_collinear(parts, count, names):
    start = 0
    for part in parts:
        mine = names[start : start + part.shape[1]]
        start += part.shape[1]
        if part.shape[1] and np.linalg.eigvalsh((part * count[:, None]).T @ part / count.sum())[0] < 1e-10:
            raise ValueError(
                f"the covariates {', '.join(name.split(', ', 1)[1] for name in mine)} are collinear: leave one out"
            )
