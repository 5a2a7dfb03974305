"""What every model shares: how it is shown, and what it says before it has learnt anything."""

import html
from inspect import signature


class Estimator:
    """Base of the models, with scikit-learn's habits.

    ``__init__`` only stores its parameters under their names; ``fit`` validates, sets what is learnt under names that end in an
    underscore and returns the object. ``summary()`` is a DataFrame with the columns of :mod:`cxresearch.stats.rows`.

    Attributes
    ----------
    left_out_ : list of str
        What a fitted model did not use or could not answer, a sentence without a full stop for each; empty where there is nothing to say.

    Raises
    ------
    NotEnough
        From ``fit``, where the data are too few for the question, or lack a column that it needs.

    Examples
    --------
    >>> class Half(Estimator):
    ...     def __init__(self, level=0.5):
    ...         self.level = level
    >>> Half()
    Half(level=0.5)
    >>> Half().share_
    Traceback (most recent call last):
    AttributeError: this Half is not fitted yet, so that it has no share_: call fit first
    """

    def __repr__(self):
        names = list(signature(type(self).__init__).parameters)[1:]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def _repr_html_(self):
        """Its name and, once it is fitted, what it found, where its summary needs no more to be told."""
        plain = "class='mathjax_ignore tex2jax_ignore'"  # a dollar sign of the data begins no formula
        name = f"<p {plain}><code>{html.escape(repr(self))}</code></p>"
        try:
            found = self.summary()
        except (AttributeError, TypeError, ValueError):
            return name
        rows = found.to_html(index=False, max_rows=20, float_format="{:.4g}".format, na_rep="")
        return f"{name}<div {plain}>{rows}</div>"

    def __getattr__(self, name):
        """An attribute that is not there: of a model without anything learnt, say that it has to be fitted first."""
        kind = type(self).__name__
        is_learnt = (name.endswith("_") or name.startswith("_")) and not name.startswith("__")
        if is_learnt and not any(known.endswith("_") for known in vars(self)):
            raise AttributeError(f"this {kind} is not fitted yet, so that it has no {name}: call fit first")
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")
