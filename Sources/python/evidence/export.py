"""Writes models from PyTorch and JAX as model files (see evidence_export)."""

from evidence_export import *  # noqa: F401,F403
