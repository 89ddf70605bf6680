"""A network as a graph of one example, whatever framework it came from.

A `Node` computes an array of one example. A `View` is a framework's tensor of a small batch: which element of which
node each of its elements is. Operations that only move elements (views, transpositions, slices, ...) act on the indices
of a view by the framework itself, so none has to be understood; what computes makes a node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Iterable

import numpy as np

from .errors import ExportError
from .functions import FAR, FUNCTIONS
from .layers import size

BATCH = 3


@dataclass(eq=False)
class Node:
    """op is "input", "noise", "constant", "gather", "affine", "map", "binary", "where", "reduce", "softmax", "join",
    "matmul", "unsupported", or a layer of the model format, with that layer's attributes and arrays."""

    op: str
    inputs: tuple["Node", ...]
    shape: tuple
    attributes: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    name: str = ""


@dataclass(eq=False)
class View:
    """index: of the batch's tensor, into the elements of BATCH examples of the node; negative: the element is a
    constant, `fill`'s."""

    node: Node
    index: np.ndarray
    fill: np.ndarray | None = None

    @property
    def shape(self) -> tuple:
        return self.index.shape


def whole(node: Node, batch: int) -> View:
    """The node's elements as they lie, the examples along a first axis."""
    return View(node, np.arange(batch * size(node.shape)).reshape(batch, *node.shape))


def ancestors(nodes: Iterable[Node]) -> list[Node]:
    """The nodes and all that they depend on, each after its inputs."""
    order, seen = [], set()
    stack = [(n, False) for n in nodes]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(n, False) for n in node.inputs]
    return order


def leaves(node: Node) -> list[Node]:
    """The inputs and the noises that the node depends on."""
    return [n for n in ancestors([node]) if n.op in ("input", "noise")]


def gather_node(node: Node, indices: np.ndarray, fill: np.ndarray | None, shape, name: str = "") -> Node:
    """The node's elements in another order (or some of them, or some twice); `node` itself where nothing moves."""
    flat = indices.reshape(-1)
    values = None if fill is None else fill.reshape(-1)
    if node.op == "gather":
        inner, inner_fill = node.arrays["indices"], node.arrays.get("fill")
        outside = flat < 0
        new = np.where(outside, -1, inner[np.where(outside, 0, flat)])
        if inner_fill is not None:
            moved = inner_fill[np.where(outside, 0, flat)]
            values = moved if values is None else np.where(outside, values, moved)
        node, flat = node.inputs[0], new
    if (flat >= 0).all():
        values = None
    if values is None and tuple(shape) == node.shape and np.array_equal(flat, np.arange(len(flat))):
        return node
    arrays = {"indices": flat} | ({} if values is None else {"fill": np.where(flat < 0, values, 0.0)})
    return Node("gather", (node,), tuple(shape), arrays=arrays, name=name)


class Builder:
    """Makes nodes and views of a batch of `batch` examples."""

    def __init__(self, data_format: str, batch: int = BATCH):
        self.data_format, self.batch = data_format, batch
        self.name = ""      # of the framework's operation that is being read

    # MARK: Views

    def input(self, shape, op: str = "input", **attributes) -> View:
        return whole(Node(op, (), tuple(shape), attributes, name=self.name), self.batch)

    def unsupported(self, sources: Iterable[View], shape, reason: str) -> View:
        """Something that is an error only if it is needed."""
        node = Node("unsupported", tuple(v.node for v in sources), tuple(shape), {"reason": reason}, name=self.name)
        count = size(shape)
        if shape and shape[0] == self.batch:
            node.shape = tuple(shape[1:])
            return whole(node, self.batch)
        return View(node, np.arange(count).reshape(shape))

    def move(self, view: View, function: Callable[[np.ndarray], np.ndarray]) -> View:
        """function: the framework's operation on any array of whole numbers."""
        index = np.asarray(function(view.index))
        fill = None
        if view.fill is not None:
            # A rearrangement of numbers that tell the elements apart says where each came from.
            order = np.asarray(function(np.arange(view.index.size).reshape(view.index.shape))).astype(np.int64)
            fill = np.where(order < 0, 0.0, view.fill.reshape(-1)[np.maximum(order, 0)])
        return View(view.node, index.astype(np.int64, copy=False), fill)

    def example(self, view: View) -> tuple[np.ndarray, np.ndarray | None, Callable]:
        """One example's indices and constants, and how its result lies in the batch's tensor."""
        index, batch = view.index, self.batch
        stride = size(view.node.shape)

        def uniform(rows):
            steps = (np.arange(1, batch) * stride).reshape(-1, *[1] * (rows.ndim - 1))
            return np.array_equal(rows[1:], np.where(rows[0] < 0, rows[0], rows[0] + steps)) and (
                rows[0] < stride).all()

        arrangements = [axis for axis in range(index.ndim) if index.shape[axis] == batch]
        for axis in arrangements:
            rows = np.moveaxis(index, axis, 0)
            if uniform(rows):
                fill = None if view.fill is None else np.moveaxis(view.fill, axis, 0)
                return rows[0], self._same_fill(fill), lambda a, axis=axis: np.moveaxis(a, 0, axis)
        if index.ndim and index.shape[0] % batch == 0:
            split = (batch, index.shape[0] // batch, *index.shape[1:])
            rows = index.reshape(split)
            if uniform(rows):
                fill = None if view.fill is None else view.fill.reshape(split)
                return rows[0], self._same_fill(fill), lambda a: a.reshape(a.shape[0] * a.shape[1], *a.shape[2:])
        if view.node.op == "unsupported":
            raise ExportError(view.node.attributes["reason"])
        raise ExportError(f"{self.name or 'an operation'} mixes the examples of a batch, or takes the same noise for "
                          "all of them")

    def _same_fill(self, fill):
        if fill is None:
            return None
        if not np.array_equal(fill, np.broadcast_to(fill[:1], fill.shape)):
            raise ExportError(f"{self.name}: a constant differs between the examples of a batch")
        return fill[0]

    def node(self, view: View) -> Node:
        """The view as a node of one example."""
        indices, fill, _ = self.example(view)
        return gather_node(view.node, indices, fill, indices.shape, self.name)

    def batch_first(self, view: View) -> Node:
        """The view as a node, where its first axis has to be the batch's."""
        indices, fill, place = self.example(view)
        node = gather_node(view.node, indices, fill, indices.shape, self.name)
        probe = np.arange(self.batch * max(size(node.shape), 1)).reshape(self.batch, *node.shape)
        if place(probe).shape[0] != self.batch or not np.array_equal(place(probe), probe):
            raise ExportError(f"{self.name}: the examples do not lie along the first axis")
        return node

    def covers(self, view: View) -> bool:
        """Whether every element of the node is in the view."""
        seen = np.zeros(self.batch * max(size(view.node.shape), 1), bool)
        seen[view.index[view.index >= 0]] = True
        return bool(seen.all())

    # MARK: One operand

    def _through(self, view: View, make: Callable[[Node], Node], constant: Callable) -> View:
        """An operation that is the same for each element: on the node itself where all of it is in the view."""
        fill = None if view.fill is None else constant(view.fill)
        if view.node.op != "gather" and self.covers(view):
            return View(make(view.node), view.index, fill)
        indices, inner, place = self.example(view)
        node = make(gather_node(view.node, indices, inner, indices.shape, self.name))
        return View(node, place(np.arange(self.batch * size(node.shape)).reshape(self.batch, *node.shape)))

    def map(self, view: View, function: str, **parameters) -> View:
        """A function of each element."""
        return self._through(
            view, lambda n: Node("map", (n,), n.shape, {"function": function, **parameters}, name=self.name),
            lambda a: FUNCTIONS[function](a, parameters))

    def affine(self, view: View, scale, offset) -> View:
        """scale * view + offset, constants that are broadcast to the view's shape (or widen it)."""
        scale, offset = np.asarray(scale, np.float64), np.asarray(offset, np.float64)
        if scale.ndim == offset.ndim == 0 or scale.size == offset.size == 1 and max(
                scale.ndim, offset.ndim) <= view.index.ndim:
            scale, offset = scale.reshape(()), offset.reshape(())
            if scale == 1 and offset == 0:
                return view
            return self._through(
                view, lambda n: Node("affine", (n,), n.shape, arrays={"scale": scale, "offset": offset},
                                     name=self.name), lambda a: scale * a + offset)
        shape = np.broadcast_shapes(view.shape, scale.shape, offset.shape)
        view = self.move(view, lambda a: np.broadcast_to(a, shape))
        indices, fill, place = self.example(view)
        node = gather_node(view.node, indices, fill, indices.shape, self.name)
        scale, offset = (self.constant_of(a, shape, place, node.shape) for a in (scale, offset))
        made = Node("affine", (node,), node.shape, arrays={"scale": scale, "offset": offset}, name=self.name)
        return View(made, place(np.arange(self.batch * size(node.shape)).reshape(self.batch, *node.shape)))

    def constant_of(self, array, shape, place, inner) -> np.ndarray:
        """A constant of the batch's shape as one of an example."""
        array = np.broadcast_to(array, shape)
        rows = np.empty((self.batch, *inner))
        order = place(np.arange(rows.size).reshape(rows.shape))
        rows.reshape(-1)[order.reshape(-1)] = array.reshape(-1)
        if not np.array_equal(rows, np.broadcast_to(rows[:1], rows.shape)):
            raise ExportError(f"{self.name}: a constant differs between the examples of a batch: the model depends on "
                              "more than x. Give one value for all of them (one label, repeated)")
        return rows[0]

    def clamp(self, view: View, low: float | None, high: float | None) -> View:
        """Between two bounds; one inside another is one."""
        low, high = max(-FAR if low is None else float(low), -FAR), min(FAR if high is None else float(high), FAR)
        node = view.node
        if node.op == "map" and node.attributes["function"] == "hard-tanh" and self.covers(view) and view.fill is None:
            a, b = (float(np.clip(node.attributes[k], low, high)) for k in ("min", "max"))
            return View(Node("map", node.inputs, node.shape, node.attributes | {"min": a, "max": b}, name=self.name),
                        view.index)
        return self.map(view, "hard-tanh", min=low, max=high)

    # MARK: Several operands

    def constant(self, array, shape) -> View:
        """A constant as a view of no input, for what has no simpler form."""
        array = np.broadcast_to(np.asarray(array, np.float64), shape)
        return View(Node("constant", (), (), arrays={"value": np.float64(0)}), np.full(shape, -1), array)

    def common(self, views: list[View]) -> tuple[list[Node], Callable]:
        """Views of one shape as nodes of one shape."""
        if all(v.node.op == "constant" for v in views):
            raise ExportError(f"{self.name}: constants alone")
        varying = next(v for v in views if v.node.op != "constant")
        _, _, place = self.example(varying)
        nodes = []
        for view in views:
            if view.node.op == "constant":
                inner = self.node(varying).shape
                value = self.constant_of(view.fill, view.shape, place, inner)
                if value.size and (value == value.flat[0]).all():
                    value = value.reshape(-1)[0]
                nodes.append(Node("constant", (), inner, arrays={"value": value}))
                continue
            indices, fill, other = self.example(view)
            node = gather_node(view.node, indices, fill, indices.shape, self.name)
            probe = np.arange(self.batch * max(size(node.shape), 1)).reshape(self.batch, *node.shape)
            if not (place(probe).shape == other(probe).shape and np.array_equal(place(probe), other(probe))):
                raise ExportError(f"{self.name}: its operands have the examples along different axes, or one is the same for all examples "
                                  "(the same noise for the whole batch)")
            nodes.append(node)
        return nodes, place

    def combine(self, views: list[View], make: Callable[[list[Node]], Node]) -> View:
        """An elementwise operation of several views, broadcast to one shape."""
        shape = np.broadcast_shapes(*[v.shape for v in views])
        first = views[0]
        if (all(v.shape == shape and v.fill is None and v.node.shape == first.node.shape
                and v.node.op not in ("gather", "constant") and np.array_equal(v.index, first.index) for v in views)
                and self.covers(first)):
            return View(make([v.node for v in views]), first.index)
        moved = [View(v.node, np.broadcast_to(v.index, shape),
                      None if v.fill is None else np.broadcast_to(v.fill, shape)) for v in views]
        nodes, place = self.common(moved)
        made = make(nodes)
        return View(made, place(np.arange(self.batch * size(made.shape)).reshape(self.batch, *made.shape)))

    def binary(self, a: View, b: View, function: str) -> View:
        return self.combine([a, b], lambda n: Node("binary", tuple(n), n[0].shape, {"function": function},
                                                   name=self.name))

    def where(self, condition: View, a: View, b: View) -> View:
        return self.combine([condition, a, b], lambda n: Node("where", tuple(n), n[0].shape, name=self.name))

    def join(self, parts: list[View], axis: int, concatenate: Callable) -> View:
        """The framework's concatenation; concatenate(list of arrays of whole numbers)."""
        nodes = []
        for part in parts:
            if part.node.op != "constant" and not any(n is part.node for n in nodes):
                nodes.append(part.node)
        if len(nodes) == 1:
            index = concatenate([p.index for p in parts])
            fill = None
            if any(p.fill is not None for p in parts):
                fill = concatenate([np.zeros(p.shape) if p.fill is None else p.fill for p in parts])
            return View(nodes[0], np.asarray(index).astype(np.int64), fill)
        varying = [p for p in parts if p.node.op != "constant"]
        made = [self.node(p) for p in varying]
        base, start, replaced = [], 0, []
        stride = sum(size(n.shape) for n in made)
        for part, node in zip(varying, made):
            _, _, place = self.example(part)
            count = size(node.shape)
            index = np.arange(count) + start + stride * np.arange(self.batch)[:, None]
            replaced.append(place(index.reshape(self.batch, *node.shape)))
            base.append(node)
            start += count
        queue = iter(replaced)
        index = [p.index if p.node.op == "constant" else next(queue) for p in parts]
        fill = None
        if len(varying) < len(parts):
            fill = np.asarray(concatenate([p.fill if p.node.op == "constant" else np.zeros(p.shape) for p in parts]))
        node = Node("join", tuple(base), (stride,), name=self.name)
        return View(node, np.asarray(concatenate(index)).astype(np.int64), fill)

    # MARK: Layers of the format

    def layer(self, view: View, kind: str, shape, attributes=None, arrays=None) -> View:
        """A layer fed with the view, whose first axis is the batch's."""
        node = self.batch_first(view)
        return whole(Node(kind, (node,), tuple(shape), attributes or {}, arrays or {}, self.name), self.batch)

    def image_layer(self, view: View, kind: str, shape, attributes=None, arrays=None) -> View:
        """A layer of images, fed with [n, channels, height, width], of output shape (channels, height, width); the node
        has the axes in the order of the data format."""
        if self.data_format == "channels_first":
            return self.layer(view, kind, shape, attributes, arrays)
        last = self.move(view, lambda i: np.moveaxis(i, 1, 3))
        result = self.layer(last, kind, (*shape[1:], shape[0]), attributes, arrays)
        return self.move(result, lambda i: np.moveaxis(i, 3, 1))

    def reduce(self, view: View, function: str, axes: Iterable[int], keep: bool) -> View:
        """sum, mean, maximum or minimum over axes of the view that are not the batch's: of a node [groups, elements]
        over its last axis."""
        axes = sorted({a % view.index.ndim for a in axes})
        indices, fill, place = self.example(view)
        node = gather_node(view.node, indices, fill, indices.shape, self.name)
        count = size(node.shape)
        order = place(np.arange(self.batch * count).reshape(self.batch, *node.shape))
        kept = [i for i in range(order.ndim) if i not in axes]
        group = np.transpose(order, kept + axes).reshape(size([order.shape[i] for i in kept]), -1)
        example = group[:, 0] // count
        if (group // count != example[:, None]).any():
            raise ExportError(f"{self.name} reduces over the examples of a batch")
        one = group[example == 0]
        sorter = np.argsort(one[:, 0])
        at = sorter[np.searchsorted(one[:, 0], group[:, 0] % count, sorter=sorter)]
        if not np.array_equal(one[at] + count * example[:, None], group):
            raise ExportError(f"{self.name} reduces differently in different examples of a batch")
        made = Node("reduce", (gather_node(node, one, None, one.shape, self.name),), (len(one),),
                    {"function": function}, name=self.name)
        shape = [1 if i in axes else order.shape[i] for i in range(order.ndim)] if keep else [
            order.shape[i] for i in kept]
        return View(made, (at + len(one) * example).reshape(shape))

    def softmax(self, view: View, axis: int) -> View:
        """exp(a) / sum exp(a) along an axis of the view."""
        indices, fill, place = self.example(view)
        node = gather_node(view.node, indices, fill, indices.shape, self.name)
        along = [k for k in range(len(node.shape))
                 if self._axis_of(place, node.shape, k) == axis % view.index.ndim]
        if len(along) != 1:
            raise ExportError(f"{self.name} is a softmax over the examples of a batch")
        made = Node("softmax", (node,), node.shape, {"axis": along[0]}, name=self.name)
        return View(made, place(np.arange(self.batch * size(node.shape)).reshape(self.batch, *node.shape)))

    def _axis_of(self, place, shape, k) -> int | None:
        """The axis of the batch's tensor along which an example's axis k lies."""
        probe = np.broadcast_to(np.arange(shape[k]).reshape([-1 if i == k else 1 for i in range(len(shape))]),
                                (self.batch, *shape))
        placed = place(probe)
        for axis in range(placed.ndim):
            wanted = np.arange(placed.shape[axis]).reshape([-1 if i == axis else 1 for i in range(placed.ndim)])
            if placed.shape[axis] == shape[k] and np.array_equal(placed, np.broadcast_to(wanted, placed.shape)):
                return axis
        return None
