"""A model as it is: its own sampling code says what the latents are."""

from __future__ import annotations

from typing import Callable, Sequence

import numpy as np

from .assemble import Reading, check_sizes, one_root
from .distributions import PARAMETERS, Conditional
from .drawn import FAR, depends, key_of, latent_parameters, used_noises
from .errors import ExportError
from .graph import BATCH, Node, View, ancestors, leaves
from .layers import size
from .naming import Sources, as_nodes, as_rows, numbers, resolve
from .noise import Forms, Latent, find_latent, substitute
from .outputs import Leaf
from .trace import Noise, Trace, out_of_batch
from .unsaid import ask_for_the_rest
from .verify import Sampled

def read_whole(where: str, found: Trace, telling, prior, flow, options, x, name: str, density: Callable):
    """(encoders, decoders, framework, notes) of a model whose code draws z itself."""
    noises = used_noises(found)
    if not noises:
        failed = next((leaf.value.node.attributes["reason"] for leaf in found.outputs
                       if isinstance(leaf.value, View) and leaf.value.node.op == "unsupported"), None)
        other = next((n for leaf in found.outputs if isinstance(leaf.value, View) for n in leaves(leaf.value.node)
                      if n.op == "noise"), None)
        if other is not None:
            raise ExportError(f"{where}: draws from {other.attributes['kind']}, where the latents have normal noise: the model "
                              "format has normal, full-normal and laplace posteriors. Give encoder= and decoder= apart, with "
                              "latent='laplace' where that is what is drawn")
        raise ExportError(failed or (
            f"{where}: draws no noise on the way to what it returns, also in training mode: its code does not say what the "
            "latents are. Give the encoder and the decoder apart, (path, vae.encode, vae.decode, example), and say what the "
            "encoder returns with encoder_outputs=(\"mean\", \"log_variance\")"))
    ask_for_the_rest(telling, prior, flow)
    item = Conditional(None, options["likelihood"] or "bernoulli", options["outputs"], options["split"],
                       constants=options["constants"], bins=options["bins"], class_axis=options["class_axis"])
    item.stated_distribution = options["likelihood"] is not None
    shape = tuple(x.shape[1:])
    chosen = reconstructions(where, item, found, noises, shape)
    sources = resolve("decoder/1", item, chosen, found.builder.node, "decoder_outputs", shape)
    raw = [found.builder.node(s.leaf.value) for s in sources.values() if isinstance(s.leaf.value, View)]
    latents, replaced = cut(where, noises, raw)
    below = lambda view: substitute([found.builder.node(view)], replaced)[0]
    nodes, constants = as_nodes("decoder/1", item, sources, below, shape, BATCH, {})
    if len(latents) > 1 and prior is None:
        raise ExportError(
            f"{where}: draws {len(latents)} latents, and p(z_1 | z_2) is not in what it returns. If all are standard normal "
            'a priori, say prior="standard-normal"; else give encoders and decoders as lists of Conditional')
    ask_about_other_noise(where, noises, latents, found, prior)
    encoders = [encoder_reading(l, latent, latents, replaced, found) for l, latent in enumerate(latents, 1)]
    decoders = [decoder_reading(item, nodes, constants, latents, replaced, shape)]
    for l, latent in enumerate(latents[:-1], 2):
        decoders.append(Reading(f"decoder/{l}", "normal", [l], [l], Node("input", (), ()), {}, {
            "mean": np.zeros(1), "scale": np.ones(1)}, latent.node.shape))
    framework = Whole(name, found, latents, item, sources, shape, len(decoders), density)
    notes = [f"read from the sampling code of {where}: {len(latents)} stochastic layer{'s' * (len(latents) > 1)} of "
             f"{', '.join(str(size(latent.node.shape)) for latent in latents)}; decoder/1 is {item.distribution} "
             f"({', '.join([*nodes, *constants])})"]
    if options["likelihood"] is None and item.distribution == "bernoulli":
        notes[0] += ", as where no likelihood= is said"
    return encoders, decoders, framework, notes


def reconstructions(where: str, item: Conditional, found: Trace, noises: list[Node], shape) -> list[Leaf]:
    """The outputs that are p(x|z)'s parameters: those that depend on z, are not z, and have the input's size."""
    if item.outputs is not None:
        return found.outputs
    ends = [leaf.value.node for leaf in found.outputs if isinstance(leaf.value, View)]
    forms = [Forms(n, ends) for n in noises]
    drawn = [leaf for leaf in found.outputs if isinstance(leaf.value, View) and depends(leaf.value.node, noises)
             and leaf.value.node.op != "unsupported" and not any(leaf.value.node in f.forms for f in forms)]
    marked = [leaf for leaf in drawn if leaf.distribution is not None]
    if marked:
        prefix = {leaf.path[:-1] for leaf in marked}
        return [leaf for leaf in found.outputs if leaf.path[:-1] in prefix and leaf.distribution is not None]
    count = size(shape)
    fits = []
    for leaf in drawn:
        try:
            node = found.builder.node(leaf.value)
        except ExportError:
            continue
        whole = size(node.shape)
        if whole == count or item.distribution == "categorical" and whole % count == 0 or whole == 2 * count:
            fits.append(leaf)
    exact = [leaf for leaf in fits if size(leaf.value.shape) == count * BATCH]
    fits = exact or fits
    if not fits:
        failed = next((leaf.value.node.attributes["reason"] for leaf in found.outputs
                       if isinstance(leaf.value, View) and leaf.value.node.op == "unsupported"), None)
        if failed is not None:
            raise ExportError(failed)
        returned = ", ".join(f"{leaf.words} {tuple(leaf.value.shape)[1:]}" for leaf in found.outputs)
        several = any(size(leaf.value.shape) % (count * BATCH) == 0 for leaf in drawn)
        raise ExportError(f"{where}: none of what it returns is a reconstruction of the input's size {tuple(shape)} that "
                          f"depends on z: it returns {returned}" + (
                              ". If these are several samples of an example, set their number to 1 for the export"
                              if several else ""))
    fits = plain_ones(fits)
    named = len(fits) > 1 and len(PARAMETERS[item.distribution]) > 1
    if len(fits) > 1 and not named:
        raise ExportError(f"{where}: several of its outputs could be the reconstruction: "
                          f"{', '.join(leaf.words for leaf in fits)}. Say which: decoder_outputs={{\"logits\": name or "
                          'position}; a mean and a scale: likelihood="normal", decoder_outputs={"mean": ..., "scale": ...}')
    return fits


def plain_ones(fits: list[Leaf]) -> list[Leaf]:
    """One of outputs that are the same, or of logits and their probabilities."""
    out: list[Leaf] = []
    for leaf in fits:
        node = leaf.value.node
        same = next((k for k, other in enumerate(out) if np.array_equal(other.value.index, leaf.value.index) and (
            other.value.node is node or is_function_of(other.value.node, node)
            or is_function_of(node, other.value.node))), None)
        if same is None:
            out.append(leaf)
        elif is_function_of(out[same].value.node, node):
            out[same] = leaf
    return out


def is_function_of(a: Node, b: Node) -> bool:
    """Whether a is the sigmoid of b."""
    return a.op == "map" and a.attributes["function"] == "sigmoid" and a.inputs[0] is b


def cut(where: str, noises: list[Node], outputs: list[Node]) -> tuple[list[Latent], dict[Node, Node]]:
    """The latents in the order in which they are drawn, and what stands for each in the graph below it."""
    order = [n for n in ancestors(outputs) if n in noises]
    order.sort(key=lambda n: n.attributes["number"])
    latents: list[Latent] = []
    replaced: dict[Node, Node] = {}
    for noise in order:
        current = substitute(outputs, replaced)
        for latent in latents:
            terms = [t for t in (latent.location, latent.scale) if isinstance(t, Node)]
            if noise in {n for t in terms for n in leaves(t)}:
                raise ExportError(f"{where}: a latent that is drawn first depends on one that is drawn after it")
        if not any(noise in leaves(end) for end in current):
            continue
        latent = find_latent(where, noise, current)
        latents.append(latent)
        replaced[latent.node] = Node("input", (), latent.node.shape, {"latent": len(latents)}, name=f"z_{len(latents)}")
    if not latents:
        raise ExportError(f"{where}: the reconstruction depends on no noise")
    return latents, replaced


def ask_about_other_noise(where: str, noises: list[Node], latents: list[Latent], found: Trace, prior) -> None:
    """Noise that the reconstruction does not depend on may be an upper latent, whose p(z_1 | z_2) would be lost."""
    others = [n for n in noises if n not in [latent.noise for latent in latents]]
    if not others or prior is not None:
        return
    shown = ", ".join(leaf.words for leaf in found.outputs if isinstance(leaf.value, View) and depends(leaf.value.node, others))
    raise ExportError(
        f"{where}: draws noise that the reconstruction does not depend on, but outputs {shown} do. If it makes a latent above "
        "z_1, give encoders and decoders as lists of Conditional, p(z_1 | z_2) among them; if it makes none, and p(z) is the "
        'standard normal, say prior="standard-normal"')


def variables_of(nodes: Sequence[Node], replaced: dict[Node, Node]) -> list[int]:
    """The variables that nodes depend on: 0 is x."""
    numbers_of = {n: n.attributes.get("latent", 0) for node in nodes for n in leaves(node)}
    return sorted(set(numbers_of.values()))


def encoder_reading(l: int, latent: Latent, latents, replaced, found: Trace) -> Reading:
    where = f"encoder/{l}"
    distribution, nodes, constants = latent_parameters(latent, {})
    given = variables_of(list(nodes.values()), replaced) or [0]
    stand_ins = {0: found.inputs[0].node} | {k: replaced[o.node] for k, o in enumerate(latents, 1)}
    root, mapping = one_root([stand_ins[v] for v in given], given)
    nodes = dict(zip(nodes, substitute(list(nodes.values()), mapping)))
    check_sizes(where, distribution, nodes, constants, latent.node.shape)
    return Reading(where, distribution, given, [l - 1], root, nodes, constants, latent.node.shape)


def decoder_reading(item, nodes, constants, latents, replaced, shape) -> Reading:
    given = variables_of(list(nodes.values()), replaced)
    if 0 in given:
        raise ExportError(
            "decoder/1: the reconstruction depends on x by a way that does not go through z (a skip connection, or a "
            "condition that is computed from x): that is no p(x|z)")
    root, mapping = one_root([replaced[latents[v - 1].node] for v in given], given)
    nodes = dict(zip(nodes, substitute(list(nodes.values()), mapping)))
    check_sizes("decoder/1", item.distribution, nodes, constants, shape)
    return Reading("decoder/1", item.distribution, given, [1], root, nodes, constants, shape, item.bins)


class Whole:
    """A model with its own sampling code: z, its location and its scale are what the code makes of given noise."""

    def __init__(self, name: str, found: Trace, latents: list[Latent], item, sources: Sources, shape, levels: int,
                 density: Callable):
        self.name, self.found, self.latents, self.density = name, found, latents, density
        self.item, self.sources, self.shape, self.levels = item, sources, shape, levels
        self.drawn = []
        for latent in latents:
            key = key_of(found, latent.node)
            if key is None:
                raise ExportError("z is no tensor of the model's code")
            self.drawn.append(key)

    def by_number(self, noise: list[np.ndarray]) -> Noise:
        return {latent.noise.attributes["number"]: e for latent, e in zip(self.latents, noise)}

    def run(self, x, noise: list[np.ndarray]) -> tuple[list[np.ndarray], dict]:
        values = self.found.run([x], self.by_number(noise))
        return [out_of_batch(self.found.nodes[key], values[key], BATCH) for key in self.drawn], values

    def sample(self, x: np.ndarray, noise: list[np.ndarray]) -> Sampled:
        z, values = self.run(x, noise)
        locations, scales = [], []
        for k, e in enumerate(noise):       # with what is drawn before it as it is
            at = lambda value: self.run(x, [np.broadcast_to(value, e.shape) if j == k else v
                                            for j, v in enumerate(noise)])[0][k]
            locations.append(at(0.0))
            if self.latents[k].matrix:
                scales.append(np.stack([(at(FAR * row) - locations[k]) / FAR for row in np.eye(e.shape[1])], 2))
            else:
                scales.append((at(FAR) - locations[k]) / FAR)
        outputs = self.found.outputs_at(values)
        self.compare_with_code(x, noise, outputs)
        tensors = dict(zip(map(id, self.found.outputs), outputs))
        decoder = as_rows(self.item, self.sources, tensors, self.found.builder, self.shape)
        for name, value in self.item.constants.items():
            decoder.setdefault(name, np.broadcast_to(numbers(value).reshape(-1), (BATCH, max(np.size(value), 1))))
        others = [{"mean": np.zeros((BATCH, z[l - 1].shape[1])), "scale": np.ones((BATCH, z[l - 1].shape[1]))}
                  for l in range(1, self.levels)]
        self.check_copies(locations, scales)
        encoders = [{"mean": m} | ({} if s.ndim == 3 else {"scale": np.abs(s)}) for m, s in zip(locations, scales)]
        return Sampled(z, locations, scales, encoders, [decoder, *others])

    def check_copies(self, locations: list[np.ndarray], scales: list[np.ndarray]) -> None:
        """An importance-weighted bound's several samples of one z: they are no further latents."""
        for latent, location, scale in zip(self.latents, locations, scales):
            shape = latent.node.shape
            for axis in range(len(shape) if len(shape) > 1 and scale.ndim == 2 else 0):
                both = np.moveaxis(np.stack([location, scale]).reshape(2, BATCH, *shape), 2 + axis, 2)
                if shape[axis] > 1 and np.allclose(both, both[:, :, :1], rtol=1e-4, atol=1e-6) and both[0].std(0).min() > 0:
                    raise ExportError(
                        f"draws {shape[axis]} samples of the same z for each example, as an importance-weighted bound does: "
                        "set the number of samples to 1 for the export (Evidence draws as many as it is asked to)")

    def compare_with_code(self, x, noise, outputs: list[np.ndarray]) -> None:
        """The framework's graph against the model's own code, run eagerly on the same noise."""
        given = self.by_number(noise)
        if self.found.code is None or any(k not in given for k in range(len(self.found.noises))):
            return
        for leaf, theirs, ours in zip(self.found.outputs, self.found.code([x], given), outputs):
            if theirs.shape != ours.shape or not np.allclose(theirs, ours, rtol=1e-3, atol=1e-4 * max(
                    1.0, float(np.abs(theirs).max(initial=0)))):
                raise ExportError(f"{leaf.words}: the model's own code gives something else than the graph that the "
                                  "framework makes of it. Nothing was written")

    def log_density(self, distribution, parameters, x, bins):
        return self.density(distribution, parameters, x, bins)
