"""Paths of a graph as stacks of layers.

Every node has one node that all paths from the root to it go through last (its immediate dominator); what lies between
the two is one layer: a residual, a product or a concatenation where paths part and meet, a plain layer where there is
one path.
"""

from __future__ import annotations

import numpy as np

from .errors import ExportError
from .functions import ACTIVATIONS
from .graph import Node, ancestors
from .layers import Layer, activation_layer, affine_layer, channel_axis, reshaping, size
from .recognise import across, between
from .values import bounds

PLAIN = {"dense", "conv2d", "conv2d-transpose", "layer-norm", "group-norm", "max-pool2d", "average-pool2d", "upsample2d",
         "pad2d"}


class Stacks:
    """Layers between the nodes of one graph that hangs on `root`."""

    def __init__(self, root: Node, outputs: list[Node], data_format: str):
        self.root, self.data_format = root, data_format
        self.dominator: dict[Node, Node | None] = {root: None}
        self.depth: dict[Node, int] = {root: 0}
        for node in ancestors(outputs):
            if node is root:
                continue
            inputs = [n for n in node.inputs if n in self.depth]
            if node.op in ("input", "noise") or not inputs:
                if node.op not in ("constant", "input", "noise"):
                    raise ExportError(self.say(node, "does not depend on the input: give it with constants="))
                continue
            top = self.common(inputs)
            self.dominator[node], self.depth[node] = top, self.depth[top] + 1
        self.bounds: dict[int, tuple[float, float]] = {}

    def say(self, node: Node, problem: str) -> str:
        return f"{node.name or node.op} {problem}"

    def common(self, nodes: list[Node]) -> Node:
        """The last node that all paths to all of these go through."""
        for n in nodes:
            if n not in self.depth:
                raise ExportError(self.say(n, "does not depend on the input alone"))
        top = nodes[0]
        for other in nodes[1:]:
            while top is not other:
                if self.depth[top] >= self.depth[other]:
                    top = self.dominator[top]
                else:
                    other = self.dominator[other]
        return top

    # MARK: Paths

    def layers(self, node: Node, stop: Node) -> list[Layer]:
        """The layers from `stop` to `node`."""
        out: list[Layer] = []
        while node is not stop:
            found, node = self.step(node, stop)
            for item in found:
                item.name = item.name or ""
            out = found + out
        return out

    def step(self, node: Node, stop: Node) -> tuple[list[Layer], Node]:
        """The last layers before the node, and the node that they are fed with."""
        if node not in self.depth:
            raise ExportError(self.say(node, "does not depend on the input alone"))
        written_out = self.written_out(node, stop)
        if written_out is not None:
            return written_out
        if node.op == "unsupported":
            raise ExportError(node.attributes["reason"])
        source = next((n for n in node.inputs if n in self.depth), None)
        if node.op in PLAIN:
            return [Layer(node.op, source.shape, node.shape, dict(node.attributes), dict(node.arrays),
                          name=node.name)], source
        if node.op == "gather":
            return [Layer("gather", source.shape, node.shape, arrays=dict(node.arrays), name=node.name)], source
        if node.op == "affine":
            return [Layer("affine", node.shape, node.shape, arrays=dict(node.arrays), name=node.name)], source
        if node.op == "softmax":
            return self.softmax(source.shape, node.attributes["axis"]), source
        if node.op == "map":
            return self.map(node, source), source
        if node.op == "reduce":
            return self.reduce(node, source)
        if node.op == "join":
            return self.join(node)
        if node.op == "binary":
            return self.binary(node, stop)
        raise ExportError(self.say(node, "is not something that the model format can express"))

    # MARK: Functions that are written out

    def written_out(self, node: Node, stop: Node) -> tuple[list[Layer], Node] | None:
        """A softmax or a normalization in simpler operations."""
        if node.op in ("binary", "affine", "map"):
            source = self.reduced_source(node, stop)
            if source is not None:
                found = across(node, source, self.data_format)
                if found is not None:
                    out = []
                    for item in found:
                        if item.kind == "softmax":
                            out += self.softmax(item.shape_in, item.attributes["axis"])
                            if item.activation != "identity":
                                out.append(activation_layer(item.activation, item.shape_out))
                        else:
                            out.append(item)
                    return out, source
        return None

    def reduced_source(self, node: Node, stop: Node) -> Node | None:
        """The node between which and this one there are means or sums, and elementwise operations besides."""
        top = self.dominator[node]
        while top is not None and self.depth[top] >= self.depth[stop]:
            region = between(node, top)
            if not all(n.op in ("map", "binary", "affine", "reduce", "gather", "where", "softmax") for n in region):
                return None
            if top.shape == node.shape and any(n.op in ("reduce", "softmax") for n in region):
                if top.op != "gather":
                    return top
            top = self.dominator[top]
        return None

    # MARK: Single operations

    def map(self, node: Node, source: Node) -> list[Layer]:
        name, parameters = node.attributes["function"], {k: v for k, v in node.attributes.items() if k != "function"}
        shape = node.shape
        if name in ACTIVATIONS:
            return [activation_layer(name, shape, **parameters)]
        if name == "prelu":
            return [activation_layer("prelu", shape, slope=node.arrays["slope"])]
        low, _ = bounds(source, self.bounds)
        exponent = {"reciprocal": -1.0, "rsqrt": -0.5, "power": parameters.get("exponent")}.get(name)
        if exponent is not None and low >= 0:
            return [activation_layer("log", shape), affine_layer(shape, exponent, 0), activation_layer("exp", shape)]
        if name == "power" and exponent == int(exponent) and 2 <= exponent <= 8:
            return [Layer("product", shape, shape, stacks={"factors": [
                [activation_layer("identity", shape)] for _ in range(int(exponent))]}, name=node.name)]
        raise ExportError(self.say(node, f"({name}) is not something that the model format can express"))

    def softmax(self, shape, axis: int) -> list[Layer]:
        if axis == channel_axis(shape, self.data_format):
            return [activation_layer("softmax", shape)]
        order = np.moveaxis(np.arange(size(shape)).reshape(shape), axis, -1)
        rows = (size(shape) // shape[axis], shape[axis])
        back = np.argsort(order.reshape(-1))
        return [Layer("gather", tuple(shape), rows, arrays={"indices": order.reshape(-1)}),
                activation_layer("softmax", rows), Layer("gather", rows, tuple(shape), arrays={"indices": back})]

    def reduce(self, node: Node, source: Node) -> tuple[list[Layer], Node]:
        function, (groups, count) = node.attributes["function"], source.shape
        # Over whole planes of an image: a pooling. What moved the elements is left out.
        inner = source.inputs[0] if source.op == "gather" else source
        order = source.arrays["indices"] if source.op == "gather" else np.arange(groups * count)
        if len(inner.shape) == 3 and "fill" not in source.arrays and inner in self.depth:
            axis = channel_axis(inner.shape, self.data_format)
            planes = np.moveaxis(np.arange(size(inner.shape)).reshape(inner.shape), axis, 0).reshape(
                inner.shape[axis], -1)
            if planes.shape == (groups, count) and np.array_equal(np.sort(order.reshape(groups, count), 1), planes):
                spatial = [n for i, n in enumerate(inner.shape) if i != axis]
                shape = tuple(n if i == axis else 1 for i, n in enumerate(inner.shape))
                if function in ("mean", "sum", "maximum"):
                    kind = "max-pool2d" if function == "maximum" else "average-pool2d"
                    layers = [Layer(kind, inner.shape, shape, {"size": spatial, "stride": spatial}, name=node.name)]
                    if function == "sum":
                        layers.append(affine_layer(shape, count, 0))
                    return layers + reshaping(shape, (groups,)), inner
        if function in ("mean", "sum"):
            kernel = np.full((count, 1), 1 / count if function == "mean" else 1.0, np.float32)
            return [Layer("dense", (groups, count), (groups, 1), arrays={"kernel": kernel}, name=node.name),
                    Layer("flatten", (groups, 1), (groups,))], source
        if function in ("maximum", "minimum"):
            sign = 1 if function == "maximum" else -1
            image = (1, groups, count) if self.data_format == "channels_first" else (groups, count, 1)
            pooled = (1, groups, 1) if self.data_format == "channels_first" else (groups, 1, 1)
            return [affine_layer((groups, count), sign, 0), *reshaping((groups, count), image),
                    Layer("max-pool2d", image, pooled, {"size": [1, count], "stride": [1, count]}, name=node.name),
                    *reshaping(pooled, (groups,)), affine_layer((groups,), sign, 0)], source
        raise ExportError(self.say(node, f"({function}) is not something that the model format can express"))

    # MARK: Where paths meet

    def branch(self, node: Node, top: Node) -> list[Layer]:
        return self.layers(node, top) or [activation_layer("identity", top.shape)]

    def join(self, node: Node) -> tuple[list[Layer], Node]:
        top = self.common(list(node.inputs))
        branches, parts = [], []
        for part in node.inputs:
            branches.append([*self.branch(part, top), *reshaping(part.shape, (size(part.shape),))])
            parts.append(part.shape)
        return [Layer("concat", top.shape, node.shape, {"parts": parts}, stacks={"branches": branches},
                      name=node.name)], top

    def binary(self, node: Node, stop: Node) -> tuple[list[Layer], Node]:
        function = node.attributes["function"]
        if any(n.op == "constant" for n in node.inputs):
            raise ExportError(self.say(node, f"({function}) is not something that the model format can express"))
        a, b = node.inputs
        shape = node.shape
        top = self.common([a, b])
        first, second = self.layers(a, top), self.layers(b, top)
        minus = lambda layers: [*layers, affine_layer(shape, -1, 0)]
        if function in ("add", "subtract"):
            second = minus(second) if function == "subtract" else second
            return [self.residual(first, second, top, shape, node.name)], top
        if function in ("multiply", "divide"):
            if function == "divide":
                if bounds(b, self.bounds)[0] < 0:
                    raise ExportError(self.say(node, "divides by a computed tensor that may be of either sign"))
                second = [*second, activation_layer("log", b.shape), affine_layer(b.shape, -1, 0),
                          activation_layer("exp", b.shape)]
                factors = [first or [activation_layer("identity", shape)], second]
            else:
                factors = [self.factor(a, top), self.factor(b, top)]
            return [Layer("product", top.shape, shape, stacks={"factors": factors}, name=node.name)], top
        if function in ("maximum", "minimum"):      # max(a, b) = b + relu(a - b), min(a, b) = a - relu(a - b)
            difference = self.residual(first, minus(second), top, shape, node.name)
            body = [difference, activation_layer("relu", shape)]
            if function == "minimum":
                return [self.residual(minus(body), self.layers(a, top), top, shape, node.name)], top
            return [self.residual(body, self.layers(b, top), top, shape, node.name)], top
        raise ExportError(self.say(node, f"({function}) is not something that the model format can express"))

    def factor(self, node: Node, top: Node) -> list[Layer]:
        """A factor of a product; where it repeats along axes, it stays small, and the product repeats it."""
        if node is not top and node.op == "gather" and "fill" not in node.arrays:
            order = node.arrays["indices"].reshape(node.shape)
            for axis in range(order.ndim):
                if order.shape[axis] > 1 and (order == order.take([0], axis)).all():
                    order = order.take([0], axis)
            if order.shape != node.shape:
                source = node.inputs[0]
                return [*self.layers(source, top), Layer(
                    "gather", source.shape, order.shape, arrays={"indices": order.reshape(-1)}, name=node.name)]
        return self.branch(node, top)

    def residual(self, body, shortcut, top, shape, name) -> Layer:
        if not body:
            body, shortcut = shortcut, body
        body = body or [activation_layer("identity", shape)]
        stacks = {"body": body} | ({"shortcut": shortcut} if shortcut else {})
        return Layer("residual", top.shape, shape, stacks=stacks, name=name)
