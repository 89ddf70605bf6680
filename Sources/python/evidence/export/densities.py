"""The log-densities of the model format in numpy float64, and a file's log-weights."""

from __future__ import annotations

import math

import numpy as np

from .functions import sigmoid
from .stored import StoredModel

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def log_gamma(a: np.ndarray) -> np.ndarray:
    """log Γ of positive numbers (Stirling's series, after moving the argument past 10)."""
    a = np.array(a, np.float64)
    shift = np.zeros_like(a)
    while (a < 10).any():
        low = a < 10
        shift = shift + np.where(low, np.log(np.where(low, a, 1.0)), 0.0)
        a = np.where(low, a + 1, a)
    series = 1 / (12 * a) - 1 / (360 * a**3) + 1 / (1260 * a**5) - 1 / (1680 * a**7) + 1 / (1188 * a**9)
    return (a - 0.5) * np.log(a) - a + HALF_LOG_TWO_PI + series - shift


def log_scale(parameters: dict) -> np.ndarray:
    """The logarithm of the scale, by whichever name it is stored."""
    if "log_scale" in parameters:
        return np.asarray(parameters["log_scale"], np.float64)
    if "log_variance" in parameters:
        return 0.5 * np.asarray(parameters["log_variance"], np.float64)
    if "variance" in parameters:
        return 0.5 * np.log(np.asarray(parameters["variance"], np.float64))
    return np.log(np.asarray(parameters["scale"], np.float64))


def log_density(distribution: str, parameters: dict, x: np.ndarray, bins: int = 256) -> np.ndarray:
    """log p(x) of rows x [n, d]; parameters as the file names them, [n, ...] or constants."""
    n = len(x)
    rows = {k: np.asarray(v, np.float64) for k, v in parameters.items()}
    rows = {k: v.reshape(n, -1) if v.ndim > 1 and len(v) == n else v.reshape(-1) for k, v in rows.items()}
    with np.errstate(all="ignore"):
        return _DENSITIES[distribution](rows, np.asarray(x, np.float64).reshape(n, -1), bins)


def _normal(p, x, bins):
    s = log_scale(p)
    return np.broadcast_to(-0.5 * ((x - p["mean"]) * np.exp(-s))**2 - s - HALF_LOG_TWO_PI, x.shape).sum(1)


def _full_normal(p, x, bins):
    d = x.shape[1]
    tril = np.tril(p["scale_tril"].reshape(-1, d, d))
    tril = np.broadcast_to(tril, (len(x), d, d))
    e = np.linalg.solve(tril, (x - p["mean"])[..., None])[..., 0]
    return (-0.5 * e**2 - HALF_LOG_TWO_PI).sum(1) - np.log(np.diagonal(tril, axis1=1, axis2=2)).sum(1)


def _laplace(p, x, bins):
    s = log_scale(p)
    return np.broadcast_to(-np.abs(x - p["mean"]) * np.exp(-s) - s - math.log(2), x.shape).sum(1)


def logits(p):
    """The logits, also of probabilities."""
    if "logits" in p:
        return p["logits"]
    return np.log(p["probabilities"]) - np.log1p(-p["probabilities"])


def _bernoulli(p, x, bins):
    if "probabilities" in p:
        q = p["probabilities"]
        terms = np.where(x > 0, x * np.log(q), 0.0) + np.where(x < 1, (1 - x) * np.log1p(-q), 0.0)
    else:
        terms = x * p["logits"] - np.logaddexp(0, p["logits"])
    return terms.sum(1)


def _continuous_bernoulli(p, x, bins):
    l = logits(p) + 0 * x
    near = np.abs(l) < 1e-3
    safe = np.where(near, 1.0, l)
    constant = np.log(np.abs(safe)) - np.log(np.abs(np.expm1(safe)))        # log of l / (exp(l) - 1)
    return (x * l + np.where(near, -0.5 * l - l**2 / 24, constant)).sum(1)


def _categorical(p, x, bins):
    l = p["logits"].reshape(len(x), x.shape[1], -1)
    top = l.max(-1, keepdims=True)
    log_p = l - top - np.log(np.exp(l - top).sum(-1, keepdims=True))
    return np.take_along_axis(log_p, x[..., None].astype(int), -1)[..., 0].sum(1)


def _bin(mean, s, x, bins):
    h = 1 / (2 * (bins - 1))
    upper, lower = sigmoid((x + h - mean) * np.exp(-s)), sigmoid((x - h - mean) * np.exp(-s))
    upper, lower = np.where(x > 1 - h, 1.0, upper), np.where(x < h, 0.0, lower)
    return np.log(np.maximum(upper - lower, 1e-300))


def _discretized_logistic(p, x, bins):
    return _bin(p["mean"], log_scale(p), x, bins).sum(1)


def _logistic_mixture(p, x, bins):
    shape = (len(x), x.shape[1], -1)
    l = p["logits"].reshape(shape)
    l = l - l.max(-1, keepdims=True)
    l = l - np.log(np.exp(l).sum(-1, keepdims=True))
    terms = l + _bin(p["mean"].reshape(shape), p["log_scale"].reshape(shape), x[..., None], bins)
    top = terms.max(-1, keepdims=True)
    return (top[..., 0] + np.log(np.exp(terms - top).sum(-1))).sum(1)


def _named(p, name):
    return p[name] if name in p else np.exp(p["log_" + name])


def _beta(p, x, bins):
    a, b = _named(p, "alpha"), _named(p, "beta")
    terms = (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b)
    return np.broadcast_to(terms, x.shape).sum(1)


def _poisson(p, x, bins):
    log_rate = p["log_rate"] if "log_rate" in p else np.log(p["rate"])
    return (x * log_rate - np.exp(log_rate) - log_gamma(x + 1)).sum(1)


def _negative_binomial_terms(p, x):
    m, r = _named(p, "mean"), _named(p, "dispersion")
    return (log_gamma(x + r) - log_gamma(r) - log_gamma(x + 1) - r * np.log1p(m / r)
            + x * (np.log(m) - np.log(m + r)))


def _negative_binomial(p, x, bins):
    return np.broadcast_to(_negative_binomial_terms(p, x), x.shape).sum(1)


def _zero_inflated(p, x, bins):
    l = p["dropout_logits"]
    terms = _negative_binomial_terms(p, x)
    inflated = np.logaddexp(l, terms) - np.logaddexp(0, l)
    return np.where(x == 0, inflated, terms - np.logaddexp(0, l)).sum(1)


_DENSITIES = {
    "normal": _normal, "full-normal": _full_normal, "laplace": _laplace, "bernoulli": _bernoulli,
    "continuous-bernoulli": _continuous_bernoulli, "categorical": _categorical,
    "discretized-logistic": _discretized_logistic, "logistic-mixture": _logistic_mixture, "beta": _beta,
    "poisson": _poisson, "negative-binomial": _negative_binomial, "zero-inflated-negative-binomial": _zero_inflated,
}


# MARK: - A file's log-weights

def log_prior(model: StoredModel, z: np.ndarray) -> np.ndarray:
    """log p(z_L) of rows [n, d]."""
    prior = model.prior
    kind = prior.get("distribution", "standard-normal")
    if kind == "standard-normal":
        return _normal({"mean": 0.0, "log_scale": np.float64(0)}, z, 0)
    if kind == "normal":
        return log_density("normal", {k: v for k, v in prior.items() if k != "distribution"}, z)
    if kind == "vamp":
        inputs = np.asarray(prior["pseudo_inputs"], np.float64)
        component = model.encoder(1, inputs.reshape(len(inputs), *model.input_shape))
        mean, s = component["mean"].reshape(len(inputs), -1), log_scale(component)
        s = np.broadcast_to(np.asarray(s).reshape(len(inputs), -1) if np.ndim(s) > 1 else s, mean.shape)
    else:
        mean = np.asarray(prior["mean"], np.float64)
        s = np.broadcast_to(log_scale(prior), mean.shape)
    l = np.asarray(prior.get("logits", np.zeros(len(mean))), np.float64)
    l = l - l.max() - np.log(np.exp(l - l.max()).sum())
    terms = l[:, None] + np.stack([_normal({"mean": m, "log_scale": c}, z, 0) for m, c in zip(mean, s)])
    top = terms.max(0)
    return top + np.log(np.exp(terms - top).sum(0))


def flow_forward(model: StoredModel, steps: list[dict], z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The flow's output, and the logarithm of its Jacobian's determinant."""
    total = np.zeros(len(z))
    for step in steps:
        if step["flow"] == "planar":
            u, w = step["u"].reshape(-1), step["w"].reshape(-1)
            t = np.tanh(z @ w + step["b"])
            total += np.log(np.abs(1 + (1 - t**2) * (u @ w)))
            z = z + u * t[:, None]
            continue
        mask = step.get("mask", np.zeros(z.shape[1]))
        seen = z * mask if step["flow"] == "affine-coupling" else z
        shift, scale = model.run(step["shift"], seen), model.run(step["log_scale"], seen)
        free = 1 - mask
        total += (scale * free).sum(1)
        z = z * np.exp(scale * free) + shift * free
    return z, total


def log_weights(model: StoredModel, x: np.ndarray, noise: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """log p(x, z) - log q(z | x) of rows at standard noise (one array for each level), and the latents."""
    latents: dict[int, np.ndarray] = {0: x} | model.known
    total = np.zeros(len(x))
    pending = list(range(1, model.levels + 1))
    while pending:
        level = next(l for l in pending if all(v in latents for v in model.given["encoder"][l - 1]))
        pending.remove(level)
        p = model.encoder(level, _fed(model, latents, model.given["encoder"][level - 1]))
        distribution, e = model.distributions["encoder"][level - 1], noise[level - 1]
        mean = np.asarray(p["mean"], np.float64).reshape(-1, e.shape[1])
        if distribution == "full-normal":
            tril = np.tril(np.asarray(p["scale_tril"], np.float64).reshape(-1, e.shape[1], e.shape[1]))
            z = mean + (tril @ e[..., None])[..., 0]
        else:
            s = np.asarray(log_scale(p))
            z = mean + np.exp(s.reshape(len(x), -1) if s.ndim > 1 and len(s) == len(x) else s) * e
        total -= log_density(distribution, p, z)
        latents[level], determinant = flow_forward(model, model.flows[level - 1], z)
        total += determinant
    for level in range(1, model.levels + 1):
        p = model.decoder(level, _fed(model, latents, model.given["decoder"][level - 1]))
        total += log_density(model.distributions["decoder"][level - 1], p,
                             latents[level - 1].reshape(len(x), -1), model.bins)
    return total + log_prior(model, latents[model.levels]), [latents[l] for l in range(1, model.levels + 1)]


def _fed(model: StoredModel, latents, given) -> np.ndarray:
    if given == [0]:
        return latents[0].reshape(-1, *model.input_shape)
    return np.concatenate([latents[v].reshape(len(latents[v]), -1) for v in given], 1)
