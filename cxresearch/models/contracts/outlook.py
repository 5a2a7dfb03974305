"""Who of today's contract customers will still be there, and what their payments to come are worth."""

import numpy as np
import pandas as pd

from cxresearch.inputs import numbers, table
from cxresearch.models.contracts.recent_year import RECENT, split_recent
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.stats.binomial_regression import response
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import wald, wald_probability
from cxresearch.stats.rare_levels import OTHER, pool_rare_levels

_COLUMNS = ["term_months", "entry", "duration", "event", "ended_on", "age"]
_FEWEST = 10  # leavers that a value of a covariate, or the whole, needs
_NO_RENEWAL = "renewal: nobody, or everybody, left in some kind of month"
_NO_COVARIATES = "covariates: in some of their values nobody left"


class ContractOutlook(Estimator):
    r"""Months to come of running contracts, from a discrete-time hazard of leaving.

    With :math:`h_i(t)` the hazard of contract i in month t of tenure (logit; log tenure, the month in which a term runs out, the term,
    covariates, and whether the month is one of the last twelve known), a contract that has lasted :math:`T_i` months is still there
    m months from now with probability

    .. math:: S_i(m) = \prod_{u=1}^{m} (1 - h_i(T_i + u)),

    and the payments a_i it makes at the beginning of each month while it lasts are worth

    .. math:: V_i = \text{margin} \cdot a_i \sum_{m=0}^{M-1} S_i(m)\,(1 + d)^{-m/12}.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    model_ : ChurnHazard
    terms_ : list of str
        What the hazard depends on.
    left_out_ : list of str
        Covariates, or values of them, that too few leavers speak of; the values are taken together.
    n_ : int
        Contracts the hazard is learnt from.

    Notes
    -----
    Intervals carry the uncertainty of the coefficients; that of :meth:`expected_leavers` also the luck of who leaves. The level of the
    hazard is that of the last twelve months, where these and the time before have leavers enough: it moves with the calendar, not least
    because those who leave easily are sifted out while the records run. Customers differ in more than is recorded, so that those who have
    stayed long are somewhat safer than the model says beyond its log tenure; a season within the year is not modelled.
    Associations, not effects.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> life, seen = rng.geometric(0.03, 2000), rng.integers(1, 37, 2000)
    >>> spells = pd.DataFrame({"term_months": 1, "entry": 0, "duration": np.minimum(life, seen), "event": life <= seen, "age": seen})
    >>> spells["ended_on"] = np.where(spells["event"], "2026-01-31", None)
    >>> outlook = ContractOutlook().fit(spells)
    >>> outlook.expected_leavers(spells, 12).round(1)[["metric", "estimate", "low", "high", "n"]]
                                metric  estimate    low   high     n
    0  customers to leave in 12 months     351.5  306.6  396.4  1192
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, spells, X=None):
        """Learn the hazard of leaving.

        Parameters
        ----------
        spells : pandas.DataFrame
            As from :func:`cxresearch.features.contract_spells` in months: term_months, entry, duration, event, ended_on, age.
        X : pandas.DataFrame, optional
            Text covariates known when a spell began, one row per spell.

        Returns
        -------
        ContractOutlook

        Raises
        ------
        ValueError
            If a column is missing, or fewer than ten customers left.
        """
        normal_quantile(self.level)
        spells = table(spells, _COLUMNS, "spells")
        seen = (spells["entry"] < spells["duration"]).to_numpy()
        left = int(spells["event"].astype(bool)[seen].sum())
        if left < _FEWEST:
            raise ValueError(f"event: {left} left while under observation, too few to learn a hazard from")
        self._pools, self._levels, self.left_out_ = {}, {}, []
        given = {"term": _term_label(spells["term_months"])}
        given |= {} if X is None else {str(name): X[name].set_axis(spells.index) for name in X}
        event = spells["event"].astype(bool).to_numpy()
        for name, values in given.items():
            self._learn(name, _text(values)[seen], event[seen])
        rows, row, self._is_recent_told = split_recent(spells[seen], _FEWEST)
        if not self._is_recent_told:
            self.left_out_.append(f"{RECENT}: too few leavers in them, or before")
        place = np.flatnonzero(seen)[row]
        X = self._covariates(given, spells.index).iloc[place]
        X = X.assign(**{RECENT: rows[RECENT]}) if self._is_recent_told else X
        term, names, fault = _term(rows["term_months"]), list(self._pools), None
        recent = [RECENT] if self._is_recent_told else []
        tried = [(names, True), (names, False), (names[:1], False), ([], False)]
        for columns, renews in tried:
            self._names, self._renews = [*columns, *recent], renews and bool((term > 0).any())
            if renews and not self._renews:
                continue
            try:
                self.model_ = ChurnHazard(level=self.level).fit(
                    rows["duration"], rows["event"], X[self._names] if self._names else None, rows["entry"],
                    term if self._renews else None,
                )  # fmt: skip
                break
            except ValueError as problem:  # a value, or a kind of month, in which nobody left
                fault = fault or str(problem)
                self.left_out_.append(_NO_RENEWAL if self._renews else _NO_COVARIATES)
        else:
            raise ValueError(fault)
        self.terms_ = list(self.model_.params_.index.drop("intercept"))
        self.n_, self._learnt = int(seen.sum()), (rows, place, X[self._names])
        return self

    def predict(self, spells, months, X=None):
        """Return the probability that each running contract is still there `months` from now.

        Parameters
        ----------
        spells : pandas.DataFrame
            As for :meth:`fit`; spells that have ended are left out.
        months : int
            1 or more.
        X : pandas.DataFrame, optional
            As for :meth:`fit`.

        Returns
        -------
        pandas.DataFrame
            stays, stays_low, stays_high, indexed as the running rows of `spells`.
        """
        index, log_stay, slope = self._ahead(spells, months, X)
        stay = np.exp(log_stay)
        gone = np.maximum(-np.expm1(log_stay), 1e-300)
        se = self._se(slope / gone[:, None])
        low, high = wald_probability(log_stay - np.log(gone), se, self.level)
        return pd.DataFrame({"stays": stay, "stays_low": low, "stays_high": high}, index=index)

    def expected_leavers(self, spells, months, X=None):
        """Return how many of the running contracts will have ended `months` from now: one row, a prediction interval.

        The interval adds the chance of each ending, Σ S(1 − S), to the uncertainty of the coefficients.
        """
        _, log_stay, slope = self._ahead(spells, months, X)
        stay = np.exp(log_stay)
        leavers = (1 - stay).sum()
        spread = np.sqrt(self._se(stay @ slope) ** 2 + (stay * (1 - stay)).sum())
        reach = normal_quantile(self.level) * spread
        low, high = max(leavers - reach, 0.0), min(leavers + reach, len(stay))
        method = "discrete-time hazard, prediction interval"
        row = [f"customers to leave in {months} months", leavers, low, high, len(stay), method]
        return pd.DataFrame([row], columns=["metric", "estimate", "low", "high", "n", "method"])

    def value(self, spells, months=36, margin=1.0, discount_rate=0.10, X=None):
        """Return what each running contract's payments over the next `months` are worth today.

        Parameters
        ----------
        spells : pandas.DataFrame
            With monthly_amount; a contract without one has no value.
        months : int
        margin : float
            Contribution per unit of revenue.
        discount_rate : float
            A year.
        X : pandas.DataFrame, optional

        Returns
        -------
        pandas.DataFrame
            value, value_low, value_high, indexed as the running rows of `spells`.
        """
        index, value, slope = self._worth(spells, months, margin, np.log1p(discount_rate), X)
        low, high = wald(value, self._se(slope), self.level)
        return pd.DataFrame({"value": value, "value_low": low, "value_high": high}, index=index)

    def total(self, spells, months=36, margin=1.0, discount_rate=0.10, X=None):
        """Return the value of all running contracts, and per contract, as rows of estimates."""
        _, value, slope = self._worth(spells, months, margin, np.log1p(discount_rate), X)
        known = np.isfinite(value)
        value, slope = value[known], slope[known]
        total, n = value.sum(), len(value)
        low, high = wald(total, self._se(value @ slope / max(total, 1e-300)), self.level)
        method = f"delta method, {discount_rate:.4g} a year, margin {margin:.4g}"
        span = f"next {months} months"
        rows = [
            [f"value of running contracts, {span}", total, low, high, n, method],
            [f"per contract, {span}", total / max(n, 1), low / max(n, 1), high / max(n, 1), n, method],
        ]
        return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method"])

    def _learn(self, name, values, event):
        """Which values of a covariate stand by themselves: those with leavers enough, the others together."""
        pools = pool_rare_levels(values, event, _FEWEST, _FEWEST, OTHER)
        if len(pools.levels) < 2:
            self.left_out_.append(f"{name}: one value with leavers enough")
            return
        if pools.n_rest:
            self.left_out_.append(f"{name}: {pools.n_rest} values with few leavers taken as {pools.joined}")
        known = pools.apply(values)
        first = known.mode()[0]  # the most frequent value is what the others are compared with
        self._pools[name], self._levels[name] = pools, [first, *sorted(set(known) - {first})]

    def _covariates(self, given, index):
        """The covariates of the months to come, which are as the last twelve."""
        columns = {
            name: pd.Categorical(pools.apply(_text(given[name])), self._levels[name])
            for name, pools in self._pools.items()
        }
        columns |= {RECENT: 1} if self._is_recent_told else {}
        return pd.DataFrame(columns, index=index)

    def _running(self, spells, X):
        spells = table(spells, _COLUMNS, "spells")
        runs = spells["ended_on"].isna().to_numpy()
        given = {"term": _term_label(spells["term_months"])}
        given |= {} if X is None else {str(name): X[name].set_axis(spells.index) for name in X}
        covariates = self._covariates(given, spells.index)[self._names]
        term = _term(spells["term_months"]) if self._renews else None
        return spells[runs], covariates[runs], None if term is None else term[runs]

    def _ahead(self, spells, months, X):
        numbers(months, "months", low=1)
        rows, covariates, term = self._running(spells, X)
        since = rows["duration"].to_numpy(dtype=np.int64)
        *_, (log_stay, slope) = self.model_.survival_path(since, int(months), covariates, term)
        return rows.index, log_stay, slope

    def _worth(self, spells, months, margin, force, X=None, anew=None):
        """Value per running row, or per row of `anew` from its first month on, and its log-slopes."""
        if anew is None:
            rows, covariates, term = self._running(spells, X)
            since = rows["duration"].to_numpy(dtype=np.int64)
        else:
            rows, covariates, term = self._running(spells.assign(ended_on=None), X)
            rows, covariates = rows[anew], covariates[anew]
            term, since = None if term is None else term[anew], np.zeros(len(rows), dtype=np.int64)
        amount = rows["monthly_amount"].to_numpy(dtype=float) * margin
        value, slope = np.zeros(len(rows)), 0.0
        path = self.model_.survival_path(since, int(months) - 1, covariates, term)
        for month, (log_stay, by) in enumerate(path):
            paid = np.exp(log_stay - force * month / 12)
            value += paid
            slope = slope + paid[:, None] * by
        return rows.index, amount * value, slope / value[:, None]

    def _se(self, slope):
        return np.sqrt(np.maximum(((slope @ self.model_.covariance_.to_numpy()) * slope).sum(axis=-1), 0.0))

    def _scores(self, spells):
        """Derivatives of each spell's log-likelihood in the coefficients, as fitted; zero where unobserved."""
        rows, place, X = self._learnt
        term = _term(rows["term_months"]) if self._renews else None
        entry, last = (rows[name].to_numpy(dtype=np.int64) for name in ("entry", "duration"))
        left = rows["event"].to_numpy(dtype=bool)
        params, model = self.model_.params_.to_numpy(), self.model_
        found = np.zeros((len(spells), len(params)))
        for month in range(int(entry.min()) + 1, int(last.max()) + 1):
            at = (entry < month) & (month <= last)
            if not at.any():
                continue
            columns = model._design.read(X[at], None if term is None else term[at], int(at.sum()))
            design = model._design.matrix(np.full(int(at.sum()), month), columns)
            p, _ = response(design @ params, model.link)
            found[place[at]] += ((left[at] & (last[at] == month)) - p)[:, None] * design
        return found


def _text(values):
    return values.fillna("unknown").astype(str)


def _term(values):
    """Months of a term as a whole number; 0 for contracts that may end any month."""
    months = pd.to_numeric(values, errors="coerce").fillna(0).to_numpy(dtype=float)
    return np.where(months >= 2, months, 0).astype(np.int64)


def _term_label(values):
    months = _term(values)
    return pd.Series(np.where(months > 0, [f"{m} months" for m in months], "no term"), index=values.index)
