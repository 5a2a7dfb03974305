"""Churn hazard: the probability of leaving in a period, for those still there at its start.

Answers "when do customers leave, and who?": at which tenure, how much more at a renewal, and by what factor
with this plan or that channel, with late-seen and still-present customers counted for the periods they
were seen.
"""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, reject, row_labels, whole
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.hazard_design import HazardDesign
from cxresearch.models.survival.person_periods import from_periods, from_spells
from cxresearch.stats.binomial_regression import fit_binomial, response
from cxresearch.stats.clustered import clustered_covariance
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import COLUMNS
from cxresearch.words import count_text


class ChurnHazard(Estimator):
    """Discrete-time hazard of leaving, given tenure, renewals and covariates.

    For a customer at risk in period t, with g the logit or the complementary log–log::

        g(h(t)) = α + baseline(t) + γ·[t is a renewal] + xβ,     S(t) = Π_{u ≤ t} (1 − h(u))

    The likelihood is that of one Bernoulli trial per person-period, entered from period ``entry`` + 1 on, so
    that delayed entry and censoring need nothing further. exp(β) is a ratio of odds of leaving within a
    period (logit), or of hazards in continuous time grouped into periods (cloglog, as in a Cox model).

    Assumed: a customer censored at t stayed through period t; given tenure and covariates, neither
    censoring nor late entry says anything about risk. Associations, not effects.

    Parameters
    ----------
    link : {"logit", "cloglog"}
        Scale of the model.
    baseline : {"log", "constant", "periods"} or sequence of int
        How the hazard moves with tenure: with log t; not at all; freely, one level per period; or in steps
        that begin at the periods given, such as ``[1, 4, 13]``.
    renewals : int
        With ``term`` given to ``fit``: into how many kinds to split renewals. 1: all alike; 3: the first,
        the second, and the third and later.
    level : float
        Confidence level.

    Attributes
    ----------
    params_, std_error_ : Series
        Coefficients and their standard errors, by name.
    covariance_ : DataFrame
        Theirs; clustered by customer where ``customer`` was given.
    log_likelihood_ : float
        Of the Bernoulli trials.
    n_periods_, n_events_ : int
        Person-periods and leavers.
    n_customers_ : int or None
        Customers, where they are known.
    n_cells_ : int
        Distinct rows after counting repeated ones.

    References
    ----------
    Singer, J. D. & Willett, J. B. (1993). *Journal of Educational Statistics* 18, 155–195. Prentice, R. L. &
    Gloeckler, L. A. (1978). *Biometrics* 34, 57–67. Liang, K.-Y. & Zeger, S. L. (1986). *Biometrika* 73,
    13–22 (clustering).

    Examples
    --------
    >>> drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> stay = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> groups = pd.DataFrame({"placebo": [0] * 21 + [1] * 21})
    >>> model = ChurnHazard(link="cloglog").fit(drug + placebo, stay + [1] * 21, groups)
    >>> model.params_.round(4).to_dict()
    {'intercept': -4.307, 'log(period)': 0.2825, 'placebo': 1.72}
    """

    def __init__(self, link="logit", baseline="log", renewals=1, level=0.95):
        self.link = link
        self.baseline = baseline
        self.renewals = renewals
        self.level = level

    def fit(self, duration, event, X=None, entry=None, term=None, customer=None):
        """Fit to one row per customer, or per contract.

        Parameters
        ----------
        duration : array-like of int
            Whole periods from the start to leaving or to the last completed period; leaving within the
            first period is 1.
        event : array-like of bool or 0/1
            Whether the customer left in period ``duration``.
        X : DataFrame, optional
            Covariates, constant over the row; text and categories become indicators against their first
            value.
        entry : array-like of int, optional
            Periods already gone when the customer was first observed.
        term : int or array-like of int, optional
            Periods from one renewal to the next; a renewal falls due in periods term, 2·term, … Give 0 for
            a contract that runs on without terms.
        customer : array-like, optional
            Who the row belongs to: standard errors then allow for one customer's rows being alike.

        Returns
        -------
        ChurnHazard
            This object.

        Raises
        ------
        ValueError
            For bad columns; collinear covariates; a covariate in some value of which nobody left.
        """
        aligned(duration=duration, event=event, entry=entry, customer=customer)
        labels = row_labels(duration)
        event, duration = flags(event, "event"), whole(duration, "duration", 0)
        entry = np.zeros(len(duration), dtype=np.int64) if entry is None else whole(entry, "entry", 0)
        reject(
            (duration == 0) & (event == 1), "duration", "is 0 for a leaver; the first period is 1;", labels
        )
        seen = duration > 0
        reject(seen & (entry >= duration), "entry", "is not before duration", labels)
        if not seen.any():
            raise NotEnough(
                "duration is 0 in every row, or there are no rows: nobody was observed for a period"
            )
        self._design = HazardDesign(self.baseline, self.renewals)
        columns = self._design.read(X, term, len(duration), learn=True)
        columns = {name: values[seen] for name, values in columns.items()}
        cluster = None if customer is None else _numbered(customer)[seen]
        cells = from_spells(entry[seen], duration[seen], event[seen], columns, traced=cluster is not None)
        return self._fit_cells(cells, cluster, int(seen.sum()))

    def fit_periods(self, period, event, X=None, term=None, customer=None):
        """Fit to one row per person-period, whose covariates may change from period to period.

        Parameters
        ----------
        period : array-like of int
            Which period of the relationship the row is, from 1.
        event : array-like of bool or 0/1
            Whether the customer left in it.
        X, term, customer
            As in :meth:`fit`. A covariate must have been known at the start of the period.

        Returns
        -------
        ChurnHazard
            This object.
        """
        aligned(period=period, event=event, customer=customer)
        event, period = flags(event, "event"), whole(period, "period", 1)
        if not len(period):
            raise ValueError("period is empty")
        self._design = HazardDesign(self.baseline, self.renewals)
        columns = self._design.read(X, term, len(period), learn=True)
        cells = from_periods(period, event, columns, traced=customer is not None)
        return self._fit_cells(cells, None if customer is None else _numbered(customer), None)

    def predict(self, period, X=None, term=None):
        """Probability of leaving in a period, for a customer still there at its start.

        Parameters
        ----------
        period : int or array-like of int
            Period, from 1; one for all rows of ``X``, or one for each.
        X : DataFrame, optional
            Covariates, as in ``fit``.
        term : int or array-like of int, optional
            As in ``fit``.

        Returns
        -------
        DataFrame
            period, hazard, low, high; limits ± z·SE on the scale of the link.
        """
        period, design = self._rows(period, X, term)
        eta, error = design @ self.params_.to_numpy(), self._error(design)
        half = normal_quantile(self.level) * error
        hazard, low, high = (response(value, self.link)[0] for value in (eta, eta - half, eta + half))
        return pd.DataFrame({"period": period, "hazard": hazard, "low": low, "high": high}, index=_index(X))

    def predict_survival(self, until, X=None, term=None, since=0):
        """Probability of staying through period ``until``, for a customer there after period ``since``.

        Parameters
        ----------
        until : int
            Last period to stay through.
        X, term
            As in ``predict``.
        since : int
            Periods already gone.

        Returns
        -------
        DataFrame
            survival, low, high; limits by the delta method on the scale of log(−log S).
        """
        if not 0 <= since < until:
            raise ValueError(f"since is {since}, not from 0 to before until, {until}")
        *_, (log_survival, slope) = self.survival_path(since, until - since, X, term)
        error = self._error(slope) / np.abs(log_survival)
        half = normal_quantile(self.level) * error
        survival, low, high = (
            np.exp(log_survival * factor) for factor in (np.ones_like(half), np.exp(half), np.exp(-half))
        )
        return pd.DataFrame({"survival": survival, "low": low, "high": high}, index=_index(X))

    def survival_path(self, since, periods, X=None, term=None):
        """Period after period, the log of the probability of having stayed since, and its derivatives.

        log S(since + m | since) = Σ log(1 − h(u)) over the periods u = since + 1 … since + m.

        Parameters
        ----------
        since : int or array-like of int
            Periods already gone; one for all rows of ``X``, or one for each.
        periods : int
            How many to go on.
        X, term
            As in ``predict``.

        Yields
        ------
        (ndarray (rows,), ndarray (rows, k))
            log S, and its derivatives in the k coefficients: first after none of the periods, last after all.

        Examples
        --------
        >>> model = ChurnHazard(baseline="constant").fit([1, 2, 3, 4], [1, 1, 0, 0])
        >>> [float(np.exp(log_survival[0]).round(3)) for log_survival, _ in model.survival_path(5, 3)]
        [1.0, 0.8, 0.64, 0.512]
        """
        since = np.atleast_1d(whole(since, "since", 0))
        period, columns = self._read(since + 1, X, term)
        log_survival, slope = np.zeros(len(period)), np.zeros((len(period), len(self.params_)))
        yield log_survival, slope
        for gone in range(periods):
            design = self._design.matrix(period + gone, columns)
            hazard, factor = response(design @ self.params_.to_numpy(), self.link)
            log_survival = log_survival + np.log1p(-hazard)
            slope = slope - (hazard * factor)[:, None] * design
            yield log_survival, slope

    def design(self, period, X=None, term=None):
        """The columns that each coefficient multiplies, one row per period and row of ``X``; as in ``predict``."""
        return self._rows(period, X, term)[1]

    def summary(self):
        """Ratio of odds (logit) or of hazards (cloglog) for each term of the model, one row each.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit. Where the baseline is log t its row is the exponent:
            the odds, or hazard, move with t to that power.
        """
        what = "odds ratio" if self.link == "logit" else "hazard ratio"
        half = normal_quantile(self.level) * self.std_error_
        table = pd.DataFrame(
            {"estimate": self.params_, "low": self.params_ - half, "high": self.params_ + half}
        )
        power = table.index == "log(period)"
        table[~power] = np.exp(table[~power])
        metric = [
            f"{what}, {name}" if name != "log(period)" else "exponent of tenure" for name in table.index
        ]
        method = f"discrete-time {self.link} hazard, {count_text(self.n_events_)} ends in {count_text(self.n_periods_)} periods"
        method += ", clustered by customer" if self.clustered_ else ""
        n = self.n_periods_ if self.n_customers_ is None else self.n_customers_
        table = table.assign(metric=metric, n=n, method=method, unit="").drop(index="intercept")
        return table[COLUMNS].reset_index(drop=True)

    def _fit_cells(self, cells, cluster, rows):
        normal_quantile(self.level)
        design = self._design.matrix(cells.period, cells.columns, learn=True)
        names = self._design.names_
        found = fit_binomial(design, cells.events, cells.trials, names, self.link)
        covariance, self.clustered_, self.n_customers_ = found.covariance, cluster is not None, rows
        if self.clustered_:
            group, customers = pd.factorize(cluster[cells.source])
            self.n_customers_ = len(customers)
            if len(customers) <= len(names):
                raise NotEnough(
                    f"customer has {len(customers)} values, too few to cluster {len(names)} terms by"
                )
            p, slope = response(design @ found.params, self.link)
            residual = (cells.event - p[cells.row]) * slope[cells.row]
            covariance = clustered_covariance(covariance, design[cells.row] * residual[:, None], group)
        self.params_ = pd.Series(found.params, names)
        self.covariance_ = pd.DataFrame(covariance, names, names)
        self.std_error_ = pd.Series(np.sqrt(np.diag(covariance)), names)
        self.log_likelihood_, self.n_cells_ = found.log_likelihood, len(design)
        self.n_periods_ = int(len(design) if cells.trials is None else cells.trials.sum())
        self.n_events_ = int(cells.events.sum())
        return self

    def _rows(self, period, X, term):
        period, columns = self._read(period, X, term)
        return period, self._design.matrix(period, columns)

    def _read(self, period, X, term):
        period = np.atleast_1d(whole(period, "period", 1))
        rows = len(period) if X is None else len(X)
        if len(period) not in (1, rows):
            raise ValueError(f"period has {len(period)} rows, X has {rows}")
        return np.broadcast_to(period, rows), self._design.read(X, term, rows)

    def _error(self, design):
        return np.sqrt(np.einsum("ij,jk,ik->i", design, self.covariance_.to_numpy(), design))


def _numbered(customer):
    code, _ = pd.factorize(pd.Series(customer))
    reject(code < 0, "customer", "is missing", row_labels(customer))
    return code


def _index(X):
    return X.index if isinstance(X, pd.DataFrame | pd.Series) else None
