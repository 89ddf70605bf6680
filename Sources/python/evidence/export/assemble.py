"""Conditionals read from a framework as parts of a model file."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

import numpy as np

from .distributions import Conditional, check_distribution
from .errors import ExportError
from .graph import Node, gather_node
from .layers import Layer, activation_layer, size, without_last_reshape
from .lowering import in_order, lower, move_gathers
from .simplify import simplified
from .stacks import Stacks
from .writer import Part


@dataclass
class Reading:
    """A conditional as nodes of a graph that hangs on `root`."""

    where: str
    distribution: str
    given: list[int]
    default_given: list[int]
    root: Node
    parameters: dict[str, Node]
    constants: dict[str, Any]
    shape: tuple                        # of the variable
    bins: int | None = None
    flow: list[dict] = field(default_factory=list)
    flow_reference: list[dict] = field(default_factory=list)        # its steps with the framework's networks
    reference: Callable | None = None   # rows of the given variables -> {parameter: rows} by the framework
    drawn: Any = None                   # the code's own sample of the variable (Drawn), where it is read from that


def conditionals(side: str, networks, heads, distribution_of: Callable[[int], str]) -> list[Conditional]:
    """A list of Conditional, copied, for the encoders or decoders, each with its distribution."""
    out = []
    for l, item in enumerate(networks, 1):
        item = copy.copy(item) if isinstance(item, Conditional) else Conditional(item)
        if heads:
            if len(networks) > 1 or item.heads:
                raise ExportError(f"{side}: mean=, log_variance=, ... are heads of a single encoder; "
                                  "with several use Conditional(network, heads={...})")
            item.heads = heads
        item.distribution = item.distribution or distribution_of(l)
        check_distribution(f"{side}/{l}", item.distribution, side == "encoder" or l > 1)
        item.constants = dict(item.constants)
        out.append(item)
    return out


def encoder_order(items: Sequence[Conditional]) -> list[int]:
    """The encoders, each after those whose samples it is fed with."""
    given = {l: set(item.given or [l - 1]) - {0} for l, item in enumerate(items, 1)}
    order: list[int] = []
    while given:
        ready = [l for l, needs in given.items() if needs <= set(order)]
        if not ready:
            raise ExportError("the encoders' `given` go round in a circle, or name a variable that does not exist")
        order += ready
        for l in ready:
            del given[l]
    return order


def one_root(leaves: Sequence[Node], given: Sequence[int]) -> tuple[Node, dict[Node, Node]]:
    """The input of a conditional, and what stands for its variables: x as it is, latents flat, several joined."""
    if list(given) == [0]:
        return leaves[0], {}
    sizes = [size(leaf.shape) for leaf in leaves]
    root = Node("input", (), (sum(sizes),), name="the input")
    starts = np.cumsum([0, *sizes])
    return root, {leaf: gather_node(root, np.arange(a, b), None, leaf.shape)
                  for leaf, a, b in zip(leaves, starts, starts[1:])}


# MARK: - From nodes to stacks

def finished(reading: Reading, data_format: str) -> Part:
    """The stacks of a conditional."""
    nodes = dict(zip(reading.parameters, simplified(list(reading.parameters.values()))))
    stacks: dict[str, list[Layer]] = {}
    trunk: list[Layer] = []
    try:
        if nodes:
            graph = Stacks(reading.root, list(nodes.values()), data_format)
            top = graph.common(list(nodes.values())) if len(nodes) > 1 else reading.root
            trunk = without_rejoining(graph.layers(top, reading.root))
            heads = {name: without_rejoining(graph.layers(node, top)) for name, node in nodes.items()}
            trunk, heads = into_heads(trunk, heads)
            trunk = lower(trunk, data_format) if trunk else []
            for name, layers in heads.items():
                stacks[name] = without_last_reshape(lower(layers, data_format)) if layers else []
                stacks[name] = stacks[name] or [activation_layer("identity", nodes[name].shape)]
    except ExportError as error:
        reason = str(error)
        raise ExportError(reason if reason.startswith(reading.where) else f"{reading.where}: {reason}") from None
    return Part(reading.distribution, reading.given, reading.default_given, trunk, stacks, reading.constants,
                reading.bins, reading.flow)


def without_rejoining(layers: list[Layer]) -> list[Layer]:
    """Without a first layer that takes the joined variables apart and joins them again."""
    if not layers or layers[0].kind != "concat" or layers[0].activation != "identity":
        return layers
    parts = []
    for branch in layers[0].stacks["branches"]:
        if len(branch) != 1 or branch[0].kind != "gather" or branch[0].activation != "identity":
            return layers
        parts.append(np.asarray(branch[0].arrays["indices"]).reshape(-1))
    whole = np.arange(size(layers[0].shape_in))
    return layers[1:] if np.array_equal(np.concatenate(parts), whole) and len(layers) > 1 else layers


def into_heads(trunk: list[Layer], heads: dict[str, list[Layer]]):
    """Moves the end of the trunk into heads that select among its outputs, so that weights are selected."""
    def selects(layers):
        for item in layers:
            if item.kind == "gather":
                return not in_order(item)
            if item.kind != "activation":
                return False
        return False

    trunk = list(trunk)
    while trunk and any(selects(layers) for layers in heads.values()):
        moved = trunk.pop()
        for name in heads:
            heads[name] = move_gathers([copy.deepcopy(moved)] + heads[name])
    return trunk, heads


def check_sizes(where: str, distribution: str, nodes: dict[str, Node], constants: dict[str, Any], shape) -> None:
    """Every parameter has the size of its variable."""
    count = size(shape)
    for name, node in nodes.items():
        wanted = count * count if name == "scale_tril" else count
        found = size(node.shape)
        if distribution in ("categorical", "logistic-mixture") and found % count == 0 and found > count:
            continue
        if found == 1 and wanted > 1 and name != "mean":
            nodes[name] = gather_node(node, np.zeros(wanted, np.int64), None, tuple(shape))
            continue
        if found != wanted:
            raise ExportError(f"{where}/{name}: {found} elements for a variable of {count} (shape {tuple(shape)})"
                              + (": mean and log-variance in one? Say which outputs they are"
                                 if found == 2 * count else ""))
    for name, value in constants.items():
        if np.size(value) not in (1, count):
            raise ExportError(f"{where}/{name}: a constant of {np.size(value)} elements for a variable of {count}")
