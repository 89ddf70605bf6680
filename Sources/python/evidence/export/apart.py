"""Encoders and decoders that are given apart, for every framework."""

from __future__ import annotations

from typing import Any, Callable, Iterable

import numpy as np

from .arithmetic import numpy
from .assemble import Reading, check_sizes, conditionals, encoder_order, one_root
from .distributions import Conditional
from .drawn import Drawn, Measured, without_noise
from .errors import ExportError
from .graph import BATCH, View
from .layers import size
from .lowering import lower
from .naming import as_nodes, resolve
from .own_code import Sampler, own_sample
from .stacks import Stacks
from .trace import Trace
from .verify import Stated

# where, function, shapes of the variables it is fed with (None: x itself), all the variables' shapes -> its trace
Tracer = Callable[[str, Any, list[int], dict[int, tuple]], Trace]


def prepared(encoder, decoder, heads, encoder_outputs, flow, options) -> tuple[list[Conditional], list[Conditional]]:
    """The caller's arguments as lists of Conditional."""
    several = lambda v: list(v) if isinstance(v, (list, tuple)) else [v]
    likelihood = options["likelihood"] or "bernoulli"
    first_given = several(decoder)[0]
    encoders = conditionals("encoder", several(encoder), heads, lambda l: options["latent"])
    decoders = conditionals("decoder", several(decoder), None, lambda l: likelihood if l == 1 else options["latent"])
    if len(encoders) != len(decoders):
        raise ExportError(f"{len(encoders)} encoders and {len(decoders)} decoders: one of each for every "
                          "stochastic layer")
    for item, network in zip(encoders, several(encoder)):
        item.at_its_word = isinstance(network, Conditional)
        if item.heads and item.outputs is None:
            item.outputs = {name: name for name in item.heads}
        item.outputs = encoder_outputs if encoder_outputs is not None else item.outputs
        item.split = options["split"] if options["split"] != "halves" else item.split
        item.flow = flow if flow is not None else item.flow
    first = decoders[0]
    first.stated_distribution = options["likelihood"] is not None or isinstance(first_given, Conditional) and (
        first_given.distribution is not None)
    first.outputs = options["outputs"] if options["outputs"] is not None else first.outputs
    first.constants |= options["constants"]
    first.bins = options["bins"] or first.bins
    first.class_axis = options["class_axis"] if options["class_axis"] is not None else first.class_axis
    first.split = options["split"] if options["split"] != "halves" else first.split
    for item in [*encoders, *decoders]:
        item.constants = {k: numpy(v) for k, v in item.constants.items()}
    return encoders, decoders


def called(item: Conditional) -> Callable:
    """The conditional's network, and its heads, as one function."""
    if not item.heads:
        return item.network
    network, heads = item.network, dict(item.heads)

    def with_heads(*inputs):
        h = network(*inputs) if network is not None else inputs[0]
        return {name: head(h) for name, head in heads.items()}
    return with_heads


def read_apart(encoders: list[Conditional], decoders: list[Conditional], input_shape, likelihood, trace: Tracer,
               name: str, density: Callable, flow: Callable, samplers: Callable[[Callable], Iterable[Sampler]],
               covariates=()):
    """(encoders, decoders, framework, notes) of networks that are given apart. samplers: what of the code that the only
    encoder belongs to samples."""
    shapes: dict[int, tuple] = {0: tuple(input_shape)}
    made: dict[str, list[Any]] = {"encoder": [None] * len(encoders), "decoder": []}
    notes: list[str] = []
    order = encoder_order(encoders)
    known: dict[tuple, Trace] = {}

    def traced(where: str, function: Any, given: list[int], of: dict[int, tuple]) -> Trace:
        key = (where, *(of[v] for v in given))
        if key not in known:
            known[key] = trace(where, function, given, of)
        return known[key]

    def sample_of(found: Trace) -> Drawn | None:
        """By the code that the only encoder belongs to."""
        item, below = encoders[0], decoders[0]
        if len(encoders) > 1 or item.at_its_word or item.distribution != "normal" or item.given or item.constants:
            return None
        reached = lambda shape: traced("decoder/1", called(below), [1], {1: shape})
        return own_sample(found, samplers(called(item)), None if item.flow else reached)

    for l in order:
        reading = read_conditional(f"encoder/{l}", encoders[l - 1], [l - 1], shapes, None, traced, sample_of)
        if reading.drawn is not None and l == 1:
            notes.append(f"q(z|x) is what {reading.drawn.words} draws")
        made["encoder"][l - 1] = reading
        shapes[l] = reading.shape
    for l, item in enumerate(decoders, 1):
        reading = read_conditional(f"decoder/{l}", item, [l], shapes, shapes[l - 1], traced)
        made["decoder"].append(reading)
        if l == 1 and likelihood is None and item.distribution == "bernoulli":
            notes.append(f"decoder/1 is bernoulli ({', '.join(reading.parameters)}), as where no likelihood= is said")
    framework = Stated(name, made["encoder"], made["decoder"], order, density, flow)
    framework.known = {-i: c.rows for i, c in enumerate(covariates, 1)}
    return made["encoder"], made["decoder"], framework, notes


def read_conditional(where: str, item: Conditional, default: list[int], shapes, variable_shape, trace: Tracer,
                     sample_of: Callable[[Trace], Drawn | None] = lambda found: None) -> Reading:
    """A network's graph, with its parameters named."""
    given = list(item.given or default)
    unknown = [v for v in given if v not in shapes]
    if unknown:
        raise ExportError(f"{where}: given names variables that do not exist: {unknown}")
    if item.network is None and not item.heads:
        return Reading(where, item.distribution, given, default, one_root([], [1])[0], {}, dict(item.constants),
                       variable_shape, item.bins)
    found = trace(where, called(item), given, shapes)
    argument = ("encoder_outputs" if where.startswith("encoder") else
                "decoder_outputs" if where == "decoder/1" else "outputs")
    node_of = found.builder.node
    # What a network takes beside variables are covariates.
    given += [-i for i in range(1, len(found.inputs) - len(given) + 1)]
    root, mapping = one_root([v.node for v in found.inputs], given)
    drawn = Drawn.among_outputs(where, item, found) if where.startswith("encoder") else None
    drawn = drawn or sample_of(found)
    if drawn is not None and item.outputs is None:
        shape = drawn.latent.node.shape
        root, mapping = one_root([v.node for v in drawn.found.inputs], given)
        item.distribution, nodes, constants = drawn.parameters(mapping)
        sources = None
    else:
        leaves = found.outputs if item.outputs is not None else without_noise(found)
        sources = resolve(where, item, leaves, node_of, argument, variable_shape or (1,))
        shape = variable_shape
        if shape is None:
            shape = shape_of_mean(where, item, sources, node_of, argument)
        nodes, constants = as_nodes(where, item, sources, node_of, shape, BATCH, mapping)
    check_sizes(where, item.distribution, nodes, constants, shape)
    reading = Reading(where, item.distribution, given, default, root, nodes, constants, tuple(shape), item.bins)
    reading.flow, reading.flow_reference = read_flow(where, item, shape, trace)
    reading.reference, reading.drawn = Measured(where, item, found, sources, drawn, shape), drawn
    return reading


def shape_of_mean(where, item: Conditional, sources, node_of, argument) -> tuple:
    """The shape of the latents that an encoder's outputs are for."""
    if "mean" not in sources:
        if "mean" in item.constants:
            return np.shape(item.constants["mean"])
        raise ExportError(f"{where}: a {item.distribution} distribution takes exactly one of mean; found "
                          f"{', '.join(sources)}. Name the outputs with {argument}=")
    source = sources["mean"]
    if source.indices is not None:
        return (len(source.indices),)
    return node_of(source.leaf.value).shape if isinstance(source.leaf.value, View) else tuple(source.leaf.value.shape[1:])


def read_flow(where: str, item: Conditional, shape, trace: Tracer) -> tuple[list[dict], list[dict]]:
    """The steps with stacks for networks, and with the networks."""
    steps, references = [], []
    for k, step in enumerate(item.flow or ()):
        if step.get("flow") not in ("planar", "affine-coupling", "inverse-autoregressive"):
            raise ExportError(f"{where}/flow/{k}: there is no flow {step.get('flow')!r}; there are planar, affine-coupling "
                              "and inverse-autoregressive")
        out, network = {"flow": step["flow"]}, {"flow": step["flow"]}
        for key, value in step.items():
            if key == "flow":
                continue
            if not callable(value) or hasattr(value, "detach") or hasattr(value, "dtype"):
                out[key] = network[key] = numpy(value).astype(np.float64)
                continue
            found = trace(f"{where}/flow/{k}/{key}", value, [1], {1: (size(shape),)})
            node = found.builder.node(found.outputs[0].value)
            graph = Stacks(found.inputs[0].node, [node], found.builder.data_format)
            out[key] = lower(graph.layers(node, graph.root), found.builder.data_format)
            network[key] = value
        steps.append(out)
        references.append(network)
    return steps, references
