"""Styles: an encoder and a decoder given apart with nothing said, where the code of their module says it."""

from __future__ import annotations

import torch
from styles import LATENTS, PIXELS, D, Images, Parts, apart, binary, flat, half, settled, style, whole
from torch import nn
from torch.nn import functional as F

from evidence.export import export_torch

G = "the module's own code, encode and decode given apart"


def pair(words: str, scale=half, refused: str | None = None, x=binary, encode: str = "encode", decode: str = "decode", **options):
    """export_torch(path, m.encode, m.decode, shape) of a class."""
    def register(kind: type):
        def make():
            m = kind()
            return apart(m, x(), getattr(m, encode), getattr(m, decode), scale, encoder_outputs=None, **options)
        style(G, words, refused)(make)
        return kind
    return register


class Sampled(Parts):
    """forward() as most have it, with `spread` for the scale."""

    def spread(self, second):
        return half(second)

    def forward(self, x):
        mean, second = self.encode(x)
        return self.decode(mean + self.spread(second) * torch.randn_like(mean)), mean, second


@pair("forward: mu + exp(half logvar) * eps")
class _(Sampled):
    pass


@pair("forward: mu + sigma * eps, sigma of either sign", lambda s: s)
class _(Sampled):
    def spread(self, second):
        return second


@pair("forward: exp(second)", torch.exp)
class _(Sampled):
    def spread(self, second):
        return torch.exp(second)


@pair("forward: softplus(second) + 1e-4", lambda s: F.softplus(s) + 1e-4)
class _(Sampled):
    def spread(self, second):
        return F.softplus(second) + 1e-4


@pair("forward: sqrt of a softplus variance", lambda s: torch.sqrt(F.softplus(s) + 1e-3))
class _(Sampled):
    def spread(self, second):
        return torch.sqrt(F.softplus(second) + 1e-3)


@pair("forward: exp(-half log-precision)", lambda s: torch.exp(-0.5 * s))
class _(Sampled):
    def spread(self, second):
        return torch.exp(-0.5 * second)


@pair("a reparameterize method, no forward", F.softplus)
class _(Parts):
    def reparameterize(self, mean, second):
        return D.Normal(mean, F.softplus(second)).rsample()


@pair("reparametrize((mu, logvar)) of a pair")
class _(Parts):
    def reparametrize(self, stats):
        return stats[0] + half(stats[1]) * torch.randn_like(stats[0])


class Sampling(nn.Module):
    def forward(self, inputs):
        mean, second = inputs
        return mean + torch.exp(second) * torch.randn_like(mean)


@pair("a Sampling module among the parts, no forward", torch.exp)
class _(Parts):
    def __init__(self):
        super().__init__()
        self.sampling = Sampling()


@pair("a reparameterize that samples in training mode alone")
class _(Parts):
    def reparameterize(self, mean, lv):
        return mean + half(lv) * torch.randn_like(lv) if self.training else mean

    def forward(self, x):
        mean, lv = self.encode(x)
        return self.decode(self.reparameterize(mean, lv)), mean, lv


@pair("forward returns the loss alone")
class _(Sampled):
    def forward(self, x):
        mean, lv = self.encode(x)
        out = self.decode(mean + half(lv) * torch.randn_like(lv))
        return F.binary_cross_entropy(out, x, reduction="sum") - 0.5 * (1 + lv - mean**2 - lv.exp()).sum()


@pair("encode returns (logvar, mu)")
class _(Parts):
    def encode(self, x):
        return self.heads(x)[::-1]

    def forward(self, x):
        lv, mean = self.encode(x)
        return self.decode(mean + half(lv) * torch.randn_like(lv))


@pair("a dictionary whose names say something else", torch.exp)
class _(Parts):
    def encode(self, x):
        mean, second = self.heads(x)
        return {"mean": mean, "log_var": second}

    def forward(self, x):
        q = self.encode(x)
        return self.decode(q["mean"] + torch.exp(q["log_var"]) * torch.randn_like(q["mean"]))


@pair("the sigmoid stands in forward, not in decode")
class _(Sampled):
    def decode(self, z):
        return self.dec(z)

    def forward(self, x):
        mean, lv = self.encode(x)
        return torch.sigmoid(self.decode(mean + half(lv) * torch.randn_like(lv)))


@pair("encode returns features, the heads stand in forward")
class _(Parts):
    def encode(self, x):
        return self.enc(x)

    def forward(self, x):
        h = self.encode(x)
        mean, lv = self.fc21(h), self.fc22(h)
        return self.decode(mean + half(lv) * torch.randn_like(lv))


@pair("encode returns (z, mu, logvar)")
class _(Parts):
    def encode(self, x):
        mean, lv = self.heads(x)
        return mean + half(lv) * torch.randn_like(lv), mean, lv

    def forward(self, x):
        z, mean, lv = self.encode(x)
        return self.decode(z), mean, lv


@pair("encode returns z alone")
class _(Parts):
    def encode(self, x):
        mean, lv = self.heads(x)
        return mean + half(lv) * torch.randn_like(lv)


@pair("forward(x, eps=None)")
class _(Parts):
    def forward(self, x, eps=None):
        mean, lv = self.encode(x)
        eps = torch.randn_like(mean) if eps is None else eps
        return self.decode(mean + half(lv) * eps)


@pair("methods of other names: inference and generate", encode="inference", decode="generate")
class _(Parts):
    def inference(self, x):
        return self.heads(x)

    def generate(self, z):
        return self.decode(z)

    def forward(self, x):
        mean, lv = self.inference(x)
        return {"x_hat": self.generate(mean + half(lv) * torch.randn_like(lv)), "kl": (mean**2).sum()}


@pair("images, convolutions; forward as usual", x=lambda: binary(1, 8, 8), encode="heads", decode="probabilities")
class _(Images):
    def probabilities(self, z):
        return torch.sigmoid(self.logits(z))

    def forward(self, x):
        return self.probabilities(self.sample(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.m, self.s = nn.Linear(PIXELS, 10), nn.Linear(10, LATENTS), nn.Linear(10, LATENTS)

    def forward(self, x):
        h = torch.tanh(self.a(x))
        return self.m(h), self.s(h)


class Holder(nn.Module):
    """Two modules, given without the one that holds them."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), nn.Linear(LATENTS, PIXELS)

    def heads(self, x):
        return self.encoder(x)

    def bernoulli(self, z):
        return D.Bernoulli(logits=self.decoder(z))

    def forward(self, x):
        mean, second = self.encoder(x)
        return self.decoder(mean + torch.exp(second) * torch.randn_like(mean))


pair("vae.encoder and vae.decoder, which forward() joins", torch.exp, encode="encoder", decode="decoder")(Holder)


@style(G, "lambdas over the module")
def lambdas():
    m = Sampled()
    return apart(m, binary(), lambda x: m.encode(x), lambda z: m.decode(z), encoder_outputs=None)


@style(G, "a layer between z and decode that decode does not have", refused="something else than the z",
       remedy=lambda: whole(Between(), binary(), truth=None))
def between():
    m = Between()
    return apart(m, binary(), m.encode, m.decode, encoder_outputs=None)


class Between(Sampled):
    def __init__(self):
        super().__init__()
        self.middle = nn.Linear(LATENTS, LATENTS)

    def bernoulli(self, z):
        return D.Bernoulli(logits=flat(self.dec(self.middle(z))))

    def forward(self, x):
        mean, lv = self.encode(x)
        return self.decode(self.middle(mean + half(lv) * torch.randn_like(lv)))


@style(G, "a layer between z and decode, in the function that is given")
def with_between():
    m = Between()
    return apart(m, binary(), m.encode, lambda z: m.decode(m.middle(z)), encoder_outputs=None)


class OfAScale(Sampled):
    def spread(self, second):
        return torch.exp(second)


@style(G, "encoder_outputs= that forward() contradicts", refused="draws with a scale of",
       remedy=lambda: (lambda m: apart(m, binary(), m.encode, m.decode, m.spread, encoder_outputs=None))(OfAScale()))
def contradicted():
    m = OfAScale()
    return apart(m, binary(), m.encode, m.decode)


@style(G, "labels: encode(x, y), decode(z, y), a batch (x, y)")
def labels():
    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d = nn.Linear(PIXELS + 5, 2 * LATENTS), nn.Linear(LATENTS + 5, PIXELS)
            self.register_buffer("y", torch.zeros(1, 5))

        def encode(self, x, y):
            return self.e(torch.cat([x, y], 1)).chunk(2, 1)

        def decode(self, z, y):
            return self.d(torch.cat([z, y], 1))

        def heads(self, x):
            return self.encode(x, self.y.expand(len(x), -1).to(x))

        def bernoulli(self, z):
            return D.Bernoulli(logits=self.decode(z, self.y.expand(len(z), -1).to(z)))

        def forward(self, x, y):
            mean, lv = self.encode(x, y)
            return self.decode(mean + half(lv) * torch.randn_like(mean), y)
    m = settled(VAE())
    m.y = F.one_hot(torch.tensor([3]), 5).float()
    x = binary()
    case = apart(m, x, m.encode, m.decode, encoder_outputs=None)
    y = m.y = F.one_hot(torch.tensor([3]), 5).float()
    case.export = lambda path: export_torch(path, m.encode, m.decode, example=(torch.as_tensor(x), y.expand(len(x), -1)),
                                            quiet=True)
    return case
