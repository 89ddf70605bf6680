"""The prior that the caller says."""

from __future__ import annotations

import numpy as np

from .arithmetic import numpy
from .errors import ExportError
from .layers import size


def plain_prior(prior) -> dict | None:
    """The prior with arrays for tensors."""
    if prior is None:
        return None
    if isinstance(prior, str):
        prior = {"distribution": prior}
    if prior.get("distribution") not in ("standard-normal", "normal", "normal-mixture", "vamp"):
        raise ExportError("prior={'distribution': 'standard-normal' | 'normal' | 'normal-mixture' | "
                          f"'vamp', ...}}, not {prior.get('distribution')!r}")
    return {k: v if k == "distribution" else numpy(v) for k, v in prior.items()}


def check_prior(prior: dict | None, count: int, input_shape) -> None:
    """The prior's arrays have the size of the latents, or of the input."""
    if prior is None or prior["distribution"] == "standard-normal":
        return
    wanted = {"pseudo_inputs": size(input_shape)}
    for key, value in prior.items():
        if key in ("distribution", "logits"):
            continue
        last = np.asarray(value).reshape(len(value), -1).shape[1] if prior["distribution"] != "normal" else np.size(value)
        if last != wanted.get(key, count):
            raise ExportError(f"prior: {key} has shape {np.shape(value)}, where {wanted.get(key, count)} numbers "
                              f"{'each' if prior['distribution'] != 'normal' else ''} are expected")
    if prior["distribution"] == "vamp":
        prior["pseudo_inputs"] = np.asarray(prior["pseudo_inputs"]).reshape(-1, *input_shape)
