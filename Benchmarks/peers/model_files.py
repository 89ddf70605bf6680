"""Models in the package's format (docs/model-format.md) for the peers: reading those of dense layers, and making some.

usage: model_files.py MODEL.h5 DATA.h5 --latent 128 --hidden 1024 --depth 2 --output 3072 --examples 8
"""

import argparse
from dataclasses import dataclass

import h5py
import numpy as np


@dataclass
class Dense:
    weight: np.ndarray  # [in, out]
    bias: np.ndarray
    activation: str


@dataclass
class Conditional:
    """A trunk, and the heads that it feeds: mean and log_variance, or logits."""

    trunk: list
    heads: dict


@dataclass
class Model:
    encoders: list  # q(z_1|x), q(z_2|z_1), …
    decoders: list  # p(x|z_1), p(z_1|z_2), …

    @property
    def multiply_adds(self):
        """For one draw: all but the first encoder, which runs once for an example."""
        stacks = [*self.encoders[1:], *self.decoders]
        return sum(
            layer.weight.size for stack in stacks for layer in [*stack.trunk, *stack.heads.values()])


def read_model(path):
    """A model of dense layers: normal posteriors, Bernoulli data, standard normal prior."""
    with h5py.File(path) as file:
        if "prior" in file:
            raise ValueError(f"{path}: the peers know a standard normal prior only")
        layers = len(file["encoder"])
        encoders = [_conditional(file[f"encoder/{l + 1}"], ["mean", "log_variance"]) for l in range(layers)]
        decoders = [
            _conditional(file[f"decoder/{l + 1}"], ["mean", "log_variance"] if l else ["logits"])
            for l in range(layers)]
    return Model(encoders, decoders)


def _conditional(group, names):
    trunk = _stack(group["trunk"]) if "trunk" in group else []
    heads = {}
    for name in names:
        layers = _stack(group[name])
        if len(layers) != 1 or layers[0].activation != "identity":
            raise ValueError(f"{group.name}/{name}: the peers know one dense layer without activation")
        heads[name] = layers[0]
    return Conditional(trunk, heads)


def _stack(group):
    layers = []
    for number in range(len(group)):
        layer = group[str(number)]
        if layer.attrs["layer"] != "dense":
            raise ValueError(f"{layer.name}: the peers know dense layers only")
        weight = layer["kernel"][:] if "kernel" in layer else layer["weight"][:].T
        layers.append(
            Dense(np.ascontiguousarray(weight, np.float32), layer["bias"][:].astype(np.float32),
                  layer.attrs.get("activation", "identity")))
    return layers


def read_examples(path, dataset, count):
    """The first examples, as float32 rows."""
    with h5py.File(path) as file:
        rows = file[dataset][:count]
    return rows.reshape(len(rows), -1).astype(np.float32)


def random_model(latent, hidden, depth, output, activation, seed):
    """A one-layer model with random weights, drawn so that its importance weights are neither constant nor degenerate."""
    random = np.random.default_rng(seed)

    def dense(inputs, outputs, scale, bias=0.0, activation="identity"):
        weight = random.normal(0, scale / np.sqrt(inputs), (inputs, outputs)).astype(np.float32)
        return Dense(weight, np.full(outputs, bias, np.float32), activation)

    def trunk(inputs):
        gain = np.sqrt(2) if activation == "relu" else 1.0
        widths = [inputs] + [hidden] * depth
        return [dense(a, b, gain, activation=activation) for a, b in zip(widths, widths[1:])]

    # log q(z|x) − log p(z) and log p(x|z) vary by about one nat each.
    encoder = Conditional(
        trunk(output),
        {"mean": dense(hidden, latent, 1 / np.sqrt(latent)), "log_variance": dense(hidden, latent, 0.05)})
    decoder = Conditional(trunk(latent), {"logits": dense(hidden, output, 2 / np.sqrt(output))})
    return Model([encoder], [decoder])


def write_model(path, model):
    """Writes a model in the package's format."""
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"] = "evidence-model", 1
        file.create_group("input").attrs["shape"] = [model.decoders[0].heads["logits"].weight.shape[1]]
        for kind, stacks in (("encoder", model.encoders), ("decoder", model.decoders)):
            for number, conditional in enumerate(stacks):
                group = file.create_group(f"{kind}/{number + 1}")
                group.attrs["distribution"] = "bernoulli" if "logits" in conditional.heads else "normal"
                for index, layer in enumerate(conditional.trunk):
                    _write_dense(group.create_group(f"trunk/{index}"), layer)
                for name, layer in conditional.heads.items():
                    _write_dense(group.create_group(f"{name}/0"), layer)


def _write_dense(group, layer):
    group.attrs["layer"] = "dense"
    group.attrs["activation"] = layer.activation
    group["kernel"], group["bias"] = layer.weight, layer.bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", help="random binary examples, dataset /images")
    parser.add_argument("--latent", type=int, required=True)
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--depth", type=int, default=2, help="hidden layers of encoder and decoder")
    parser.add_argument("--output", type=int, required=True)
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--examples", type=int, required=True)
    parser.add_argument("--gzip", action="store_true", help="compress the examples, 64 to a chunk")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = random_model(
        options.latent, options.hidden, options.depth, options.output, options.activation, options.seed)
    write_model(options.model, model)
    examples = np.random.default_rng(options.seed + 1).integers(0, 2, (options.examples, options.output), np.uint8)
    storage = {"compression": "gzip", "chunks": (min(64, options.examples), options.output)} if options.gzip else {}
    with h5py.File(options.data, "w") as file:
        file.create_dataset("images", data=examples, **storage)


if __name__ == "__main__":
    main()
