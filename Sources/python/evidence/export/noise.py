"""Reading z = location + scale * noise as the code says it, and cutting the graph there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from .errors import ExportError
from .graph import Node, ancestors, gather_node
from .values import bounds

Term = Union[Node, np.ndarray, None]      # None: zero


@dataclass
class Latent:
    """One stochastic layer: z = location + scale * noise, both as functions of what is above it."""

    node: Node                  # z
    noise: Node
    location: Term
    scale: Term               # of either sign; [d, d] where `matrix`
    matrix: bool = False


def plus(a: Term, b: Term, shape) -> Term:
    """The sum of two terms."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, Node) and isinstance(b, Node):
        return Node("binary", (a, b), tuple(shape), {"function": "add"})
    if not isinstance(a, Node) and not isinstance(b, Node):
        return a + b
    node, constant = (a, b) if isinstance(a, Node) else (b, a)
    return Node("affine", (node,), tuple(shape), arrays={"scale": np.float64(1), "offset": np.asarray(constant)})


def times(a: Term, b: Term, shape) -> Term:
    """The product of two terms."""
    if a is None or b is None:
        return None
    if isinstance(a, Node) and isinstance(b, Node):
        return Node("binary", (a, b), tuple(shape), {"function": "multiply"})
    if not isinstance(a, Node) and not isinstance(b, Node):
        return a * b
    node, constant = (a, b) if isinstance(a, Node) else (b, a)
    if np.all(constant == 1):
        return node
    return Node("affine", (node,), tuple(shape), arrays={"scale": np.asarray(constant), "offset": np.float64(0)})


def moved(term: Term, node: Node) -> Term:
    """A term rearranged as a gather does."""
    if term is None:
        return None
    if isinstance(term, Node):
        return gather_node(term, node.arrays["indices"], None, node.shape)
    full = np.broadcast_to(term, node.inputs[0].shape)
    return full.reshape(-1)[node.arrays["indices"]].reshape(node.shape)


class Forms:
    """For each node, location and scale of the noise in it, where it is one plus the other times the noise."""

    def __init__(self, noise: Node, outputs: list[Node]):
        self.noise = noise
        self.forms: dict[Node, tuple[Term, Term, bool]] = {noise: (None, np.float64(1), False)}
        self.dependent: set[Node] = {noise}
        self.joins: list[Node] = []         # where something that varies with the data comes in
        for node in ancestors(outputs):
            if any(n in self.dependent for n in node.inputs):
                self.dependent.add(node)
                form = self.form(node)
                if form is not None:
                    self.forms[node] = form

    def varies(self, node: Node) -> bool:
        return any(n.op == "input" for n in ancestors([node]))

    def form(self, node: Node):
        """Of one node."""
        inside = [n in self.dependent for n in node.inputs]
        if not all(n in self.forms for n, i in zip(node.inputs, inside) if i):
            return None
        first = self.forms.get(node.inputs[0])
        if node.op == "gather" and "fill" not in node.arrays:
            if first[2]:        # a column vector as a vector
                same = len(node.arrays["indices"]) == int(np.prod(node.inputs[0].shape)) and np.array_equal(
                    node.arrays["indices"], np.arange(len(node.arrays["indices"])))
                return (moved(first[0], node), first[1], True) if same else None
            return moved(first[0], node), moved(first[1], node), False
        if node.op == "affine" and not first[2]:
            scale, offset = node.arrays["scale"], node.arrays["offset"]
            location = plus(times(first[0], scale, node.shape), offset if np.any(offset) else None, node.shape)
            return location, times(first[1], scale, node.shape), False
        if node.op == "matmul" and inside == [False, True]:
            location, scale, matrix = self.forms[node.inputs[1]]
            if location is None and not matrix and not isinstance(scale, Node) and np.all(scale == 1):
                self.joins.append(node)
                return None, node.inputs[0], True
            return None
        if node.op != "binary":
            return None
        return self.combined(node, inside)

    def combined(self, node: Node, inside: list[bool]):
        function, (a, b) = node.attributes["function"], node.inputs
        shape = node.shape
        if all(inside):
            if function not in ("add", "subtract") or any(self.forms[n][2] for n in (a, b)):
                return None
            sign = np.float64(1 if function == "add" else -1)
            return (plus(self.forms[a][0], times(self.forms[b][0], sign, shape), shape),
                    plus(self.forms[a][1], times(self.forms[b][1], sign, shape), shape), False)
        noisy, other = (a, b) if inside[0] else (b, a)
        location, scale, matrix = self.forms[noisy]
        term: Term = other.arrays["value"] if other.op == "constant" else other
        if isinstance(term, Node) and self.varies(term):
            self.joins.append(node)
        if function in ("add", "subtract"):
            sign = np.float64(1)
            if function == "subtract" and inside[0]:
                term = times(term, np.float64(-1), shape)
            elif function == "subtract":
                sign = np.float64(-1)
            return plus(times(location, sign, shape), term, shape), (
                scale if matrix or sign == 1 else times(scale, sign, shape)), matrix
        if matrix or function not in ("multiply", "divide") or function == "divide" and not inside[0]:
            return None
        if function == "divide":
            term = Node("map", (term,), shape, {"function": "reciprocal"}) if isinstance(term, Node) else 1 / term
        return times(location, term, shape), times(scale, term, shape), False


def reaches(start: Node, outputs: list[Node], without: Node | None = None) -> bool:
    """Whether an output depends on `start` by a path that does not go through `without`."""
    reached = {start}
    for node in ancestors(outputs):
        if node is not without and any(n in reached for n in node.inputs):
            reached.add(node)
    return any(n in reached for n in outputs)


def find_latent(where: str, noise: Node, outputs: list[Node]) -> Latent:
    """The z that a noise makes: the last node that it enters as location + scale * noise, where both still take
    something from the data, and through which all goes that comes after."""
    if noise.attributes.get("kind") != "normal":
        raise ExportError(f"{where}: draws from {noise.attributes.get('kind')}, where the latents have normal noise: the "
                          "model format has normal, full-normal and laplace posteriors. Give encoder= and decoder= "
                          "apart, with latent='laplace' where that is what is drawn")
    forms = Forms(noise, outputs)
    cuts = [n for n in forms.joins if n in forms.forms and not reaches(noise, outputs, n)]
    if not cuts:
        mixed = next((n for n in forms.joins), None)
        raise ExportError(
            f"{where}: its noise does not enter as location + scale * noise"
            + (f", or goes on by more ways than one ({mixed.name})" if mixed is not None else ", element by element")
            + ". Give encoder= and decoder= apart, and say what the encoder's outputs are with encoder_outputs=")
    z = cuts[-1]
    location, scale, matrix = forms.forms[z]
    if isinstance(location, Node) and of_the_input_alone(location) and not isinstance(scale, Node):
        raise ExportError(f"{where}: adds noise to its input ({noise.name}): that is no part of p(x). Switch it off for "
                          "the export, or give encoder= and decoder= apart, without it")
    return Latent(z, noise, location, scale, matrix)


def of_the_input_alone(node: Node) -> bool:
    """Whether nothing but scalings and rearrangements lie between the input and the node."""
    return all(n.op in ("input", "gather", "affine") for n in ancestors([node]))


def substitute(nodes: list[Node], replaced: dict[Node, Node]) -> list[Node]:
    """The same graph hanging on other leaves."""
    known = dict(replaced)
    for node in ancestors(nodes):
        if node in known:
            continue
        inputs = tuple(known[n] for n in node.inputs)
        if all(a is b for a, b in zip(inputs, node.inputs)):
            known[node] = node
        elif node.op == "gather":
            known[node] = gather_node(inputs[0], node.arrays["indices"], node.arrays.get("fill"), node.shape, node.name)
        else:
            known[node] = Node(node.op, inputs, node.shape, node.attributes, node.arrays, node.name)
    return [known[n] for n in nodes]


# MARK: - A scale by its name

def peel(node: Node, function: str) -> Node | None:
    """What a function was applied to last, behind any rearrangement; None where it was not the last."""
    if node.op == "map" and node.attributes["function"] == function:
        return node.inputs[0]
    if node.op == "gather" and "fill" not in node.arrays:
        inner = peel(node.inputs[0], function)
        return None if inner is None else gather_node(inner, node.arrays["indices"], None, node.shape, node.name)
    return None


def peel_factor(node: Node, factor: float) -> Node | None:
    """The same of a multiplication by one number."""
    if node.op == "affine":
        scale, offset = node.arrays["scale"], node.arrays["offset"]
        if np.allclose(scale, factor, rtol=1e-6, atol=0) and not np.any(offset):
            return node.inputs[0]
    if node.op == "gather" and "fill" not in node.arrays:
        inner = peel_factor(node.inputs[0], factor)
        return None if inner is None else gather_node(inner, node.arrays["indices"], None, node.shape, node.name)
    return None


# (name, function at its end) -> the name without it.
PEELED = {("scale", "exp"): "log_scale", ("scale", "sqrt"): "variance", ("variance", "exp"): "log_variance",
          ("log_scale", "log"): "scale", ("log_variance", "log"): "variance", ("variance", "square"): "scale",
          ("rate", "exp"): "log_rate", ("alpha", "exp"): "log_alpha", ("beta", "exp"): "log_beta",
          ("dispersion", "exp"): "log_dispersion", ("probabilities", "sigmoid"): "logits"}


def plainest(name: str, node: Node, allowed) -> tuple[str, Node]:
    """A parameter without the function that another name of it implies: exp of a log-scale, and so on."""
    changed = True
    while changed:
        changed = False
        for (before, function), after in PEELED.items():
            if name != before or after not in allowed:
                continue
            inner = peel(node, function)
            if inner is not None and (function != "square" or bounds(inner)[0] >= 0):
                name, node, changed = after, inner, True
                break
        if name == "log_scale" and "log_variance" in allowed:
            inner = peel_factor(node, 0.5)
            if inner is not None:
                name, node, changed = "log_variance", inner, True
    return name, node
