"""A function of a framework as a graph, with what computes it in the framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Hashable

import numpy as np

from .graph import Builder, View
from .outputs import Leaf

Noise = dict[int, np.ndarray]       # by the number of the draw: rows [batch, elements]


@dataclass
class Trace:
    """What a function does to a batch."""

    builder: Builder
    inputs: list[View]
    outputs: list[Leaf]                         # whose values are views, or constants
    noises: list[View] = field(default_factory=list)
    nodes: dict[Hashable, Any] = field(default_factory=dict)        # every value on the way -> view or constant
    results: list[Hashable] = field(default_factory=list)           # the keys of the outputs
    run: Callable[[list[np.ndarray], Noise], dict] | None = None    # the graph by the framework: key -> array
    code: Callable[[list[np.ndarray], Noise], list] | None = None   # the function itself: the outputs' arrays

    def outputs_at(self, values: dict) -> list[np.ndarray]:
        """The outputs among what `run` returned."""
        return [np.asarray(values[key], np.float64) if isinstance(key, Hashable) and key in values else np.asarray(key, np.float64)
                for key in self.results]


def in_batch(view: View, rows: np.ndarray) -> np.ndarray:
    """Rows of the view's node, arranged as the view's tensor is."""
    return rows.reshape(-1)[view.index]


def out_of_batch(view: View, tensor: np.ndarray, batch: int) -> np.ndarray:
    """The view's node's elements, one row an example, from the view's tensor."""
    count = int(np.prod(view.node.shape, dtype=np.int64))
    rows = np.full(batch * count, np.nan)
    inside = view.index >= 0
    rows[view.index[inside]] = tensor[inside]
    return rows.reshape(batch, count)
