"""What a graph's nodes are on given numbers, and between which bounds they lie."""

from __future__ import annotations

import math

import numpy as np

from .functions import BINARY, FUNCTIONS
from .graph import Node, ancestors

REDUCTIONS = {"sum": np.sum, "mean": np.mean, "maximum": np.max, "minimum": np.min}


def softmax(a: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(a - a.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def gathered(arrays: dict, a: np.ndarray, shape) -> np.ndarray:
    """The elements that a gather takes of [n, ...]."""
    indices, flat = arrays["indices"], a.reshape(len(a), -1)
    out = flat[:, np.maximum(indices, 0)]
    if "fill" in arrays:
        out = np.where(indices < 0, arrays["fill"], out)
    return out.reshape(len(a), *shape)


def evaluate(node: Node, source: Node, values: np.ndarray) -> np.ndarray:
    """The node in float64, where `source` is values [n, shape]: of what is elementwise, moved or reduced."""
    known = {id(source): values}
    for item in ancestors([node]):
        if id(item) in known:
            continue
        inputs = [known.get(id(i)) for i in item.inputs]
        if any(i is None for i in inputs):
            continue                    # beyond the source
        known[id(item)] = _value(item, inputs, len(values))
    return known[id(node)]


def _value(node: Node, inputs: list[np.ndarray], count: int) -> np.ndarray | None:
    op = node.op
    if op == "constant":
        value = node.arrays["value"]
        return np.reshape(value, (1,) * (1 + len(node.shape))) if np.size(value) == 1 else np.broadcast_to(
            value, (count, *node.shape))
    if op == "map":
        return FUNCTIONS[node.attributes["function"]](inputs[0], node.attributes)
    if op == "affine":
        return inputs[0] * node.arrays["scale"] + node.arrays["offset"]
    if op == "binary":
        return BINARY[node.attributes["function"]](*inputs)
    if op == "where":
        return np.where(inputs[0], inputs[1], inputs[2])
    if op == "gather":
        return gathered(node.arrays, inputs[0], node.shape)
    if op == "reduce":
        return REDUCTIONS[node.attributes["function"]](inputs[0], axis=-1)
    if op == "softmax":
        return softmax(inputs[0], 1 + node.attributes["axis"])
    return None


# MARK: - Bounds

INFINITE = (-math.inf, math.inf)
# What a function's values lie between for any argument; those that grow take the argument's bounds instead.
BOUNDS = {"sigmoid": (0, 1), "tanh": (-1, 1), "softsign": (-1, 1), "hard-sigmoid": (0, 1), "relu6": (0, 6),
          "abs": (0, math.inf), "square": (0, math.inf), "exp": (0, math.inf), "sqrt": (0, math.inf),
          "softplus": (0, math.inf), "relu": (0, math.inf), "gelu": (-0.2, math.inf), "gelu-tanh": (-0.2, math.inf),
          "silu": (-0.3, math.inf), "mish": (-0.4, math.inf), "hard-swish": (-0.4, math.inf), "erf": (-1, 1),
          "erfc": (0, 2), "sin": (-1, 1), "cos": (-1, 1), "rsqrt": (0, math.inf), "sign": (-1, 1),
          "exp2": (0, math.inf), "expm1": (-1, math.inf)}
GROWING = {"relu", "leaky-relu", "elu", "selu", "celu", "tanh", "sigmoid", "softplus", "exp", "hard-tanh", "sqrt", "log",
           "log1p", "hard-sigmoid", "relu6", "softsign", "identity", "exp2", "expm1", "erf"}


def bounds(node: Node, known: dict[int, tuple[float, float]] | None = None) -> tuple[float, float]:
    """The least interval that is known to hold every element of the node, whatever the input."""
    known = {} if known is None else known
    for item in ancestors([node]):
        if id(item) not in known:
            with np.errstate(all="ignore"):
                low, high = _bounds(item, [known[id(i)] for i in item.inputs])
            known[id(item)] = (-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)
    return known[id(node)]


def _bounds(node: Node, inputs: list[tuple[float, float]]) -> tuple[float, float]:
    op = node.op
    if op == "constant":
        return float(np.min(node.arrays["value"])), float(np.max(node.arrays["value"]))
    if op in ("softmax",):
        return 0.0, 1.0
    if op in ("max-pool2d", "average-pool2d", "upsample2d") and "padding" not in node.attributes:
        return inputs[0]
    if op == "gather":
        low, high = inputs[0]
        if "fill" in node.arrays:
            filled = node.arrays["fill"][node.arrays["indices"] < 0]
            low, high = min(low, float(filled.min())), max(high, float(filled.max()))
        return low, high
    if op == "join":
        return min(low for low, _ in inputs), max(high for _, high in inputs)
    if op == "affine":
        with np.errstate(invalid="ignore"):
            ends = [node.arrays["scale"] * end for end in inputs[0]]
        ends = [np.where(node.arrays["scale"] == 0, 0.0, e) + node.arrays["offset"] for e in ends]
        return float(min(e.min() for e in ends)), float(max(e.max() for e in ends))
    if op == "reduce":
        return inputs[0] if node.attributes["function"] != "sum" else tuple(
            end * node.inputs[0].shape[-1] if end else 0.0 for end in inputs[0])
    if op == "where":
        return min(inputs[1][0], inputs[2][0]), max(inputs[1][1], inputs[2][1])
    if op == "map":
        return _map_bounds(node, inputs[0])
    if op == "binary":
        return _binary_bounds(node.attributes["function"], *inputs, same=node.inputs[0] is node.inputs[1])
    return INFINITE


def _map_bounds(node: Node, inside: tuple[float, float]) -> tuple[float, float]:
    name = node.attributes["function"]
    low, high = BOUNDS.get(name, INFINITE)
    if name == "leaky-relu" and node.attributes.get("alpha", 0.01) < 0:     # relu(x) + relu(-x), say
        return 0.0, math.inf
    if name == "power" and float(node.attributes["exponent"]) % 2 == 0:
        low = 0.0
    if name == "hard-tanh":
        low, high = node.attributes.get("min", -1.0), node.attributes.get("max", 1.0)
    if name in GROWING:
        ends = []
        for end, default in zip(inside, (low, high)):
            if math.isinf(end):
                ends.append(default)
            else:
                value = float(FUNCTIONS[name](np.float64(end), node.attributes))
                ends.append(default if math.isnan(value) else value)
        low, high = max(low, ends[0]), min(high, ends[1])
    if name == "reciprocal" and inside[0] >= 0:
        low = 0.0
    return low, high


def _binary_bounds(name: str, a, b, same: bool) -> tuple[float, float]:
    if name in ("add", "subtract"):
        return (a[0] + b[0], a[1] + b[1]) if name == "add" else (a[0] - b[1], a[1] - b[0])
    if name == "multiply":
        ends = [0.0 if 0 in (p, q) else p * q for p in a for q in b]
        return (max(min(ends), 0.0) if same else min(ends)), max(ends)
    if name == "divide" and a[0] >= 0 and b[0] >= 0:
        return 0.0, math.inf
    if name == "maximum":
        return max(a[0], b[0]), max(a[1], b[1])
    if name == "minimum":
        return min(a[0], b[0]), min(a[1], b[1])
    if name == "logaddexp":
        return max(a[0], b[0]), math.inf
    if name in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor"):
        return 0.0, 1.0
    return INFINITE
