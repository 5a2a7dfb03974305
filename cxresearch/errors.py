"""The faults a user can mend; each is one clear line that names the place."""


class DataError(ValueError):
    """The data, or the place they should be in, cannot be used as they are."""


class ParameterError(ValueError):
    """A parameter of a report is unknown, ill-typed or out of range."""


class NotEnough(ValueError):
    """A question cannot be answered from these data: too few rows, a column that is not there, or rows that cannot be used.

    The message is half a sentence for people, without a full stop: ``"fewer than ten customers have left"``. A `fit` raises it, and
    the refusal of rows that no model can use (:func:`cxresearch.inputs.reject`). A report leaves out the section in which it is raised and shows "Not assessed: fewer than ten customers have left." in its place.
    """
