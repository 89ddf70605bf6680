"""Styles: how the latents are drawn."""

from __future__ import annotations

import torch
from styles import LATENTS, PIXELS, Parts, apart, binary, half, settled, style, whole, Case, flat, log_weights, D
from torch import nn
from torch.nn import functional as F

from evidence.export import Conditional, export_torch

G = "z as the code draws it"


def drawn(words: str, scale=half):
    """draw(self, mean, second) -> z, as a whole module."""
    def register(draw):
        @style(G, words)
        def make():
            class VAE(Parts):
                def forward(self, x):
                    mean, second = self.heads(x)
                    return self.decode(draw(self, mean, second)), mean, second
            return whole(VAE(), binary(), scale)
        return draw
    return register


@drawn("std * eps + mu, randn_like")
def _(m, mean, lv):
    std = torch.exp(0.5 * lv)
    return torch.randn_like(std) * std + mean


@drawn("lv.mul(0.5).exp_(), eps.mul(std).add_(mu)")
def _(m, mean, lv):
    std = lv.mul(0.5).exp_()
    eps = torch.empty(std.size()).normal_()
    return eps.mul(std).add_(mean)


@drawn("torch.randn(b, d)")
def _(m, mean, lv):
    return mean + torch.randn(mean.size(0), mean.size(1)) * (lv / 2).exp()


@drawn("torch.randn(*mu.size())")
def _(m, mean, lv):
    return mean + torch.exp(lv / 2) * torch.randn(*mean.size())


@drawn("torch.FloatTensor(...).normal_()")
def _(m, mean, lv):
    return mean + torch.exp(lv * 0.5) * torch.FloatTensor(mean.shape).normal_()


@drawn("torch.normal(mean, std)")
def _(m, mean, lv):
    return torch.normal(mean, torch.exp(0.5 * lv))


@drawn("torch.normal(0, 1, size)")
def _(m, mean, lv):
    return torch.addcmul(mean, torch.exp(0.5 * lv), torch.normal(0.0, 1.0, size=mean.shape))


@drawn("sqrt(exp(logvar))")
def _(m, mean, lv):
    return mean + torch.sqrt(torch.exp(lv)) * torch.randn_like(mean)


@drawn("exp(logvar) ** 0.5")
def _(m, mean, lv):
    return mean + torch.exp(lv) ** 0.5 * torch.randn_like(mean)


@drawn("Normal(mu, exp(s)).rsample()", torch.exp)
def _(m, mean, s):
    return D.Normal(mean, s.exp()).rsample()


@drawn("Normal(0, 1).sample(size) * softplus", F.softplus)
def _(m, mean, s):
    return mean + F.softplus(s) * D.Normal(0, 1).sample(mean.shape)


@drawn("Normal(mu, sd).sample()", lambda s: F.softplus(s) + 1e-3)
def _(m, mean, s):
    return D.Normal(mean, F.softplus(s) + 1e-3).sample()


@drawn("Independent(Normal).rsample()", lambda s: F.softplus(s) + 1e-6)
def _(m, mean, s):
    return D.Independent(D.Normal(mean, F.softplus(s) + 1e-6), 1).rsample()


@drawn("MultivariateNormal(mu, diag_embed(s))", torch.exp)
def _(m, mean, s):
    return D.MultivariateNormal(mean, scale_tril=torch.diag_embed(s.exp())).rsample()


@drawn("sigma a plain Linear, of either sign", lambda s: s)
def _(m, mean, s):
    return mean + s * torch.randn_like(s)


@drawn("|sigma| + eps", lambda s: s.abs() + 1e-3)
def _(m, mean, s):
    return mean + (s.abs() + 1e-3) * torch.randn_like(s)


@drawn("sigma ** 2 as the scale", lambda s: s**2 + 1e-2)
def _(m, mean, s):
    return mean + torch.randn_like(s) * (s**2 + 1e-2)


@drawn("clamped log-variance", lambda s: half(s.clamp(-0.3, 0.2)))
def _(m, mean, s):
    return mean + half(torch.clamp(s, -0.3, 0.2)) * torch.randn_like(s)


@drawn("log-variance in bounds by tanh", lambda s: half(3 * torch.tanh(s)))
def _(m, mean, s):
    return mean + half(3 * torch.tanh(s)) * torch.randn_like(s)


@drawn("elu(s) + 1 + eps", lambda s: F.elu(s) + 1.001)
def _(m, mean, s):
    return mean + (F.elu(s) + 1 + 1e-3) * torch.randn_like(s)


@drawn("log(1 + exp(s)) written out", lambda s: F.softplus(s) + 1e-4)
def _(m, mean, s):
    return mean + (torch.log(1 + torch.exp(s)) + 1e-4) * torch.randn_like(s)


@drawn("minus: mu - std * eps")
def _(m, mean, s):
    return mean - half(s) * torch.randn_like(s)


@drawn("a temperature: mu + 0.7 * std * eps", lambda s: 0.7 * half(s))
def _(m, mean, s):
    return mean + 0.7 * half(s) * torch.randn_like(s)


@drawn("a fixed scale of the noise", lambda s: torch.full_like(s, 0.1))
def _(m, mean, s):
    return mean + 0.1 * torch.randn_like(mean)


@style(G, "drawn in training mode alone (if self.training)")
def training_alone():
    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.norm, self.drop = nn.BatchNorm1d(10), nn.Dropout(0.5)

        def heads(self, x):
            h = self.drop(self.norm(self.enc(x)))
            return self.fc21(h), self.fc22(h)

        def forward(self, x):
            mean, lv = self.heads(x)
            z = mean + half(lv) * torch.randn_like(lv) if self.training else mean
            return self.decode(z)
    return whole(VAE(), binary())


@style(G, "a Sampling module; side effects; asserts; prints")
def sampling_module():
    class Sampling(nn.Module):
        def forward(self, inputs):
            mean, lv = inputs
            return mean + half(lv) * torch.randn(mean.shape)

    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.sampling = Sampling()

        def forward(self, x):
            assert x.dim() == 2 and len(x) > 0, x.shape
            self.last = self.heads(x)
            self.kl = -0.5 * (1 + self.last[1]).sum()
            return self.decode(self.sampling(self.last))
    return whole(VAE(), binary())


@style(G, "an encoder that returns (mean, log_variance, z), z unused", )
def encoder_with_z():
    m = Parts()

    def encode(x):
        mean, lv = m.encode(x)
        b, d = mean.shape
        return mean, lv, mean + half(lv) * torch.randn(b, d)
    return apart(m, binary(), encode, m.decode, encoder_outputs=("mean", "log_variance", None))


@style(G, "an encoder that returns z among others: read from z")
def encoder_read_from_z():
    m = Parts()

    def encode(x):
        mean, s = m.encode(x)
        return D.Normal(mean, F.softplus(s)).rsample(), mean, s
    return apart(m, binary(), encode, m.decode, F.softplus, encoder_outputs=None)


@style(G, "two latents, style and content, both standard normal")
def two_latents():
    class VAE(Parts):
        def __init__(self):
            super().__init__()
            self.m2, self.s2, self.d2 = nn.Linear(10, 2), nn.Linear(10, 2), nn.Linear(5, PIXELS)

        def both(self, x):
            h = self.enc(x)
            return (torch.cat([self.fc21(h), self.m2(h)], 1), torch.cat([self.fc22(h), self.s2(h)], 1))

        def logits(self, z):
            return self.d2(z)

        def forward(self, x):
            h = self.enc(x)
            a = self.fc21(h) + half(self.fc22(h)) * torch.randn_like(self.fc22(h))
            b = self.m2(h) + half(self.s2(h)) * torch.randn_like(self.s2(h))
            return torch.sigmoid(self.d2(torch.cat([a, b], 1)))
    m = settled(VAE())
    x = binary()

    def weights(data, e):
        mean, lv = m.both(data)
        return log_weights(data, e, mean, half(lv), lambda z: D.Bernoulli(logits=m.d2(z)))
    return Case(lambda p: export_torch(p, m, torch.as_tensor(x), prior="standard-normal", quiet=True), x, weights, 5)


class Denoising(Parts):
    def forward(self, x):
        mean, lv = self.heads(x + 0.1 * torch.randn_like(x))
        return self.decode(mean + half(lv) * torch.randn_like(lv))


@style(G, "noise on the input as well (a denoising VAE)", refused="adds noise to its input.*encoder= and decoder= apart",
       remedy=lambda: (lambda m: apart(m, binary(), m.encode, m.decode))(Denoising()))
def denoising():
    return whole(Denoising(), binary())


@style(G, "the same noise for the whole batch", refused="same noise")
def shared_noise():
    class VAE(Parts):
        def forward(self, x):
            mean, lv = self.heads(x)
            return self.decode(mean + half(lv) * torch.randn(LATENTS))
    return whole(VAE(), binary())


class Upper(Parts):
    """q(z_2|z_1) and p(z_1|z_2) are returned beside a reconstruction that z_1 alone makes."""

    def __init__(self):
        super().__init__()
        self.upper, self.lower = nn.Linear(LATENTS, 4), nn.Linear(2, 2 * LATENTS)

    def above(self, z):
        return (0.3 * self.upper(z)).chunk(2, 1)

    def below(self, z):
        return (0.3 * self.lower(z)).chunk(2, 1)

    def forward(self, x):
        mean, lv = self.heads(x)
        z = mean + half(lv) * torch.randn_like(lv)
        mean_2, lv_2 = self.above(z)
        z_2 = mean_2 + half(lv_2) * torch.randn_like(lv_2)
        return self.decode(z), (mean, lv), (mean_2, lv_2), self.below(z_2)

    def weights(self, x, e):
        (mean, lv), e_1, e_2 = self.heads(x), e[:, :LATENTS], e[:, LATENTS:]
        q_1 = D.Normal(mean, half(lv))
        z = mean + half(lv) * e_1
        mean_2, lv_2 = self.above(z)
        q_2 = D.Normal(mean_2, half(lv_2))
        z_2 = mean_2 + half(lv_2) * e_2
        below, spread = self.below(z_2)
        return sum(term.sum(1) for term in (
            self.bernoulli(z).log_prob(x), D.Normal(below, half(spread)).log_prob(z), D.Normal(0.0, 1.0).log_prob(z_2),
            -q_1.log_prob(z), -q_2.log_prob(z_2)))


def by_conditionals():
    m, names = settled(Upper()), ("mean", "log_variance")
    given = [
        [Conditional(m.encode, outputs=names), Conditional(m.above, outputs=names)],
        [Conditional(m.decode, "bernoulli"), Conditional(m.below, outputs=names)]]
    return Case(lambda path: export_torch(path, *given, (PIXELS,), quiet=True), binary(), lambda x, e: m.weights(x, e), LATENTS + 2)


@style(G, "a second latent that the reconstruction does not depend on", refused="lists of Conditional", remedy=by_conditionals)
def upper():
    return whole(Upper(), binary())


class Shown(Parts):
    """Returns a sample of the reconstruction too."""

    def forward(self, x):
        mean, lv = self.heads(x)
        recon = self.decode(mean + half(lv) * torch.randn_like(lv))
        return recon, recon + 0.1 * torch.randn_like(recon)


@style(G, "noise on a copy of the reconstruction", refused='prior="standard-normal"',
       remedy=lambda: whole(Shown(), binary(), prior="standard-normal", decoder_outputs={"probabilities": 0}))
def shown():
    return whole(Shown(), binary(), decoder_outputs={"probabilities": 0})


def signed(m, encode):
    return apart(m, binary(), encode, m.decode, torch.abs, encoder_outputs=("mean", "scale"))


@style("what an output means", "(mu, sigma) of a plain Linear, nothing said", refused="log_scale.*abs",
       remedy=lambda: (lambda m: signed(m, lambda x: (m.encode(x)[0], m.encode(x)[1].abs())))(Parts()))
def plain_second():
    m = Parts()
    return apart(m, binary(), m.encode, m.decode, encoder_outputs=None)


@style("what an output means", "(mean, exp(lv)), nothing said", refused="scale.*variance",
       remedy=lambda: (lambda m: apart(m, binary(), lambda x: (m.heads(x)[0], m.heads(x)[1].exp()), m.decode, torch.exp,
                                       encoder_outputs=("mean", "scale")))(Parts()))
def positive_second():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], m.heads(x)[1].exp()), m.decode, encoder_outputs=None)


@style("what an output means", "(mean, exp(lv / 2)): only a scale")
def exp_half():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], half(m.heads(x)[1])), m.decode, encoder_outputs=None)


def features_with_heads():
    m = Parts()
    return apart(m, binary(), m.enc, m.decode, encoder_outputs=None, mean=m.fc21, log_variance=m.fc22)


@style("what an output means", "vae.encoder without its heads", refused="heads that follow", remedy=features_with_heads)
def forgotten_heads():
    m = Parts()
    return apart(m, binary(), m.enc, m.decode, encoder_outputs=None)


@style("what an output means", "one output, split in halves")
def halves():
    m = Parts()
    return apart(m, binary(), lambda x: torch.cat(m.heads(x), 1), m.decode, split="halves")


@style("what an output means", "one output, interleaved by view(-1, d, 2)")
def interleaved():
    m = Parts()
    return apart(m, binary(), lambda x: torch.stack(m.heads(x), 2).flatten(1), m.decode, split="interleaved")


@style("what an output means", "log(sigma ** 2) said to be a log-variance")
def log_of_square():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], torch.log(m.heads(x)[1] ** 2)), m.decode, torch.abs)


@style("what an output means", "softplus said to be a variance")
def softplus_variance():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], F.softplus(m.heads(x)[1]) + 1e-3), m.decode,
                 lambda s: torch.sqrt(F.softplus(s) + 1e-3), encoder_outputs=("mean", "variance"))


@style("what an output means", "-softplus(-s) as a log-scale (logsigmoid)")
def log_sigmoid():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], F.logsigmoid(m.heads(x)[1])), m.decode, torch.sigmoid,
                 encoder_outputs=("mean", "log_scale"))


@style("what an output means", "max(exp(s), a constant) as a scale")
def maximum():
    m = Parts()
    return apart(m, binary(), lambda x: (m.heads(x)[0], torch.maximum(m.heads(x)[1].exp(), torch.tensor(0.9))), m.decode,
                 lambda s: s.exp().clamp(min=0.9), encoder_outputs=("mean", "scale"))
