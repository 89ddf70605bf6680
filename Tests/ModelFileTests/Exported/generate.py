"""Writes the models beside this script by evidence.export, and the log-weights that their frameworks compute.

    python generate.py torch     # torch 2.15.0: Models/torch.h5
    python generate.py flax      # jax 0.10.2, flax 0.12.8: Models/flax.h5

The networks run in the framework, on the draws that Evidence makes for seed 0; the densities are summed here in float64.
"""

import json
import pathlib
import sys

import numpy as np

here = pathlib.Path(__file__).resolve().parent
root = here.parents[2]
sys.path += [str(root / "Sources" / "python"), str(root / "Benchmarks" / "reference"), str(root / "docs" / "sample")]
from evidence.export import Conditional, export_jax, export_torch, layer  # noqa: E402
from same_draws import Draws  # noqa: E402

DRAWS, EXAMPLES = 5, 3


def note(name, shape, encode, decode):
    """Keeps the log-weights of Bernoulli data: encode gives mean and log-variance, decode probabilities."""
    x = np.random.default_rng(7).integers(0, 2, (EXAMPLES, *shape)).astype(np.float32)
    mean, log_variance = (np.asarray(a, np.float64) for a in encode(x))
    weights = []
    for i in range(EXAMPLES):
        noise = Draws(0, i).standard_normal((DRAWS, mean.shape[1]))
        z = mean[i] + np.exp(0.5 * log_variance[i]) * noise
        p = np.asarray(decode(z.astype(np.float32)), np.float64).reshape(DRAWS, -1)
        likelihood = np.log(np.where(x[i].ravel() == 1, p, 1 - p)).sum(1)
        weights.append(likelihood + 0.5 * (noise**2 - z**2 + log_variance[i]).sum(1))
    path = here / "Models" / "expected.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[name] = {
        "x": x.astype(int).reshape(EXAMPLES, -1).tolist(), "logWeights": np.round(weights, 8).tolist(),
        "means": np.round(mean, 8).tolist()}
    path.write_text(json.dumps(known, sort_keys=True) + "\n")


def from_torch():
    """As Burgess et al. 2018 and disentangling-vae have it: 4 × 4 convolutions, heads interleaved by view(-1, d, 2)."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    latents = 3

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolutions = nn.ModuleList(nn.Conv2d(a, 4, 4, 2, 1) for a in (1, 4, 4))
            self.hidden = nn.Linear(16, 8)
            self.heads = nn.Linear(8, 2 * latents)

        def forward(self, x):
            for convolution in self.convolutions:
                x = torch.relu(convolution(x))
            x = torch.relu(self.hidden(x.view((x.size(0), -1))))
            return self.heads(x).view(-1, latents, 2).unbind(-1)

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Sequential(nn.Linear(latents, 8), nn.ReLU(), nn.Linear(8, 16), nn.ReLU())
            self.convolutions = nn.ModuleList(nn.ConvTranspose2d(4, b, 4, 2, 1) for b in (4, 4, 1))

        def forward(self, z):
            x = self.hidden(z).view(z.size(0), 4, 2, 2)
            for convolution in self.convolutions[:-1]:
                x = torch.relu(convolution(x))
            return torch.sigmoid(self.convolutions[-1](x))

    encoder, decoder = Encoder(), Decoder()
    with torch.no_grad():
        for parameter in [*encoder.parameters(), *decoder.parameters()]:
            parameter.mul_(1.7)  # so that the draws differ
        export_torch(here / "Models" / "torch.h5", encoder, decoder, (1, 16, 16), name="torch", tolerance=1e-5,
                     encoder_outputs=("mean", "log_variance"))
        note("torch", (1, 16, 16), lambda x: [a.numpy() for a in encoder(torch.from_numpy(x))],
             lambda z: decoder(torch.from_numpy(z)).numpy())


def from_flax():
    """As the variational autoencoder of keras.io: strided convolutions, a dense layer of 16, and two dense heads."""
    import jax
    import jax.numpy as jnp
    from flax import linen as nn

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.relu(nn.Conv(4, (3, 3), (2, 2))(x))
            x = nn.relu(nn.Conv(8, (3, 3), (2, 2))(x))
            x = nn.relu(nn.Dense(16)(x.reshape(len(x), -1)))
            return nn.Dense(2)(x), nn.Dense(2)(x)

    class Decoder(nn.Module):
        @nn.compact
        def __call__(self, z):
            z = nn.relu(nn.Dense(2 * 2 * 8)(z)).reshape(-1, 2, 2, 8)
            z = nn.relu(nn.ConvTranspose(8, (3, 3), (2, 2))(z))
            z = nn.relu(nn.ConvTranspose(4, (3, 3), (2, 2))(z))
            return nn.sigmoid(nn.ConvTranspose(1, (3, 3))(z))

    def shaken(module, example, seed):
        """Biases too are other than what they start at."""
        random = np.random.default_rng(seed)
        start = module.init(jax.random.PRNGKey(seed), example)["params"]
        return jax.tree.map(lambda a: 1.3 * a + 0.2 * random.standard_normal(a.shape).astype(np.float32), start)

    encoder, decoder = Encoder(), Decoder()
    parameters = {"encoder": shaken(encoder, jnp.zeros((1, 8, 8, 1)), 1), "decoder": shaken(decoder, jnp.zeros((1, 2)), 2)}
    encode = lambda x: encoder.apply({"params": parameters["encoder"]}, x)
    decode = lambda z: decoder.apply({"params": parameters["decoder"]}, z)
    export_jax(
        here / "Models" / "flax.h5",
        Conditional(
            [layer("conv2d", "encoder/Conv_0", stride=2, activation="relu"),
             layer("conv2d", "encoder/Conv_1", stride=2, activation="relu"), "flatten",
             layer("dense", "encoder/Dense_0", activation="relu")],
            heads={"mean": [layer("dense", "encoder/Dense_1")], "log_variance": [layer("dense", "encoder/Dense_2")]}),
        [layer("dense", "decoder/Dense_0", activation="relu"), layer("reshape", shape=(2, 2, 8)),
         layer("conv2d-transpose", "decoder/ConvTranspose_0", stride=2, activation="relu"),
         layer("conv2d-transpose", "decoder/ConvTranspose_1", stride=2, activation="relu"),
         layer("conv2d-transpose", "decoder/ConvTranspose_2", activation="sigmoid")],
        parameters, (8, 8, 1), encoder_apply=encode, decoder_apply=decode, name="flax", tolerance=1e-5)
    note("flax", (8, 8, 1), encode, decode)


if __name__ == "__main__":
    {"torch": from_torch, "flax": from_flax}[sys.argv[1]]()
