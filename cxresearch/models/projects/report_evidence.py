"""What a status report adds to the log-odds of failure: held small where it is extreme, young, or one of few to learn from."""

import numpy as np
from scipy.special import expit

from cxresearch.stats.normal_prior_logit import fit_normal_prior

_FARTHEST = 2.0  # robust standard deviations at which a sign is cut
# standard deviations of the coefficients before any outcome is seen
_SIGN, _AGE, _LEVEL, _GATE, _FADE = 0.4, 1.0, 1.5, 0.3, 0.5
# what the gate's log-odds are worth in new projects, and by how much the odds of those that looked bad fade within the planned time
_WORTH, _FADES = 0.85, -0.8


class ReportEvidence:
    """The terms of every report, and the coefficients learnt from those of decided projects.

    With g the log-odds at the gate, a the share of the planned time used, z the signs (the logarithms of SPI(t) and CPI, centred and
    scaled by median and median deviation, cut at ±2) and n the reports so far::

        logit P = g + c₀ + (γ − 1)·g + δ·a·ln((1 + eᵍ)/2) + c₁·(a − ā) + Σ c_j z_j·n/(n + 1)

    Priors: γ ~ N(.85, .3²), δ ~ N(−.8, .5²), c_j ~ N(0, .4²), c₁ ~ N(0, 1), c₀ ~ N(0, 1.5²). A first report counts half of what many
    do. That γ is below 1: the gate's own shrinkage is estimated and never above 1, so that on average it shrinks too little; that δ is
    below 0: of the projects that looked bad, those that were bad have been cancelled first, and ln(1 + eᵍ) is the cumulative hazard −ln(1 − p)
    of a project that fails with probability p. How far a project fades that looked like failing or not is in c₁.

    Parameters
    ----------
    signs : dict
        Name → one value per report.
    age : ndarray or None
        Share of the planned time used.
    reports : ndarray
        Reports of the project so far.
    learnt : ndarray of bool
        Which reports are learnt from.

    Examples
    --------
    A CPI at a quarter of the usual, in a first report, moves the log-odds by as much as any CPI that is two deviations off:

    >>> cpi = np.log(np.r_[np.linspace(0.9, 1.1, 20), 0.25])
    >>> evidence = ReportEvidence({"ln CPI": cpi}, None, np.ones(21), np.arange(21) < 20)
    >>> float(evidence.design(np.zeros(21))[-1, 1])
    -1.0
    """

    def __init__(self, signs, age, reports, learnt):
        self.learnt = learnt
        self.weight = reports / (reports + 1)
        self.signs = [self._scaled(values) for values in signs.values()]
        self.age = age

    def _scaled(self, values):
        usual = values[self.learnt]
        middle = np.median(usual)
        spread = max(1.4826 * np.median(np.abs(usual - middle)), 1e-6)
        return np.clip((values - middle) / spread, -_FARTHEST, _FARTHEST) * self.weight

    def design(self, gate):
        """The columns of every report, given the log-odds at its gate."""
        columns = [np.ones(len(gate)), *self.signs, gate]
        if self.age is not None:
            looked_bad = (
                np.maximum(gate, 0) + np.log1p(np.exp(-np.abs(gate))) - np.log(2)
            )  # missing where the gate is
            columns += [self.age - self.age[self.learnt].mean(), looked_bad * self.age]
        return np.column_stack(columns)

    def learn(self, gate, outcome, weights):
        """Coefficients and their covariance, from the outcomes of the reports learnt from; `gate` is of all reports."""
        prior = [_LEVEL, *[_SIGN] * len(self.signs), _GATE]
        middle = [0.0] * (len(prior) - 1) + [_WORTH - 1]
        if self.age is not None:
            prior, middle = [*prior, _AGE, _FADE], [*middle, 0.0, _FADES]
        x, g = self.design(gate)[self.learnt], gate[self.learnt]
        fit = fit_normal_prior(x, outcome, prior, weights, g + x @ middle)
        return fit._replace(params=fit.params + middle)

    def gate_kept(self, fit, gate):
        """How far an error in the gate's log-odds is one in those of each report."""
        at = 2 + len(self.signs)
        fades = 0.0 if self.age is None else fit.params[at + 1] * self.age * expit(gate)
        return 1 + fit.params[at - 1] + fades
