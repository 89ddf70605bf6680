"""export_torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Callable, Sequence

import numpy as np
import torch


from .arithmetic import numpy
from .apart import prepared, read_apart
from .assemble import Reading, finished
from .covariates import Covariate, read_covariates
from .densities import flow_forward
from .distributions import Conditional
from .drawn import used_noises
from .errors import ExportError
from .graph import BATCH
from .layers import size
from .owners import owners, samplers
from .prior import check_prior, plain_prior
from .pythae import Fed, is_pythae, likelihood_of, parts_of
from .stored import StoredModel
from .torch_graph import Trace, modules_of, trace, untouched, unwrapped
from .torch_run import numbers, torch_log_density
from .unsaid import ask_for_the_rest, telling_parts
from .verify import Verified, finish
from .whole import read_whole

SCALES = ("scale", "log_scale", "log_variance", "variance")


def export_torch(path: str | os.PathLike, encoder: Any, decoder: Any = None, input_shape: Any = None, *,
                 example: Any = None, covariates: Any = None, likelihood: str | None = None, latent: str = "normal",
                 encoder_outputs: Any = None, decoder_outputs: Any = None, split: str | None = None,
                 mean: Any = None, log_variance: Any = None, log_scale: Any = None, scale: Any = None,
                 variance: Any = None, class_axis: int | None = None, bins: int | None = None,
                 prior: Mapping[str, Any] | str | None = None, flow: Sequence[Mapping[str, Any]] | None = None,
                 divide_by: float | None = None, binarize: str | None = None, dequantize: bool | None = None,
                 name: str | None = None, description: str | None = None, source: str | None = None,
                 license: str | None = None, tolerance: float = 1e-4, seed: int = 0, quiet: bool = False) -> Verified:
    """Writes a PyTorch model as a file for Evidence, and verifies it.

        export_torch("model.h5", vae, example)                          # the module as it is, and a batch
        export_torch("model.h5", vae.encode, vae.decode, (1, 28, 28), encoder_outputs=("mean", "log_variance"))

    encoder          the whole module (or a function), whose code samples z; or q(z|x) alone: a module, a method of one,
                     a function or a Conditional; with several stochastic layers a list, the one fed with x first
    decoder          p(x|z) likewise, p(x|z_1) first; absent where the module is whole
    input_shape      one example, without the batch axis: 784, (784,) or (1, 28, 28)
    example          a batch, instead of input_shape; a tuple for a conditional model: (x, label)
    covariates       the names of what comes after x in the example, for networks encoder(x, y) and decoder(z, y): "label",
                     ("label", "age"), or {"label": its categories}, one-hot in the example. The file is then one of
                     p(x | label). Without, what comes after x has to be the same for all and becomes a part of the weights
    likelihood       p(x|z): "bernoulli" where nothing else is said, "normal", "poisson", ...; see Conditional
    scale, ...       a number, an array or a Parameter: the scale of a normal likelihood (log_scale=, log_variance= too).
                     A module: the head of the encoder that gives it (mean= too)
    encoder_outputs, decoder_outputs   what the networks return, where the code does not say it: see Conditional
    prior            {"distribution": "normal" | "normal-mixture" | "vamp", its arrays}; absent: standard normal
    flow             the steps of the posterior's flow; () says that there is none: see Conditional
    divide_by, binarize, dequantize    what a stored example goes through before the model sees it

    Returns the largest differences between file and framework, with the ELBO of both, and prints them. Raises
    ExportError, and writes nothing, where the model can't be expressed, or where what an output means is not said.
    """
    encoder, decoder, input_shape, inputs = arguments(encoder, decoder, input_shape, example, covariates is not None)
    known = read_covariates(covariates, inputs[1:]) if covariates is not None else []
    if known and decoder is None:
        raise ExportError("covariates= goes with an encoder and a decoder that are given apart: "
                          "export_torch(path, vae.encode, vae.decode, example=(x, label), covariates=\"label\")")
    if known:
        inputs = [inputs[0], *(torch.as_tensor(c.rows, dtype=torch.float32) for c in known)]
    owning = [] if decoder is None or isinstance(encoder, list) else owners(encoder, decoder)
    whole = [encoder.model] if isinstance(encoder, Fed) else [m for m in owning if is_pythae(m)]
    if whole and likelihood is None and not isinstance(decoder, Conditional):
        of_loss = likelihood_of(whole[0])
        likelihood, scale = of_loss.get("likelihood"), of_loss.get("scale") if scale is None else scale
    if isinstance(encoder, Fed):
        parts = parts_of(encoder.model) if prior is None and flow is None else None
        if parts is not None:
            encoder, decoder, of_class = parts
            encoder_outputs, prior, flow = (of_class[k] for k in ("encoder_outputs", "prior", "flow"))
    given = dict(mean=mean, log_variance=log_variance, log_scale=log_scale, scale=scale, variance=variance)
    heads = {k: v for k, v in given.items() if callable(v) and not isinstance(v, torch.Tensor)}
    constants = {k: numpy(v) for k, v in given.items() if v is not None and k not in heads}
    about = dict(name=name, description=description, source=source, license=license)
    prior = plain_prior(prior)
    modules = modules_of([encoder, decoder, list(heads.values())])
    device, number = placed(modules)
    inputs = [t.to(device).to(number) if t.dtype.is_floating_point or i == 0 else t.to(device)
              for i, t in enumerate(inputs)]
    options = dict(likelihood=likelihood, latent=latent, constants=constants, outputs=decoder_outputs, bins=bins,
                   class_axis=class_axis, split=split or "halves")
    with untouched([*modules, *owning]):
        if decoder is None:
            if heads or encoder_outputs is not None:
                raise ExportError("encoder_outputs= and heads belong to an encoder and a decoder that are given apart")
            where = named_for_people(encoder)
            found = sampled_trace(where, encoder, inputs, modules)
            encoders, decoders, framework, notes = read_whole(
                where, found, telling_parts(modules), prior, flow, options, inputs[0], f"torch {torch.__version__}",
                torch_log_density)
        else:
            items = prepared(encoder, decoder, heads, encoder_outputs, flow, options)
            ask_for_the_rest(telling_parts(owning), prior, items[0][0].flow or flow,
                             ". Or give the model whole: its class is known" if whole else "")
            sampled = lambda words, function, given: sampled_trace(words, function, given, modules_of([function, owning]))
            encoders, decoders, framework, notes = read_apart(
                *items, input_shape, likelihood, tracer(inputs, known), f"torch {torch.__version__}", torch_log_density,
                flowed, lambda encode: [] if known else samplers(owning, encode, inputs, sampled), known)
        parts = [[finished(r, "channels_first") for r in side] for side in (encoders, decoders)]
        sizes = [size(r.shape) for r in encoders]
        check_prior(prior, sizes[-1], input_shape)
        return finish(
            path, *parts, framework, numbers(inputs[0]), sizes, tolerance=tolerance, seed=seed, prior=prior,
            notes=notes, quiet=quiet, input_shape=input_shape, data_format="channels_first", divide_by=divide_by,
            binarize=binarize, dequantize=dequantize, about=about, covariates=known)


# MARK: - Arguments

def is_example(value: Any) -> bool:
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return True
    return isinstance(value, (tuple, list)) and bool(value) and isinstance(value[0], (torch.Tensor, np.ndarray))


def arguments(encoder, decoder, input_shape, example, may_vary: bool = False):
    """(encoder, decoder, input_shape, inputs of BATCH rows); the third or fourth argument may be a batch."""
    encoder, decoder = unwrapped(encoder), unwrapped(decoder)
    if is_example(decoder):
        decoder, example = None, decoder
    elif decoder is not None and not callable(decoder) and not isinstance(decoder, (list, tuple, Conditional)):
        decoder, input_shape = None, decoder
    elif isinstance(decoder, tuple) and all(isinstance(n, (int, np.integer)) for n in decoder):
        decoder, input_shape = None, decoder
    if is_example(input_shape):
        input_shape, example = None, input_shape
    if example is not None:
        tensors = [torch.as_tensor(t) for t in (example if isinstance(example, (tuple, list)) else (example,))]
        if not tensors[0].ndim or not len(tensors[0]):
            raise ExportError("the example is a batch: [examples, ...]")
        if input_shape is not None and tuple(np.atleast_1d(input_shape)) != tuple(tensors[0].shape[1:]):
            raise ExportError(f"an example of shape {tuple(tensors[0].shape[1:])} and input_shape={input_shape}")
        return encoder, decoder, tuple(tensors[0].shape[1:]), rows_of(tensors, may_vary)
    if input_shape is None:
        raise ExportError('give a batch, export_torch("model.h5", vae, example), or input_shape=(1, 28, 28)')
    shape = tuple(int(n) for n in np.atleast_1d(np.asarray(input_shape)))
    return encoder, decoder, shape, [torch.rand(BATCH, *shape, generator=torch.Generator().manual_seed(0))]


def rows_of(tensors: Sequence[torch.Tensor], may_vary: bool) -> list[torch.Tensor]:
    """BATCH rows of x; of what comes after it likewise, or, where it may not vary, that of the first row, for all."""
    count = len(tensors[0])
    rows = [tensors[0].detach()[torch.arange(BATCH) % count]]
    for t in tensors[1:]:
        t = t.detach()
        if may_vary:
            if not t.ndim or len(t) != count:
                raise ExportError(f"what is given beside x has one row for each of the {count} examples; "
                                  f"found shape {tuple(t.shape)}")
            t = t[torch.arange(BATCH) % count]
        elif t.ndim and len(t) == count:
            if (t != t[:1]).any():
                raise ExportError("what is given beside x differs between the examples: the model depends on more than x, "
                                  "and the file would hold it for one value. Name it: covariates=\"label\"; or repeat one: "
                                  "label[:1].expand(...)")
            t = t[:1].expand(BATCH, *t.shape[1:]).clone()
        rows.append(t)
    return rows


def placed(modules) -> tuple[torch.device, torch.dtype]:
    """Where the weights lie, and their kind of number."""
    for module in modules:
        for p in [*module.parameters(), *module.buffers()]:
            if p.dtype.is_floating_point:
                return p.device, torch.float64 if p.dtype == torch.float64 else torch.float32
    return torch.device("cpu"), torch.float32


def named_for_people(function: Any) -> str:
    function = function.model if isinstance(function, Fed) else function
    return type(function).__name__ if isinstance(function, torch.nn.Module) else getattr(
        function, "__name__", "the model")


def sampled_trace(where: str, function: Callable, inputs, modules) -> Trace:
    """The graph at test time, or, where nothing is drawn then, in training but for what normalizes and drops."""
    varying = [True] + [False] * (len(inputs) - 1)
    found = trace(where, function, inputs, varying, modules=modules)
    if used_noises(found):
        return found
    with untouched(modules, training=True):
        second = trace(where, function, inputs, varying, modules=modules, identity_dropout=True)
    if used_noises(second):
        return second
    return found


# MARK: - An encoder and a decoder

def tracer(inputs: list[torch.Tensor], known: Sequence[Covariate] = ()) -> Callable:
    """Traces a network fed with random latents, of the encoder's shape or flat, and with or without what the example has
    beside x."""
    extra = inputs[1:]

    def traced(where: str, function: Callable, given: list[int], shapes: dict[int, tuple]) -> Trace:
        reasons: list[ExportError] = []
        function = unwrapped(function)
        for joined in (False, True) if any(v and len(shapes[v]) > 1 for v in given) else (False,):
            batch = variable_inputs(given, shapes, inputs, joined)
            for labels in [extra, []] if extra else [[]]:
                try:
                    return trace(where, function, [*batch, *labels],
                                 [True] * len(batch) + [bool(known)] * len(labels))
                except ExportError as error:
                    reasons.append(error)
        if "missing" in str(reasons[0]) and "positional argument" in str(reasons[0]):
            raise ExportError(f"{reasons[0]} A conditional model? Give a label with the batch: example=(x, label), or fix "
                              "it: lambda x: vae.encode(x, label.expand(len(x), -1))")
        raise reasons[0]
    return traced


def variable_inputs(given, shapes, inputs, joined: bool) -> list[torch.Tensor]:
    """x, and random latents of the given variables' shapes."""
    generator = torch.Generator().manual_seed(1)
    out = []
    for v in given:
        if v == 0:
            out.append(inputs[0])
        else:
            shape = (size(shapes[v]),) if joined else shapes[v]
            out.append(torch.randn(BATCH, *shape, generator=generator).to(inputs[0]))
    return out


def flowed(reading: Reading, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The latents after the flow, by the framework's own modules where the steps are such."""
    if not reading.flow:
        return z, np.zeros(len(z))
    model = object.__new__(StoredModel)
    model.run = lambda network, a: numbers(network(torch.as_tensor(np.float32(a))))
    with torch.no_grad():
        return flow_forward(model, reading.flow_reference, z)
