"""pythae's VAE.get_nll, as its users call it, but without gradients."""

import numpy as np
import torch
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder

from torch_peer import ACTIVATIONS


class _Activation(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def _linear(layer):
    linear = torch.nn.Linear(*layer.weight.shape)
    linear.weight.data = torch.from_numpy(layer.weight.T.copy())
    linear.bias.data = torch.from_numpy(layer.bias)
    return linear


def _trunk(layers):
    return torch.nn.Sequential(*(m for l in layers for m in (_linear(l), _Activation(ACTIVATIONS[l.activation]))))


class _Encoder(BaseEncoder):
    def __init__(self, conditional):
        super().__init__()
        self.trunk = _trunk(conditional.trunk)
        self.mean = _linear(conditional.heads["mean"])
        self.log_variance = _linear(conditional.heads["log_variance"])

    def forward(self, x):
        hidden = self.trunk(x)
        return ModelOutput(embedding=self.mean(hidden), log_covariance=self.log_variance(hidden))


class _Decoder(BaseDecoder):
    def __init__(self, conditional):
        super().__init__()
        self.stack = torch.nn.Sequential(_trunk(conditional.trunk), _linear(conditional.heads["logits"]))

    def forward(self, z):
        # binary_cross_entropy takes probabilities.
        return ModelOutput(reconstruction=torch.sigmoid(self.stack(z)))


class Pythae:
    """Option: `draws` in one call, its `batch_size`."""

    version = "pythae 0.1.2"

    def __init__(self, model, threads):
        if len(model.encoders) > 1:
            raise ValueError("get_nll knows one layer of latents")
        torch.set_num_threads(threads)
        latent = model.encoders[0].heads["mean"].weight.shape[1]
        output = model.decoders[0].heads["logits"].weight.shape[1]
        self.vae = VAE(
            VAEConfig(input_dim=(output,), latent_dim=latent, reconstruction_loss="bce"),
            encoder=_Encoder(model.encoders[0]), decoder=_Decoder(model.decoders[0]))
        self.vae.eval()

    @torch.no_grad()
    def evaluate(self, examples, samples, options, seed):
        """The mean log-likelihood of each example alone (get_nll returns log p, not minus log p)."""
        torch.manual_seed(seed)
        x = torch.from_numpy(examples)
        return [np.asarray(self.vae.get_nll(row[None], samples, options["draws"])) for row in x]

    def alternatives(self):
        return {}
