"""Objectives of training and their gradients by every weight, and twenty steps of Adam, by PyTorch in double precision:
writes training.json.

    python make_training.py > training.json      (PyTorch 2)

The models stand here and in Support/TrainingFixture.swift, under the same names. Weights are a formula of their number and are
rounded to single precision; noise is Philox4x32-10, written out again here.
"""

import json
import math

import torch
import torch.nn.functional as F
from torch import distributions as D

torch.set_default_dtype(torch.float64)

EXAMPLES, DRAWS, SEED, PIXELS = 4, 3, 17, 6


def numbers(shape, seed, scale=1.0):
    """The tensor number `seed`: a sine at scattered places, rounded to single precision."""
    values = [scale * math.sin(12.9898 * (i + 1) + 78.233 * seed) for i in range(math.prod(shape))]
    return torch.tensor(values).float().double().reshape(shape)


def philox(counter, key):
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & mask, (first >> 32) ^ c[3] ^ k[1], first & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def words(step, pair, layer, row):
    example = 1 << 63 | step
    counter = [pair, layer << 24 | row // 4, example & 0xFFFFFFFF, example >> 32]
    return philox(counter, [SEED & 0xFFFFFFFF, SEED >> 32])


def fraction(word):
    return (word + 0.5) / 2**32


def noise(step, pair, layer, count, family="normal"):
    """The variates of a layer's latents in one pair of an example and a draw."""
    values = []
    for row in range(count):
        w = words(step, pair, layer, row)
        if family == "laplace":
            word = w[row % 4]
            size = -math.log(fraction(2 * word if word < 2**31 else 2 * (2**32 - 1 - word)))
            values.append(-size if word < 2**31 else size)
        else:
            radius = math.sqrt(-2 * math.log(fraction(w[row % 4 & 2])))
            angle = 2 * math.pi * fraction(w[row % 4 | 1])
            values.append(radius * (math.sin(angle) if row % 2 else math.cos(angle)))
    return torch.tensor(values)


class Weights:
    """Leaves by the paths of the model file; `stopped` gives them without gradients, for the encoder of DReG."""

    def __init__(self):
        self.leaves, self.stopped = {}, False

    def __call__(self, path, shape, seed, scale):
        return self.of(path, lambda: numbers(shape, seed, scale))

    def of(self, path, make):
        if path not in self.leaves:
            self.leaves[path] = make().requires_grad_()
        leaf = self.leaves[path]
        return leaf.detach() if self.stopped else leaf

    def dense(self, x, path, outputs, seed, scale=0.7):
        return F.linear(
            x, self(f"{path}/weight", (outputs, x.shape[-1]), seed, scale), self(f"{path}/bias", (outputs,), seed + 0.5, 0.3))


class Normal:
    def __init__(self, mean, log_scale):
        self.mean, self.log_scale = mean, log_scale

    def draw(self, e):
        return self.mean + self.log_scale.exp() * e

    def log_density(self, z):
        return D.Normal(self.mean, self.log_scale.exp()).log_prob(z).sum()

    def divergence(self, prior):
        return D.kl_divergence(D.Normal(self.mean, self.log_scale.exp()), D.Normal(prior.mean, prior.log_scale.exp())).sum()


class Laplace(Normal):
    def log_density(self, z):
        return D.Laplace(self.mean, self.log_scale.exp()).log_prob(z).sum()


class FullNormal:
    def __init__(self, mean, tril):
        self.mean, self.tril = mean, torch.tril(tril)

    def draw(self, e):
        return self.mean + self.tril @ e

    def log_density(self, z):
        return D.MultivariateNormal(self.mean, scale_tril=self.tril).log_prob(z)

    def divergence(self, prior):
        own = D.MultivariateNormal(self.mean, scale_tril=self.tril)
        return D.kl_divergence(own, D.MultivariateNormal(torch.zeros(len(self.mean)), torch.eye(len(self.mean))))


STANDARD = Normal(torch.zeros(()), torch.zeros(()))


def bernoulli(logits, x):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="sum")


class OneLayer:
    """The paper's, in small: tanh networks on both sides."""

    latents, families, closed = [3], ["normal"], [True]

    def posterior(self, w, layer, x, z):
        h = torch.tanh(w.dense(x, "/encoder/1/trunk/0", 5, 1))
        h = torch.tanh(w.dense(h, "/encoder/1/trunk/1", 5, 2))
        return Normal(
            w.dense(h, "/encoder/1/mean/0", 3, 3), 0.5 * w.dense(h, "/encoder/1/log_variance/0", 3, 4, 0.4))

    def prior(self, w, layer, z):
        return STANDARD

    def likelihood(self, w, x, z):
        h = torch.tanh(w.dense(z[0], "/decoder/1/trunk/0", 5, 5))
        return bernoulli(w.dense(h, "/decoder/1/logits/0", PIXELS, 6), x)


class TwoLayers(OneLayer):
    latents, families, closed = [3, 2], ["normal", "normal"], [False, True]

    def posterior(self, w, layer, x, z):
        if layer == 0:
            return super().posterior(w, layer, x, z)
        h = torch.tanh(w.dense(z[0], "/encoder/2/trunk/0", 4, 7))
        return Normal(w.dense(h, "/encoder/2/mean/0", 2, 8), w.dense(h, "/encoder/2/log_scale/0", 2, 9, 0.4))

    def prior(self, w, layer, z):
        if layer == 1:
            return STANDARD
        h = F.softplus(w.dense(z[1], "/decoder/2/trunk/0", 4, 10))
        return Normal(
            w.dense(h, "/decoder/2/mean/0", 3, 11), 0.5 * w.dense(h, "/decoder/2/log_variance/0", 3, 12, 0.4))


class TopDown(TwoLayers):
    """q(z2 | x) first, then q(z1 | z2, x): the divergence of z1 has a closed form, given z2."""

    closed = [True, True]
    order = [1, 0]

    def posterior(self, w, layer, x, z):
        if layer == 1:
            h = torch.tanh(w.dense(x, "/encoder/2/trunk/0", 4, 7))
            return Normal(w.dense(h, "/encoder/2/mean/0", 2, 8), w.dense(h, "/encoder/2/log_scale/0", 2, 9, 0.4))
        h = torch.tanh(w.dense(torch.cat([z[1], x]), "/encoder/1/trunk/0", 5, 1))
        return Normal(
            w.dense(h, "/encoder/1/mean/0", 3, 3), 0.5 * w.dense(h, "/encoder/1/log_variance/0", 3, 4, 0.4))


class Images(OneLayer):
    """Channels first: convolutions of stride 2, of groups and transposed; batch normalization, frozen."""

    pixels = 16

    def posterior(self, w, layer, x, z):
        h = F.conv2d(
            x.reshape(1, 1, 4, 4), w("/encoder/1/trunk/0/weight", (4, 1, 3, 3), 1, 0.5),
            w("/encoder/1/trunk/0/bias", (4,), 2, 0.3), stride=2, padding=1)
        h = F.elu(F.batch_norm(h, numbers((4,), 3, 0.2), 1 + numbers((4,), 4, 0.5), numbers((4,), 5), numbers((4,), 6), eps=1e-3))
        h = h + F.conv2d(h, w("/encoder/1/trunk/2/body/0/weight", (4, 2, 3, 3), 7, 0.4), None, padding=1, groups=2)
        h = h.flatten()
        return Normal(
            w.dense(h, "/encoder/1/mean/0", 3, 8, 0.4), 0.5 * w.dense(h, "/encoder/1/log_variance/0", 3, 9, 0.2))

    def likelihood(self, w, x, z):
        h = F.gelu(w.dense(z[0], "/decoder/1/trunk/0", 8, 10)).reshape(1, 2, 2, 2)
        h = F.conv_transpose2d(
            h, w("/decoder/1/logits/0/weight", (2, 1, 3, 3), 11, 0.5), w("/decoder/1/logits/0/bias", (1,), 12, 0.3),
            stride=2, padding=1, output_padding=1)
        return bernoulli(h.flatten(), x)


class Constants(OneLayer):
    """Real data with one log-variance for all elements, and a normal prior."""

    def prior(self, w, layer, z):
        return Normal(w("/prior/mean", (3,), 13, 0.5), 0.5 * w("/prior/log_variance", (3,), 14, 0.5))

    def likelihood(self, w, x, z):
        h = torch.tanh(w.dense(z[0], "/decoder/1/trunk/0", 5, 5))
        log_scale = 0.5 * w("/decoder/1/log_variance", (), 15, 0.5)
        return Normal(w.dense(h, "/decoder/1/mean/0", PIXELS, 6), log_scale.expand(PIXELS)).log_density(x)


class LaplacePosterior(OneLayer):
    families, closed = ["laplace"], [False]

    def posterior(self, w, layer, x, z):
        h = torch.tanh(w.dense(x, "/encoder/1/trunk/0", 5, 1))
        return Laplace(w.dense(h, "/encoder/1/mean/0", 3, 3), w.dense(h, "/encoder/1/log_scale/0", 3, 4, 0.4))

    def likelihood(self, w, x, z):
        h = torch.tanh(w.dense(z[0], "/decoder/1/trunk/0", 5, 5))
        log_scale = w("/decoder/1/log_scale", (PIXELS,), 15, 0.5)
        return Laplace(w.dense(h, "/decoder/1/mean/0", PIXELS, 6), log_scale).log_density(x)


class FullNormalPosterior(OneLayer):
    families = ["full-normal"]

    def posterior(self, w, layer, x, z):
        h = torch.tanh(w.dense(x, "/encoder/1/trunk/0", 5, 1))
        tril = w.of("/encoder/1/scale_tril", lambda: torch.tril(numbers((3, 3), 4, 0.5), -1) + torch.diag(torch.tensor([1.25, 0.75, 0.5])))
        return FullNormal(w.dense(h, "/encoder/1/mean/0", 3, 3), tril)




def data(model):
    count = getattr(model, "pixels", PIXELS)
    if isinstance(model, (Constants, LaplacePosterior)):
        return [numbers((count,), 60 + e) for e in range(EXAMPLES)]
    return [(numbers((count,), 60 + e) > 0).double() for e in range(EXAMPLES)]


def draw(model, w, x, step, pair, closed=False, stopped=False, fixed=None):
    """One draw's log-weight, or its terms with divergences in closed form, and its log q."""
    layers = range(len(model.latents))
    z, total, log_q = [None for _ in layers], 0.0, 0.0
    for layer in getattr(model, "order", layers):
        q = model.posterior(w, layer, x, z)
        family = model.families[layer]
        e = noise(step, pair, layer + 1, model.latents[layer], "laplace" if family == "laplace" else "normal")
        z[layer] = q.draw(e) if fixed is None else fixed[layer]
        if stopped:
            w.stopped = True
            density = model.posterior(w, layer, x, z).log_density(z[layer])
            w.stopped = False
        else:
            density = q.log_density(z[layer])
        log_q = log_q + density
        if not (closed and model.closed[layer]):
            total = total - density
        else:
            model.__dict__.setdefault("qs", {})[layer] = q
    for layer in layers:
        p = model.prior(w, layer, z)
        if closed and model.closed[layer]:
            total = total - model.qs[layer].divergence(p)
        else:
            total = total + p.log_density(z[layer])
    return total + model.likelihood(w, x, z), log_q, z


def objective(model, w, name, xs, step=1):
    """The value, and what has the gradients of it that training takes: of the encoder and of the rest."""
    value, surrogate = 0.0, {"encoder": 0.0, "rest": 0.0}
    for number, x in enumerate(xs):
        pairs = [number * DRAWS + d for d in range(DRAWS)]
        draws = [draw(model, w, x, step, pair, closed=name == "vae") for pair in pairs]
        terms = torch.stack([total for total, _, _ in draws])
        if name == "vae":
            own, parts = terms.mean(), (terms.mean(), terms.mean())
        else:
            own = torch.logsumexp(terms, 0) - math.log(DRAWS)
            shares = torch.softmax(terms, 0).detach()
            if name == "iwae":
                parts = (own, own)
            elif name == "dreg":
                twice = torch.stack([draw(model, w, x, step, pair, stopped=True)[0] for pair in pairs])
                parts = ((shares**2 * twice).sum(), own)
            else:
                fixed = [[z.detach() for z in zs] for _, _, zs in draws]
                log_q = torch.stack([draw(model, w, x, step, pair, fixed=f)[1] for pair, f in zip(pairs, fixed)])
                parts = ((shares * log_q).sum(), torch.zeros(()))
        value = value + own.item() / len(xs)
        surrogate["encoder"] = surrogate["encoder"] + parts[0] / len(xs)
        surrogate["rest"] = surrogate["rest"] + parts[1] / len(xs)
    return value, surrogate


def gradients(w, surrogate):
    result = {}
    for path, leaf in w.leaves.items():
        source = surrogate["encoder" if path.startswith("/encoder") else "rest"]
        slope = torch.autograd.grad(source, leaf, retain_graph=True, allow_unused=True)[0] if source.requires_grad else None
        result[path] = torch.zeros_like(leaf) if slope is None else slope
    return result


def rounded(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


MODELS = {
    "one layer": OneLayer, "two layers": TwoLayers, "top-down": TopDown, "images": Images, "constants": Constants,
    "laplace": LaplacePosterior, "full-normal": FullNormalPosterior}


def results():
    for name, kind in MODELS.items():
        for target in ["vae", "iwae", "dreg", "wake"]:
            model, w = kind(), Weights()
            xs = data(model)
            value, surrogate = objective(model, w, target, xs)
            slopes = {path: rounded(slope) for path, slope in gradients(w, surrogate).items()}
            yield {
                "name": name, "objective": target, "x": [rounded(x) for x in xs], "value": float(f"{value:.12g}"),
                "gradients": {p: s for p, s in slopes.items() if target != "wake" or p.startswith("/encoder")}}


def steps():
    """Twenty steps of Adam on L_k, the same examples in each."""
    model, w = OneLayer(), Weights()
    xs = data(model)
    objective(model, w, "iwae", xs)
    adam = torch.optim.Adam(w.leaves.values(), lr=0.01, eps=1e-4, maximize=True)
    values = []
    for step in range(1, 21):
        value, surrogate = objective(model, w, "iwae", xs, step)
        for path, slope in gradients(w, surrogate).items():
            w.leaves[path].grad = slope
        adam.step()
        values.append(float(f"{value:.12g}"))
    return {"values": values, "weights": {path: rounded(leaf.detach()) for path, leaf in w.leaves.items()}}


if __name__ == "__main__":
    cases = ",\n".join(json.dumps(result) for result in results())
    print('{"cases": [\n' + cases + '],\n"steps": ' + json.dumps(steps()) + "}")
