"""An encoder that is given apart, and the code of the module that it belongs to: what that samples from its outputs."""

from __future__ import annotations

import re
from typing import Callable, Iterable, Iterator

import numpy as np

from .drawn import Drawn
from .errors import ExportError
from .graph import BATCH, Node, View, ancestors
from .layers import size
from .trace import Trace

# Methods and parts of a module that are named like what samples.
SAMPLES = re.compile(r"re_?param|rsample|sampling|sample_?(z|latent|gauss|normal)|draw|^_?sampler?$")
Sampler = tuple[str, Trace, bool]       # words, the graph of a function that samples, whether it also decodes


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two tensors have the same numbers in the same order."""
    a, b = a.reshape(-1), b.reshape(-1)
    return a.size == b.size and np.allclose(a, b, rtol=1e-4, atol=1e-5 * max(1e-3, float(np.abs(a).max(initial=0))))


class Tensors:
    """All that a function computes from its input and its noise, to look a tensor up by its numbers."""

    def __init__(self, found: Trace, values: dict):
        self.by_size: dict[int, list[np.ndarray]] = {}
        for key, value in values.items():
            if isinstance(found.nodes.get(key), View):
                self.by_size.setdefault(np.size(value), []).append(np.asarray(value, np.float64))

    def __iter__(self) -> Iterator[np.ndarray]:
        return (value for values in self.by_size.values() for value in values)

    def has(self, value: np.ndarray) -> bool:
        return any(same(value, other) for other in self.by_size.get(value.size, ()))


def own_sample(found: Trace, samplers: Iterable[Sampler], decoder: Callable[[tuple], Trace] | None) -> Drawn | None:
    """z as the module's own code draws it from what the encoder returns and hands it to the decoder.

    found: the encoder's graph; decoder: latents' shape -> the decoder's graph, or None where a flow is in between. A
    sampler counts where every output of the encoder is computed in it, and where the decoder at its z computes something
    that it computes, too.
    """
    random = np.random.default_rng(5)
    arrays = [random.uniform(size=(BATCH, *v.node.shape)) for v in found.inputs]
    outputs = found.outputs_at(found.run(arrays, {}))
    given = [np.asarray(a, np.float64) for leaf, a in zip(found.outputs, outputs) if isinstance(leaf.value, View)]
    for words, trace, decodes in samplers:
        drawn = Drawn.on_the_way(words, trace)
        if drawn is None:
            continue
        z, values = drawn.values(arrays, random.standard_normal((BATCH, size(drawn.latent.noise.shape))))
        tensors = Tensors(trace, values)
        if not given or not all(tensors.has(a) for a in given):
            continue
        if not decodes or decoder is None:
            return drawn
        try:
            below = decoder(drawn.latent.node.shape)
        except ExportError:     # not fed with such a z
            continue
        if fed_with(z, below, tensors):
            return drawn
        if weights_after(drawn.latent.node, trace) & weights_after(below.inputs[0].node, below):
            raise ExportError(
                f"{words} hands its decoder something else than the z that it draws: what lies between is a flow, or belongs "
                "to p(x|z). Give the module whole, export_torch(\"model.h5\", vae, example), where it is no flow; or "
                "decoder=lambda z: vae.decode(vae.between(z)); a flow is said by flow=[...]")
    return None


def fed_with(z: np.ndarray, decoder: Trace, tensors: Tensors) -> bool:
    """Whether the decoder, fed with z, computes a tensor of these: z itself, rearranged, says nothing."""
    order = np.sort(z, axis=None)
    values = decoder.run([z.reshape(BATCH, *decoder.inputs[0].node.shape)], {})
    for value in Tensors(decoder, values):
        moved = value.size % z.size == 0 and np.isin(np.round(value, 5), np.round(order, 5)).all()
        if value.size >= BATCH and not moved and value.std() > 0 and tensors.has(value):
            return True
    return False


def weights_after(start: Node, found: Trace) -> set[bytes]:
    """The weights by which anything that depends on a node is multiplied."""
    reached, weights = {start}, set()
    for node in ancestors([leaf.value.node for leaf in found.outputs if isinstance(leaf.value, View)]):
        if any(n in reached for n in node.inputs):
            reached.add(node)
            weights |= {node.arrays[name].tobytes() for name in ("weight", "kernel") if name in node.arrays}
    return weights
