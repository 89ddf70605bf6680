"""Whether a file means what the framework does: log-weights on shared noise, and every parameter, side by side."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any, Callable, Protocol

import h5py
import numpy as np

from .covariates import numbers_of
from .densities import HALF_LOG_TWO_PI, log_density, log_prior, log_scale, log_weights
from .distributions import POSITIVE, check_parameters
from .errors import ExportError
from .flows import check_flows
from .functions import sigmoid
from .stored import StoredModel
from .unsaid import NO_PRIOR
from .writer import Part, write_model

DRAWS = 8


@dataclass
class Sampled:
    """What a framework computed for some rows: its latents, and the parameters that it has there."""

    latents: list[np.ndarray]               # z_1 ... z_L before any flow, [n, d]
    locations: list[np.ndarray]
    scales: list[np.ndarray]                # of either sign [n, d], or lower triangles [n, d, d]
    encoders: list[dict[str, np.ndarray]]   # by the names in the file; what the framework returns
    decoders: list[dict[str, np.ndarray]]
    flowed: list[np.ndarray] | None = None
    determinants: np.ndarray | float = 0.0


class Framework(Protocol):
    """What the verification asks of PyTorch or JAX."""

    name: str

    def sample(self, x: np.ndarray, noise: list[np.ndarray]) -> Sampled: ...

    def log_density(self, distribution: str, parameters: dict, x: np.ndarray, bins: int) -> np.ndarray: ...


class Verified(tuple):
    """(largest difference, the same relative to the largest value) of the parameters; and the ELBOs."""

    elbo: float
    elbo_of_file: float
    log_weight_error: float
    framework: str
    notes: list[str]

    def __str__(self) -> str:
        text = (f"verified against {self.framework}: ELBO {self.elbo:.4f} by its own code, {self.elbo_of_file:.4f} from the "
                f"file, on the same noise; log-weights differ by at most {self.log_weight_error:.2g}, parameters by "
                f"{self[0]:.2g} ({self[1]:.2g} of the largest)")
        return "\n".join([text, *self.notes])


def example_data(distribution: str, x: np.ndarray, classes: int, bins: int, random) -> np.ndarray:
    """Rows that the likelihood can have given: the caller's where they are such, else random ones."""
    x = np.asarray(x, np.float64)
    inside = np.isfinite(x).all()
    whole = inside and (x == np.round(x)).all() and (x >= 0).all()
    if distribution == "bernoulli":
        fits = inside and (x >= 0).all() and (x <= 1).all()
        return np.round(x) if fits and x.std() > 0 else random.integers(0, 2, x.shape).astype(float)
    if distribution == "categorical":
        return x if whole and (x < classes).all() and x.any() else random.integers(0, classes, x.shape).astype(float)
    if distribution in ("poisson", "negative-binomial", "zero-inflated-negative-binomial"):
        return x if whole and x.any() else random.poisson(2.0, x.shape).astype(float)
    if distribution == "beta":
        return random.uniform(0.05, 0.95, x.shape)
    if distribution in ("continuous-bernoulli", "discretized-logistic", "logistic-mixture"):
        values = x if inside and (x >= 0).all() and (x <= 1).all() and x.std() > 0 else random.uniform(0, 1, x.shape)
        return values if distribution == "continuous-bernoulli" else np.round(values * (bins - 1)) / (bins - 1)
    return x if inside and x.std() > 0 else random.standard_normal(x.shape)


def check_range(where: str, name: str, values: np.ndarray) -> None:
    """Logits taken for probabilities, a log-variance taken for a scale."""
    if not np.isfinite(values).all():
        raise ExportError(f"{where}: {int((~np.isfinite(values)).sum())} of {values.size} numbers that the framework "
                          "computes are not finite")
    low, high = float(values.min()), float(values.max())
    if name == "probabilities" and not (low >= 0 and high <= 1):
        raise ExportError(f"{where}: probabilities from {low:.3g} to {high:.3g}: are these logits?")
    if name in POSITIVE and not low > 0:
        raise ExportError(f"{where}: {name} as low as {low:.3g}, and it has to be positive: is this its logarithm? Or, "
                          f"where the code multiplies noise by it whatever its sign, return its absolute value")


def compare(where: str, name: str, ours, theirs, framework: str, tolerance: float) -> tuple[float, float]:
    """The largest difference of a parameter, absolute and relative to the largest value."""
    a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    a = a.reshape(len(b), -1) if a.ndim > 1 and len(a) == len(b) else a.reshape(1, -1)
    b = b.reshape(len(b), -1)
    if a.shape[1] not in (1, b.shape[1]):
        raise ExportError(f"{where}/{name}: {a.shape[1]} elements in the file, {b.shape[1]} in {framework}")
    check_range(f"{where}/{name}", name, b)
    error = float(np.abs(a - b).max())
    relative = error / max(float(np.abs(b).max()), 1e-30)
    if not relative <= tolerance:
        raise ExportError(
            f"{where}/{name}: the file computes something else than {framework}: the largest difference is {error:.3g}, "
            f"{relative:.3g} of the largest value (tolerance {tolerance:g}). Nothing was written")
    return error, relative


def by_other_name(parameters: dict, name: str, distribution: str, variables: int) -> np.ndarray:
    """A parameter under the name that the framework has it by; logits of classes up to what softmax doesn't see."""
    if name == "logits" and distribution == "categorical":
        a = np.asarray(parameters["logits"], np.float64)
        return log_softmax(a.reshape(len(a), variables, -1)).reshape(len(a), -1)
    if name in parameters:
        return np.asarray(parameters[name], np.float64)
    if name in ("scale", "log_scale", "variance", "log_variance"):
        s = log_scale(parameters)
        return {"scale": np.exp(s), "log_scale": s, "variance": np.exp(2 * s), "log_variance": 2 * s}[name]
    if name == "probabilities":
        return sigmoid(np.asarray(parameters["logits"], np.float64))
    return np.exp(np.asarray(parameters["log_" + name], np.float64))


def log_softmax(a: np.ndarray) -> np.ndarray:
    a = a - a.max(-1, keepdims=True)
    return a - np.log(np.exp(a).sum(-1, keepdims=True))


def framework_log_weights(framework: Framework, stored: StoredModel, x, noise, sampled: Sampled) -> tuple[np.ndarray, list]:
    """log p(x, z) - log q(z | x) from what the framework computed, and the noise of the file's own that makes its z."""
    n, total, used = len(x), np.zeros(len(x)), []
    for level, (e, scale) in enumerate(zip(noise, sampled.scales)):
        where, laplace = f"encoder/{level + 1}", stored.distributions["encoder"][level] == "laplace"
        diagonal = np.diagonal(scale, axis1=1, axis2=2) if scale.ndim == 3 else scale
        if (diagonal == 0).any():
            raise ExportError(f"{where}: the scale of the noise is 0 in {int((diagonal == 0).any(1).sum())} of {n} "
                              "examples: log q(z|x) is infinite there")
        determinant = np.log(np.abs(diagonal)).sum(1)
        used.append(e * np.sign(diagonal))
        base = -np.abs(e) - np.log(2) if laplace else -0.5 * e**2 - HALF_LOG_TWO_PI
        total -= base.sum(1) - determinant
    total += sampled.determinants
    latents = sampled.flowed or sampled.latents
    variables = [x.reshape(n, -1), *latents]
    for level, parameters in enumerate(sampled.decoders):
        total += framework.log_density(stored.distributions["decoder"][level], parameters, variables[level], stored.bins)
    return total + log_prior(stored, latents[-1]), used


def parameters_at(stored: StoredModel, x, latents) -> tuple[list[dict], list[dict]]:
    """The file's parameters at given latents."""
    variables = dict(enumerate([x, *latents])) | stored.known

    def fed(given):
        if given == [0]:
            return x.reshape(-1, *stored.input_shape)
        return np.concatenate([variables[v].reshape(len(x), -1) for v in given], 1)
    return ([stored.encoder(l, fed(g)) for l, g in enumerate(stored.given["encoder"], 1)],
            [stored.decoder(l, fed(g)) for l, g in enumerate(stored.given["decoder"], 1)])


def verify(path, framework: Framework, x: np.ndarray, sizes: list[int], classes: int, tolerance: float,
           seed: int, covariates=()) -> Verified:
    """Compares a written file with the framework, on the caller's rows."""
    stored, random = StoredModel(path, numbers_of(covariates)), np.random.default_rng(seed)
    stored.known = getattr(framework, "known", {})
    check_flows(stored, sizes)
    data = example_data(stored.distributions["decoder"][0], x, classes, stored.bins, random)
    data = np.float64(np.float32(data))
    worst = worst_relative = 0.0
    theirs, ours, saturated, count = [], [], [], int(np.prod(stored.input_shape))
    for _ in range(DRAWS):
        noise = [np.float64(np.float32(random.standard_normal((len(data), d)))) for d in sizes]
        sampled = framework.sample(data, noise)
        latents = sampled.flowed or sampled.latents
        encoders, decoders = parameters_at(stored, data, latents)
        for side, mine, reported in (("encoder", encoders, sampled.encoders), ("decoder", decoders, sampled.decoders)):
            for l, (a, b) in enumerate(zip(mine, reported), 1):
                for name in b:
                    both = [by_other_name(p, name, stored.distributions[side][l - 1], count) for p in (a, b)]
                    error, relative = compare(f"/{side}/{l}", name, *both, framework.name, tolerance)
                    worst, worst_relative = max(worst, error), max(worst_relative, relative)
        weights, used = framework_log_weights(framework, stored, data, noise, sampled)
        theirs.append(weights)
        saturated.append(saturation(stored.distributions["decoder"][0], decoders[0], sampled.decoders[0], data))
        if any(d == "laplace" for d in stored.distributions["encoder"]):
            ours.append(weights_at(stored, data, sampled))
        else:
            ours.append(log_weights(stored, data, used)[0])
    theirs, ours = np.array(theirs), np.array(ours)
    if not np.isfinite(theirs).all() or not np.isfinite(ours).all():
        raise ExportError(f"log-weights that are not finite: {int((~np.isfinite(theirs)).sum())} of {theirs.size} by "
                          f"{framework.name}, {int((~np.isfinite(ours)).sum())} from the file. Nothing was written")
    difference = float(np.abs(theirs - ours).max())
    allowed = max(1e-3, 20 * tolerance * float(np.abs(theirs).max()) * 0.1)
    if (np.abs(theirs - ours) > allowed + np.array(saturated)).any():
        raise ExportError(
            f"the file means something else than {framework.name}: its ELBO on the same noise is {ours.mean():.4f}, where "
            f"the framework's own sampling code gives {theirs.mean():.4f}; log-weights differ by up to {difference:.3g}. "
            "Nothing was written")
    result = Verified((worst, worst_relative))
    result.elbo, result.elbo_of_file = float(theirs.mean()), float(ours.mean())
    result.log_weight_error, result.framework, result.notes = difference, framework.name, []
    if difference > allowed:
        result.notes = [f"{framework.name}'s probabilities round to 0 or 1 in float32, which is why its log-weights differ: the "
                        "file has the logits"]
    return result


def saturation(distribution: str, ours: dict, theirs: dict, x: np.ndarray) -> np.ndarray:
    """By how much the rounding of a framework's Bernoulli probabilities to float32 may change log p(x|z), of each row."""
    if distribution != "bernoulli" or "probabilities" not in theirs or "logits" not in ours:
        return np.zeros(len(x))
    logits, data = np.asarray(ours["logits"], np.float64).reshape(len(x), -1), x.reshape(len(x), -1)
    log_one, log_zero = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    spacing = 2.0**-23      # of numbers below 1, twice; torch clamps probabilities to it
    error = lambda log: np.maximum(np.log(spacing) - log, 0) + 2 * spacing / np.maximum(np.exp(log), spacing)
    return (data * error(log_one) + (1 - data) * error(log_zero)).sum(1)


def weights_at(stored: StoredModel, x, sampled: Sampled) -> np.ndarray:
    """The file's log-weights at the framework's latents, for posteriors whose noise is not normal."""
    latents = sampled.flowed or sampled.latents
    encoders, decoders = parameters_at(stored, x, latents)
    total = log_prior(stored, latents[-1])
    variables = [x.reshape(len(x), -1), *latents]
    for l, (q, p) in enumerate(zip(encoders, decoders)):
        total = total - log_density(stored.distributions["encoder"][l], q, sampled.latents[l])
        total = total + log_density(stored.distributions["decoder"][l], p, variables[l], stored.bins)
    return total + sampled.determinants


def finish(path, encoders: list[Part], decoders: list[Part], framework: Framework | None, x: np.ndarray,
           sizes: list[int], *, tolerance: float, seed: int, prior, notes: list[str], quiet: bool,
           **rest: Any) -> Verified | None:
    """Writes beside the path, compares, stores the comparison, and moves the file into place."""
    for side, parts in (("encoder", encoders), ("decoder", decoders)):
        for l, part in enumerate(parts, 1):
            check_parameters(f"{side}/{l}", part.distribution, [*part.stacks, *part.constants])
            for name, value in part.constants.items():
                check_range(f"/{side}/{l}/{name}", name, np.asarray(value, np.float64))
    count = int(np.prod(rest["input_shape"]))
    classes = 2
    if decoders[0].distribution == "categorical":
        last = decoders[0].stacks["logits"][-1].shape_out if "logits" in decoders[0].stacks else ()
        classes = int(np.prod(last)) // count if last else 2
    temporary = f"{os.fspath(path)}.partial"
    try:
        write_model(temporary, encoders, decoders, prior=prior, **rest)
        result = None
        if framework is None:
            warnings.warn(f"{os.fspath(path)} was not compared with anything: no reference was given", stacklevel=4)
        else:
            result = verify(temporary, framework, x, sizes, classes, tolerance, seed, rest.get("covariates", ()))
            result.notes += notes + ([NO_PRIOR] if prior is None else [])
            with h5py.File(temporary, "a") as file:
                file.attrs["verified_against"] = framework.name
                file.attrs["verification_error"], file.attrs["verification_relative_error"] = result
                file.attrs["verification_elbo"] = result.elbo
                file.attrs["verification_elbo_of_file"] = result.elbo_of_file
                file.attrs["verification_log_weight_error"] = result.log_weight_error
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    if result is not None and not quiet:
        print(f"{os.fspath(path)}: {result}")
    return result


Reference = Callable[[list[np.ndarray]], dict[str, np.ndarray]]


class Stated:
    """A framework whose encoders and decoders are given apart, with what their outputs mean."""

    def __init__(self, name: str, encoders, decoders, order: list[int], density: Callable, flow: Callable):
        self.name, self.encoders, self.decoders, self.order = name, encoders, decoders, order
        self.density, self.flow = density, flow

    def sample(self, x: np.ndarray, noise: list[np.ndarray]) -> Sampled:
        n, levels = len(x), len(self.encoders)
        variables: dict[int, np.ndarray] = {0: x} | getattr(self, "known", {})
        made: dict[int, tuple] = {}
        total = np.zeros(n)
        for l in self.order:
            reading = self.encoders[l - 1]
            p = reading.reference([variables[v] for v in reading.given])
            e = noise[l - 1]
            mean = parameter(p, reading.constants, "mean", e.shape)
            if reading.distribution == "full-normal":
                d = e.shape[1]
                tril = np.tril(parameter(p, reading.constants, "scale_tril", (n, d * d)).reshape(n, d, d))
                scale, z = tril, mean + (tril @ e[..., None])[..., 0]
            else:
                name = next(k for k in ("log_variance", "log_scale", "scale", "variance") if k in p or
                            k in reading.constants)
                scale = np.exp(log_scale({name: parameter(p, reading.constants, name, e.shape)}))
                z = mean + scale * e
            variables[l], determinant = self.flow(reading, z)
            total = total + determinant
            made[l] = (z, mean, scale, p)
        decoders = []
        for reading in self.decoders:
            p = dict(reading.reference([variables[v] for v in reading.given])) if reading.parameters else {}
            for k, v in reading.constants.items():
                p.setdefault(k, np.broadcast_to(np.asarray(v, np.float64).reshape(-1), (
                    n, max(np.size(v), 1))))
            decoders.append(p)
        rows = [made[l] for l in range(1, levels + 1)]
        return Sampled([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows], decoders,
                       [variables[l] for l in range(1, levels + 1)], total)

    def log_density(self, distribution, parameters, x, bins):
        return self.density(distribution, parameters, x, bins)


def parameter(values: dict, constants: dict, name: str, shape) -> np.ndarray:
    """A parameter as rows of the variable."""
    value = values[name] if name in values else constants[name]
    array = np.asarray(value, np.float64)
    array = array.reshape(shape[0], -1) if name in values else array.reshape(1, -1)
    return np.broadcast_to(array, shape)
