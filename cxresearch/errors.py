"""The faults a user can mend; each is one clear line that names the place."""


class DataError(ValueError):
    """The data, or the place they should be in, cannot be used as they are."""


class ParameterError(ValueError):
    """A parameter of a report is unknown, ill-typed or out of range."""
