"""Activations, softmax and normalizations that are written out in simpler operations, known by their values.

A group of operations between two nodes is computed on a grid (or on random numbers) in float64, and compared with each
function that the model format has. So it doesn't matter how something is written, only what it computes.
"""

from __future__ import annotations

import functools

import numpy as np

from .functions import ACTIVATIONS, FAR
from .graph import Node, ancestors
from .layers import Layer, activation_layer, affine_layer, channel_axis, size
from .values import bounds, evaluate, softmax

TOLERANCE = 2e-7        # graphs hold constants in float32


@functools.cache
def grid() -> np.ndarray:
    near = np.linspace(-12, 12, 4801)
    far = np.concatenate([-np.geomspace(12, 80, 40), np.geomspace(12, 80, 40)])
    return np.sort(np.concatenate([near, far, [1e-3, -1e-3, 1e-6, -1e-6]]))


def agree(a: np.ndarray, b: np.ndarray, absolute: float = 1e-11) -> bool:
    """Equal but for rounding, also where both are tiny, and not finite at the same places."""
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)) or not finite.any():
        return False
    a, b = a[finite], b[finite]
    return bool((np.abs(a - b) <= TOLERANCE * np.maximum(np.abs(a), np.abs(b)) + absolute).all())


def between(node: Node, source: Node) -> list[Node]:
    """The nodes from the source (not among them) to the node."""
    reached, found = {id(source)}, []
    for item in ancestors([node]):
        if item is not source and any(id(i) in reached for i in item.inputs):
            reached.add(id(item))
            found.append(item)
    return found


def elementwise(node: Node, source: Node) -> list[Layer] | None:
    """The node as affine, activation, affine of the source, where it is a function of single elements."""
    low, high = bounds(source)
    points = grid()
    thresholds = [float(n.arrays["value"]) for m in between(node, source) for n in m.inputs
                  if n.op == "constant" and np.size(n.arrays["value"]) == 1 and np.isfinite(n.arrays["value"]).all()]
    extra = [t + d for t in thresholds if abs(t) < 60 for d in (-0.05, -1e-3, 0.0, 1e-3, 0.05)]
    points = np.unique(np.concatenate([points, extra]))
    points = points[(points >= low) & (points <= high)]
    if len(points) < 50:
        return None
    shaped = np.broadcast_to(points.reshape(-1, *[1] * len(source.shape)), (len(points), *source.shape))
    if size(source.shape) > 1:      # one element tells the rest: constants in between are single numbers
        shaped = points.reshape(-1, *[1] * len(source.shape))
    with np.errstate(all="ignore"):
        values = np.asarray(evaluate(node, source, shaped), np.float64).reshape(len(points), -1)[:, 0]
    found = fit(points, values)
    if found is None:
        return None
    (p, q), name, parameters, (s, o) = found
    shape = source.shape
    layers = [affine_layer(shape, p, q)] if (p, q) != (1, 0) else []
    if name != "identity":
        layers.append(activation_layer(name, shape, **parameters))
    if (s, o) != (1, 0):
        layers.append(affine_layer(shape, s, o))
    return layers or [activation_layer("identity", shape)]


_FITTED: dict[tuple[bytes, bytes], object] = {}


def fit(x: np.ndarray, y: np.ndarray):
    """`fitted`, remembered: networks repeat their activations."""
    key = hash(x.tobytes()).to_bytes(8, "big", signed=True), y.tobytes()
    if key not in _FITTED:
        with np.errstate(all="ignore"):
            _FITTED[key] = fitted(x, y)
    return _FITTED[key]


def fitted(x: np.ndarray, y: np.ndarray):
    """((p, q), name, parameters, (s, o)) with y = s * name(p x + q) + o; None where no activation does it."""
    finite = np.isfinite(y)
    if finite.sum() < 50 or not np.isfinite(y[(np.abs(x) < 5)]).any():
        return None
    straight = polish(np.polyfit(x[finite], y[finite], 1))
    if finite.all() and agree(straight[0] * x + straight[1], y, 1e-9):
        return (straight[0], straight[1]), "identity", {}, (1, 0)
    tried = candidates(x, y, finite)
    with np.errstate(all="ignore"):
        for (p, q), name, parameters in tried:
            basis = ACTIVATIONS[name](p * x + q, parameters)
            use = finite & np.isfinite(basis) & (np.abs(basis) < 1e6)
            if use.sum() < 50 or np.ptp(basis[use]) == 0:
                continue
            s, o = polish(np.linalg.lstsq(np.stack([basis[use], np.ones(use.sum())], 1), y[use], rcond=None)[0])
            for offset in ((0.0, o) if abs(o) < 1e-6 else (o,)):
                if agree(s * basis + offset, y):
                    return (p, q), name, parameters, (s, offset)
    return None


def polish(numbers) -> list[float]:
    """Numbers within rounding of a short one are that one."""
    out = []
    for n in numbers:
        short = float(f"{n:.6g}")
        out.append(short if abs(short - n) <= 1e-7 * max(1.0, abs(n)) else float(n))
    return [0.0 if abs(n) < 1e-9 else n for n in out]


def candidates(x, y, finite):
    """Activations with what goes before them, the plainest first."""
    scales = (1.0, -1.0, 2.0, 0.5, -0.5, -2.0)
    plain = ("relu", "tanh", "sigmoid", "softplus", "selu", "gelu", "gelu-tanh", "silu", "exp", "abs", "square", "sqrt",
             "log", "log1p", "hard-swish", "hard-sigmoid", "relu6", "mish", "softsign")
    out = [((s, 0.0), name, {}) for name in plain for s in scales]
    below, above = finite & (x < -1), finite & (x > 1)
    if below.sum() > 10 and above.sum() > 10:
        up, down = np.polyfit(x[above], y[above], 1)[0], np.polyfit(x[below], y[below], 1)[0]
        if up:
            out.insert(0, ((1.0, 0.0), "leaky-relu", {"alpha": polish([down / up])[0]}))
        least = float(y[below].min())
        if least < 0:
            for alpha in {1.0, polish([-least])[0]}:
                out += [((1.0, 0.0), "elu", {"alpha": alpha}), ((1.0, 0.0), "celu", {"alpha": alpha})]
    flat = y[finite]
    if np.isfinite(y).all() and np.ptp(flat) > 0:
        low, high = polish([flat.min(), flat.max()])
        out.append(((1.0, 0.0), "hard-tanh", {"min": low, "max": high}))
        out.append(((1.0, 0.0), "hard-tanh", {"min": low, "max": FAR}))
        out.append(((1.0, 0.0), "hard-tanh", {"min": -FAR, "max": high}))
    with np.errstate(all="ignore"):     # what the logarithm, the logit and the exponential make a line of
        for name, inverse in (("exp", np.log), ("sigmoid", lambda v: np.log(v) - np.log1p(-v)), ("log", np.exp),
                              ("softplus", lambda v: np.log(np.expm1(v))), ("sqrt", np.square)):
            line = inverse(y)
            use = np.isfinite(line) & finite & (np.abs(x) < 6)
            if use.sum() > 50:
                out.append((tuple(polish(np.polyfit(x[use], line[use], 1))), name, {}))
    return out


def across(node: Node, source: Node, data_format: str) -> list[Layer] | None:
    """A softmax, or a normalization with its scale and offset, of the source."""
    if size(source.shape) != size(node.shape) or size(source.shape) > 1 << 20:
        return None
    random = np.random.default_rng(0)
    a = random.standard_normal((4, *source.shape)) * np.array([0.5, 1, 2, 4]).reshape(-1, *[1] * len(source.shape))
    a = a + np.array([0, 1, -1, 0.5]).reshape(a.shape[0], *[1] * (a.ndim - 1))
    with np.errstate(all="ignore"):
        values = np.asarray(evaluate(node, source, a), np.float64)
    if not np.isfinite(values).all() or node.shape != source.shape:
        return None
    region = between(node, source)
    reduced = [n for n in region if n.op in ("reduce", "softmax")]
    if not reduced:
        return None
    for axis in range(len(source.shape)):
        if source.shape[axis] > 1 and agree(values, softmax(a, 1 + axis)):
            return [Layer("softmax", source.shape, source.shape, {"axis": axis})]
        log = np.log(softmax(a, 1 + axis))
        if source.shape[axis] > 1 and agree(values, log, 1e-9):
            return [Layer("softmax", source.shape, source.shape, {"axis": axis}, activation="log")]
    return normalization(a, values, source.shape, region, data_format)


def normalization(a, values, shape, region, data_format) -> list[Layer] | None:
    """[layer-norm or group-norm, affine] where that is what the values are."""
    numbers = {0.0}
    for item in region:
        for array in [*item.arrays.values(), *(i.arrays.get("value") for i in item.inputs if i.op == "constant")]:
            if array is not None and np.size(array) == 1:
                numbers.add(abs(float(array)))
    small = sorted({n for n in numbers if 0 < n < 0.1} | {0.0}, reverse=True)
    channels = channel_axis(shape, data_format)
    # Values are centred a, up to scales and offsets of elements; groups are told by which elements are scaled alike.
    for axes in groupings(shape, channels):
        grouped = a.reshape(len(a), *axes[0])
        over = tuple(1 + i for i in axes[1])
        centred = grouped - grouped.mean(over, keepdims=True)
        variance = (centred**2).mean(over, keepdims=True)
        for epsilon in small:
            normed = (centred / np.sqrt(np.maximum(variance + epsilon, 1e-300))).reshape(len(a), -1)
            flat = values.reshape(len(a), -1)
            spread = normed - normed.mean(0)
            scale = (spread * (flat - flat.mean(0))).sum(0) / np.maximum((spread**2).sum(0), 1e-30)
            offset = flat.mean(0) - scale * normed.mean(0)
            if agree(scale * normed + offset, flat, 1e-6 * max(1.0, float(np.abs(flat).max()))) and np.abs(
                    scale * normed + offset - flat).max() < 2e-6 * max(1.0, float(np.abs(flat).max())):
                epsilon = float(f"{epsilon:.6g}")
                made = axes[2](shape, epsilon)
                scale, offset = (np.array(polish(v)).reshape(shape) for v in (scale, offset))
                if not (np.allclose(scale, 1, atol=1e-6) and np.allclose(offset, 0, atol=1e-6)):
                    made.append(affine_layer(shape, scale, offset))
                return made
    return None


def layer_norm(shape, epsilon) -> list[Layer]:
    return [Layer("layer-norm", tuple(shape), tuple(shape), {"epsilon": epsilon})]


def group_norm(groups):
    return lambda shape, epsilon: [Layer("group-norm", tuple(shape), tuple(shape),
                                         {"groups": groups, "epsilon": epsilon})]


def whole_norm(shape, epsilon) -> list[Layer]:
    flat = (size(shape),)
    return [Layer("gather", tuple(shape), flat, arrays={"indices": np.arange(flat[0])}),
            *layer_norm(flat, epsilon), Layer("gather", flat, tuple(shape), arrays={"indices": np.arange(flat[0])})]


def groupings(shape, channels):
    """(shape to reshape to, axes to normalize over, what makes the layers)."""
    out = [(shape, (len(shape) - 1,), layer_norm)]
    if len(shape) > 1:
        out.append(((size(shape),), (0,), whole_norm))
    count = shape[channels]
    for groups in [g for g in range(1, count + 1) if count % g == 0]:
        split = (*shape[:channels], groups, count // groups, *shape[channels + 1:])
        out.append((split, tuple(i for i in range(len(split)) if i != channels), group_norm(groups)))
    return out


