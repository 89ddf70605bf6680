"""Writes the small models beside this script as Keras 3 saves them, and the evidence lower bounds that Keras computes
(expected.json), with the standard error that their draws leave.

    KERAS_BACKEND=torch python generate.py [NAME …]     # keras 3.15.1
"""

import json
import os
import sys
import zipfile
import zlib

import h5py
import numpy as np

import keras
from keras import layers, ops

here = os.path.dirname(os.path.abspath(__file__))
D, Z, DRAWS = 6, 3, 20000


@keras.saving.register_keras_serializable(package="samples")
class Sampling(layers.Layer):
    """mean + exp(log_var / 2) · noise: the noise is set from outside, so that z can be had for given noise."""

    def call(self, inputs):
        mean, log_var = inputs
        return mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean))


@keras.saving.register_keras_serializable(package="samples")
class ScaleSampling(layers.Layer):
    def call(self, inputs):
        mean, scale = inputs
        return mean + scale * keras.random.normal(ops.shape(mean))


def shake(model, seed, bits=None):
    rng = np.random.default_rng(seed)
    values = []
    for variable in model.variables:
        shape = variable.shape
        value = 0.4 * rng.standard_normal(shape)
        if "variance" in variable.path:
            value = 0.5 + np.abs(value)
        if "gamma" in variable.path or "scale" in variable.path.split("/")[-1]:
            value = 1 + 0.5 * value
        if "seed" in variable.path or "count" in variable.path:
            continue
        value = value.astype("float32")
        if bits:
            value = (value.view("uint32") >> 16 << 16).view("float32")
        variable.assign(value)


def deflate(model, name):
    plain = os.path.join(here, "plain.keras")
    model.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(
            os.path.join(here, name + ".keras"), "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            target.writestr(zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0)), source.read(member), zipfile.ZIP_DEFLATED)
    os.remove(plain)


known = {}


def archive(whole, encoder, decoder, name):
    deflate(whole, name)
    return [name + ".keras"]


def legacy(whole, encoder, decoder, name):
    """Encoder and decoder in files of Keras 1 and 2's form."""
    encoder.save(os.path.join(here, name + "-encoder.h5"))
    decoder.save(os.path.join(here, name + "-decoder.h5"))
    return [name + "-encoder.h5", name + "-decoder.h5"]


def weights(whole, encoder, decoder, name):
    """Weights only, and the architecture beside them."""
    whole.save_weights(os.path.join(here, name + ".weights.h5"))
    with open(os.path.join(here, name + ".json"), "w") as file:
        file.write(whole.to_json())
    return [name + ".weights.h5", name + ".json"]


def legacy_weights(whole, encoder, decoder, name):
    """Weights only, as Keras 1 and 2 write them, and what is said of them by hand."""
    from keras.src.legacy.saving import legacy_h5_format
    with h5py.File(os.path.join(here, name + ".h5"), "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, whole)
    return [name + ".h5", describe(name, "hidden", "z_mean", "z_log_var", "wide", "out")]


def bfloat16(whole, encoder, decoder, name):
    """The same weights in bfloat16; they were rounded to it before anything was computed."""
    files = []
    for model, role in ((encoder, "encoder"), (decoder, "decoder")):
        config = json.loads(model.to_json().replace('"float32"', '"bfloat16"'))
        copy = keras.models.model_from_json(json.dumps(config))
        for variable, source in zip(copy.variables, model.variables):
            variable.assign(ops.cast(source.value, "bfloat16"))
        files.append(f"{name}-{role}.h5")
        copy.save(os.path.join(here, files[-1]))
    return files


def shards(whole, encoder, decoder, name):
    """Weights only, in several files."""
    whole.save_weights(os.path.join(here, name + ".weights.json"), max_shard_size=3e-7)
    return [name + ".weights.json", describe(name, "hidden", "z_mean", "z_log_var", "wide", "out")]


class Part(layers.Layer):
    """Layers under the names of the author's attributes."""

    def __init__(self, parts):
        super().__init__()
        for name, layer in parts.items():
            setattr(self, name, layer)


class Whole(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder


def subclassed(whole, encoder, decoder, name):
    """Weights of a model of the author's own class: nothing but names of attributes tells what they are."""
    parts = {}
    for model, names in ((encoder, {"hidden": "dense_proj", "z_mean": "dense_mean", "z_log_var": "dense_log_var"}),
                         (decoder, {"wide": "dense_proj", "out": "dense_output"})):
        made = {}
        for old, new in names.items():
            weights = model.get_layer(old).get_weights()
            made[new] = layers.Dense(weights[0].shape[1])
            made[new].build((None, weights[0].shape[0]))
            made[new].set_weights(weights)
        parts[model.name] = Part(made)
    copy = Whole(parts["encoder"], parts["decoder"])
    for part in (copy, copy.encoder, copy.decoder):
        part.built = True
    copy.save_weights(os.path.join(here, name + ".weights.h5"))
    return [name + ".weights.h5"]


def describe(name, hidden, mean, log_variance, wide, out):
    with open(os.path.join(here, name + ".json"), "w") as file:
        json.dump({"encoder": [{"layer": hidden, "activation": "tanh"}], "mean": mean, "log_variance": log_variance,
                   "decoder": [{"layer": wide, "activation": "relu"}, {"layer": out, "activation": "sigmoid"}]}, file)
    return name + ".json"


def record(name, shape, mean, scale, decoder, x_input, z_input, decoded, arguments=(), likelihood="bernoulli",
           data="binary", sampler=Sampling, sampled=None, save=archive, bits=None):
    """A model, and how it is saved. mean and scale are tensors of the encoder as they truly are; `sampled` what the
    sampling layer is given."""
    if len(sys.argv) > 1 and name not in sys.argv[1:]:
        return
    z = sampler(name="sampling")(sampled)
    decoder = keras.Model(z_input, decoded, name="decoder")
    whole = keras.Model(x_input, decoder(z), name="vae")
    encoder = keras.Model(x_input, sampled, name="encoder")
    shake(whole, zlib.crc32(name.encode()), bits)
    files = save(whole, encoder, decoder, name)
    rng = np.random.default_rng(7)
    examples = 4
    if data == "binary":
        x = (rng.random((examples,) + shape) < 0.5).astype("float32")
    elif data == "one-hot":
        x = np.eye(shape[-1])[rng.integers(0, shape[-1], (examples,) + shape[:-1])].astype("float32")
    else:
        x = rng.random((examples,) + shape).astype("float32")
    m, s = (np.asarray(ops.convert_to_numpy(t), "float64").reshape(examples, -1)
            for t in keras.Model(x_input, [mean, scale])(x))
    noise = rng.standard_normal((examples, DRAWS, m.shape[1]))
    weights = []
    for i in range(examples):
        drawn = m[i] + s[i] * noise[i]
        out = np.asarray(ops.convert_to_numpy(decoder(drawn.reshape((DRAWS,) + tuple(z_input.shape[1:])).astype("float32"))), "float64")
        out = out.reshape(DRAWS, -1)
        flat = x[i].reshape(-1).astype("float64")
        if likelihood == "bernoulli":
            out = np.clip(out, 1e-300, 1 - 1e-16)
            log_p = (flat * np.log(out) + (1 - flat) * np.log1p(-out)).sum(1)
        elif likelihood == "categorical":
            log_p = np.log((out * flat).reshape(DRAWS, -1, shape[-1]).sum(-1)).sum(1)
        else:
            scale_x = float(likelihood.split(":")[1])
            log_p = (-0.5 * ((flat - out) / scale_x) ** 2 - np.log(scale_x) - 0.5 * np.log(2 * np.pi)).sum(1)
        log_prior = (-0.5 * drawn ** 2 - 0.5 * np.log(2 * np.pi)).sum(1)
        log_q = (-0.5 * noise[i] ** 2 - 0.5 * np.log(2 * np.pi) - np.log(s[i])).sum(1)
        weights.append(log_p + log_prior - log_q)
    weights = np.array(weights)
    known[name] = {
        "elbo": round(float(weights.mean()), 5),
        "standardError": round(float(weights.std() / np.sqrt(weights.size)), 5),
        "x": x.reshape(examples, -1).round(6).tolist(), "arguments": list(arguments), "files": files,
    }


def heads(units=Z, shape=(D,)):
    x = keras.Input(shape, name="x")
    h = layers.Dense(5, activation="tanh", name="hidden")(x)
    return x, h, layers.Dense(units, name="z_mean")(h), layers.Dense(units, name="z_log_var")(h)


def plain_decoder(units=Z, out=D):
    z = keras.Input((units,), name="z")
    h = layers.Dense(5, activation="relu", name="wide")(z)
    return z, layers.Dense(out, activation="sigmoid", name="out")(h)


# What stands between a head and the sampling layer.
BETWEEN = {
    "clip": lambda t: ops.clip(t, -0.5, 0.2),
    "clip-above": lambda t: ops.minimum(t, 0.1),
    "times": lambda t: 1.7 * t,
    "plus": lambda t: t - 0.4,
    "tanh": lambda t: ops.tanh(t),
    "dense-tanh-layer": lambda t: layers.Activation("tanh")(t),
    "dense": lambda t: layers.Dense(Z, name="more")(t),
    "batch-norm": lambda t: layers.BatchNormalization(name="bn")(t),
    "negative": lambda t: -t,
    "rescaling": lambda t: layers.Rescaling(0.6, offset=-0.2)(t),
    "softsign": lambda t: ops.softsign(t),
    "two-clips": lambda t: 0.5 * ops.clip(ops.clip(t, -1, 0.4) + 0.1, -0.4, 0.3),
    "log-softplus": lambda t: ops.log(ops.softplus(t) + 0.01),
    "layer-norm": lambda t: layers.LayerNormalization(name="ln")(t),
    "residual": lambda t: t + layers.Dense(Z, activation="tanh", name="more")(t),
}
# Whether what these give is still a logarithm is asked.
ASKED = ["two-clips", "log-softplus"]
for between, function in BETWEEN.items():
    x, h, mean, log_var = heads()
    changed = function(log_var)
    z, decoded = plain_decoder()
    record("log-variance-" + between, (D,), mean, ops.exp(0.5 * changed), None, x, z, decoded, sampled=[mean, changed],
           arguments=["--log-variance", changed._keras_history.operation.name] if between in ASKED else [])
    x, h, mean, log_var = heads()
    changed = function(mean)
    z, decoded = plain_decoder()
    record("mean-" + between, (D,), changed, ops.exp(0.5 * log_var), None, x, z, decoded, sampled=[changed, log_var])

# Forms of the scale that have to be said, and what was said.
for name, function in [("softplus", ops.softplus), ("half-exp", lambda t: ops.exp(0.5 * t))]:
    x, h, mean, log_var = heads()
    scale = function(log_var)
    z, decoded = plain_decoder()
    record("scale-" + name, (D,), mean, scale, None, x, z, decoded, sampler=ScaleSampling, sampled=[mean, scale],
           arguments=["--scale", scale._keras_history.operation.name])
x, h, mean, log_var = heads()
z, decoded = plain_decoder()
changed = ops.clip(log_var, -0.5, 0.2)
record("said-log-variance-clip", (D,), mean, ops.exp(0.5 * changed), None, x, z, decoded, sampled=[mean, changed],
       arguments=["--mean", "z_mean", "--log-variance", "z_log_var"])
# One layer, split by operations.
x = keras.Input((D,), name="x")
both = layers.Dense(2 * Z, name="both")(layers.Dense(5, activation="tanh", name="hidden")(x))
mean, log_var = ops.split(both, 2, axis=-1)
changed = ops.clip(log_var, -0.5, 0.2)
z, decoded = plain_decoder()
record("split-clip", (D,), mean, ops.exp(0.5 * changed), None, x, z, decoded, sampled=[mean, changed],
       arguments=["--log-variance", changed._keras_history.operation.name])
x = keras.Input((D,), name="x")
both = layers.Dense(2 * Z, name="both")(layers.Dense(5, activation="tanh", name="hidden")(x))
mean, log_var = both[:, :Z], both[:, Z:]
z, decoded = plain_decoder()
record("sliced", (D,), mean, ops.exp(0.5 * log_var), None, x, z, decoded, sampled=[mean, log_var])
# After the decoder's sigmoid.
x, h, mean, log_var = heads()
z, decoded = plain_decoder()
record("decoder-clip", (D,), mean, ops.exp(0.5 * log_var), None, x, z, ops.clip(decoded, 0.3, 0.7),
       sampled=[mean, log_var])

# Layers of version 2 of the model format.
def encoded(name, shape, function, decoder_out=None, arguments=(), likelihood="bernoulli", data="binary", last=None):
    x = keras.Input(shape, name="x")
    h = layers.Flatten()(function(x)) if len(shape) > 1 else function(x)
    mean, log_var = layers.Dense(Z, name="z_mean")(h), layers.Dense(Z, name="z_log_var")(h)
    z = keras.Input((Z,), name="z")
    out = layers.Dense(int(np.prod(shape)), activation="linear" if last else "sigmoid", name="out")(z)
    out = layers.Reshape(shape)(out) if len(shape) > 1 else out
    out = last(out) if last else out
    record(name, shape, mean, ops.exp(0.5 * log_var), None, x, z, out, sampled=[mean, log_var], arguments=arguments,
           likelihood=likelihood, data=data)


encoded("layer-conv1d", (8, 2), layers.Conv1D(3, 3, strides=2, padding="same", activation="relu"))
encoded("layer-group-norm", (4, 4, 2), lambda x: layers.GroupNormalization(2)(layers.Conv2D(4, 3)(x)))
encoded("layer-layer-norm", (4, 3), layers.LayerNormalization(axis=[1, 2]))
encoded("layer-gate", (D,), lambda x: layers.Multiply()([
    layers.Dense(5, activation="sigmoid")(x), layers.Dense(5, activation="mish")(x)]))
encoded("layer-prelu", (4, 4, 2), layers.PReLU(shared_axes=[1, 2]))
# In a way of its own each, with the settings that its name says.
encoded("layer-celu", (D,), layers.Dense(5, activation=keras.activations.celu))
normalization = layers.Normalization(axis=-1)
normalization.adapt(np.random.default_rng(3).normal(0.3, 1.4, (64, D)).astype("float32"))
encoded("layer-normalization-adapted", (D,), lambda x: layers.Dense(5, activation="tanh")(normalization(x)))
encoded("layer-time-distributed", (4, 3), layers.TimeDistributed(layers.Dense(5, activation="celu")))

encoded("one-hot", (5, 4), layers.Flatten(), last=layers.Softmax(), likelihood="categorical", data="one-hot",
        arguments=["--likelihood", "categorical"])
encoded("normal", (D,), layers.Dense(5, activation="tanh"), likelihood="normal:0.5", data="real", last=layers.Activation("linear"),
        arguments=["--likelihood", "normal:0.5"])

# The forms in which Keras saves models.
for form, save in [("legacy", legacy), ("weights", weights), ("legacy-weights", legacy_weights), ("bfloat16", bfloat16),
                   ("shards", shards), ("subclassed", subclassed)]:
    x, h, mean, log_var = heads()
    z, decoded = plain_decoder()
    record("form-" + form, (D,), mean, ops.exp(0.5 * log_var), None, x, z, decoded, sampled=[mean, log_var], save=save,
           bits=16 if form == "bfloat16" else None)

path = os.path.join(here, "expected.json")
before = json.load(open(path)) if len(sys.argv) > 1 and os.path.exists(path) else {}
before.update(known)
json.dump(before, open(path, "w"), indent=1, sort_keys=True)
print({name: entry["elbo"] for name, entry in known.items()})
