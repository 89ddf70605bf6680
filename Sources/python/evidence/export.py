"""Writes models from PyTorch and JAX as model files: the package `evidence_export` by its new name."""

from evidence_export import *  # noqa: F401,F403
from evidence_export import __all__  # noqa: F401
