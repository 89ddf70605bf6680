"""Writes a latent-variable model from PyTorch or JAX as an HDF5 file that Evidence evaluates.

    import evidence.export
    evidence.export.export_torch("model.h5", vae, example)

The graph is the framework's own (torch.export, jax.make_jaxpr); z = location + scale * noise is read as the code says
it, and the file is verified: the ELBO by the framework's own sampling code beside that of the file, on the same noise. A
file that does not agree is not written, and what can't be told is asked for. docs/from-pytorch.md and docs/from-jax.md
of Evidence have recipes; docs/model-format.md describes the file.
"""

from __future__ import annotations

from typing import Any

from .distributions import Conditional
from .errors import ExportError
from .layers import Layer
from .stored import StoredModel
from .._version import __version__

__all__ = ["Conditional", "ExportError", "Layer", "StoredModel", "export_jax", "export_scvi", "export_torch", "layer"]


def export_torch(*arguments: Any, **options: Any):
    """See evidence.export.torch_export.export_torch; PyTorch is loaded at the first call."""
    from .torch_export import export_torch as export
    return export(*arguments, **options)


def export_jax(*arguments: Any, **options: Any):
    """See evidence.export.jax_export.export_jax; JAX is loaded at the first call."""
    from .jax_export import export_jax as export
    return export(*arguments, **options)


def export_scvi(*arguments: Any, **options: Any):
    """See evidence.export.scvi.export_scvi; scvi-tools is loaded at the first call."""
    from .scvi import export_scvi as export
    return export(*arguments, **options)


def layer(kind: str, params: Any = None, **attributes: Any) -> dict[str, Any]:
    """See evidence.export.described.layer."""
    from .described import layer as described
    return described(kind, params, **attributes)
