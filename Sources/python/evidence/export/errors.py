"""The one error of the exporter."""

from .._errors import InputError


class ExportError(InputError):
    """A model that can't be exported as it is given: what, where, and what to do."""
