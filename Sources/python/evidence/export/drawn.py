"""What a model's own code draws: z = location + scale * noise, beside what its encoder returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Hashable, Sequence

import numpy as np

from .densities import log_scale
from .distributions import PARAMETERS, SCALES, Conditional
from .errors import ExportError
from .graph import BATCH, Node, View, leaves
from .layers import size
from .naming import Sources, as_rows
from .noise import Latent, find_latent, plainest, substitute
from .outputs import Leaf
from .simplify import simplified
from .trace import Trace, out_of_batch
from .values import bounds

# z is linear in the noise: a large one shows the scale without the location's rounding, down to 1e-12 of the location.
FAR = 2.0**40


def depends(node: Node, noises: Sequence[Node]) -> bool:
    return any(n in noises for n in leaves(node))


def without_noise(found: Trace) -> list[Leaf]:
    """The outputs that are not drawn."""
    noises = [v.node for v in found.noises]
    return [leaf for leaf in found.outputs if not (isinstance(leaf.value, View) and depends(leaf.value.node, noises))]


def used_noises(found: Trace) -> list[Node]:
    """The normal noises that an output depends on."""
    ends = [leaf.value.node for leaf in found.outputs if isinstance(leaf.value, View)]
    reached = {n for end in ends for n in leaves(end)}
    return [v.node for v in found.noises if v.node in reached and v.node.attributes["kind"] == "normal"]


def latent_parameters(latent: Latent, replaced: dict[Node, Node]) -> tuple[str, dict[str, Node], dict[str, Any]]:
    """(distribution, stacks' nodes, constants) of q(z | ...), by the code's own location and scale."""
    nodes, constants = {}, {}
    shape = latent.node.shape
    location = np.zeros(shape) if latent.location is None else latent.location
    if isinstance(location, Node):
        nodes["mean"] = location
    else:
        constants["mean"] = np.broadcast_to(location, shape)
    if latent.matrix:
        return "full-normal", dict(zip(["mean", "scale_tril"], substitute(
            [nodes["mean"], latent.scale], replaced))), constants
    scale = latent.scale
    if isinstance(scale, Node):
        scale = simplified([scale])[0]
        if bounds(scale)[0] < 0:
            scale = Node("map", (scale,), scale.shape, {"function": "abs"}, name=scale.name)
        name, scale = plainest("scale", scale, PARAMETERS["normal"][1])
        nodes[name] = scale
    else:
        constants["scale"] = np.abs(scale) if np.size(scale) == 1 else np.abs(np.broadcast_to(scale, shape))
    return "normal", dict(zip(nodes, substitute(list(nodes.values()), replaced))), constants


def key_of(found: Trace, node: Node) -> Hashable | None:
    """The framework's tensor that is a node, among all that it computes."""
    return next((k for k, v in found.nodes.items() if isinstance(v, View) and v.node is node and found.builder.covers(v)),
                None)


@dataclass
class Drawn:
    """A sample of z that the model's code draws."""

    latent: Latent
    found: Trace
    key: Hashable               # of z, or of a rearrangement of it, among the framework's tensors
    view: View
    words: str = "the network's own sampling code"

    @classmethod
    def among_outputs(cls, where: str, item: Conditional, found: Trace) -> "Drawn | None":
        """An encoder's own sample among what it returns."""
        noises = [v.node for v in found.noises]
        if item.distribution != "normal":
            return None
        for leaf, key in zip(found.outputs, found.results):
            used = [n for n in noises if isinstance(leaf.value, View) and n in leaves(leaf.value.node)]
            if len(used) != 1:
                continue
            try:
                node = found.builder.node(leaf.value)
                latent = find_latent(where, used[0], [node])
            except ExportError:
                continue
            if node is latent.node or size(leaf.value.shape[1:]) == size(latent.node.shape):
                return cls(latent, found, key, leaf.value)
        return None

    @classmethod
    def on_the_way(cls, words: str, found: Trace) -> "Drawn | None":
        """The only sample that a function draws on the way to what it returns."""
        noises = used_noises(found)
        ends = [leaf.value.node for leaf in found.outputs if isinstance(leaf.value, View)]
        if len(noises) != 1:
            return None
        try:
            latent = find_latent(words, noises[0], ends)
        except ExportError:
            return None
        key = key_of(found, latent.node)
        return None if key is None or latent.matrix else cls(latent, found, key, found.nodes[key], words)

    def parameters(self, mapping: dict[Node, Node]):
        return latent_parameters(self.latent, mapping)

    def values(self, arrays: list[np.ndarray], noise: Any) -> tuple[np.ndarray, dict]:
        """z, and all that the framework computes, at given noise."""
        rows = np.broadcast_to(noise, (BATCH, size(self.latent.noise.shape)))
        values = self.found.run(arrays, {self.latent.noise.attributes["number"]: rows})
        return out_of_batch(self.view, values[self.key], BATCH), values

    def measure(self, arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Mean and scale by the framework: z where the noise is 0, and what noise adds."""
        still, moved = (self.values(arrays, noise)[0] for noise in (0.0, FAR))
        return {"mean": still, "scale": np.abs(moved - still) / FAR}

    def agree(self, where: str, stated: dict, read: dict) -> None:
        """Whether what the caller says of the outputs is what the code samples."""
        given = {"mean": stated.get("mean")}
        if any(k in stated for k in SCALES):
            given["scale"] = np.exp(log_scale(stated))
        for name, value in given.items():
            if value is None:
                continue
            wrong = np.abs(value - read[name]) > 1e-3 * np.abs(read[name]) + 1e-4 * np.abs(read["scale"]) + 1e-6
            if wrong.any():
                at = np.unravel_index(np.argmax(wrong), wrong.shape)
                raise ExportError(
                    f"{where}: {self.words} draws with a {name} of {read[name][at]:.4g} where the outputs, as they are said "
                    f"to be, give {np.broadcast_to(value, wrong.shape)[at]:.4g}. Leave encoder_outputs= out: the code says "
                    "it. Or, where that code is not what the model was trained by, hand over "
                    "encoder=Conditional(encode, outputs=(...)), which is taken at its word")


class Measured:
    """A network's parameters by the framework's own code: rows of its inputs -> {parameter: rows}."""

    def __init__(self, where: str, item: Conditional, found: Trace, sources: Sources | None, drawn: Drawn | None, shape):
        self.where, self.item, self.found = where, item, found
        self.sources, self.drawn, self.shape = sources, drawn, shape

    def __call__(self, arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
        stated = {}
        if self.sources is not None:
            values = self.found.code(arrays, {}) if self.found.code else self.found.outputs_at(self.found.run(arrays, {}))
            tensors = dict(zip(map(id, self.found.outputs), values))
            stated = as_rows(self.item, self.sources, tensors, self.found.builder, self.shape)
        if self.drawn is None:
            return stated
        read = self.drawn.measure(arrays)
        if stated:
            self.drawn.agree(self.where, stated, read)
            return stated
        return read
