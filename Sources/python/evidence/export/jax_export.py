"""export_jax."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from .apart import prepared, read_apart
from .arithmetic import numpy
from .assemble import Reading, finished
from .densities import flow_forward, log_density
from .described import Described, is_description
from .distributions import Conditional
from .errors import ExportError
from .graph import BATCH
from .jax_graph import Exported, layout
from .jax_owners import itself, owners, samplers
from .layers import size
from .prior import check_prior, plain_prior
from .stored import StoredModel
from .trace import Trace
from .unsaid import ask_for_the_rest, telling_names
from .verify import Verified, finish
from .whole import read_whole


def export_jax(path: str | os.PathLike, encoder: Any, decoder: Any = None, params: Any = None, input_shape: Any = None, *,
               example: Any = None, likelihood: str | None = None, latent: str = "normal", encoder_outputs: Any = None,
               decoder_outputs: Any = None, split: str | None = None, scale: Any = None, log_scale: Any = None,
               log_variance: Any = None, variance: Any = None, class_axis: int | None = None, bins: int | None = None,
               prior: Mapping[str, Any] | str | None = None, flow: Sequence[Mapping[str, Any]] | None = None,
               batch_stats: Any = None, encoder_apply: Any = None, decoder_apply: Any = None,
               divide_by: float | None = None, binarize: str | None = None, dequantize: bool | None = None,
               name: str | None = None, description: str | None = None, source: str | None = None,
               license: str | None = None, data_format: str | None = None, tolerance: float = 1e-4, seed: int = 0,
               quiet: bool = False) -> Verified:
    """Writes a JAX model as a file for Evidence, and verifies it.

        export_jax("model.h5", lambda x: vae.apply(variables, x, key), example=batch)       # samples z itself
        export_jax("model.h5", encode, decode, input_shape=(28, 28, 1), encoder_outputs=("mean", "log_variance"))

    encoder, decoder   functions of a batch, with their weights in them (Flax linen: lambda x: module.apply(variables, x);
                       nnx modules as they are; Equinox modules, by themselves or under jax.vmap), or Conditional; with
                       several stochastic layers lists. A function that samples z needs no decoder. A list of
                       `layer(...)` describes a network whose code is not at hand, over the tree `params`
    params, batch_stats    the tree of parameters of lists of layers, and Flax's running moments
    encoder_apply, decoder_apply   with lists of layers: what the framework computes, compared with the lists
    data_format        "channels_last" or "channels_first", where no convolution says it
    The rest is as in export_torch.
    """
    encoder, decoder, params, input_shape, inputs = arguments(encoder, decoder, params, input_shape, example)
    constants = {k: numpy(v) for k, v in dict(scale=scale, log_scale=log_scale, log_variance=log_variance,
                                              variance=variance).items() if v is not None}
    prior = plain_prior(prior)
    options = dict(likelihood=likelihood, latent=latent, constants=constants, outputs=decoder_outputs, bins=bins,
                   class_axis=class_axis, split=split or "halves")
    framework_name = f"jax {jax.__version__}"
    if decoder is None:
        exported = sampling(itself(encoder), inputs)
        data_format = data_format or layout(exported.closed.jaxpr) or "channels_last"
        found = exported.trace(data_format, [True] + [False] * (len(exported.inputs) - 1))
        encoders, decoders, framework, notes = read_whole(
            exported.where, found, telling_names([*owners(encoder, encoder)[0], encoder]), prior, flow, options, inputs[0], framework_name, log_density)
    else:
        encoder, decoder = (described(side, value, params, batch_stats) for side, value in (
            ("encoder", encoder), ("decoder", decoder)))
        items = prepared(encoder, decoder, None, encoder_outputs, flow, options)
        owning = ([], []) if isinstance(encoder, list) else owners(encoder, decoder)
        ask_for_the_rest(telling_names(owning[0]), prior, items[0][0].flow or flow)
        trace = Tracer(inputs, data_format)
        trace.settle([f for side in items for f in side])
        encoders, decoders, framework, notes = read_apart(
            *items, np.shape(inputs[0])[1:], likelihood, trace, framework_name, log_density, flowed,
            lambda encode: samplers(owning, encode, inputs, trace.sampled))
        data_format = trace.data_format
        replace_references(encoders, encoder_apply)
        replace_references(decoders, decoder_apply)
    parts = [[finished(r, data_format) for r in side] for side in (encoders, decoders)]
    sizes = [size(r.shape) for r in encoders]
    check_prior(prior, sizes[-1], np.shape(inputs[0])[1:])
    return finish(
        path, *parts, framework, np.asarray(inputs[0], np.float64), sizes, tolerance=tolerance, seed=seed, prior=prior,
        notes=notes, quiet=quiet, input_shape=np.shape(inputs[0])[1:], data_format=data_format, divide_by=divide_by,
        binarize=binarize, dequantize=dequantize,
        about=dict(name=name, description=description, source=source, license=license))


# MARK: - Arguments

def is_array(value: Any) -> bool:
    return isinstance(value, (jax.Array, np.ndarray))


def is_shape(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) or isinstance(value, (tuple, list)) and bool(value) and all(
        isinstance(n, (int, np.integer)) for n in value)


def arguments(encoder, decoder, params, input_shape, example):
    """The batch or its shape may stand where the decoder, or the parameters, would."""
    for value in (decoder, params):
        if is_array(value) or isinstance(value, tuple) and value and is_array(value[0]):
            example = value
        elif is_shape(value):
            input_shape = value
    decoder = None if decoder is example or is_shape(decoder) else decoder
    params = None if params is example or is_shape(params) else params
    if example is not None:
        arrays = [np.asarray(a) for a in (example if isinstance(example, (tuple, list)) else (example,))]
        count = len(arrays[0])
        rows = [arrays[0][np.arange(BATCH) % count]]
        for a in arrays[1:]:
            if a.ndim and len(a) == count:
                if (a != a[:1]).any():
                    raise ExportError("what is given beside x differs between the examples: the model depends on more than "
                                      "x, and the file holds it for one value (one label): repeat one")
                a = np.repeat(a[:1], BATCH, 0)
            rows.append(a)
        rows[0] = rows[0].astype(np.float32)
        return encoder, decoder, params, rows[0].shape[1:], rows
    if input_shape is None:
        raise ExportError('give a batch, example=..., or input_shape=(28, 28, 1)')
    shape = tuple(int(n) for n in np.atleast_1d(np.asarray(input_shape)))
    return encoder, decoder, params, shape, [np.random.default_rng(0).uniform(size=(BATCH, *shape)).astype(np.float32)]


def described(side: str, value: Any, params, batch_stats) -> Any:
    """Lists of layers as functions."""
    if is_description(value):
        return Described(side, value, params, batch_stats)
    if isinstance(value, (list, tuple)):
        return [described(f"{side}/{l}", v, params, batch_stats) for l, v in enumerate(value, 1)]
    if isinstance(value, Conditional):
        import copy
        value = copy.copy(value)
        value.network = described(side, value.network or [], params, batch_stats)
        value.heads = {k: described(f"{side}/{k}", v, params, batch_stats) for k, v in (value.heads or {}).items()}
        return value
    if hasattr(value, "apply") and hasattr(value, "init") and not hasattr(value, "graphdef"):
        raise ExportError(f"{side}: a Flax linen (or Haiku) module has no weights of its own: give a function that has them, "
                          f"{side}=lambda x: module.apply(variables, x)")
    return value


def replace_references(readings: list[Reading], functions: Any) -> None:
    """What the caller says the framework computes, instead of the functions that were exported."""
    if functions is None:
        return
    functions = functions if isinstance(functions, (list, tuple)) else [functions]
    for reading, function in zip(readings, functions):
        own = reading.reference
        found = Exported(reading.where, function, [np.zeros((BATCH, *v.shape[1:]), np.float32) for v in own.found.inputs])
        trace = found.trace(own.found.builder.data_format, [True] * len(own.found.inputs))
        if len(trace.outputs) != len(own.found.outputs):
            raise ExportError(f"{reading.where}: the function given for the comparison returns {len(trace.outputs)} arrays, "
                              f"the layers {len(own.found.outputs)}")
        own.found.code = trace.code


# MARK: - Tracing

def with_vmap(where: str, function: Callable, inputs) -> Exported:
    """A function of a batch, or one of a single example under jax.vmap."""
    function = itself(function)
    try:
        return Exported(where, function, inputs)
    except ExportError as error:
        try:
            return Exported(where, jax.vmap(function), inputs)
        except ExportError:
            raise error from None


def sampling(function: Callable, inputs) -> Exported:
    """A function that draws z: of x, or of x and a key."""
    where = getattr(function, "__name__", type(function).__name__)
    key, reasons = jax.random.key(0), []
    streams = lambda: sys.modules["flax.nnx"].Rngs(0)
    for attempt in (lambda: with_vmap(where, function, inputs), lambda: Exported(where, function, [*inputs, key]),
                    lambda: Exported(where, function, [*inputs, jax.random.split(key, BATCH)]),
                    lambda: Exported(where, lambda *a: function(*a[:-1], key=a[-1]), [*inputs, key]),
                    lambda: Exported(where, jax.vmap(function), [*inputs, jax.random.split(key, BATCH)]),
                    lambda: Exported(where, jax.vmap(lambda *a: function(*a[:-1], key=a[-1])), [
                        *inputs, jax.random.split(key, BATCH)]),
                    *([lambda: Exported(where, lambda *a: function(*a, rngs=streams()), inputs),
                       lambda: Exported(where, lambda *a: function(*a, streams()), inputs)]
                      if "flax.nnx" in sys.modules else [])):
        try:
            return attempt()
        except ExportError as error:
            reasons.append(error)
    raise reasons[0]


class Tracer:
    """Traces functions fed with x and random latents, all in one data format."""

    def __init__(self, inputs, data_format: str | None):
        self.inputs, self.data_format = inputs, data_format
        self.said = data_format is not None

    def settle(self, items: list[Conditional]) -> None:
        """The data format, from the first convolution; later ones are rearranged."""
        if self.said:
            return
        for item in items:
            function = item.network
            if isinstance(function, Described) and function.layers:
                self.data_format = "channels_last"
        if self.data_format is None and len(np.shape(self.inputs[0])) == 4:
            try:
                first = items[0]
                self.data_format = layout(with_vmap("encoder/1", first.network, self.inputs[:1]).closed.jaxpr)
            except ExportError:
                pass
        self.data_format = self.data_format or "channels_last"

    def sampled(self, words: str, function: Callable, inputs) -> Trace:
        """The graph of a function that draws z."""
        exported = sampling(function, inputs)
        return exported.trace(self.data_format, [True] + [False] * (len(exported.inputs) - 1))

    def __call__(self, where: str, function: Callable, given: list[int], shapes: dict[int, tuple]) -> Trace:
        reasons: list[ExportError] = []
        random = np.random.default_rng(1)
        extra = self.inputs[1:]
        for joined in (False, True) if any(v and len(shapes[v]) > 1 for v in given) else (False,):
            batch = [self.inputs[0] if v == 0 else random.standard_normal(
                (BATCH, *((size(shapes[v]),) if joined else shapes[v]))).astype(np.float32) for v in given]
            for labels in [extra, []] if extra else [[]]:
                try:
                    exported = with_vmap(where, function, [*batch, *labels])
                    return exported.trace(self.data_format, [True] * len(batch) + [False] * len(labels))
                except ExportError as error:
                    reasons.append(error)
        raise reasons[0]


def flowed(reading: Reading, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The latents after the flow, by the framework's own functions."""
    if not reading.flow:
        return z, np.zeros(len(z))
    model = object.__new__(StoredModel)
    model.run = lambda network, a: np.asarray(network(jnp.asarray(a, jnp.float32)), np.float64)
    return flow_forward(model, reading.flow_reference, z)


