"""Which output of a network is which parameter; as nodes of its graph, and as the framework's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

import numpy as np

from .distributions import PARAMETERS, Conditional, row_of
from .errors import ExportError
from .graph import Builder, Node, View, ancestors, gather_node
from .layers import size
from .meaning import by_name, class_axis_of, ending, second_output, single_output, split_indices, stated, without_softmax
from .noise import plainest, substitute
from .outputs import Leaf
from .simplify import simplified


@dataclass
class Source:
    """Where a parameter comes from: an output, or some of its elements."""

    leaf: Leaf
    indices: np.ndarray | None = None


Sources = dict[str, Source]


def resolve(where: str, item: Conditional, leaves: list[Leaf], node_of: Callable[[View], Node], argument: str,
            variable_shape: Sequence[int]) -> Sources:
    """Each parameter's source. Raises where it is neither said nor to be told."""
    if not leaves:
        raise ExportError(f"{where}: the network returns no tensor")
    node_of = plain_nodes(node_of)
    said = stated(item, len(leaves))
    if said is None:
        refuse_unsupported(leaves)
    if isinstance(said, tuple):         # one output for several parameters
        leaf = leaves[0]
        order = split_indices(where, said, size(node_of(leaf.value).shape), item.split)
        return {name: Source(leaf, indices) for name, indices in order.items()}
    if said is not None:
        for name in said:
            if not row_of(item.distribution, name):
                rows = ", and one of ".join(", ".join(row) for row in PARAMETERS[item.distribution])
                raise ExportError(f"{where}: a {item.distribution} distribution has no {name}: it takes exactly one of "
                                  f"{rows}")
        sources = {name: Source(pick(where, leaves, key)) for name, key in said.items()}
        if "scale" in sources and isinstance(sources["scale"].leaf.value, View):
            check_stated_scale(where, node_of(sources["scale"].leaf.value))
        return sources
    marked = [leaf for leaf in leaves if leaf.distribution is not None]
    if marked:
        return of_distribution(where, item, marked)
    return by_names(item, leaves) or by_graph(where, item, leaves, node_of, argument, variable_shape)


def plain_nodes(node_of: Callable[[View], Node]) -> Callable[[View], Node]:
    """Nodes with the activations that are written out as such."""
    known: dict[int, Node] = {}

    def plain(view: View) -> Node:
        if id(view) not in known:
            known[id(view)] = simplified([node_of(view)])[0]
        return known[id(view)]
    return plain


def refuse_unsupported(leaves: list[Leaf]) -> None:
    """What can't be expressed is the first thing to say."""
    nodes = [leaf.value.node for leaf in leaves if isinstance(leaf.value, View)]
    failed = next((n for n in ancestors(nodes) if n.op == "unsupported"), None)
    if failed is not None:
        raise ExportError(failed.attributes["reason"])


def check_stated_scale(where: str, node: Node) -> None:
    """A scale that may be negative is no scale."""
    from .values import bounds
    if bounds(node)[0] < 0:
        raise ExportError(
            f"{where}: \"scale\" is said of an output that {ending(node)} and may be negative: is this its logarithm "
            "(\"log_scale\", \"log_variance\")? Where z = mean + s * noise with s of either sign, return s.abs()")


def by_names(item: Conditional, leaves: list[Leaf]) -> Sources | None:
    """By the outputs' own names, where they have such."""
    words = {by_name(leaf.path): leaf for leaf in leaves}
    known = {name: leaf for name, leaf in words.items() if name is not None and row_of(item.distribution, name)}
    rows = [row for row in PARAMETERS[item.distribution] if not any(n in item.constants for n in row)]
    if known and len(known) == len(rows) and {row_of(item.distribution, n) for n in known} == set(rows) and (
            len(leaves) > 1 or "mean" not in known):
        return {name: Source(leaf) for name, leaf in known.items()}
    return None


def by_graph(where: str, item: Conditional, leaves: list[Leaf], node_of, argument: str, variable_shape) -> Sources:
    """By what the graph ends in."""
    varying = [leaf for leaf in leaves if isinstance(leaf.value, View)]
    if item.distribution in ("normal", "laplace") and len(leaves) == 2 and len(varying) >= 1 and not any(
            n in item.constants for row in PARAMETERS[item.distribution] for n in row):
        mean, second = leaves
        if not isinstance(second.value, View):
            raise ExportError(f"{where}: the second output is a constant, and the network does not say which: say "
                              f"{argument}=(\"mean\", \"log_variance\"), (\"mean\", \"log_scale\") or "
                              "(\"mean\", \"scale\")")
        name = second_output(where, node_of(second.value), argument)
        return {"mean": Source(mean), name: Source(second)}
    if len(leaves) == 1 and varying:
        node = node_of(leaves[0].value)
        if argument == "encoder_outputs" and "mean" not in item.constants and not any(
                n in item.constants for n in ("scale", "log_scale", "log_variance", "variance")):
            raise ExportError(
                f"{where}: the network returns one tensor of {size(node.shape)} elements, which {ending(node)}. If these "
                "are features, give the heads that follow: mean=vae.fc_mu, log_variance=vae.fc_var (or scale=, "
                "log_scale=). If they are mean and log-variance in one, say encoder_outputs=(\"mean\", \"log_variance\") "
                "and split=\"halves\" or \"interleaved\"")
        name = "mean" if argument == "encoder_outputs" else single_output(
            where, node, item.distribution, item.constants, argument, variable_shape)
        return {name: Source(leaves[0])}
    returned = ", ".join(f"{leaf.words} {tuple(leaf.value.shape)[1:]}" for leaf in leaves)
    raise ExportError(f"{where}: the network returns {len(leaves)} tensors ({returned}); say which are the parameters of "
                      f"the {item.distribution} distribution with {argument}=(...), None for one to ignore, or a mapping "
                      "from parameter to name or position")


def pick(where: str, leaves: list[Leaf], key) -> Leaf:
    """An output by position, name or dotted path."""
    if isinstance(key, (int, np.integer)):
        if -len(leaves) <= key < len(leaves):      # nested results are counted flat, in order
            return leaves[key]
    else:
        found = [leaf for leaf in leaves if ".".join(leaf.path) == str(key) or str(key) in leaf.path]
        if len(found) == 1:
            return found[0]
    raise ExportError(f"{where}: the network returns no one output {key!r}; there are "
                      f"{', '.join(leaf.words for leaf in leaves)}")


def of_distribution(where: str, item: Conditional, leaves: list[Leaf]) -> Sources:
    """The parameters of a distribution object that the network returns."""
    kinds, prefixes = {leaf.distribution for leaf in leaves}, {leaf.path[:-1] for leaf in leaves}
    if len(kinds) > 1 or len(prefixes) > 1:
        raise ExportError(f"{where}: returns {len(prefixes)} distributions; give a function that returns the one that is "
                          "meant")
    kind = kinds.pop()
    if getattr(item, "stated_distribution", False) and kind != item.distribution:
        raise ExportError(f"{where}: returns a {kind} distribution, and {item.distribution} is asked for")
    if kind == "negative-binomial" and any(leaf.parameter == "probabilities" for leaf in leaves):
        raise ExportError(f"{where}: returns a NegativeBinomial by probs: make it by logits= (log p - log(1 - p))")
    item.distribution = kind
    return {leaf.parameter: Source(leaf) for leaf in leaves}


# MARK: - As nodes

def as_nodes(where: str, item: Conditional, sources: Sources, node_of, variable_shape, batch: int,
             mapping: dict[Node, Node]) -> tuple[dict[str, Node], dict[str, Any]]:
    """(stacks' nodes, constants) under their plainest names."""
    node_of = plain_nodes(node_of)
    nodes: dict[str, Node] = {}
    constants = {name: np.asarray(v, np.float64) for name, v in item.constants.items()}
    values: dict[str, Any] = {}
    for name, source in sources.items():
        value = source.leaf.value
        if isinstance(value, View):
            value = node_of(value)
            if source.indices is not None:
                value = gather_node(value, source.indices, None, (len(source.indices),))
        else:
            value = constant_parameter(where, name, numbers(value), variable_shape, batch)
        values[name] = value
    if "total_count" in values:
        values = negative_binomial(values)
    if item.distribution == "categorical":
        values = {"logits": categorical(where, item, values, variable_shape)}
    for name, value in values.items():
        if not isinstance(value, Node):
            constants[name] = value
            continue
        name, value = plainest(name, value, row_of(item.distribution, name))
        nodes[name] = value
    if mapping:
        nodes = dict(zip(nodes, substitute(list(nodes.values()), mapping)))
    return nodes, constants


def numbers(value) -> np.ndarray:
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value, np.float64)


def categorical(where: str, item: Conditional, values: dict, variable_shape) -> Node:
    """Logits with the classes on the last axis, whichever way the network gives them."""
    node = values["logits"] if "logits" in values else values["probabilities"]
    axis = class_axis_of(where, node.shape, variable_shape, item.class_axis)
    order = np.moveaxis(np.arange(size(node.shape)).reshape(node.shape), axis, -1)
    moved = gather_node(node, order, None, order.shape)
    if "probabilities" in values:
        plain = without_softmax(where, moved)
        return plain if plain is not moved else Node("map", (moved,), moved.shape, {"function": "log"})
    return without_softmax(where, moved)


def negative_binomial(values: dict[str, Any]) -> dict[str, Any]:
    """torch's total_count r and logits l as mean r exp(l) and dispersion r."""
    r, logits = values["total_count"], values["logits"]
    if isinstance(r, Node):
        odds = Node("map", (logits,), logits.shape, {"function": "exp"})
        return {"dispersion": r, "mean": Node("binary", (r, odds), odds.shape, {"function": "multiply"})}
    offset = np.log(r if np.size(r) == 1 else np.reshape(r, logits.shape))
    return {"dispersion": r, "log_mean": Node("affine", (logits,), logits.shape, arrays={
        "scale": np.float64(1), "offset": offset})}


def constant_parameter(where: str, name: str, value, shape, batch: int) -> np.ndarray:
    """A constant that a network returned: one number, or one of each element of the variable."""
    array = np.asarray(value, np.float64)
    if array.ndim and array.shape[0] == batch and array.shape != tuple(shape):
        if (array != array[:1]).any():
            raise ExportError(f"{where}/{name}: a constant that differs between the examples of a batch")
        array = array[0]
    if array.size == 1:
        return array.reshape(())
    if array.size == size(shape):
        return array.reshape(shape)
    try:
        return np.broadcast_to(array, shape).copy()
    except ValueError:
        raise ExportError(f"{where}/{name}: a constant of shape {array.shape} for a variable of shape "
                          f"{tuple(shape)}") from None


# MARK: - As the framework's numbers

def example_rows(builder: Builder, view: View, tensor: np.ndarray) -> np.ndarray:
    """A tensor of a batch as one row an example, in the order of the view's node."""
    indices, _, place = builder.example(view)
    rows = np.empty((builder.batch, *indices.shape))
    order = place(np.arange(rows.size).reshape(rows.shape))
    rows.reshape(-1)[order.reshape(-1)] = tensor.reshape(-1)
    return rows


def as_rows(item: Conditional, sources: Sources, tensors: dict[int, np.ndarray], builder: Builder,
            variable_shape) -> dict[str, np.ndarray]:
    """{parameter: [n, elements]} under the names that the network has them by; tensors: by the leaf's id."""
    out: dict[str, np.ndarray] = {}
    count = size(variable_shape)
    for name, source in sources.items():
        if isinstance(source.leaf.value, View):
            rows = example_rows(builder, source.leaf.value, tensors[id(source.leaf)])
            if item.distribution == "categorical":
                axis = class_axis_of("", rows.shape[1:], variable_shape, item.class_axis)
                rows = np.moveaxis(rows, 1 + axis, -1)
            rows = rows.reshape(len(rows), -1)
            rows = rows if source.indices is None else rows[:, source.indices]
        else:
            value = constant_parameter("", name, numbers(source.leaf.value), variable_shape, builder.batch)
            rows = np.broadcast_to(value.reshape(-1), (builder.batch, count))
        out[name] = rows
    if "total_count" in out:
        return {"dispersion": out["total_count"], "mean": out["total_count"] * np.exp(out["logits"])}
    if item.distribution == "categorical" and "probabilities" in out:
        with np.errstate(divide="ignore"):
            return {"logits": np.log(out["probabilities"])}
    return out
