"""JAX: jit."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda x: x}


class Jax:
    """Options: `examples` and `draws` in one call; `loop` (chunks inside the compiled function, or one call each); the
    generator (`random`)."""

    version = f"JAX {jax.__version__}"

    def __init__(self, model, threads):
        layer = lambda l: (jnp.asarray(l.weight), jnp.asarray(l.bias), l.activation)
        conditional = lambda c: ([layer(l) for l in c.trunk], [layer(l) for l in c.heads.values()])
        self.encoders = [conditional(c) for c in model.encoders]
        self.decoders = [conditional(c) for c in model.decoders]
        self.encode = jax.jit(lambda x: self._apply(self.encoders[0], x))

    @staticmethod
    def _apply(conditional, x):
        trunk, heads = conditional
        for weight, bias, activation in trunk:
            x = ACTIVATIONS[activation](x @ weight + bias)
        return [x @ weight + bias for weight, bias, _ in heads]

    def log_weights(self, x, mean, log_variance, key, draws):
        """log p(x, z) − log q(z|x) for each example and draw; the normalisers of the normals cancel."""
        keys = jax.random.split(key, len(self.encoders))
        examples = len(x)
        flat = lambda a: jnp.repeat(a, draws, axis=0)
        per_draw = lambda a: a.reshape(examples, draws)
        mean, log_variance = flat(mean), flat(log_variance)
        latents, total = [], jnp.zeros((examples, draws))
        for layer, encoder in enumerate(self.encoders):
            if layer > 0:
                mean, log_variance = self._apply(encoder, latents[-1])
            epsilon = jax.random.normal(keys[layer], mean.shape)
            latents.append(mean + jnp.exp(0.5 * log_variance) * epsilon)
            total += per_draw(0.5 * (epsilon**2 + log_variance).sum(-1))
        for layer in range(1, len(self.decoders)):
            mean, log_variance = self._apply(self.decoders[layer], latents[layer])
            total -= per_draw(0.5 * ((latents[layer - 1] - mean) ** 2 * jnp.exp(-log_variance) + log_variance).sum(-1))
        total -= per_draw(0.5 * (latents[-1] ** 2).sum(-1))
        (logits,) = self._apply(self.decoders[0], latents[0])
        logits = logits.reshape(examples, draws, -1)
        return total + (x[:, None] * logits - jax.nn.softplus(logits)).sum(-1)

    def log_weight(self, noise, x, mean, log_variance):
        """The log-weight of one image at one point of noise, all layers concatenated; `log_weights` draws its own."""
        total, first, latents = 0.0, 0, []
        m, v = mean, log_variance
        for layer, encoder in enumerate(self.encoders):
            if layer > 0:
                m, v = self._apply(encoder, latents[-1])
            epsilon = noise[first:first + m.shape[-1]]
            first += m.shape[-1]
            latents.append(m + jnp.exp(0.5 * v) * epsilon)
            total += 0.5 * (epsilon**2 + v).sum()
        for layer in range(1, len(self.decoders)):
            m, v = self._apply(self.decoders[layer], latents[layer])
            total -= 0.5 * ((latents[layer - 1] - m) ** 2 * jnp.exp(-v) + v).sum()
        total -= 0.5 * (latents[-1] ** 2).sum()
        (logits,) = self._apply(self.decoders[0], latents[0])
        return total + (x * logits - jax.nn.softplus(logits)).sum()

    @partial(jax.jit, static_argnames=("self", "draws"))
    def _chunk(self, x, mean, log_variance, key, draws):
        return self.log_weights(x, mean, log_variance, key, draws)

    @partial(jax.jit, static_argnames=("self", "draws", "count"))
    def _all_chunks(self, x, mean, log_variance, key, draws, count):
        body = lambda key: self.log_weights(x, mean, log_variance, key, draws)
        weights = jax.lax.map(body, jax.random.split(key, count))
        return weights.swapaxes(0, 1).reshape(len(x), count * draws)

    def evaluate(self, examples, samples, options, seed):
        """The log-weights of every example, one array each."""
        key = jax.random.key(seed, impl=options.get("random", "threefry2x32"))
        x = jnp.asarray(examples)
        mean, log_variance = self.encode(x)
        count = samples // options["draws"]
        results = []
        for first in range(0, len(x), options["examples"]):
            part = slice(first, first + options["examples"])
            key, used = jax.random.split(key)
            arguments = x[part], mean[part], log_variance[part]
            if options.get("loop", "inside") == "inside":
                weights = self._all_chunks(*arguments, used, options["draws"], count)
            else:
                keys = jax.random.split(used, count)
                weights = jnp.concatenate([self._chunk(*arguments, k, options["draws"]) for k in keys], 1)
            jax.nn.logsumexp(weights, axis=1)
            results.append(weights)
        return [row for weights in results for row in np.asarray(weights, np.float64)]

    def alternatives(self):
        """Beside the chunk: options worth a try, each with its values, the first being the default."""
        return {"loop": ["inside", "outside"], "random": ["threefry2x32", "rbg"]}
