"""The table of styles: ways in which people write latent-variable models, each with its log-weights computed apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
import torch
from torch import distributions as D
from torch import nn
from torch.nn import functional as F

from evidence.export import export_torch

ROWS, PIXELS, LATENTS = 4, 16, 3


@dataclass
class Case:
    """export(path) writes the file; weights(x, e): log p(x, z) - log q(z|x) at noise e, by the style's own modules."""

    export: Callable[[str], Any]
    x: np.ndarray
    weights: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None
    latents: int = LATENTS


@dataclass
class Style:
    """One way of writing a model. refused: words of the true reason where it can't be exported; then `remedy`, where there
    is one, is what the message says to do, and has to come out right."""

    group: str
    words: str
    make: Callable[[], Case]
    refused: str | None = None
    remedy: Callable[[], Case] | None = None


STYLES: list[Style] = []


def style(group: str, words: str, refused: str | None = None, remedy: Callable[[], Case] | None = None):
    def register(make: Callable[[], Case]):
        STYLES.append(Style(group, words, make, refused, remedy))
        return make
    return register


def settled(module: nn.Module) -> nn.Module:
    """Weights that differ, moments away from 0 and 1, at test time."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, p in [*module.named_parameters(), *module.named_buffers()]:
            if not p.dtype.is_floating_point or name.endswith(("_u", "_v")):      # of spectral_norm
                continue
            if "running_var" in name:
                p.copy_(0.5 + torch.rand(p.shape, generator=generator))
            else:
                fan = max(p[0].numel(), 1) if p.ndim > 1 else 25
                p.copy_(torch.randn(p.shape, generator=generator) * (1.2 / fan**0.5))
    return module.eval()


def binary(*shape: int) -> np.ndarray:
    return (np.random.default_rng(0).uniform(size=(ROWS, *(shape or (PIXELS,)))) < 0.4).astype(np.float32)


def reals(*shape: int) -> np.ndarray:
    return np.float32(0.6 * np.random.default_rng(0).standard_normal((ROWS, *(shape or (PIXELS,)))))


def counts(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).poisson(2, (ROWS, *(shape or (PIXELS,)))).astype(np.float32)


def flat(a):
    return a.reshape(len(a), -1)


def log_weights(x, e, mean, scale, likelihood: Callable, prior=None):
    """log-weights of z = mean + scale * noise with scale of either sign; likelihood(z): a distribution of flat x."""
    mean, scale = flat(mean), flat(scale)
    z = mean + scale * e
    prior = D.Normal(0.0, 1.0) if prior is None else prior
    q = D.Normal(mean, scale.abs())
    return likelihood(z).log_prob(flat(x)).sum(1) + prior.log_prob(z).sum(1) - q.log_prob(z).sum(1)


def half(log_variance):
    return torch.exp(0.5 * log_variance)


class Parts(nn.Module):
    """A trunk, two heads and a decoder; what a style adds stands in its subclass."""

    def __init__(self, pixels: int = PIXELS, outputs: int | None = None, act: nn.Module | None = None):
        super().__init__()
        act = nn.Tanh() if act is None else act
        self.enc = nn.Sequential(nn.Linear(pixels, 10), act)
        self.fc21, self.fc22 = nn.Linear(10, LATENTS), nn.Linear(10, LATENTS)
        self.dec = nn.Sequential(nn.Linear(LATENTS, 10), nn.Tanh(), nn.Linear(10, outputs or pixels))

    def heads(self, x):
        h = self.enc(x)
        return self.fc21(h), self.fc22(h)

    def encode(self, x):
        return self.heads(x)

    def decode(self, z):
        return torch.sigmoid(self.dec(z))

    def bernoulli(self, z):
        return D.Bernoulli(logits=flat(self.dec(z)))


class Images(nn.Module):
    """Convolutions down to 8 x 2 x 2 and back, of images 1 x 8 x 8."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.ReLU(), nn.Conv2d(4, 8, 4, 2, 1), nn.ReLU())
        self.fc21, self.fc22, self.fc3 = nn.Linear(32, LATENTS), nn.Linear(32, LATENTS), nn.Linear(LATENTS, 32)
        self.up = nn.Sequential(nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1))

    def heads(self, x):
        h = self.down(x).flatten(1)
        return self.fc21(h), self.fc22(h)

    def logits(self, z):
        return self.up(F.relu(self.fc3(z)).view(-1, 8, 2, 2))

    def bernoulli(self, z):
        return D.Bernoulli(logits=flat(self.logits(z)))

    def sample(self, x):
        mean, log_variance = self.heads(x)
        return mean + half(log_variance) * torch.randn_like(mean)


def whole(module: nn.Module, x: np.ndarray, spread: Callable = half, truth: Callable | None = None, example: Any = None,
          heads: Callable | None = None, **options: Any) -> Case:
    """A module given as it is."""
    module = settled(module)
    example = torch.as_tensor(x) if example is None else example
    inside = getattr(module, "module", module)
    heads = heads or inside.heads

    def weights(data, e):
        mean, second = heads(data)
        return log_weights(data, e, mean, spread(second), truth or inside.bernoulli)
    return Case(lambda path: export_torch(path, module, example, quiet=True, **options), x, weights)


def apart(module: nn.Module, x: np.ndarray, encode: Callable, decode: Callable, spread: Callable = half,
          truth: Callable | None = None, heads: Callable | None = None, shape: Any = None, **options: Any) -> Case:
    """An encoder and a decoder given apart."""
    settled(module)
    heads = heads or module.heads
    options.setdefault("encoder_outputs", ("mean", "log_variance"))

    def weights(data, e):
        mean, second = heads(data)
        return log_weights(data, e, mean, spread(second), truth or module.bernoulli)
    return Case(lambda path: export_torch(path, encode, decode, x.shape[1:] if shape is None else shape, quiet=True,
                                          **options), x, weights)
