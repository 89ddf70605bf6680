"""Every snippet of docs/from-pytorch.md and docs/from-jax.md, run in order on small models."""

import re

import numpy as np
import pytest
from repository import ROOT

DOCS = ROOT / "docs"


def snippets(page: str) -> list[str]:
    """The Python of a page, without its indent."""
    path = DOCS / page
    if not path.exists():
        pytest.skip("not in the repository of Evidence")
    found = re.findall(r"^( *)```python\n(.*?)^ *```$", path.read_text(), re.M | re.S)
    return [re.sub(rf"^{indent}", "", code, flags=re.M) for indent, code in found]


def run(page: str, names: dict, path, monkeypatch) -> None:
    monkeypatch.chdir(path)
    for code in snippets(page):
        (path / "model.h5").unlink(missing_ok=True)
        exec(compile(code, page, "exec"), names)
        assert not re.search(r"export_(torch|jax)\(", code) or (path / "model.h5").exists(), code


def test_from_pytorch(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from torch import nn
    torch.manual_seed(0)
    torch.set_num_threads(1)

    class Two(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.a, self.m, self.s = nn.Linear(inputs, 8), nn.Linear(8, outputs), nn.Linear(8, outputs)

        def forward(self, *x):
            h = torch.tanh(self.a(torch.cat(x, 1)))
            return self.m(h), self.s(h)

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.fc_mu, self.fc_var = nn.Linear(784, 8), nn.Linear(8, 2), nn.Linear(8, 2)
            self.decoder, self.log_scale = nn.Linear(2, 784), nn.Parameter(torch.zeros(1))

        def decode(self, z):
            return self.decoder(z)

        def forward(self, x):
            h = self.encoder(x)
            mean, log_variance = self.fc_mu(h), self.fc_var(h)
            return self.decode(mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean))

    class CVAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d = Two(789, 2), nn.Linear(7, 784)

        def forward(self, x, y):
            y = nn.functional.one_hot(y, 5).float()
            mean, log_variance = self.e(x, y)
            z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            return torch.sigmoid(self.d(torch.cat([z, y], 1)))

    mask = torch.tensor([[0.0, 0.0], [1.0, 0.0]])

    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(0.1 * torch.randn(2, 2))

        def forward(self, z):
            return z @ (self.weight * mask).T

    run("from-pytorch.md", dict(
        vae=VAE(), encoder=Two(784, 2), decoder=nn.Linear(2, 784), joint_encoder=nn.Linear(784, 4), cvae=CVAE(),
        class_encoder=Two(12, 2), class_decoder=nn.Sequential(nn.Linear(2, 60), nn.Unflatten(1, (5, 12))),
        example=torch.rand(3, 784), x=torch.rand(3, 784), label=torch.full((3,), 2), q1=Two(787, 2), q2=Two(784, 3),
        p1=nn.Linear(2, 784), p2=Two(3, 2), pseudo_inputs=torch.rand(4, 784), u=torch.tensor([0.3, 0.1]),
        w=torch.tensor([0.5, -0.4]), b=0.1, made_shift=Masked(), made_scale=Masked()), tmp_path, monkeypatch)


def test_from_jax(tmp_path, monkeypatch):
    jax = pytest.importorskip("jax")
    equinox, haiku, distributions = (pytest.importorskip(name) for name in ("equinox", "haiku", "numpyro.distributions"))
    linen, nnx = pytest.importorskip("flax.linen"), pytest.importorskip("flax.nnx")
    jnp, key = jax.numpy, jax.random.key(0)
    random, batch = np.random.default_rng(0), np.random.default_rng(1).uniform(size=(3, 784)).astype(np.float32)
    small = lambda *shape: jnp.asarray(0.1 * random.standard_normal(shape), jnp.float32)

    class VAE(linen.Module):
        def setup(self):
            self.m, self.s, self.d = linen.Dense(2), linen.Dense(2), linen.Dense(784)

        def encode(self, x):
            return self.m(x), self.s(x)

        def decode(self, z):
            return self.d(z)

        def __call__(self, x, noise_key):
            mean, log_variance = self.encode(x)
            return self.decode(mean + jnp.exp(0.5 * log_variance) * jax.random.normal(noise_key, mean.shape))

    class RngVAE(VAE):
        def __call__(self, x):
            return super().__call__(x, self.make_rng("noise"))

    class Heads(nnx.Module):
        def __init__(self, rngs):
            self.m, self.s = nnx.Linear(784, 2, rngs=rngs), nnx.Linear(784, 2, rngs=rngs)

        def __call__(self, x):
            return self.m(x), self.s(x)

    encode = lambda params, x: (x @ params["m"], x @ params["s"])
    decode = lambda params, z: z @ params["d"]
    params = {"m": small(784, 2), "s": small(784, 2), "d": small(2, 784)}
    haiku_encode = haiku.transform(lambda x: (haiku.Linear(2)(x), haiku.Linear(2)(x)))
    haiku_decode = haiku.transform(lambda z: haiku.Linear(784)(z))
    run("from-jax.md", dict(
        vae=VAE(), rng_vae=RngVAE(), variables=VAE().init(key, batch, key), key=key, batch=batch, params=params, encode=encode,
        decode=decode, nnx_encoder=Heads(nnx.Rngs(0)), nnx_decoder=nnx.Linear(2, 784, rngs=nnx.Rngs(1)),
        haiku_encode=haiku_encode, encoder_params=haiku_encode.init(key, batch), haiku_decode=haiku_decode,
        decoder_params=haiku_decode.init(key, batch[:, :2]), equinox_encoder=equinox.nn.Linear(784, 4, key=key),
        equinox_decoder=equinox.nn.Linear(2, 784, key=key),
        encode_scale=lambda x: (x @ params["m"], jax.nn.softplus(x @ params["s"])),
        guide=lambda x: distributions.Normal(x @ params["m"], jnp.exp(x @ params["s"])),
        model=lambda z: distributions.Bernoulli(logits=z @ params["d"]),
        image_encode=lambda x: encode(params, x.reshape(len(x), -1)),
        image_decode=lambda z: decode(params, z).reshape(-1, 1, 28, 28),
        tree={"e": {"kernel": small(784, 8)}, "e2": {"kernel": small(8, 4)}, "d": {"kernel": small(2, 784)}}),
        tmp_path, monkeypatch)
