"""Who of today's contract customers will still be there."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, table
from cxresearch.models.contracts.leavers import FEWEST, require_leavers
from cxresearch.models.contracts.recent_year import RECENT, split_recent
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.stats.binomial_regression import response
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import wald_probability
from cxresearch.stats.rare_levels import OTHER, pool_rare_levels
from cxresearch.stats.rows import row, summary
from cxresearch.stats.told_apart import told_apart

_COLUMNS = ["term_months", "entry", "duration", "event", "ended_on", "age"]


class ContractOutlook(Estimator):
    r"""Months to come of running contracts, from a discrete-time hazard of leaving.

    With :math:`h_i(t)` the hazard of contract i in month t of tenure (logit; log tenure, the month in which a term runs out, the term,
    covariates, and whether the month is one of the last twelve known), a contract that has lasted :math:`T_i` months is still there
    m months from now with probability

    .. math:: S_i(m) = \prod_{u=1}^{m} (1 - h_i(T_i + u)).

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    model_ : ChurnHazard
    terms_ : list of str
        What the hazard depends on.
    references_ : list of str
        What the odds ratios of a covariate are compared with: "segment: midmarket", the most frequent value.
    left_out_ : list of str
        Covariates, or values of them, that too few leavers speak of; the values are taken together.
    n_ : int
        Customers whose contracts the hazard is learnt from.

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
            If a column is missing.
        NotEnough
            If fewer than ten customers left, nobody is under contract, or the hazard cannot be estimated.
        """
        normal_quantile(self.level)
        spells = table(spells, _COLUMNS, "spells", may_be_empty=True)
        seen = (spells["entry"] < spells["duration"]).to_numpy()
        event = spells["event"].astype(bool).to_numpy()
        require_leavers(event, seen)
        if not spells["ended_on"].isna().any():
            raise NotEnough("no contract is running")
        self._pools, self._levels, self.left_out_ = {}, {}, []
        given = _given(spells, X)
        for name, values in given.items():
            self._learn(name, _text(values)[seen], event[seen])
        self._drop_tied(given, seen)
        rows, at, self._has_recent = split_recent(spells[seen], FEWEST)
        if not self._has_recent:
            self.left_out_.append(f"{RECENT}: too few leavers in them or before them")
        place = np.flatnonzero(seen)[at]
        X = self._covariates(given, spells.index).iloc[place]
        X = X.assign(**{RECENT: rows[RECENT]}) if self._has_recent else X
        self.model_ = self._hazard(rows, X)
        self.references_ = [
            f"{name}: {levels[0]}" for name, levels in self._levels.items() if name in self._names
        ]
        self.terms_ = list(self.model_.params_.index.drop("intercept"))
        who = spells["customer_id"] if "customer_id" in spells else pd.Series(spells.index, spells.index)
        self.n_, self._learnt = int(who[seen].nunique()), (rows, place, X[self._names])
        return self

    def _hazard(self, rows, X):
        """The richest hazard that can be estimated: with renewals and covariates, else without what nobody left in."""
        term, names, fault = _term(rows["term_months"]), list(self._pools), None
        recent = [RECENT] if self._has_recent else []
        for columns, renews in [(names, True), (names, False), (names[:1], False), ([], False)]:
            self._names, self._renews = [*columns, *recent], renews and bool((term > 0).any())
            if renews and not self._renews:
                continue
            try:
                return ChurnHazard(level=self.level).fit(
                    rows["duration"], rows["event"], X[self._names] if self._names else None, rows["entry"],
                    term if self._renews else None,
                )  # fmt: skip
            except ValueError as problem:  # a value, or a kind of month, in which nobody left
                fault = fault or str(problem)
                self.left_out_.append(_why(str(problem), self._renews))
        raise NotEnough(f"the hazard of leaving cannot be estimated: {fault}")

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
            customer_id (where the spells have it), stays, stays_low, stays_high, indexed as the running rows of `spells`.
        """
        rows, log_stay, slope = self._ahead(spells, months, X)
        stay = np.exp(log_stay)
        gone = np.maximum(-np.expm1(log_stay), 1e-300)
        se = self.standard_error(slope / gone[:, None])
        low, high = wald_probability(log_stay - np.log(gone), se, self.level)
        return rows.filter(["customer_id"]).assign(stays=stay, stays_low=low, stays_high=high)

    def expected_leavers(self, spells, months, X=None):
        """Return how many of the running contracts will have ended `months` from now: one row, a prediction interval.

        The interval adds the chance of each ending, Σ S(1 − S), to the uncertainty of the coefficients.
        """
        _, log_stay, slope = self._ahead(spells, months, X)
        stay = np.exp(log_stay)
        leavers = (1 - stay).sum()
        spread = np.sqrt(self.standard_error(stay @ slope) ** 2 + (stay * (1 - stay)).sum())
        reach = normal_quantile(self.level) * spread
        limits = leavers, max(leavers - reach, 0.0), min(leavers + reach, len(stay))
        method = "discrete-time hazard, prediction interval"
        return summary([row(f"customers to leave in {months} months", limits, len(stay), method)])

    def summary(self):
        """What goes with leaving in a month: odds ratios, and the exponent of tenure; n is the number of customers, who may have had several contracts.

        The level of the last twelve months is left out: it moves by sifting alone, since those who leave easily are gone first, and says
        nothing of a change.
        """
        rows = self.model_.summary().assign(n=self.n_, unit="")
        return summary(rows[~rows["metric"].str.endswith(RECENT)].to_dict("records"))

    def renewals(self, spells, months, due_on, X=None):
        """The running contracts whose term runs out within `months`, soonest and likeliest to leave first.

        Returns
        -------
        pandas.DataFrame
            customer_id, months_to_renewal, term_months, leaves_by (`due_on`), probability_of_leaving by then.
        """
        stays = self.predict(spells, months, X)["stays"].to_numpy()
        rows = spells[spells["ended_on"].isna()].assign(stays=stays)
        rows = rows[(rows["term_months"] >= 2) & (rows["months_to_renewal"] <= months)]
        rows = rows.astype({"months_to_renewal": int})
        rows = rows.assign(leaves_by=str(due_on), probability_of_leaving=(1 - rows["stays"]).round(3))
        order = ["months_to_renewal", "probability_of_leaving", "customer_id"]
        rows = rows.sort_values(order, ascending=[True, False, True], ignore_index=True)
        return rows[
            ["customer_id", "months_to_renewal", "term_months", "leaves_by", "probability_of_leaving"]
        ]

    def discounted(self, spells, months, force, X=None, anew=None, spared=0.0):
        """What a payment of 1 at the beginning of each of the next `months`, made while a contract lasts, is worth today.

        Parameters
        ----------
        spells, months, X
            As for :meth:`predict`.
        force : float
            Force of interest a year: log(1 + d).
        anew : array of bool, optional
            Instead of the running rows: these rows, each from its first month on.
        spared : float
            As if everybody's cumulative hazard of leaving were this share lower: S becomes S^(1 − spared).

        Returns
        -------
        tuple
            (places of the rows in `spells`, ndarray of values, ndarray of the derivatives of their logarithms in the coefficients, ndarray of
            the variances of what is paid given the coefficients: nobody knows in which month a contract will end).
        """
        which = spells["ended_on"].isna().to_numpy() if anew is None else np.asarray(anew, dtype=bool)
        rows, covariates, term = self._rows(spells, X, which)
        since = rows["duration"].to_numpy(dtype=np.int64) if anew is None else np.zeros(len(rows), np.int64)
        value, slope = np.zeros(len(rows)), np.zeros((len(rows), len(self.model_.params_)))
        square, before = np.zeros(len(rows)), 0.0
        path = self.model_.survival_path(since, int(months) - 1, covariates, term)
        for month, (log_stay, by) in enumerate(path):
            log_stay, by = (1 - spared) * log_stay, (1 - spared) * by
            worth = np.exp(-force * month / 12)
            paid = np.exp(log_stay) * worth
            value += paid
            slope += paid[:, None] * by
            square += np.exp(log_stay) * worth * (2 * before + worth)  # what E[A²] gains by another payment
            before += worth
        return np.flatnonzero(which), value, slope / value[:, None], np.maximum(square - value**2, 0.0)

    def standard_error(self, slopes):
        """Standard error of estimates from their derivatives in the coefficients."""
        covariance = self.model_.covariance_.to_numpy()
        return np.sqrt(np.maximum(((slopes @ covariance) * slopes).sum(axis=-1), 0.0))

    def scores(self, spells):
        """Derivatives of each spell's log-likelihood in the coefficients, as fitted to these spells; zero where it was not observed."""
        rows, place, X = self._learnt
        term = _term(rows["term_months"]) if self._renews else None
        entry, last = (rows[name].to_numpy(dtype=np.int64) for name in ("entry", "duration"))
        left = rows["event"].to_numpy(dtype=bool)
        params, model = self.model_.params_.to_numpy(), self.model_
        scores = np.zeros((len(spells), len(params)))
        for month in range(int(entry.min()) + 1, int(last.max()) + 1):
            at = (entry < month) & (month <= last)
            if not at.any():
                continue
            design = model.design(np.full(int(at.sum()), month), X[at], None if term is None else term[at])
            p, _ = response(design @ params, model.link)
            scores[place[at]] += ((left[at] & (last[at] == month)) - p)[:, None] * design
        return scores

    def _learn(self, name, values, event):
        """Which values of a covariate stand by themselves: those with leavers enough, the others together."""
        pools = pool_rare_levels(values, event, FEWEST, FEWEST, OTHER)
        if len(pools.levels) < 2:
            self.left_out_.append(f"{name}: only one value has ten leavers or more")
            return
        if pools.n_rest:
            self.left_out_.append(f"{name}: {pools.n_rest} values with few leavers pooled as {pools.joined}")
        levels = pools.apply(values)
        first = levels.mode()[0]  # the most frequent value is what the others are compared with
        self._pools[name], self._levels[name] = pools, [first, *sorted(set(levels) - {first})]

    def _drop_tied(self, given, seen):
        """Leave out covariates that the term and those before them determine."""
        columns = {
            name: pd.Categorical(pools.apply(_text(given[name])), self._levels[name])
            for name, pools in self._pools.items()
        }
        tied = [name for name in columns if name not in told_apart(pd.DataFrame(columns)[seen])[0]]
        for name in tied:
            del self._pools[name], self._levels[name]
            self.left_out_.append(f"{name}: it says the same as other columns")

    def _covariates(self, given, index):
        """The covariates of the months to come, which are as the last twelve."""
        columns = {
            name: pd.Categorical(pools.apply(_text(given[name])), self._levels[name])
            for name, pools in self._pools.items()
        }
        columns |= {RECENT: 1} if self._has_recent else {}
        return pd.DataFrame(columns, index=index)

    def _rows(self, spells, X, which=None):
        """The running rows of spells, or those chosen, with their covariates and terms."""
        spells = table(spells, _COLUMNS, "spells")
        which = spells["ended_on"].isna().to_numpy() if which is None else which
        covariates = self._covariates(_given(spells, X), spells.index)[self._names]
        term = _term(spells["term_months"])[which] if self._renews else None
        return spells[which], covariates[which], term

    def _ahead(self, spells, months, X):
        numbers(months, "months", low=1)
        rows, covariates, term = self._rows(spells, X)
        since = rows["duration"].to_numpy(dtype=np.int64)
        *_, (log_stay, slope) = self.model_.survival_path(since, int(months), covariates, term)
        return rows, log_stay, slope


def _given(spells, X):
    """The covariates: the term, and those handed over, as rows of the spells."""
    given = {"term": _term_label(spells["term_months"])}
    return given | ({} if X is None else {str(name): X[name].set_axis(spells.index) for name in X})


def _text(values):
    return values.fillna("unknown").astype(str)


def _term(values):
    """Months of a term as a whole number; 0 for contracts that may end any month."""
    months = pd.to_numeric(values, errors="coerce").fillna(0).to_numpy(dtype=float)
    return np.where(months >= 2, months, 0).astype(np.int64)


def _term_label(values):
    months = _term(values)
    return pd.Series(np.where(months > 0, [f"{m} months" for m in months], "no term"), index=values.index)


def _why(problem, with_renewal):
    """Why the renewal month, or the covariates, are not in the hazard; a fault of covariates takes the renewal month with it at first."""
    if "collinear" in problem:
        renewal, covariates = "it is tied to the other terms", "some of them say the same"
    elif "one value only" in problem or "0 in every row" in problem:
        renewal, covariates = "no contract was seen in one", "one of them has one value only"
    else:
        renewal, covariates = (
            "nobody, or everybody, left in one kind of month",
            "nobody left in some of their values",
        )
    if with_renewal and "renewal" in problem:
        return f"renewal month: {renewal}"
    return f"{'renewal month and covariates' if with_renewal else 'covariates'}: {covariates}"
