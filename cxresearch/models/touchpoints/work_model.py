"""The mixed model behind a comparison of departments: the mix of work fixed, customers and agents random."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.models.touchpoints.comparable import is_named
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.crossed_random_effects import MOST, crossed_effects
from cxresearch.stats.mixed_model import MixedModel
from cxresearch.stats.random_effect import coded, linear_model, random_intercept
from cxresearch.stats.resampling import bootstrap


class WorkModel(NamedTuple):
    """A fitted model and what of it belongs to each contact."""

    model: MixedModel
    sources: list  # names of the random effects
    customer: np.ndarray  # of each contact, numbered from 0
    agent: np.ndarray | None  # of each contact, numbered from 0; None where agents are not in the model
    away: np.ndarray  # ratings less what the mix of work and the agent let expect
    error: np.ndarray  # what the customer does not explain either
    left_out: list  # sentences on what is not in the model, and why

    def lowest(self, y, X, count, draws, seed):
        """How often each of the first columns' departments is lowest: unadjusted, and adjusted with the variances held.

        Parameters
        ----------
        y, X : ndarray (n,), (n, p)
            As they were fitted.
        count : int
            How many departments there are.
        draws, seed : int
            Resamples of customers, and where they begin.

        Returns
        -------
        tuple of ndarray (count,)
        """
        level = np.eye(count, X.shape[1])
        agent = {} if self.agent is None else {"factor": self.sources.index("agent"), "code": self.agent}
        pull = self.model.pull(level, X, self.error, **agent)
        inside = X[:, :count] > 0
        customers = self.customer.max() + 1
        columns = [*pull.T, *(inside * y[:, None]).T, *inside.T]
        sums = np.array([np.bincount(self.customer, weights=c, minlength=customers) for c in columns]).T
        start = level @ self.model.coefficients

        def both(weights):
            moved = start + (weights - 1) @ sums[:, :count]
            rated = weights @ sums[:, 2 * count :]
            raw = np.where(rated > 0, weights @ sums[:, count : 2 * count] / np.maximum(rated, 1), 1e9)
            return np.hstack([moved, raw])

        drawn = bootstrap(both, customers, draws=draws, seed=seed).draws
        places = (drawn[:, count:].argmin(axis=1), drawn[:, :count].argmin(axis=1))
        return tuple(np.bincount(place, minlength=count) / draws for place in places)


def work_model(y, X, rated):
    """Fit the model with what there is of customers and agents.

    Parameters
    ----------
    y : ndarray (n,)
        Ratings.
    X : ndarray (n, p)
        The mix of work.
    rated : pandas.DataFrame
        department; customer_id and agent_id where they are there.

    Returns
    -------
    WorkModel
    """
    left_out = []
    agent = _agents(rated, left_out)
    customer = rated["customer_id"] if is_named(rated, "customer_id") else None
    whose = clusters_of(customer, len(y))
    is_repeated = customer is not None and customer.dropna().duplicated().any()
    if customer is None:
        left_out.append("no contact names a customer, so each counts as a different customer")
    elif not is_repeated:
        left_out.append(
            "no customer has two rated contacts, so differences between customers are not adjusted for"
        )
    factors = {"customer": whose if is_repeated else None, "agent": agent}
    sources = [name for name, levels in factors.items() if levels is not None]
    fit = (linear_model, random_intercept, crossed_effects)[len(sources)]
    model = fit(y, X, *(factors[name] for name in sources))
    code = None if agent is None else coded(agent)[0]
    effects = dict(zip(sources, model.effects, strict=False))
    fitted, served = X @ model.coefficients, np.zeros(len(y))
    away = y - fitted
    if "customer" in effects:
        fitted = fitted + effects["customer"][whose]
    if "agent" in effects:
        served = effects["agent"][code]
    return WorkModel(model, sources, whose, code, away - served, y - fitted - served, left_out)


def _agents(rated, left_out):
    """Each contact's agent; those of a department that name none count as one more. None where agents cannot be adjusted for."""
    why = ", so differences between agents are not adjusted for"
    if not is_named(rated, "agent_id"):
        left_out.append("no contact names an agent" + why)
        return None
    none = "no agent · " + rated["department"].astype(str)
    agent = rated["agent_id"].astype(object).where(rated["agent_id"].notna(), none)
    by_row = pd.Series(rated.index, rated.index)
    customer = rated["customer_id"] if is_named(rated, "customer_id") else by_row
    both = len(pd.unique(customer.astype(str) + "\n" + agent.astype(str)))
    if not agent.duplicated().any():
        left_out.append("no agent has two rated contacts" + why)
    elif min(agent.nunique(), customer.nunique()) > MOST:
        left_out.append(f"there are more than {MOST:,} agents" + why)
    elif customer.nunique() == agent.nunique() == both:
        left_out.append("each customer has a separate agent" + why)
    else:
        return agent
    return None
