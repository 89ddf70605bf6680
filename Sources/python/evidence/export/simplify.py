"""Activations that are written out in simpler operations, as single nodes."""

from __future__ import annotations

from .functions import ACTIVATIONS
from .graph import Node, ancestors, gather_node
from .recognise import between, elementwise
from .layers import Layer

POINTWISE = {"map", "binary", "where"}
# Not left as they are where several stand together: there may be a plainer function for all of them.
DOUBTFUL = {"log", "log1p", "sqrt", "square"}


def scalar(node: Node) -> bool:
    """An affine of one scale and one offset."""
    return node.op == "affine" and all(a.size == 1 for a in node.arrays.values())


class Pointwise:
    """For each node, those of which it is a function element by element."""

    def __init__(self):
        self.known: dict[Node, list[Node]] = {}

    def sources(self, top: Node) -> list[Node]:
        """The nearest first."""
        for node in ancestors([top]):
            if node not in self.known:
                self.known[node] = self._sources(node)
        return self.known[top]

    def _sources(self, node: Node) -> list[Node]:
        if node.op not in POINTWISE and not scalar(node):
            return []
        varying = [n for n in node.inputs if n.op != "constant"]
        if not varying or any(n.shape != node.shape for n in varying) or any(
                n.arrays["value"].size != 1 for n in node.inputs if n.op == "constant"):
            return []
        chains = [[n, *self.known[n]] for n in varying]
        return [n for n in chains[0] if all(n in chain for chain in chains[1:])]


def simple(region: list[Node]) -> bool:
    """Operations that are layers as they are."""
    return all(scalar(n) or n.op == "map" and n.attributes["function"] in ACTIVATIONS for n in region) and (
        len(region) == 1 or not any(n.op == "map" and n.attributes["function"] in DOUBTFUL for n in region))


def simplified(nodes: list[Node]) -> list[Node]:
    """The same functions, with activations that are written out replaced by single nodes."""
    pointwise = Pointwise()
    plan: dict[Node, tuple[Node, list[Layer]]] = {}
    pending, seen = list(nodes), set()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        found = written_out(node, pointwise)
        if found is not None:
            plan[node] = found
            pending.append(found[0])
        else:
            pending += node.inputs
    if not plan:
        return nodes
    return rebuilt(nodes, plan)


def written_out(node: Node, pointwise: Pointwise) -> tuple[Node, list[Layer]] | None:
    """(source, layers) where the node is an activation of the source, with scales and offsets."""
    if node.op not in POINTWISE and not scalar(node):
        return None
    for source in reversed(pointwise.sources(node)):
        region = between(node, source)
        if not simple(region):
            found = elementwise(node, source)
            if found is not None:
                return source, found
    return None


def rebuilt(nodes: list[Node], plan: dict[Node, tuple[Node, list[Layer]]]) -> list[Node]:
    """The graph with what is planned in place."""
    known: dict[Node, Node] = {}
    pending = list(nodes)
    while pending:
        node = pending[-1]
        if node in known:
            pending.pop()
            continue
        needed = [plan[node][0]] if node in plan else list(node.inputs)
        missing = [n for n in needed if n not in known]
        if missing:
            pending += missing
            continue
        pending.pop()
        inputs = tuple(known[n] for n in needed)
        if node in plan:
            known[node] = built(inputs[0], plan[node][1], node.name)
        elif all(a is b for a, b in zip(inputs, node.inputs)):
            known[node] = node
        elif node.op == "gather":
            known[node] = gather_node(inputs[0], node.arrays["indices"], node.arrays.get("fill"), node.shape, node.name)
        else:
            known[node] = Node(node.op, inputs, node.shape, node.attributes, node.arrays, node.name)
    return [known[n] for n in nodes]


def built(node: Node, layers: list[Layer], name: str) -> Node:
    """Affine and activation layers as nodes."""
    for item in layers:
        if item.kind == "affine":
            node = Node("affine", (node,), node.shape, arrays={k: v.reshape(()) for k, v in item.arrays.items()}, name=name)
        elif item.activation != "identity":
            node = Node("map", (node,), node.shape, {"function": item.activation, **item.activation_attributes}, name=name)
    return node
