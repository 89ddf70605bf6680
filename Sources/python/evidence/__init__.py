"""How likely is a test set under a latent-variable model, and can the answer be trusted?

    import evidence
    model = evidence.from_torch(vae, x_test[:8])           # or from_jax, from_flax, from_keras("m.keras"), open("model.h5")
    result = evidence.nll(model, x_test, samples=5000)     # prints as the command's text; in a notebook as the report's head
    result.log_likelihood, result.pareto_k, result.summary.nll
    evidence.units(model, x_test).active
    evidence.check(model)
    evidence.compare([result, other])

The package starts the `evidence` command for each call, and reads what it writes: a crash is an error, and the numbers are
the command's to the last bit. Arguments have the names and the defaults of the command's options.
"""

from . import export
from ._calls import compare, digits, estimators, inspect, merge, open, report
from ._check import check
from ._comparison import Comparison
from ._errors import (CommandError, EvidenceError, EvidenceWarning, InputError, Interrupted, MissingFileError,
                      OutputError, ResourceError, SettingError)
from ._making import from_flax, from_jax, from_keras, from_scvi, from_torch
from ._model import Model
from ._nll import nll
from ._results import Check, Inspection, Result, Units
from ._units import units
from ._version import __version__  # noqa: F401

__all__ = [
    "Check", "CommandError", "Comparison", "EvidenceError", "EvidenceWarning", "InputError", "Inspection", "Interrupted",
    "MissingFileError", "Model", "OutputError", "ResourceError", "Result", "SettingError", "Units", "check", "compare",
    "digits", "estimators", "export", "from_flax", "from_jax", "from_keras", "from_scvi", "from_torch", "inspect", "merge", "nll",
    "open", "report", "units",
]
