"""Puts every layer of Keras between two dense layers, imports the model, and compares what it computes.

    KERAS_BACKEND=jax python Benchmarks/keras/sweep.py .build/release/evidence [NAME …]

For each layer that takes [N, d], [N, l, c] or [N, h, w, c], with its main options: the means of the posterior by Keras
and by the imported model (`evidence units --latents`) for the same examples. Right is a largest difference below 1e-4
of the largest mean; float32 arithmetic leaves about 1e-6. (Keras on PyTorch counts the padding of "same" pooling, as TensorFlow and JAX don't.)
Prints a table in Markdown, and ends with 1 where one is wrong.
"""

import inspect
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

import keras
from keras import layers, ops

evidence, wanted = os.path.abspath(sys.argv[1]), set(sys.argv[2:])
SHAPES = {"d": (12,), "l, c": (8, 4), "h, w, c": (6, 8, 4)}
INPUTS = 10


@keras.saving.register_keras_serializable(package="sweep")
class Sampling(layers.Layer):
    """Stands for the layer that draws z: it is known by its place alone, so that it needs no noise."""

    def call(self, inputs):
        return inputs[0] + ops.exp(0.5 * inputs[1])


# What a class needs or is tried with: lists of arguments; [{}] otherwise.
OPTIONS = {
    "Dense": [{"units": 5}, {"units": 5, "use_bias": False, "activation": "tanh"}],
    "Activation": [{"activation": a} for a in (
        "relu", "relu6", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "tanh", "sigmoid",
        "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "exponential", "linear", "softmax", "log_softmax",
        "log_sigmoid", "squareplus", "sparse_plus", "hard_shrink", "soft_shrink", "tanh_shrink", "threshold", "glu",
        "sparsemax", "sparse_sigmoid")],
    "LeakyReLU": [{}, {"negative_slope": 0.05}],
    "ReLU": [{}, {"max_value": 0.5}, {"negative_slope": 0.1}, {"threshold": 0.2}, {"max_value": 0.5, "negative_slope": 0.1}],
    "ELU": [{}, {"alpha": 0.7}],
    "Softmax": [{}, {"axis": 1}],
    "PReLU": [{}, {"shared_axes": [1]}, {"shared_axes": [1, 2]}],
    "BatchNormalization": [{}, {"axis": 1}, {"center": False, "scale": False, "epsilon": 0.01}],
    "LayerNormalization": [{}, {"axis": 1}, {"axis": [1, 2]}, {"axis": [1, 2, 3]}, {"center": False, "scale": False},
                           {"rms_scaling": True}],
    "GroupNormalization": [{"groups": 2}, {"groups": 1}, {"groups": -1}, {"groups": 2, "axis": 1}],
    "UnitNormalization": [{}],
    "RMSNormalization": [{}],
    "Normalization": [{"mean": 0.2, "variance": 1.7}, {"mean": 0.2, "variance": 1.7, "invert": True}, "adapt",
                      "adapt-all"],
    "SpectralNormalization": [{"layer": lambda: layers.Dense(5)}],
    "Rescaling": [{"scale": 0.5, "offset": 0.1}, {"scale": [0.5, 1.0, 2.0, 3.0], "offset": 0.0}],
    "Reshape": [{"target_shape": (-1, 2)}, {"target_shape": (2, 2, -1)}],
    "Permute": [{"dims": (2, 1)}, {"dims": (3, 1, 2)}, {"dims": (2, 1, 3)}],
    "Flatten": [{}, {"data_format": "channels_first"}],
    "RepeatVector": [{"n": 3}],
    "Dropout": [{"rate": 0.3}], "AlphaDropout": [{"rate": 0.3}], "GaussianDropout": [{"rate": 0.3}],
    "GaussianNoise": [{"stddev": 0.3}], "SpatialDropout1D": [{"rate": 0.3}], "SpatialDropout2D": [{"rate": 0.3}],
    "Conv1D": [{"filters": 5, "kernel_size": 3}, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"},
               {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 2, "activation": "relu"},
               {"filters": 4, "kernel_size": 3, "groups": 2}],
    "Conv1DTranspose": [{"filters": 5, "kernel_size": 3}, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"},
                        {"filters": 5, "kernel_size": 2, "strides": 3}],
    "Conv2D": [{"filters": 5, "kernel_size": 3}, {"filters": 5, "kernel_size": (3, 2), "strides": 2, "padding": "same"},
               {"filters": 4, "kernel_size": 3, "groups": 2, "dilation_rate": 2, "activation": "relu"}],
    "Conv2DTranspose": [{"filters": 5, "kernel_size": 3}, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"},
                        {"filters": 5, "kernel_size": 2, "strides": 3}],
    "DepthwiseConv1D": [{"kernel_size": 3}], "DepthwiseConv2D": [{"kernel_size": 3}, {"kernel_size": 3, "depth_multiplier": 2}],
    "SeparableConv1D": [{"filters": 5, "kernel_size": 3}],
    "SeparableConv2D": [{"filters": 5, "kernel_size": 3}, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}],
    "MaxPooling1D": [{}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "AveragePooling1D": [{}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "MaxPooling2D": [{}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "AveragePooling2D": [{}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "GlobalAveragePooling1D": [{}, {"keepdims": True}], "GlobalMaxPooling1D": [{}],
    "GlobalAveragePooling2D": [{}, {"keepdims": True}], "GlobalMaxPooling2D": [{}],
    "AdaptiveAveragePooling1D": [{"output_size": 2}], "AdaptiveMaxPooling1D": [{"output_size": 2}],
    "AdaptiveAveragePooling2D": [{"output_size": 2}], "AdaptiveMaxPooling2D": [{"output_size": 2}],
    "UpSampling1D": [{}, {"size": 3}],
    "UpSampling2D": [{}, {"size": (1, 3)}, {"interpolation": "bilinear"}, {"interpolation": "bicubic"}],
    "ZeroPadding1D": [{}, {"padding": (1, 2)}], "ZeroPadding2D": [{}, {"padding": ((1, 0), (2, 3))}],
    "Cropping1D": [{}, {"cropping": (1, 2)}], "Cropping2D": [{"cropping": 1}, {"cropping": ((1, 0), (2, 1))}],
    "Resizing": [{"height": 12, "width": 16}, {"height": 12, "width": 16, "interpolation": "nearest"},
                 {"height": 3, "width": 4}, {"height": 12, "width": 16, "interpolation": "bicubic"}],
    "CenterCrop": [{"height": 4, "width": 4}],
    "TimeDistributed": [{"layer": lambda: layers.Dense(5, activation="relu")}, {"layer": lambda: layers.Conv1D(3, 2)}],
    "EinsumDense": [{"equation": "ab,bc->ac", "output_shape": 5}],
    "LSTM": [{"units": 4}], "GRU": [{"units": 4}], "SimpleRNN": [{"units": 4}],
    "Bidirectional": [{"layer": lambda: layers.LSTM(4)}],
    "ConvLSTM1D": [], "ConvLSTM2D": [], "ConvLSTM3D": [],
    "MultiHeadAttention": [], "GroupedQueryAttention": [], "Attention": [], "AdditiveAttention": [],
    "Embedding": [{"input_dim": 7, "output_dim": 3}],
    "Discretization": [{"bin_boundaries": [0.0, 1.0]}],
    "Identity": [{}], "ActivityRegularization": [{"l2": 0.1}], "Masking": [{}],
    "Lambda": [],
}
# No layers that compute something on one tensor: bases, wrappers of other frameworks, text, audio, random augmentation.
SKIPPED = {
    "Layer", "Wrapper", "InputLayer", "Input", "InputSpec", "RNN", "StackedRNNCells", "LSTMCell", "GRUCell", "SimpleRNNCell",
    "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TextVectorization", "StringLookup", "IntegerLookup",
    "Hashing", "HashedCrossing", "CategoryEncoding", "MelSpectrogram", "STFTSpectrogram", "Pipeline", "Lambda",
    "ReversibleEmbedding",
}
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"]
# Operations called on tensors.
OPERATIONS = {
    "ops.clip(x, -0.3, 0.2)": lambda x: ops.clip(x, -0.3, 0.2), "2 * x + 1": lambda x: 2 * x + 1,
    "1 - x": lambda x: 1 - x, "x / 3": lambda x: x / 3, "-x": lambda x: -x, "x ** 2": lambda x: x ** 2,
    "x * x": lambda x: x * x, "ops.sqrt(ops.abs(x))": lambda x: ops.sqrt(ops.abs(x)), "ops.tanh": ops.tanh,
    "ops.sigmoid": ops.sigmoid, "ops.softplus": ops.softplus, "ops.exp": ops.exp, "ops.log1p(ops.relu(x))":
        lambda x: ops.log1p(ops.relu(x)), "ops.log(ops.exp(x))": lambda x: ops.log(ops.exp(x)),
    "ops.maximum(x, 0.1)": lambda x: ops.maximum(x, 0.1), "ops.gelu": ops.gelu,
    "ops.gelu(x, approximate=False)": lambda x: ops.gelu(x, approximate=False), "ops.silu": ops.silu,
    "ops.celu(x, 0.7)": lambda x: ops.celu(x, 0.7), "ops.elu(x, 0.7)": lambda x: ops.elu(x, 0.7),
    "ops.leaky_relu": ops.leaky_relu, "ops.hard_sigmoid": ops.hard_sigmoid, "ops.hard_silu": ops.hard_silu,
    "ops.softsign": ops.softsign, "ops.softmax": ops.softmax, "ops.reshape": lambda x: ops.reshape(x, (-1, 4, 3)),
    "x[:, 3:9]": lambda x: x[:, 3:9], "x[..., ::2]": lambda x: x[..., ::2],
    "ops.split(x, 3, -1)[1]": lambda x: ops.split(x, 3, axis=-1)[1],
    "ops.concatenate([x, x[:, :2]])": lambda x: ops.concatenate([x, x[:, :2]], axis=-1),
    "x + ops.tanh(x)": lambda x: x + ops.tanh(x), "x * ops.sigmoid(x)": lambda x: x * ops.sigmoid(x),
    "ops.sin": ops.sin, "ops.mean(x, -1, keepdims=True)": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "ops.flip": ops.flip, "ops.sum": lambda x: ops.sum(x, axis=-1, keepdims=True),
    "ops.transpose": lambda x: ops.transpose(ops.reshape(x, (-1, 4, 3)), (0, 2, 1)),
}


def shake(model, seed):
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        path = variable.path.split("/")[-1]
        if "seed" in variable.path or path == "count" or (path in ("mean", "variance") and "normalization" in variable.path):
            continue
        value = 0.4 * rng.standard_normal(variable.shape)
        if "variance" in path:
            value = 0.5 + np.abs(value)
        if path in ("gamma", "scale"):
            value = 1 + 0.5 * value
        variable.assign(value.astype("float32"))


def build(shape, function):
    x = keras.Input((INPUTS,), name="x")
    h = layers.Dense(int(np.prod(shape)), name="before")(x)
    if len(shape) > 1:
        h = layers.Reshape(shape)(h)
    h = function(h)
    if len(h.shape) > 2:
        h = layers.Flatten()(h)
    mean, log_var = layers.Dense(3, name="z_mean")(h), layers.Dense(3, name="z_log_var")(h)
    z = Sampling(name="sampling")([mean, log_var])
    z_in = keras.Input((3,))
    decoder = keras.Model(z_in, layers.Dense(INPUTS, activation="sigmoid", name="out")(z_in), name="decoder")
    vae = keras.Model(x, decoder(z), name="vae")
    shake(vae, 1)
    return vae, keras.Model(x, mean)


examples = np.random.default_rng(2).random((16, INPUTS)).astype("float32")


def run(*arguments):
    return subprocess.run([evidence, *arguments], capture_output=True, text=True)


def compare(shape, function):
    """right, refused or wrong, with a word on it; None where Keras itself refuses."""
    try:
        vae, encoder = build(shape, function)
        means = np.asarray(ops.convert_to_numpy(encoder(examples)), "float64")
    except Exception:
        return None
    if not np.isfinite(means).all():
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        vae.save(path("vae.keras"))
        imported = run("import", "keras", path("vae.keras"), "-o", path("model.h5"))
        if imported.returncode:
            return "refused", imported.stderr.strip().splitlines()[0].split(": ", 2)[-1][:160]
        with h5py.File(path("data.h5"), "w") as file:
            file["x"] = examples
        units = run("units", path("model.h5"), path("data.h5"), "--latents", path("z.h5"), "--quiet")
        if units.returncode:
            return "refused", units.stderr.strip().splitlines()[0][:160]
        with h5py.File(path("z.h5")) as file:
            found = np.array(file["z1/mean"])
        difference = np.abs(found - means).max() / max(1, np.abs(means).max())
        return ("right" if difference < 1e-4 else "wrong"), f"{difference:.1e}"


def words(options):
    if isinstance(options, str):
        return options
    return ", ".join(f"{key}={'…' if callable(value) else value}" for key, value in options.items())


def maker(cls, options):
    def function(h):
        if options in ("adapt", "adapt-all"):
            layer = cls(axis=-1 if options == "adapt" else None)
            layer.adapt(np.random.default_rng(4).normal(0.3, 1.4, (64,) + tuple(h.shape[1:])).astype("float32"))
            return layer(h)
        return cls(**{key: value() if callable(value) else value for key, value in options.items()})(h)
    return function


rows = []


def add(name, options, function, shapes=SHAPES):
    if wanted and name not in wanted:
        return
    for label, shape in shapes.items():
        keras.utils.clear_session()
        result = compare(shape, function)
        if result:
            rows.append((name, options, label) + result)
            print(rows[-1], file=sys.stderr, flush=True)


for name in sorted(dir(layers)):
    cls = getattr(layers, name)
    if not inspect.isclass(cls) or not issubclass(cls, layers.Layer) or name in SKIPPED or name in MERGES:
        continue
    if name.startswith("Random") or name.endswith("3D") or name in ("AugMix", "AutoContrast", "CutMix", "MixUp", "Equalization", "Solarization", "RandAugment", "MaxNumBoundingBoxes"):
        continue
    # Aliases.
    if cls.__name__ != name:
        continue
    for options in OPTIONS.get(name, [{}]):
        add(name, words(options), maker(cls, options))
for name in MERGES:
    cls = getattr(layers, name)
    options = {"axes": 1} if name == "Dot" else {}
    add(name, "of x and Dense(x)", lambda h: cls(**options)([h, layers.Dense(h.shape[-1], activation="tanh")(h)]))
for name, function in OPERATIONS.items():
    add(name, "", function, {"d": SHAPES["d"]})

groups = {}
for name, options, label, result, word in rows:
    groups.setdefault((name, result), []).append((options, label, word))
print("| layer | result | with |\n|---|---|---|")
for (name, result), cases in sorted(groups.items(), key=lambda item: (item[0][0].lower(), item[0][1])):
    kinds = {}
    for options, label, word in cases:
        kinds.setdefault(options, []).append(label)
    text = "; ".join(f"{options or 'defaults'} on [{'], ['.join(labels)}]" for options, labels in kinds.items())
    print(f"| `{name}` | {result} | {text.replace('|', chr(92) + '|')} |")
counts = {result: sum(row[3] == result for row in rows) for result in ("right", "refused", "wrong")}
print(f"\n{counts['right']} right, {counts['refused']} refused by name, {counts['wrong']} wrong; keras {keras.__version__}.")
sys.exit(1 if counts["wrong"] else 0)
