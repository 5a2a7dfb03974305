"""Consistency: which department lags once the difficulty of its work is allowed for, and where the level is uneven."""

import numpy as np
import pandas as pd

from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.touchpoints.case_mix import case_mix
from cxresearch.models.touchpoints.job_cells import job_cells
from cxresearch.models.touchpoints.variance_shares import variance_shares
from cxresearch.stats.clustered import clustered_mean, clusters_of
from cxresearch.stats.crossed_random_effects import MOST, crossed_effects
from cxresearch.stats.random_effect import coded, linear_model, random_intercept
from cxresearch.stats.resampling import bootstrap

LEAST = 10  # rated contacts, and customers, that a department needs to be compared
SURE = 0.8  # probability of being lowest from which a department is named
RECORDED = 0.1  # share of contacts with a complexity from which those without are left out


class Consistency(Estimator):
    """Departments compared at the same mix of work, with customers and agents as random effects.

    The model, by restricted maximum likelihood::

        y = department + channel + touchpoint + difficulty + automation + a_customer + b_agent + ε

    A department's adjusted mean is its level at the whole firm's mix of everything else (see
    :func:`~cxresearch.models.touchpoints.case_mix.case_mix`). It *lags* only if the simultaneous interval of its distance from the mean of all
    departments lies below 0 (Bonferroni over departments) and it is lowest in at least 80 % of resamples of customers. Where
    contacts name no agent, such as automated ones, a department's count as those of one more agent. Where difficulty is not recorded no
    department is said to lag: it may have the harder work.

    Assumed: customers and agents differ by normal amounts that are the same in every channel; given the columns allowed for,
    hard cases are spread over departments by nothing that also moves ratings. A scale's ceiling shrinks differences between
    the best.

    Parameters
    ----------
    covariates : sequence of str
        Further columns of numbers to allow for.
    draws : int
        Resamples of customers.
    seed : int
    level : float
        Confidence level.

    Attributes
    ----------
    departments_ : DataFrame
        department, n (rated contacts), customers, raw, raw_low, raw_high (clustered by customer), adjusted, adjusted_low,
        adjusted_high, distance, distance_low, distance_high (from the mean of all departments; simultaneous), p_lowest_raw,
        p_lowest, verdict (lagging, below, above, not distinguishable); sorted by adjusted mean.
    variances_ : DataFrame
        source (department, customer, agent, contact), variance, share, low, high, method: what is left once the mix of work is
        allowed for, shares adding up to 1.
    cells_ : DataFrame
        department, job, channel, n, customers, mean, distance (from what department, channel and difficulty let expect), low, high,
        p_value (Benjamini–Hochberg), verdict. Cells of 30 customers or more.
    model_ : MixedModel
    terms_, left_out_ : list of str
        What is allowed for, and sentences on what is not.
    n_, n_customers_ : int
        Rated contacts, and customers (None where contacts name none).

    References
    ----------
    Goldstein, H. & Spiegelhalter, D. J. (1996). League tables and their limitations. *JRSS A* 159, 385–443. Shrout, P. E. & Fleiss,
    J. L. (1979). *Psychological Bulletin* 86, 420–428.

    Examples
    --------
    >>> random = np.random.default_rng(5)
    >>> hard = random.random(1200) < np.repeat([0.2, 0.7], 600)
    >>> contacts = pd.DataFrame({
    ...     "department": np.repeat(["Billing", "Service"], 600), "complexity": hard * 1.0,
    ...     "customer_id": random.integers(0, 300, 1200),
    ...     "satisfaction": 8 - 2 * hard - 0.6 * np.repeat([1, 0], 600) + random.normal(size=1200),
    ... })
    >>> found = Consistency().fit(contacts)
    >>> found.departments_[["department", "raw", "adjusted", "p_lowest_raw", "p_lowest", "verdict"]].round(2)
      department   raw  adjusted  p_lowest_raw  p_lowest  verdict
    0    Billing  6.97      6.50           0.0       1.0  lagging
    1    Service  6.67      7.14           1.0       0.0    above
    """

    def __init__(self, covariates=(), draws=2000, seed=0, level=0.95):
        self.covariates = covariates
        self.draws = draws
        self.seed = seed
        self.level = level

    def lacks(self, contacts):
        """Why departments cannot be compared, as half a sentence; empty where they can.

        Parameters
        ----------
        contacts : pandas.DataFrame
            As for ``fit``.
        """
        for name in ("satisfaction", "department"):
            if name not in contacts or not contacts[name].notna().any():
                return f"no contact has a {name}"
        rated = self._rated(contacts)
        if rated["department"].nunique() < 2:
            return f"fewer than two departments have {LEAST} rated contacts of {LEAST} customers"
        if rated.groupby("department")["satisfaction"].nunique().max() < 2:
            return "ratings do not differ within departments"
        if _count(rated, "customer_id"):
            customers = rated.groupby("customer_id")["satisfaction"]
            if customers.size().max() > 1 and customers.nunique().max() < 2:
                return "ratings do not differ between the contacts of one customer"
        return ""

    def fit(self, contacts):
        """Fit to one row per contact.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            satisfaction and department; used where they are there: customer_id, agent_id, channel, touchpoint, complexity,
            is_automated, job. Contacts without a rating or a department are left out, where difficulty is recorded for a tenth of them or
            more those without it, and departments of fewer than 10 rated contacts or customers.

        Returns
        -------
        Consistency
            This object.

        Raises
        ------
        ValueError
            For a missing column, a rating that is no number, or what :meth:`lacks` says.
        """
        contacts = table(contacts, ["satisfaction", "department", *self.covariates], "contacts")
        numbers(contacts["satisfaction"].dropna(), "satisfaction")
        lacking = self.lacks(contacts)
        if lacking:
            raise ValueError(f"contacts: {lacking}")
        rated = self._rated(contacts).reset_index(drop=True)
        y = numbers(rated["satisfaction"], "satisfaction").astype(float)
        mix = case_mix(rated, covariates=self.covariates)
        self.terms_, self.left_out_ = mix.terms, list(mix.left_out)
        few = contacts["department"].dropna().nunique() - len(mix.departments)
        if few:
            what = "1 department" if few == 1 else f"{few} departments"
            self.left_out_.append(
                f"{what} with fewer than {LEAST} rated contacts or customers is not compared"
            )
        whole = contacts.dropna(subset=["satisfaction", "department"])
        if "complexity" in whole and rated["complexity"].notna().all() and whole["complexity"].isna().any():
            blank = whole["complexity"].isna().sum()
            self.left_out_.append(f"{blank:,} rated contacts without a complexity are left out")
        self.n_, self.n_customers_ = len(y), _count(rated, "customer_id")
        agent = self._agents(rated)
        self._random_effects(y, mix.X, rated, agent)
        self._departments(y, mix, rated)
        effect = self.model_.coefficients[: len(mix.departments)]
        covariance = self.model_.covariance[: len(effect), : len(effect)]
        self.variances_ = variance_shares(
            self.model_, self._sources, effect, covariance, self._df, self.level
        )
        away = y - mix.X @ self.model_.coefficients - self._served
        self.cells_ = job_cells(rated, y, away, self._customer, self.level)
        return self

    def summary(self):
        """The departments' raw and adjusted means, and the shares of variance.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (customers), method, unit.
        """
        rows = []
        for d in self.departments_.itertuples():
            raw, adjusted = (d.raw, d.raw_low, d.raw_high), (d.adjusted, d.adjusted_low, d.adjusted_high)
            rows.append((f"{d.department}, raw mean", *raw, d.customers, "mean, clustered by customer", ""))
            rows.append((f"{d.department}, adjusted mean", *adjusted, d.customers, "mixed model, REML", ""))
        n = self.n_customers_ or self.n_
        for v in self.variances_.itertuples():
            rows.append((f"share of variance: {v.source}", v.share, v.low, v.high, n, v.method, "share"))
        return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method", "unit"])

    @staticmethod
    def _rated(contacts):
        rated = contacts[contacts["satisfaction"].notna() & contacts["department"].notna()]
        if "complexity" in rated:
            known = rated["complexity"].notna()
            if RECORDED <= known.mean() < 1 and rated.loc[known, "department"].nunique() > 1:
                rated = rated[known]
        by = rated.groupby("department")["satisfaction"].transform("size") >= LEAST
        if "customer_id" in rated and rated["customer_id"].notna().any():
            whose = rated["customer_id"].where(rated["customer_id"].notna(), rated.index.to_series())
            by &= whose.groupby(rated["department"]).transform("nunique") >= LEAST
        return rated[by]

    def _agents(self, rated):
        """Each contact's agent; those of a department that name none count as one more."""
        named = "agent_id" in rated and rated["agent_id"].notna()
        if named is False or named.sum() == 0:
            self.left_out_.append("no contact names an agent, so the luck of who served is not allowed for")
            return None
        agent = rated["agent_id"].astype(object).where(named, "no agent · " + rated["department"].astype(str))
        if not agent.duplicated().any():
            self.left_out_.append("no agent has two rated contacts")
            return None
        customers = rated["customer_id"] if self.n_customers_ else pd.Series(rated.index, rated.index)
        if min(agent.nunique(), customers.nunique()) > MOST:
            self.left_out_.append(f"more than {MOST:,} agents, so the luck of who served is not allowed for")
            return None
        if (
            customers.nunique()
            == agent.nunique()
            == len(pd.unique(customers.astype(str) + "\n" + agent.astype(str)))
        ):
            self.left_out_.append("each customer has an agent of their own, so the two cannot be told apart")
            return None
        return agent

    def _random_effects(self, y, X, rated, agent):
        """Fit the model with what there is of customers and agents; the levels of customers, and what is left of y."""
        customer = rated["customer_id"] if self.n_customers_ else None
        self._customer = clusters_of(customer, len(y))
        repeated = customer is not None and customer.dropna().duplicated().any()
        if customer is None:
            self.left_out_.append("no contact names a customer, so each counts as another one")
        elif not repeated:
            self.left_out_.append("no customer has two rated contacts")
        given = {"customer": self._customer if repeated else None, "agent": agent}
        self._sources = [name for name, levels in given.items() if levels is not None]
        fit = (linear_model, random_intercept, crossed_effects)[len(self._sources)]
        self.model_ = fit(y, X, *(given[name] for name in self._sources))
        self._agent = None if "agent" not in self._sources else coded(agent)[0]
        fitted = X @ self.model_.coefficients
        self._served = np.zeros(len(y))
        for source, effect in zip(self._sources, self.model_.effects, strict=False):
            if source == "customer":
                fitted = fitted + effect[self._customer]
            elif source == "agent":
                self._served = effect[self._agent]
        self._error = y - fitted - self._served

    def _departments(self, y, mix, rated):
        count = len(mix.departments)
        level = np.zeros((count, mix.X.shape[1]))
        level[:, :count] = np.eye(count)
        means, _, _ = self.model_.contrast(level, self.level)
        away, _, df = self.model_.contrast(level - level.mean(axis=0), 1 - (1 - self.level) / count)
        self._df = float(np.median(df))
        lowest_raw, lowest = self._lowest(y, mix, level)
        rows = []
        for k, name in enumerate(mix.departments):
            inside = (rated["department"].astype(str) == name).to_numpy()
            raw = clustered_mean(y[inside], self._customer[inside], self.level)
            is_low, is_high = away.high[k] < 0, away.low[k] > 0
            verdict = "above" if is_high else "below" if is_low else "not distinguishable"
            verdict = "lagging" if is_low and lowest[k] >= SURE and "difficulty" in mix.terms else verdict
            rows.append(
                {
                    "department": name, "n": raw.n, "customers": raw.clusters,
                    "raw": raw.estimate, "raw_low": raw.low, "raw_high": raw.high,
                    "adjusted": means.estimate[k], "adjusted_low": means.low[k], "adjusted_high": means.high[k],
                    "distance": away.estimate[k], "distance_low": away.low[k], "distance_high": away.high[k],
                    "p_lowest_raw": lowest_raw[k], "p_lowest": lowest[k], "verdict": verdict,
                }
            )  # fmt: skip
        self.departments_ = pd.DataFrame(rows).sort_values("adjusted", kind="stable", ignore_index=True)

    def _lowest(self, y, mix, level):
        """How often each department is lowest when customers are resampled: raw, and adjusted with the variances held."""
        agent = (
            {"factor": self._sources.index("agent"), "code": self._agent} if self._agent is not None else {}
        )
        pull = self.model_.pull(level, mix.X, self._error, **agent)
        count, inside = len(level), mix.X[:, : len(level)] > 0
        customers = self._customer.max() + 1
        columns = [*pull.T, *(inside * y[:, None]).T, *inside.T]
        sums = np.array([np.bincount(self._customer, weights=c, minlength=customers) for c in columns]).T
        start = level @ self.model_.coefficients

        def both(weights):
            moved = start + (weights - 1) @ sums[:, :count]
            rated = weights @ sums[:, 2 * count :]
            raw = np.where(rated > 0, weights @ sums[:, count : 2 * count] / np.maximum(rated, 1), 1e9)
            return np.hstack([moved, raw])

        draws = bootstrap(both, customers, draws=self.draws, seed=self.seed).draws
        found = [
            np.bincount(part.argmin(axis=1), minlength=count) for part in (draws[:, count:], draws[:, :count])
        ]
        return found[0] / self.draws, found[1] / self.draws


def _count(rated, name):
    """How many different ones a column names; None where it names none."""
    return (rated[name].nunique() or None) if name in rated else None
