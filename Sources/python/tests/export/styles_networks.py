"""Styles: layers, activations, shapes and likelihoods."""

from __future__ import annotations

import numpy as np
import torch
from styles import (LATENTS, PIXELS, ROWS, Case, D, Images, Parts, apart, binary, counts, flat, half, log_weights, reals,
                    settled, style, whole)
from torch import nn
from torch.nn import functional as F

from evidence.export import Conditional, export_torch


# MARK: Activations

def activation(words: str, act: nn.Module, refused: str | None = None):
    @style("activations", words, refused)
    def make():
        m = Parts(act=act)
        return apart(m, binary(), m.encode, m.decode)


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


activation("Mish", nn.Mish())
activation("Hardswish", nn.Hardswish())
activation("Hardsigmoid", nn.Hardsigmoid())
activation("CELU(0.5)", nn.CELU(0.5))
activation("Softsign", nn.Softsign())
activation("LogSigmoid", nn.LogSigmoid())
activation("RReLU at test time", nn.RReLU())
activation("PReLU of many slopes", nn.PReLU(10))
activation("Tanhshrink", nn.Tanhshrink())
activation("ReLU6", nn.ReLU6())
activation("x * sigmoid(x), a Swish by hand", Function(lambda x: x * torch.sigmoid(x)))
activation("x * tanh(log(1 + exp(x))), a Mish by hand", Function(lambda x: x * torch.tanh(torch.log(1 + torch.exp(x)))))
activation("where(x > 0, x, 0.2 x), a leaky ReLU by hand", Function(lambda x: torch.where(x > 0, x, 0.2 * x)))
activation("0.5 x (1 + erf(x / sqrt 2)), a GELU by hand", Function(lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5))))
activation("Softplus(beta=2)", nn.Softplus(2))
activation("Threshold(0.1, 0), which jumps", nn.Threshold(0.1, 0.0), refused="not something that the model format")


# MARK: Products

@style("products", "GatedDense: h * sigmoid(g)")
def gated():
    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(PIXELS, 10)

        def heads(self, x):
            h = self.enc(x) * torch.sigmoid(self.gate(x))
            return self.fc21(h), self.fc22(h)

        def forward(self, x):
            mean, lv = self.heads(x)
            return self.decode(mean + half(lv) * torch.randn_like(lv))
    return whole(VAE(), binary())


@style("products", "GLU")
def glu():
    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.enc = nn.Sequential(nn.Linear(PIXELS, 20), nn.GLU())
    m = VAE()
    return apart(m, binary(), m.encode, m.decode)


@style("products", "squeeze and excitation")
def squeeze():
    class VAE(Images):
        def __init__(self):
            super().__init__()
            self.se = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.ReLU(), nn.Conv2d(2, 8, 1), nn.Sigmoid())

        def heads(self, x):
            h = self.down(x)
            h = (h * self.se(h)).flatten(1)
            return self.fc21(h), self.fc22(h)

        def forward(self, x):
            return torch.sigmoid(self.logits(self.sample(x)))
    return whole(VAE(), binary(1, 8, 8))


@style("products", "attention over positions", refused="computed matri|attention")
def attention():
    class VAE(Images):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def heads(self, x):
            h = self.down(x).flatten(2).transpose(1, 2)
            h = self.attention(h, h, h)[0].flatten(1)
            return self.fc21(h), self.fc22(h)

        def forward(self, x):
            return torch.sigmoid(self.logits(self.sample(x)))
    return whole(VAE(), binary(1, 8, 8))


# MARK: Images

def body(words: str, make_layers, refused: str | None = None, group: str = "images"):
    """Layers between the convolutions and the heads."""
    @style(group, words, refused)
    def make():
        class VAE(Images):
            def __init__(self):
                super().__init__()
                self.between = make_layers()
                out = self.between(torch.zeros(2, 8, 2, 2)).flatten(1).shape[1]
                self.fc21, self.fc22 = nn.Linear(out, LATENTS), nn.Linear(out, LATENTS)

            def heads(self, x):
                h = self.between(self.down(x)).flatten(1)
                return self.fc21(h), self.fc22(h)

            def forward(self, x):
                return torch.sigmoid(self.logits(self.sample(x)))
        return whole(VAE(), binary(1, 8, 8))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.n, self.b = nn.Conv2d(8, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return F.relu(x + self.b(F.relu(self.n(self.a(x)))))


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        return torch.cat([x, F.elu(self.a(x))], 1)


body("GroupNorm and SiLU", lambda: nn.Sequential(nn.GroupNorm(2, 8), nn.SiLU()))
body("InstanceNorm2d", lambda: nn.InstanceNorm2d(8, affine=True))
body("InstanceNorm2d with running statistics", lambda: nn.InstanceNorm2d(8, affine=True, track_running_stats=True))
body("LayerNorm of [C, H, W]", lambda: nn.LayerNorm((8, 2, 2)))
body("BatchNorm2d, residual blocks", lambda: nn.Sequential(Residual(), Residual()))
body("concatenated branches", Dense)
body("Upsample bilinear, align_corners", lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True))
body("padding_mode reflect", lambda: nn.Conv2d(8, 4, 3, padding=1, padding_mode="reflect"))
body("ReplicationPad2d", lambda: nn.Sequential(nn.ReplicationPad2d(1), nn.Conv2d(8, 4, 3)))
body("AdaptiveAvgPool2d(1)", lambda: nn.AdaptiveAvgPool2d(1))
body("x / x.norm(), a pixel normalization by hand", lambda: Function(
    lambda x: x / torch.sqrt(torch.mean(x**2, 1, keepdim=True) + 1e-6)))
body("channels moved last by permute", lambda: Function(lambda x: x.permute(0, 2, 3, 1).contiguous()))
body("LayerNorm after a permute (ConvNeXt)", lambda: nn.Sequential(
    Function(lambda x: x.permute(0, 2, 3, 1)), nn.LayerNorm(8), nn.Linear(8, 6), nn.GELU()))
def spectral() -> nn.Module:
    torch.manual_seed(0)        # spectral_norm draws the vectors that it starts from
    return nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 1, bias=False))


body("weight_norm", lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 4, 1)))
body("spectral_norm", lambda: nn.Sequential(nn.Conv2d(8, 4, 1), spectral(), nn.Tanh()))


@style("images", "a decoder that ends in PixelShuffle and a sigmoid")
def pixel_shuffle():
    class VAE(Images):
        def __init__(self):
            super().__init__()
            self.up = nn.Sequential(nn.Conv2d(8, 24, 3, padding=1), nn.PixelShuffle(2), nn.ReLU(),
                                    nn.Conv2d(6, 4, 3, padding=1), nn.PixelShuffle(2))

        def forward(self, x):
            return torch.sigmoid(self.logits(self.sample(x)))
    return whole(VAE(), binary(1, 8, 8))


@style("images", "an average of sigmoids, cropped")
def averaged():
    class VAE(Images):
        def probabilities(self, z):
            return F.avg_pool2d(F.pad(torch.sigmoid(F.interpolate(self.logits(z), scale_factor=2)), (-2, 0, 0, -2)), 2)[
                :, :, :7, :7]

        def forward(self, x):
            return self.probabilities(self.sample(x))

    class Small(VAE):
        def heads(self, x):
            return super().heads(F.pad(x, (0, 1, 0, 1)))
    m = Small()
    return whole(m, binary(1, 7, 7), truth=lambda z: D.Bernoulli(probs=flat(m.probabilities(z))))


@style("images", "latents [C, H, W], convolutional throughout")
def spatial():
    class VAE(Images):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.p = nn.Conv2d(8, 2, 1), nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)

        def heads(self, x):
            h = self.down(x)
            return self.a(h), self.b(h)

        def logits(self, z):
            return self.up(self.p(z.reshape(-1, 2, 2, 2)))

        def decode(self, z):
            return torch.sigmoid(self.up(self.p(z)))
    m = VAE()
    case = apart(m, binary(1, 8, 8), m.heads, m.decode)
    case.latents = 8
    return case


@style("images", "a spatial broadcast decoder")
def broadcast():
    class VAE(Images):
        def __init__(self):
            super().__init__()
            axis = torch.linspace(-1, 1, 8)
            self.register_buffer("grid", torch.stack(torch.meshgrid(axis, axis, indexing="ij")))
            self.up = nn.Sequential(nn.Conv2d(LATENTS + 2, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 1, 1))

        def logits(self, z):
            tiled = z[:, :, None, None].expand(-1, -1, 8, 8)
            return self.up(torch.cat([tiled, self.grid.expand(len(z), -1, -1, -1)], 1))

        def forward(self, x):
            return torch.sigmoid(self.logits(self.sample(x)))
    return whole(VAE(), binary(1, 8, 8))


@style("images", "if x.dim() == 3, len(x), np.prod")
def shape_checks():
    class VAE(Images):
        def forward(self, x):
            if x.dim() == 3:
                x = x.unsqueeze(1)
            b, c, h, w = x.shape
            assert h == 8 and c == 1
            x = x.reshape(-1, np.prod((8, 8))).view(len(x), 1, 8, 8)
            return {"recon": torch.sigmoid(self.logits(self.sample(x))), "loss": x.mean()}
    return whole(VAE(), binary(1, 8, 8))


@style("images", "einops.rearrange and einsum")
def einops_style():
    from einops import rearrange

    class VAE(Images):
        def heads(self, x):
            h = rearrange(self.down(x), "b c h w -> b (h w) c")
            h = torch.einsum("bnc,cd->bnd", h, self.w).flatten(1)
            return self.fc21(h), self.fc22(h)

        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(8, 8))

        def forward(self, x):
            return torch.sigmoid(self.logits(self.sample(x)))
    return whole(VAE(), binary(1, 8, 8))


@style("sequences", "Conv1d and ConvTranspose1d")
def conv1d():
    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.e = nn.Sequential(nn.Conv1d(2, 6, 4, 2, 1), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten())
            self.fc21, self.fc22 = nn.Linear(24, LATENTS), nn.Linear(24, LATENTS)
            self.d = nn.Sequential(nn.Linear(LATENTS, 48), nn.Unflatten(1, (6, 8)), nn.ConvTranspose1d(6, 2, 4, 2, 1))

        def heads(self, x):
            return self.fc21(self.e(x)), self.fc22(self.e(x))

        def forward(self, x):
            mean, lv = self.heads(x)
            return self.d(mean + half(lv) * torch.randn_like(mean))
    m = VAE()
    case = whole(m, reals(2, 16), truth=lambda z: D.Normal(flat(m.d(z)), 0.5))
    x = torch.as_tensor(case.x)
    case.export = lambda path: export_torch(path, m, x, likelihood="normal", scale=0.5, quiet=True)
    return case


@style("sequences", "an LSTM", refused="lstm|LSTM")
def lstm():
    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(4, 10, batch_first=True)

        def heads(self, x):
            h = self.rnn(x.view(-1, 4, 4))[1][0][-1]
            return self.fc21(h), self.fc22(h)

        def forward(self, x):
            mean, lv = self.heads(x)
            return self.decode(mean + half(lv) * torch.randn_like(lv))
    return whole(VAE(), binary())


# MARK: Likelihoods

def likelihood(words: str, x, outputs: int, decode, distribution, **options):
    @style("likelihoods", words)
    def make():
        class VAE(Parts):
            def encode(self, data):
                return super().encode(data.reshape(len(data), -1))

            def heads(self, data):
                return super().heads(data.reshape(len(data), -1))
        m = VAE(outputs=outputs)
        m.log_scale = nn.Parameter(torch.zeros(1))
        extra = {k: v(m) if callable(v) else v for k, v in options.items()}
        return apart(m, x, m.encode, lambda z: decode(m, m.dec(z)), truth=lambda z: distribution(m, m.dec(z)), **extra)


likelihood("MSE: likelihood normal, scale 1", reals(), PIXELS, lambda m, y: y, lambda m, y: D.Normal(y, 1.0),
           likelihood="normal", scale=1.0)
likelihood("a learned scale, a Parameter of the module", reals(), PIXELS, lambda m, y: y,
           lambda m, y: D.Normal(y, m.log_scale.exp()), likelihood="normal", log_scale=lambda m: m.log_scale)
likelihood("a decoder that returns (mean, Parameter)", reals(), PIXELS, lambda m, y: (y, m.log_scale),
           lambda m, y: D.Normal(y, half(m.log_scale)), likelihood="normal", decoder_outputs=("mean", "log_variance"))
likelihood("(tanh + 1) / 2 as probabilities", binary(), PIXELS, lambda m, y: (torch.tanh(y) + 1) / 2,
           lambda m, y: D.Bernoulli(logits=2 * y))
likelihood("1 / (1 + exp(-y)) as probabilities", binary(), PIXELS, lambda m, y: 1 / (1 + torch.exp(-y)),
           lambda m, y: D.Bernoulli(logits=y))
likelihood("a distribution returned: Bernoulli(logits)", binary(), PIXELS, lambda m, y: D.Bernoulli(logits=y),
           lambda m, y: D.Bernoulli(logits=y))
likelihood("a distribution returned: Independent(Normal)", reals(), 2 * PIXELS,
           lambda m, y: D.Independent(D.Normal(y[:, :PIXELS], F.softplus(y[:, PIXELS:]) + 0.1), 1),
           lambda m, y: D.Normal(y[:, :PIXELS], F.softplus(y[:, PIXELS:]) + 0.1))
likelihood("Poisson with exp, log1p of the counts in front", counts(), PIXELS, lambda m, y: torch.exp(y),
           lambda m, y: D.Poisson(torch.exp(y)), likelihood="poisson")
likelihood("NegativeBinomial(total_count, logits) returned", counts(), PIXELS,
           lambda m, y: D.NegativeBinomial(m.log_scale.exp() + 1, logits=y),
           lambda m, y: D.NegativeBinomial(m.log_scale.exp() + 1, logits=y))
likelihood("categorical, classes on axis 1", np.random.default_rng(0).integers(0, 4, (ROWS, PIXELS)).astype(np.float32),
           4 * PIXELS, lambda m, y: y.view(-1, 4, PIXELS),
           lambda m, y: D.Categorical(logits=y.view(-1, 4, PIXELS).transpose(1, 2)), likelihood="categorical")
likelihood("categorical, log_softmax over a last axis", np.random.default_rng(0).integers(
    0, 5, (ROWS, PIXELS)).astype(np.float32), 5 * PIXELS, lambda m, y: F.log_softmax(y.view(-1, PIXELS, 5), -1),
    lambda m, y: D.Categorical(logits=y.view(-1, PIXELS, 5)), likelihood="categorical")
likelihood("Laplace, a fixed scale", reals(), PIXELS, lambda m, y: y, lambda m, y: D.Laplace(y, 0.7),
           likelihood="laplace", scale=0.7)


# MARK: What a network returns

def returned(words: str, wrap, **options):
    @style("what is returned", words)
    def make():
        m = Parts()
        return apart(m, binary(), lambda x: wrap(*m.heads(x)), m.decode, **({"encoder_outputs": None} | options))


def named_tuple(mean, lv):
    from collections import namedtuple
    return namedtuple("Out", "mean log_variance")(mean, lv)


def data_class(mean, lv):
    from dataclasses import make_dataclass
    return make_dataclass("Out", ["mu", "logvar"])(mean, lv)


returned("a NamedTuple", named_tuple)
returned("a dataclass", data_class)
returned("a dictionary {mu, logvar, h}", lambda a, b: {"mu": a, "logvar": b, "h": a + b})
returned("pythae's {embedding, log_covariance}", lambda a, b: {"embedding": a, "log_covariance": b})
returned("nested: ((mean, logvar), {...})", lambda a, b: ((a, b), {"h": a}), encoder_outputs=("mean", "log_variance", None))
returned("a torch.distributions.Normal", lambda a, b: D.Normal(a, half(b)))


@style("what is returned", "forward returns (recon, mu, logvar, loss)")
def with_loss():
    class VAE(Parts):
        def forward(self, x):
            mean, lv = self.heads(x)
            out = self.decode(mean + half(lv) * torch.randn_like(lv))
            loss = F.binary_cross_entropy(out, x, reduction="sum") - 0.5 * (1 + lv - mean**2 - lv.exp()).sum()
            return out, mean, lv, loss
    return whole(VAE(), binary())


@style("what is returned", "forward returns logits and probabilities")
def both():
    class VAE(Parts):
        def forward(self, x):
            mean, lv = self.heads(x)
            logits = self.dec(mean + half(lv) * torch.randn_like(lv))
            return {"logits": logits, "probs": torch.sigmoid(logits), "kl": (mean**2).sum(1)}
    return whole(VAE(), binary())


# MARK: Wrappers and conditions

def wrapped(wrapper):
    class VAE(Parts):
        def forward(self, x):
            mean, lv = self.heads(x)
            return self.decode(mean + half(lv) * torch.randn_like(lv)), mean, lv
    m = VAE()
    case = whole(m, binary())
    case.export = lambda path: export_torch(path, wrapper(m), torch.as_tensor(case.x), quiet=True)
    return case


@style("wrappers", "DataParallel")
def data_parallel():
    return wrapped(nn.DataParallel)


@style("wrappers", "torch.compile")
def compiled():
    return wrapped(torch.compile)


@style("wrappers", "half precision")
def half_precision():
    m = Parts()
    case = apart(m, binary(), m.encode, m.decode)
    for p in m.parameters():
        p.data = p.data.half().float()      # the numbers that half precision has

    def export(path):
        m.half()
        try:
            return export_torch(path, m.encode, m.decode, (PIXELS,), encoder_outputs=("mean", "log_variance"), quiet=True)
        finally:
            assert m.fc21.weight.dtype == torch.float16
            m.float()
    case.export = export
    return case


class Conditioned(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.mu, self.lv = nn.Linear(PIXELS + 5, 10), nn.Linear(10, LATENTS), nn.Linear(10, LATENTS)
        self.d1, self.d2 = nn.Linear(LATENTS + 5, 10), nn.Linear(10, PIXELS)

    def encode(self, x, c):
        h = F.relu(self.e(torch.cat([x, c], 1)))
        return self.mu(h), self.lv(h)

    def decode(self, z, c):
        return torch.sigmoid(self.d2(F.relu(self.d1(torch.cat([z, c], 1)))))

    def forward(self, x, y):
        c = F.one_hot(y, 5).float()
        mean, lv = self.encode(x, c)
        return self.decode(mean + half(lv) * torch.randn_like(lv), c)


def conditioned(export):
    m = settled(Conditioned())
    c = F.one_hot(torch.tensor([2]), 5).float()

    def weights(x, e):
        mean, lv = m.encode(x, c.expand(len(x), -1).to(x))
        return log_weights(x, e, mean, half(lv), lambda z: D.Bernoulli(probs=m.decode(z, c.expand(len(z), -1).to(z))))
    return Case(lambda path: export(path, m, c), binary(), weights)


style("conditions", "a label beside x: (x, y), forward(x, y)")(lambda: conditioned(
    lambda path, m, c: export_torch(path, m, (torch.as_tensor(binary()), torch.full((ROWS,), 2)), quiet=True)))
style("conditions", "a label fixed in lambdas by c.expand(len(x), -1)")(lambda: conditioned(
    lambda path, m, c: export_torch(path, lambda x: m.encode(x, c.expand(len(x), -1)),
                                    lambda z: m.decode(z, c.expand(z.shape[0], -1)), PIXELS,
                                    encoder_outputs=("mean", "log_variance"), quiet=True)))
style("conditions", "a label by F.one_hot(torch.full(...))")(lambda: conditioned(
    lambda path, m, c: export_torch(path, lambda x: m.encode(x, F.one_hot(torch.full((x.shape[0],), 2), 5)),
                                    lambda z: m.decode(z, c.repeat(z.shape[0], 1)), (PIXELS,),
                                    encoder_outputs=("mean", "log_variance"), quiet=True)))
style("conditions", "labels that differ between the examples", refused="depends on more than x")(lambda: conditioned(
    lambda path, m, c: export_torch(path, m, (torch.as_tensor(binary()), torch.arange(ROWS)), quiet=True)))


@style("constants", "a mixture prior whose means are a Parameter")
def mixture_prior():
    m = Parts()
    m.prior_mean = nn.Parameter(torch.zeros(4, LATENTS))
    settled(m)
    class Prior:
        def log_prob(self, z):
            inner = D.Independent(D.Normal(m.prior_mean, torch.ones_like(m.prior_mean)), 1)
            return D.MixtureSameFamily(D.Categorical(torch.ones(4)), inner).log_prob(z)[:, None]

    def weights(x, e):
        mean, lv = m.heads(x)
        return log_weights(x, e, mean, half(lv), m.bernoulli, Prior())
    return Case(lambda path: export_torch(
        path, m.encode, m.decode, (PIXELS,), encoder_outputs=("mean", "log_variance"), quiet=True,
        prior={"distribution": "normal-mixture", "mean": m.prior_mean, "scale": np.ones((4, LATENTS))}), binary(), weights)


@style("constants", "Conditional with a Parameter among its constants")
def parameter_constant():
    m = Parts()
    m.log_scale = nn.Parameter(torch.zeros(1))
    case = apart(m, reals(), m.encode, Conditional(lambda z: m.dec(z), "normal", constants={"log_scale": m.log_scale}),
                 truth=lambda z: D.Normal(m.dec(z), m.log_scale.exp()))
    return case
