"""Styles: JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from evidence.export import export_jax, layer

# Words, () -> (function of a path that exports, e -> log-weights by numpy), words that a refusal has, and the same of what
# the refusal says to do.
JAX_STYLES: list[tuple] = []
X = (np.random.default_rng(0).uniform(size=(4, 16)) < 0.4).astype(np.float32)
IMAGES = X.reshape(4, 4, 4, 1)


def jax_style(words: str, refused: str | None = None, remedy=None):
    def register(make):
        JAX_STYLES.append((words, make, refused, remedy))
        return make
    return register


def weights(encode, decode, x=X):
    """encode(x): (mean, scale); decode(z): logits."""
    def run(e):
        mean, scale = (np.asarray(a, np.float64).reshape(len(x), -1) for a in encode(x))
        z = mean + scale * e
        logits = np.asarray(decode(z.astype(np.float32)), np.float64).reshape(len(x), -1)
        data = x.reshape(len(x), -1)
        likelihood = (data * logits - np.logaddexp(0, logits)).sum(1)
        return likelihood + (-0.5 * z**2 + 0.5 * e**2 + np.log(np.abs(scale))).sum(1)
    return run


def shaken(tree, seed=0):
    random = np.random.default_rng(seed)
    return jax.tree_util.tree_map(lambda a: a + 0.3 * random.standard_normal(a.shape).astype(np.float32), tree)


STATED = dict(encoder_outputs=("mean", "log_variance"), quiet=True)
half = lambda pair: (pair[0], jnp.exp(0.5 * pair[1]))


@jax_style("Flax linen: GroupNorm, gelu, LayerNorm, ConvTranspose, a whole __call__ with a key")
def linen():
    from flax import linen as nn

    class VAE(nn.Module):
        def setup(self):
            self.c, self.g, self.d, self.n = nn.Conv(4, (3, 3), (2, 2)), nn.GroupNorm(2), nn.Dense(8), nn.LayerNorm()
            self.m, self.s = nn.Dense(3), nn.Dense(3)
            self.f, self.t, self.o = nn.Dense(2 * 2 * 4), nn.ConvTranspose(3, (3, 3), (2, 2)), nn.Conv(1, (3, 3))

        def encode(self, x):
            h = nn.relu(self.g(self.c(x)))
            h = nn.gelu(self.n(self.d(h.reshape(len(h), -1))))
            return self.m(h), self.s(h)

        def decode(self, z):
            return self.o(nn.silu(self.t(nn.leaky_relu(self.f(z)).reshape(-1, 2, 2, 4))))

        def __call__(self, x, key):
            mean, lv = self.encode(x)
            z = mean + jnp.exp(0.5 * lv) * jax.random.normal(key, mean.shape)
            return nn.sigmoid(self.decode(z)), mean, lv
    m = VAE()
    v = shaken(m.init(jax.random.key(0), IMAGES, jax.random.key(1)))
    return (lambda p: export_jax(p, lambda x: m.apply(v, x, jax.random.key(2)), example=IMAGES, quiet=True),
            weights(lambda x: half(m.apply(v, x, method="encode")), lambda z: m.apply(v, z, method="decode"), IMAGES))


@jax_style("Flax linen: BatchNorm with running moments, max_pool, avg_pool, a residual")
def linen_batch_norm():
    from flax import linen as nn

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, x):
            h = nn.BatchNorm(use_running_average=True)(nn.Conv(4, (3, 3))(x))
            h = h + nn.elu(nn.Conv(4, (1, 1))(h))
            h = jnp.concatenate([h, nn.max_pool(h, (3, 3), (1, 1), "SAME")], -1)
            h = nn.avg_pool(h, (2, 2), (2, 2))
            return nn.Dense(6)(h.reshape(len(h), -1))
    m = Encoder()
    v = m.init(jax.random.key(0), IMAGES)
    v = {"params": shaken(v["params"]), "batch_stats": jax.tree_util.tree_map(lambda a: a + 0.5, v["batch_stats"])}
    k = np.float32(np.random.default_rng(1).standard_normal((3, 16)))
    return (lambda p: export_jax(p, lambda x: m.apply(v, x), lambda z: z @ k, input_shape=(4, 4, 1), split="halves", **STATED),
            weights(lambda x: half(jnp.split(m.apply(v, x), 2, -1)), lambda z: z @ k, IMAGES))


@jax_style("Flax nnx modules as they are")
def nnx_modules():
    from flax import nnx

    class Encoder(nnx.Module):
        def __init__(self, rngs):
            self.a, self.b = nnx.Linear(16, 8, rngs=rngs), nnx.Linear(8, 6, rngs=rngs)
            self.norm = nnx.BatchNorm(8, use_running_average=True, rngs=rngs)

        def __call__(self, x):
            return jnp.split(self.b(nnx.softplus(self.norm(self.a(x)))), 2, -1)
    e, d = Encoder(nnx.Rngs(0)), nnx.Linear(3, 16, rngs=nnx.Rngs(1))
    return (lambda p: export_jax(p, e, d, input_shape=16, **STATED), weights(lambda x: half(e(x)), d))


@jax_style("Equinox modules of one example, put under jax.vmap")
def equinox_modules():
    import equinox as eqx
    q = eqx.nn.MLP(16, 6, 8, 2, activation=jax.nn.mish, key=jax.random.key(0))
    d = eqx.nn.MLP(3, 16, 8, 2, activation=jax.nn.hard_swish, key=jax.random.key(1))
    return (lambda p: export_jax(p, lambda x: tuple(jnp.split(q(x), 2)), d, input_shape=(16,), **STATED),
            weights(lambda x: half(jnp.split(jax.vmap(q)(x), 2, -1)), jax.vmap(d)))


@jax_style("Equinox convolutions, channels first")
def equinox_convolutions():
    import equinox as eqx
    k = jax.random.split(jax.random.key(0), 4)
    c, l = eqx.nn.Conv2d(1, 4, 3, 2, 1, key=k[0]), eqx.nn.Linear(16, 6, key=k[1])
    f, t = eqx.nn.Linear(3, 16, key=k[2]), eqx.nn.ConvTranspose2d(4, 1, 4, 2, padding=1, key=k[3])
    encode = lambda x: jnp.split(l(jax.nn.elu(c(x)).reshape(-1)), 2)
    decode = lambda z: t(jax.nn.relu(f(z)).reshape(4, 2, 2))
    return (lambda p: export_jax(p, encode, decode, input_shape=(1, 4, 4), **STATED),
            weights(lambda x: half(jax.vmap(encode)(x)), jax.vmap(decode), X.reshape(4, 1, 4, 4)))


@jax_style("Haiku: softplus + eps as a scale, LayerNorm")
def haiku():
    import haiku as hk

    def encoder(x):
        h = hk.nets.MLP([8, 8], activate_final=True)(x)
        return hk.Linear(3)(h), jax.nn.softplus(hk.Linear(3)(h)) + 1e-4
    f = hk.without_apply_rng(hk.transform(encoder))
    g = hk.without_apply_rng(hk.transform(lambda z: hk.Linear(16)(hk.LayerNorm(-1, True, True)(hk.Linear(9)(z)))))
    p, q = shaken(f.init(jax.random.key(0), X)), shaken(g.init(jax.random.key(1), np.zeros((1, 3), np.float32)))
    return (lambda path: export_jax(path, lambda x: f.apply(p, x), lambda z: g.apply(q, z), input_shape=(16,),
                                    encoder_outputs=("mean", "scale"), quiet=True),
            weights(lambda x: f.apply(p, x), lambda z: g.apply(q, z)))


@jax_style("stax: FanOut, softplus as a scale, a sigmoid at the end")
def stax_networks():
    from jax.example_libraries import stax
    i, a = stax.serial(stax.Dense(8), stax.Tanh, stax.FanOut(2), stax.parallel(
        stax.Dense(3), stax.serial(stax.Dense(3), stax.Softplus)))
    j, b = stax.serial(stax.Dense(8), stax.Gelu, stax.Dense(16))
    p, q = i(jax.random.key(0), (-1, 16))[1], j(jax.random.key(1), (-1, 3))[1]
    return (lambda path: export_jax(path, lambda x: a(p, x), lambda z: jax.nn.sigmoid(b(q, z)), input_shape=(16,),
                                    encoder_outputs=("mean", "scale"), quiet=True),
            weights(lambda x: a(p, x), lambda z: b(q, z)))


def matrices():
    random = np.random.default_rng(2)
    return [np.float32(random.standard_normal(s) / 3) for s in ((16, 6), (3, 16))]


@jax_style("plain functions: jnp.dot, where, jit inside")
def plain():
    k, g = matrices()
    hidden = jax.jit(lambda x: jnp.where(x > 0, x, 0.1 * x))
    encode = lambda x: jnp.split(hidden(jnp.dot(x, k)), 2, axis=1)
    decode = lambda z: jnp.einsum("bi,ij->bj", z, g)
    return (lambda p: export_jax(p, encode, decode, input_shape=16, **STATED), weights(lambda x: half(encode(x)), decode))


@jax_style("a function of one example with a signed scale, sampled with a key")
def signed():
    k, g = matrices()

    def vae(x, key):
        mean, s = jnp.split(x @ k, 2, -1)
        return jax.nn.sigmoid((mean + s * jax.random.normal(key, mean.shape)) @ g)
    return (lambda p: export_jax(p, vae, example=X, quiet=True),
            weights(lambda x: (lambda a: (a[0], jnp.abs(a[1])))(jnp.split(x @ k, 2, -1)), lambda z: z @ g))


@jax_style("1 / (1 + exp(-y)) and a log-variance in bounds by jnp.clip")
def written_out():
    k, g = matrices()

    def encode(x):
        mean, lv = jnp.split(x @ k, 2, -1)
        return mean, jnp.clip(lv, -0.4, 0.3)
    return (lambda p: export_jax(p, encode, lambda z: 1 / (1 + jnp.exp(-(z @ g))), input_shape=16, **STATED),
            weights(lambda x: half(encode(x)), lambda z: z @ g))


@jax_style("numpyro distributions returned")
def numpyro_distributions():
    import numpyro.distributions as D
    k, g = matrices()

    def encode(x):
        mean, s = jnp.split(x @ k, 2, -1)
        return D.Normal(mean, jnp.exp(s)).to_event(1)
    return (lambda p: export_jax(p, encode, lambda z: D.Bernoulli(logits=z @ g), input_shape=16, quiet=True),
            weights(lambda x: (lambda a: (a[0], jnp.exp(a[1])))(jnp.split(x @ k, 2, -1)), lambda z: z @ g))


@jax_style("layers described over a tree of parameters")
def described():
    k, g = matrices()
    return (lambda p: export_jax(p, [layer("dense", "e", activation="swish")], [layer("dense", "d")],
                                 {"e": {"kernel": k}, "d": {"weight": g.T}}, (16,), **STATED),
            weights(lambda x: half(jnp.split(jax.nn.silu(x @ k), 2, -1)), lambda z: z @ g))


def applied():
    from flax import linen as nn
    k, g = matrices()
    encode = nn.Dense(6)
    variables = shaken(encode.init(jax.random.key(0), X))
    split = lambda x: jnp.split(encode.apply(variables, x), 2, -1)
    return (lambda p: export_jax(p, split, lambda z: z @ g, input_shape=16, **STATED),
            weights(lambda x: half(split(x)), lambda z: z @ g))


@jax_style("a linen module without its variables", refused="module.apply", remedy=applied)
def linen_alone():
    from flax import linen as nn
    k, g = matrices()
    return lambda p: export_jax(p, nn.Dense(6), lambda z: z @ g, input_shape=16, **STATED), None


def positive_scale(**said):
    k, g = matrices()
    encode = lambda x: (x @ k[:, :3], jnp.exp(x @ k[:, 3:]))
    return (lambda p: export_jax(p, encode, lambda z: z @ g, input_shape=16, quiet=True, **said),
            weights(encode, lambda z: z @ g))


@jax_style("(mean, exp(s)), nothing said", refused="scale.*variance",
           remedy=lambda: positive_scale(encoder_outputs=("mean", "scale")))
def nothing_said():
    return positive_scale()


@jax_style("a scan over a sequence", refused="scan")
def scanned():
    k, g = matrices()

    def encode(x):
        step = lambda h, c: (jnp.tanh(h + c @ k[:4, :]), None)
        h, _ = jax.lax.scan(step, jnp.zeros((len(x), 6)), x.reshape(len(x), 4, 4).swapaxes(0, 1))
        return jnp.split(h, 2, -1)
    return lambda p: export_jax(p, encode, lambda z: z @ g, input_shape=16, **STATED), None
