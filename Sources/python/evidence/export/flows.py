"""What a flow has to be for its log-determinant to be the sum of its scales."""

from __future__ import annotations

import numpy as np

from .errors import ExportError
from .stored import StoredModel


def check_flows(stored: StoredModel, sizes: list[int]) -> None:
    """Refuses inverse autoregressive steps whose networks are autoregressive in no order of the latents."""
    for level, steps in enumerate(stored.flows, 1):
        for k, step in enumerate(steps):
            if step["flow"] != "inverse-autoregressive":
                continue
            size = sizes[level - 1]
            if not has_an_order(depends(stored, step["shift"], size) | depends(stored, step["log_scale"], size)):
                raise ExportError(
                    f"/encoder/{level}/flow/{k}: shift and log_scale are autoregressive in no order of the latents, so the "
                    "determinant is not the sum of the log-scales: give networks whose kernels are masked (as MADE's are)")


def depends(stored: StoredModel, layers: list, size: int) -> np.ndarray:
    """[output, latent]: whether the one changes with the other, at any of a few places."""
    random = np.random.default_rng(7)
    found = np.zeros((size, size), bool)
    for place in random.standard_normal((8, size)):
        moved = np.tile(place, (size, 1)) + np.diag(random.standard_normal(size))
        found |= (np.abs(stored.run(layers, moved) - stored.run(layers, place[None])) > 1e-9).T
    return found


def has_an_order(depends: np.ndarray) -> bool:
    """Whether the latents can be put in an order in which each depends on earlier ones alone."""
    left = set(range(len(depends)))
    while left:
        free = {j for j in left if not any(depends[j, i] for i in left)}
        if not free:
            return False
        left -= free
    return True
