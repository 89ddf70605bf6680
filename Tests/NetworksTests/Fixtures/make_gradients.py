"""Log-weights and their gradients by the noise, by PyTorch's autograd in double precision: writes gradients.json.

    python make_gradients.py > gradients.json      (PyTorch 2)

The models stand here and in Support/GradientFixture.swift, under the same names. Weights are a formula of their number and are
rounded to single precision, so that both sides have the same and the file holds results alone.
"""

import json
import math

import torch
import torch.nn.functional as F
from torch import distributions as D

torch.set_default_dtype(torch.float64)


def numbers(shape, seed, scale=1.0):
    """The tensor number `seed`: a sine at scattered places, rounded to single precision."""
    count = math.prod(shape)
    values = [scale * math.sin(12.9898 * (i + 1) + 78.233 * seed) for i in range(count)]
    return torch.tensor(values).float().double().reshape(shape)


def dense(x, inputs, outputs, seed, scale=0.7):
    return F.linear(x, numbers((outputs, inputs), seed, scale), numbers((outputs,), seed + 0.5, 0.3))


def normal(x, mean, log_scale):
    return D.Normal(mean, log_scale.exp()).log_prob(x).sum()


def laplace_noise(e):
    """The Laplace variate at the probability of a normal one."""
    size = -(math.log(2) + torch.special.log_ndtr(-e.abs()))
    return torch.where(e < 0, -size, size)


PIXELS, LATENTS = 6, 3


class Posterior:
    """q(z | x) of one layer given x, with its z and log q."""

    def __init__(self, x, e, family="normal", flow=()):
        mean = dense(x, len(x), LATENTS, 1, 0.3)
        if family == "full-normal":
            tril = torch.tril(numbers((LATENTS, LATENTS), 3, 0.5), -1) + torch.eye(LATENTS)
            self.z, self.log_q = mean + tril @ e, normal(e, torch.zeros(()), torch.zeros(()))
        else:
            log_scale = dense(x, len(x), LATENTS, 2, 0.2)
            noise = laplace_noise(e) if family == "laplace" else e
            density = D.Laplace(0.0, 1.0) if family == "laplace" else D.Normal(0.0, 1.0)
            self.z = mean + log_scale.exp() * noise
            self.log_q = density.log_prob(noise).sum() - log_scale.sum()
        for step in flow:
            self.z, log_determinant = step(self.z)
            self.log_q = self.log_q - log_determinant


def standard(z):
    return normal(z, torch.zeros(()), torch.zeros(()))


def head(h, outputs, seed, scale=0.5):
    return dense(h, h.shape[-1], outputs, seed, scale)


def bins(x, mean, log_scale, count):
    """The logarithm of a logistic distribution's mass in a bin, with the tails in the bins at the ends."""
    half = 0.5 / (count - 1)
    above, below = (x + half - mean) / log_scale.exp(), (x - half - mean) / log_scale.exp()
    inside = torch.log(torch.sigmoid(above) - torch.sigmoid(below))
    return torch.where(x <= 0, F.logsigmoid(above), torch.where(x >= 1, F.logsigmoid(-below), inside))


def negative_binomial(x, log_mean, log_dispersion):
    r = log_dispersion.exp()
    return D.NegativeBinomial(r, logits=log_mean - log_dispersion).log_prob(x)


def likelihood(name, x, h):
    n = PIXELS
    if name == "normal":
        return D.Normal(head(h, n, 20), (0.5 * head(h, n, 21)).exp()).log_prob(x).sum()
    if name == "laplace":
        return D.Laplace(head(h, n, 20), head(h, n, 21).exp()).log_prob(x).sum()
    if name == "full-normal":
        tril = torch.tril(numbers((n, n), 22, 0.4), -1) + torch.eye(n)
        return D.MultivariateNormal(head(h, n, 20), scale_tril=tril).log_prob(x)
    if name == "bernoulli":
        return -F.binary_cross_entropy_with_logits(head(h, n, 20), x, reduction="sum")
    if name == "continuous-bernoulli":
        # No approximation near p = 1/2, which PyTorch's own lims would bring.
        return D.ContinuousBernoulli(logits=head(h, n, 20), lims=(0.4999999, 0.5000001)).log_prob(x).sum()
    if name == "categorical":
        return D.Categorical(logits=head(h, n * 3, 20).reshape(n, 3)).log_prob(x).sum()
    if name == "discretized-logistic":
        return bins(x, head(h, n, 20), head(h, n, 21), 16).sum()
    if name == "logistic-mixture":
        logits, mean, log_scale = (head(h, n * 2, 20 + i).reshape(n, 2) for i in range(3))
        return torch.logsumexp(F.log_softmax(logits, -1) + bins(x[:, None], mean, log_scale, 16), -1).sum()
    if name == "beta":
        return D.Beta(head(h, n, 20).exp(), head(h, n, 21).exp()).log_prob(x).sum()
    if name == "poisson":
        return D.Poisson(head(h, n, 20).exp()).log_prob(x).sum()
    if name == "negative-binomial":
        return negative_binomial(x, head(h, n, 20), head(h, n, 21)).sum()
    log_p, dropout = negative_binomial(x, head(h, n, 20), head(h, n, 21)), head(h, n, 22)
    zero = torch.logaddexp(F.logsigmoid(dropout), F.logsigmoid(-dropout) + log_p)
    return torch.where(x == 0, zero, F.logsigmoid(-dropout) + log_p).sum()


LIKELIHOODS = [
    "normal", "laplace", "full-normal", "bernoulli", "continuous-bernoulli", "categorical", "discretized-logistic",
    "logistic-mixture", "beta", "poisson", "negative-binomial", "zero-inflated-negative-binomial"]


def data(name):
    values = {
        "normal": [-0.5, -0.1, 0.3, 0.7, 1.1, 1.5], "laplace": [-0.5, -0.1, 0.3, 0.7, 1.1, 1.5],
        "full-normal": [-0.5, -0.1, 0.3, 0.7, 1.1, 1.5], "continuous-bernoulli": [0.15, 0.45, 0.75, 0, 1, 0.5],
        "beta": [0.15, 0.45, 0.75, 0.01, 0.9, 0.5], "categorical": [0, 1, 2, 2, 1, 0],
        "discretized-logistic": [0, 15 / 15, 6 / 15, 4 / 15, 0, 10 / 15],
        "logistic-mixture": [0, 15 / 15, 6 / 15, 4 / 15, 0, 10 / 15], "poisson": [1, 0, 4, 2, 0, 11],
        "negative-binomial": [1, 0, 4, 2, 0, 11], "zero-inflated-negative-binomial": [1, 0, 4, 2, 0, 11]}
    return torch.tensor(values.get(name, [0, 1, 0, 1, 1, 0]), dtype=torch.float32).double()


def plain(name):
    def value(x, e):
        q = Posterior(x, e)
        return likelihood(name, x, torch.tanh(dense(q.z, LATENTS, 5, 10))) + standard(q.z) - q.log_q

    return data(name), LATENTS, value


def through(trunk, family="normal", prior=standard, flow=()):
    """A Bernoulli model whose decoder's trunk, or another part, is given."""

    def value(x, e):
        q = Posterior(x, e, family, flow)
        return likelihood("bernoulli", x, trunk(q.z)) + prior(q.z) - q.log_q

    return data("bernoulli"), LATENTS, value


def mlp(z):
    return torch.tanh(dense(z, LATENTS, 5, 10))


def images(z):
    """Channels first: transposed and plain convolutions, normalization, pooling, resampling."""
    h = F.softplus(dense(z, LATENTS, 12, 10)).reshape(1, 3, 2, 2)
    h = F.conv_transpose2d(
        h, numbers((3, 4, 3, 3), 11, 0.4), numbers((4,), 12, 0.3), stride=2, padding=1, output_padding=1)
    mean, variance = numbers((4,), 13, 0.2), 1 + numbers((4,), 14, 0.5)
    h = F.batch_norm(h, mean, variance, numbers((4,), 15), numbers((4,), 16), eps=1e-3)
    h = F.leaky_relu(h, 0.2)
    h = h + F.conv2d(h, numbers((4, 2, 3, 3), 17, 0.4), None, padding=2, dilation=2, groups=2)
    h = F.max_pool2d(F.interpolate(h, scale_factor=2, mode="nearest"), 3, stride=2)
    h = F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
    h = F.pad(F.avg_pool2d(h, 2), (1, 0, 0, 1))[:, :, 1:, :]
    return h.flatten()


def joined(z):
    """A residual, matrices joined along their last axis, layer normalization, softmax, gelu."""
    h = F.gelu(dense(z, LATENTS, 6, 10))
    h = h + dense(F.silu(dense(h, 6, 6, 11)), 6, 6, 12)
    rows = h.reshape(3, 2)
    h = torch.cat([dense(rows, 2, 4, 13), rows, F.softmax(dense(rows, 2, 3, 14), -1)], -1)
    h = F.layer_norm(h, (9,), numbers((9,), 15), numbers((9,), 16), eps=1e-5)
    return F.gelu(h.flatten(), approximate="tanh")


def planar(z):
    u, w, b = numbers((LATENTS,), 30, 0.8), numbers((LATENTS,), 31, 0.8), 0.25
    t = torch.tanh(w @ z + b)
    return z + u * t, torch.log(torch.abs(1 + (u @ w) * (1 - t * t)))


def coupling(z):
    mask = torch.tensor([1.0, 0.0, 1.0])
    network = lambda seed: dense(torch.tanh(dense(mask * z, 3, 5, seed)), 5, 3, seed + 1, 0.4)
    shift, log_scale = network(32), network(34)
    return torch.where(mask == 1, z, z * log_scale.exp() + shift), ((1 - mask) * log_scale).sum()


def autoregressive(z):
    def masked(x, seed, diagonal):
        weight = torch.tril(numbers((3, 3), seed, 0.8), 0 if diagonal else -1)
        return torch.tanh(F.linear(x, weight, numbers((3,), seed + 0.5, 0.3)))

    network = lambda seed: masked(masked(z, seed, False), seed + 1, True)
    shift, log_scale = network(36), network(38)
    return z * log_scale.exp() + shift, log_scale.sum()


def mixture(z):
    logits, mean, log_scale = numbers((4,), 40), numbers((4, 3), 41, 2), numbers((4, 3), 42, 0.5)
    terms = D.Normal(mean, log_scale.exp()).log_prob(z).sum(-1)
    return torch.logsumexp(F.log_softmax(logits, -1) + terms, -1)


def vamp(z):
    inputs = numbers((5, PIXELS), 43)
    terms = [normal(z, dense(u, PIXELS, 3, 1, 0.3), dense(u, PIXELS, 3, 2, 0.2)) for u in inputs]
    return torch.logsumexp(torch.stack(terms) - math.log(5), -1)


def two_layers():
    """q(z1 | x) Laplace, q(z2 | z1, x) normal; p(z1 | z2) normal, p(x | z2, z1)."""

    def value(x, e):
        q = Posterior(x, e[:3], "laplace")
        given = torch.cat([q.z, x])
        mean, log_scale = dense(given, 9, 2, 50, 0.3), dense(given, 9, 2, 51, 0.3)
        second = mean + log_scale.exp() * e[3:]
        result = standard(second) - (standard(e[3:]) - log_scale.sum()) - q.log_q
        h = torch.tanh(dense(second, 2, 4, 52))
        result = result + normal(q.z, dense(h, 4, 3, 53), dense(h, 4, 3, 54))
        return result + likelihood("bernoulli", x, torch.tanh(dense(torch.cat([second, q.z]), 5, 5, 10)))

    return data("bernoulli"), 5, value


CASES = {
    **{name: plain(name) for name in LIKELIHOODS},
    "images": through(images), "joined": through(joined), "laplace posterior": through(mlp, "laplace"),
    "full-normal posterior": through(mlp, "full-normal"), "planar": through(mlp, flow=[planar]),
    "coupling": through(mlp, flow=[coupling]), "autoregressive": through(mlp, flow=[autoregressive]),
    "all flows": through(mlp, flow=[planar, coupling, autoregressive]), "mixture": through(mlp, prior=mixture),
    "vamp": through(mlp, prior=vamp), "two layers": two_layers()}


def results():
    for name, (x, count, value) in CASES.items():
        for point in range(2):
            e = numbers((count,), 60 + point, 1.3).requires_grad_()
            result = value(x, e)
            result.backward()
            yield {
                "name": name, "x": x.tolist(), "noise": e.tolist(), "value": float(f"{result.item():.12g}"),
                "gradient": [float(f"{slope:.12g}") for slope in e.grad.tolist()]}


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(result) for result in results()) + "\n]")
