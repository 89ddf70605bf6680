"""PyTorch: eager, and compiled."""

import torch
import torch.nn.functional as F

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "identity": lambda x: x}


class Torch:
    """Options: `examples` and `draws` in one call; for the compiled ones `mode` and where the noise is made."""

    version = f"PyTorch {torch.__version__.split('+')[0]}"

    def __init__(self, model, threads, compiled):
        torch.set_num_threads(threads)
        self.compiled = compiled
        self.encoders = [self._conditional(c) for c in model.encoders]
        self.decoders = [self._conditional(c) for c in model.decoders]
        self.functions = {}

    def _conditional(self, conditional):
        # F.linear takes weights as [out, in].
        layer = lambda l: (torch.from_numpy(l.weight.T.copy()), torch.from_numpy(l.bias), ACTIVATIONS[l.activation])
        return [layer(l) for l in conditional.trunk], [layer(l) for l in conditional.heads.values()]

    @staticmethod
    def _apply(conditional, x):
        trunk, heads = conditional
        for weight, bias, activation in trunk:
            x = activation(F.linear(x, weight, bias))
        return [F.linear(x, weight, bias) for weight, bias, _ in heads]

    def log_weights(self, x, mean, log_variance, noise):
        """log p(x, z) − log q(z|x) for each example and draw; the normalisers of the normals cancel."""
        examples, draws, _ = noise[0].shape
        z = mean[:, None] + torch.exp(0.5 * log_variance)[:, None] * noise[0]
        total = 0.5 * (noise[0].square().sum(-1) + log_variance.sum(-1)[:, None])
        latents = [z.reshape(examples * draws, -1)]
        for layer in range(1, len(self.encoders)):
            mean, log_variance = self._apply(self.encoders[layer], latents[-1])
            epsilon = noise[layer].reshape(examples * draws, -1)
            latents.append(mean + torch.exp(0.5 * log_variance) * epsilon)
            total = total + 0.5 * (epsilon.square() + log_variance).sum(-1).reshape(examples, draws)
        for layer in range(1, len(self.decoders)):
            mean, log_variance = self._apply(self.decoders[layer], latents[layer])
            square = (latents[layer - 1] - mean).square() * torch.exp(-log_variance)
            total = total - 0.5 * (square + log_variance).sum(-1).reshape(examples, draws)
        total = total - 0.5 * latents[-1].square().sum(-1).reshape(examples, draws)
        (logits,) = self._apply(self.decoders[0], latents[0])
        logits = logits.reshape(examples, draws, -1)
        target = x[:, None].expand_as(logits)
        return total - F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(-1)

    def _noise(self, examples, draws):
        return [torch.randn(examples, draws, c[1][0][0].shape[0]) for c in self.encoders]

    def _function(self, mode, noise):
        if not self.compiled:
            return lambda x, m, v, n, d: self.log_weights(x, m, v, self._noise(n, d))
        if (mode, noise) not in self.functions:
            if noise == "inside":
                body = lambda x, m, v, n, d: self.log_weights(x, m, v, self._noise(n, d))
                compiled = self._compile(body, mode)
            else:
                inner = self._compile(lambda x, m, v, e: self.log_weights(x, m, v, e), mode)
                compiled = lambda x, m, v, n, d: inner(x, m, v, self._noise(n, d))
            self.functions[mode, noise] = compiled
        return self.functions[mode, noise]

    def _compile(self, body, mode):
        # Frozen weights are packed once, as ours are.
        options = {"freezing": True} | ({"max_autotune": True} if mode == "max-autotune" else {})
        return torch.compile(body, dynamic=False, options=options)

    @torch.no_grad()
    def evaluate(self, examples, samples, options, seed):
        """The log-weights of every example, one array each."""
        torch.manual_seed(seed)
        torch._dynamo.config.recompile_limit = 10000
        function = self._function(options.get("mode"), options.get("noise"))
        x = torch.from_numpy(examples)
        mean, log_variance = self._apply(self.encoders[0], x)
        results = []
        for first in range(0, len(x), options["examples"]):
            part = slice(first, min(first + options["examples"], len(x)))
            size = part.stop - part.start
            chunks = [
                function(x[part], mean[part], log_variance[part], size, options["draws"])
                for _ in range(samples // options["draws"])]
            weights = torch.cat(chunks, 1)
            torch.logsumexp(weights, 1)
            results.extend(weights.double().numpy())
        return results

    def alternatives(self):
        """Beside the chunk: options worth a try, each with its values, the first being the default."""
        return {"mode": ["default", "max-autotune"], "noise": ["outside", "inside"]} if self.compiled else {}
