"""The one error of the package."""


class ExportError(ValueError):
    """A model that can't be exported as it is given: what, where, and what to do."""
