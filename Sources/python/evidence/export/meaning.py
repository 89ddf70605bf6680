"""What a network's outputs are: said by the caller, by their names, by what the graph ends in, or asked for."""

from __future__ import annotations

import math
from typing import Any, Mapping, Sequence

import numpy as np

from .distributions import PARAMETERS, SCALES, Conditional
from .errors import ExportError
from .graph import Node, gather_node
from .layers import size
from .noise import peel, peel_factor
from .values import bounds

# Names that people give the outputs. One that is not among them says nothing.
NAMES = {
    "mean": "mean", "mu": "mean", "loc": "mean", "means": "mean", "z_mean": "mean", "embedding": "mean", "z_mu": "mean",
    "log_variance": "log_variance", "logvar": "log_variance", "log_var": "log_variance", "logvariance": "log_variance",
    "z_log_var": "log_variance", "z_logvar": "log_variance", "log_sigma2": "log_variance",
    "log_covariance": "log_variance", "logsigma2": "log_variance",
    "log_scale": "log_scale", "log_std": "log_scale", "logstd": "log_scale", "log_sigma": "log_scale",
    "logsigma": "log_scale", "logscale": "log_scale", "log_stddev": "log_scale", "z_log_std": "log_scale",
    "scale": "scale", "std": "scale", "sigma": "scale", "stddev": "scale", "z_std": "scale",
    "variance": "variance", "sigma2": "variance",
    "logits": "logits", "logit": "logits", "probs": "probabilities", "probabilities": "probabilities",
    "rate": "rate", "log_rate": "log_rate", "scale_tril": "scale_tril", "dispersion": "dispersion",
    "log_dispersion": "log_dispersion", "dropout_logits": "dropout_logits", "log_mean": "log_mean", "alpha": "alpha",
    "beta": "beta", "log_alpha": "log_alpha", "log_beta": "log_beta",
}

SAYS = {"log_variance": "z = mean + exp(second / 2) * noise", "log_scale": "z = mean + exp(second) * noise",
        "scale": "z = mean + second * noise", "variance": "z = mean + sqrt(second) * noise"}


def ending(node: Node) -> str:
    """What a node ends in, in words."""
    while node.op in ("gather", "affine"):
        node = node.inputs[0]
    if node.op == "map":
        return f"ends in {node.attributes['function']}"
    return f"ends in {'a ' + node.op if node.op != 'binary' else node.attributes['function']}"


def by_name(path: Sequence[str]) -> str | None:
    """The parameter that an output's own name says."""
    return NAMES.get(path[-1].lower()) if path and not path[-1].isdigit() else None


def second_output(where: str, node: Node, argument: str) -> str:
    """The name of the output after the mean. Only exp of half of something is taken for a scale; a sign or a positive
    function narrows the question, but does not answer it."""
    inner = peel(node, "exp")
    if inner is not None and peel_factor(inner, 0.5) is not None:
        return "scale"
    low, _ = bounds(node)
    candidates = ["scale", "variance"] if low >= 0 else [name for name in SCALES if name.startswith("log")]
    lines = "; ".join(f'("mean", "{name}") if {SAYS[name]}' for name in candidates)
    what = "is positive, so it is a scale or a variance" if low >= 0 else "may have any sign"
    extra = "" if low >= 0 else (
        '; where z = mean + second * noise, return second.abs() and say ("mean", "scale")')
    raise ExportError(
        f"{where}: the network returns a second output beside the mean, which {ending(node)} and {what}; the network alone "
        f"does not say which. Say {argument}={lines}{extra}. Or, where the model has code that samples z, give it "
        'whole: export_torch("model.h5", vae, example)')


def single_output(where: str, node: Node, distribution: str, constants: Mapping[str, Any], argument: str,
                  input_shape: Sequence[int]) -> str:
    """The name of a likelihood's only output."""
    with np.errstate(all="ignore"):
        low, high = bounds(node)
    if distribution in ("bernoulli", "continuous-bernoulli"):
        if low >= 0 and high <= 1:
            return "probabilities"
        if math.isinf(low) and math.isinf(high):
            return "logits"
        raise ExportError(
            f"{where}: the output {ending(node)}, between {low:g} and {high:g}: neither a probability nor a logit of a "
            f"{distribution} likelihood. Was it trained with a squared error? Then say likelihood=\"normal\" and scale=1.0 "
            f"(or the scale that the loss stands for). If it is logits all the same, say {argument}=\"logits\"")
    if distribution == "categorical":
        return "logits"
    if distribution == "poisson":
        if low >= 0:
            return "rate"
        raise ExportError(f"{where}: the output {ending(node)} and may be negative, so it is no rate. Say "
                          f"{argument}=\"log_rate\" if the rate is its exponential (PoissonNLLLoss's log_input=True)")
    if distribution in ("normal", "laplace", "discretized-logistic"):
        if any(name in constants for row in PARAMETERS[distribution][1:] for name in row):
            return "mean"
        if size(node.shape) == 2 * size(input_shape):
            raise ExportError(
                f"{where}: the output has {size(node.shape)} elements, twice as many as the input: a mean and something "
                f"else. Say {argument}=(\"mean\", \"log_variance\") or whichever it is, and split=\"halves\" or "
                "\"interleaved\"")
        raise ExportError(
            f"{where}: a {distribution} likelihood has a scale, and the network returns a mean alone. Say scale=1.0 for "
            "a sum of squares over 2 (scale=2 ** -0.5 for a sum of squares), or scale= what was trained "
            "(log_scale=, log_variance= likewise)")
    rows = "; ".join(" or ".join(row) for row in PARAMETERS[distribution])
    raise ExportError(f"{where}: a {distribution} distribution has parameters {rows}; say which of them the network "
                      f"returns with {argument}=, and give the others with constants=")


def split_indices(where: str, names: Sequence[str], count: int, how: str) -> dict[str, np.ndarray]:
    """The elements of one output that belong to each parameter."""
    if count % len(names):
        raise ExportError(f"{where}: one output of {count} elements can't be split into {', '.join(names)}")
    order = np.arange(count)
    if how == "halves":
        parts = order.reshape(len(names), -1)
    elif how == "interleaved":
        parts = order.reshape(-1, len(names)).T
    else:
        raise ExportError(f"{where}: split is 'halves' or 'interleaved', not {how!r}")
    return dict(zip(names, parts))


def class_axis_of(where: str, shape: Sequence[int], input_shape: Sequence[int], said: int | None) -> int:
    """The axis of one example's logits along which the classes lie."""
    wanted = tuple(n for n in input_shape if n != 1)
    if said is not None:
        axis = (said if said < 0 else said - 1) % max(len(shape), 1)
        if size(shape) // shape[axis] != size(input_shape):
            raise ExportError(f"{where}: class_axis={said} of logits [batch, {', '.join(map(str, shape))}] leaves "
                              f"{size(shape) // shape[axis]} variables, and the input has {size(input_shape)}")
        return axis
    axes = [k for k in range(len(shape))
            if tuple(n for i, n in enumerate(shape) if i != k and n != 1) == wanted and shape[k] > 1]
    if len(axes) != 1:
        raise ExportError(
            f"{where}: logits of shape {tuple(shape)} for an input of shape {tuple(input_shape)}: "
            + ("which axis has the classes can't be told" if axes else "no axis beside the input's can have the classes")
            + ". Let the decoder return [batch, ..., classes] and say class_axis=-1, or [batch, classes, ...] and "
            "class_axis=1 (a flat output: end it in .view(-1, variables, classes))")
    return axes[0]


def without_softmax(where: str, node: Node) -> Node:
    """Logits from logits, log-probabilities or probabilities, the classes on the last axis: softmax takes all of them to
    the same."""
    inner = peel(node, "log")
    if inner is None:
        inner = node
    moved = inner
    while inner.op == "gather" and "fill" not in inner.arrays:
        moved, inner = inner, inner.inputs[0]
    if inner.op != "softmax":
        return node
    order = np.moveaxis(np.arange(size(inner.shape)).reshape(inner.shape), inner.attributes["axis"], -1)
    rows = order.reshape(-1, inner.shape[inner.attributes["axis"]])
    taken = np.arange(size(inner.shape)) if moved is inner else moved.arrays["indices"]
    groups = taken.reshape(-1, node.shape[-1])
    if groups.shape != rows.shape or not np.array_equal(np.sort(np.sort(groups, 1), 0), np.sort(np.sort(rows, 1), 0)):
        raise ExportError(f"{where}: its softmax is over another axis than that of the classes")
    return gather_node(inner.inputs[0], taken, None, node.shape)


def stated(item: Conditional, count: int) -> Any:
    """The caller's `outputs` as {parameter: index or key}, or a tuple of names that share one output."""
    outputs = item.outputs
    if outputs is None:
        return None
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if isinstance(outputs, str):
        return {outputs: 0}
    names = list(outputs)
    if len(names) > 1 and count == 1:
        return tuple(names)
    return {name: i for i, name in enumerate(names) if name is not None}
