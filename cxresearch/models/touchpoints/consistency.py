"""Consistency: which department lags after adjusting for the difficulty of its work, and where the level is uneven."""

import pandas as pd

from cxresearch.inputs import numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.touchpoints.case_mix import case_mix
from cxresearch.models.touchpoints.channel_fit import channel_fit, sentence
from cxresearch.models.touchpoints.comparable import comparable, is_named
from cxresearch.models.touchpoints.departments import departments
from cxresearch.models.touchpoints.job_cells import LEAST, job_cells
from cxresearch.models.touchpoints.variance_shares import variance_shares
from cxresearch.models.touchpoints.work_model import work_model
from cxresearch.stats import rows


class Consistency(Estimator):
    """Departments compared at the same mix of work, with customers and agents as random effects.

    The model, by restricted maximum likelihood::

        y = department + channel + touchpoint + difficulty + automation + a_customer + b_agent + ε

    A department's adjusted mean is its level at the whole firm's mix of everything else (see
    :func:`~cxresearch.models.touchpoints.case_mix.case_mix`). It *lags* only if the simultaneous interval of its distance from the mean of all
    departments lies below 0 (Bonferroni over departments) and it is lowest in at least 80 % of resamples of customers. A department's
    contacts that name no agent, such as automated ones, count as those of one more agent. Where difficulty is not recorded no
    department is called lagging, because it may have the harder work.

    Assumed: channels differ by as much in every department, which ``channels_`` shows; customers and agents differ by normal amounts that are the
    same in every channel; given the columns adjusted for,
    nothing that moves ratings also decides which department gets the hard cases. A scale's ceiling shrinks differences between
    the best.

    Parameters
    ----------
    covariates : sequence of str
        Further columns of numbers to adjust for.
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
        p_lowest, verdict (lagging, below, above, no clear difference); sorted by adjusted mean.
    variances_ : DataFrame
        source (department, customer, agent, contact), variance, share, low, high, method: what is left after adjusting for the
        mix of work, shares adding up to 1.
    cells_ : DataFrame
        department, job, channel, cell (its name), n, customers, mean, distance (from what department, channel and difficulty let
        expect), low, high, p_value (Benjamini–Hochberg), verdict. Cells of 30 customers or more.
    channels_ : DataFrame
        department, shift, low, high: by how much a department's level at the firm's mix would move if it had channel effects of its own; see
        :func:`~cxresearch.models.touchpoints.channel_fit.channel_fit`.
    lowest_ : str
        The department with the lowest adjusted mean.
    model_ : MixedModel
    terms_ : list of str
        What is adjusted for.
    left_out_ : list of str
        Sentences on what is not, and on what is not compared.
    n_, n_customers_ : int
        Rated contacts, and customers (None where contacts name none).

    References
    ----------
    Goldstein, H. & Spiegelhalter, D. J. (1996). League tables and their limitations. *JRSS A* 159, 385–443. Shrout, P. E. & Fleiss,
    J. L. (1979). *Psychological Bulletin* 86, 420–428.

    Examples
    --------
    >>> import numpy as np
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

    def fit(self, contacts):
        """Fit to one row per contact.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            satisfaction and department; used where they are there: customer_id, agent_id, channel, touchpoint, complexity,
            is_automated, job. Contacts without a rating or a department are left out; so are those without a difficulty where a tenth
            or more have one, and departments of fewer than 10 rated contacts or customers.

        Returns
        -------
        Consistency
            This object.

        Raises
        ------
        NotEnough
            Where nothing is rated, no contact names a department, fewer than two departments can be compared, or ratings do not vary.
        ValueError
            For a missing column, or a rating that is no number.
        """
        rated, self.left_out_ = comparable(contacts, self.covariates)
        y = numbers(rated["satisfaction"], "satisfaction").astype(float)
        mix = case_mix(rated, covariates=self.covariates)
        work = work_model(y, mix.X, rated)
        self.model_, self.terms_ = work.model, mix.terms
        self.left_out_ += [*mix.left_out, *work.left_out]
        self.n_ = len(y)
        self.n_customers_ = rated["customer_id"].nunique() if is_named(rated, "customer_id") else None
        self.departments_, df = departments(y, mix, rated, work, self.draws, self.seed, self.level)
        self.lowest_ = self.departments_["department"].iloc[0]
        count = len(mix.departments)
        effect, covariance = work.model.coefficients[:count], work.model.covariance[:count, :count]
        self.variances_ = variance_shares(work.model, work.sources, effect, covariance, df, self.level)
        self.cells_ = job_cells(rated, y, work.away, work.customer, self.level)
        self.channels_ = channel_fit(rated, work.away, work.customer, self.level)
        self.left_out_ += filter(None, [sentence(self.channels_)])
        if not len(self.cells_):
            self.left_out_.append(f"no job in any channel was rated by {LEAST} customers")
        return self

    def levels(self):
        """The departments' means, unadjusted and adjusted, lowest adjusted mean first.

        Returns
        -------
        pandas.DataFrame
            With the columns of :mod:`cxresearch.stats.rows`; n counts customers.
        """
        found = []
        for d in self.departments_.itertuples():
            raw, adjusted = (d.raw, d.raw_low, d.raw_high), (d.adjusted, d.adjusted_low, d.adjusted_high)
            found += [
                rows.row(
                    f"{d.department}: unadjusted satisfaction",
                    raw,
                    d.customers,
                    "mean, clustered by customer",
                ),
                rows.row(
                    f"{d.department}: adjusted satisfaction", adjusted, d.customers, "mixed model, REML"
                ),
            ]
        return rows.summary(found)

    def shares(self):
        """The shares of variance, as rows like those of :meth:`levels`."""
        n = self.n_customers_ or self.n_
        return rows.summary(
            rows.row(f"share of variance: {v.source}", (v.share, v.low, v.high), n, v.method, "share")
            for v in self.variances_.itertuples()
        )

    def summary(self):
        """The departments' unadjusted and adjusted means, and the shares of variance.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (customers), method, unit.
        """
        return pd.concat([self.levels(), self.shares()], ignore_index=True)
