"""Makes layers.json: what PyTorch and Keras compute for each layer and option of the model format.

    pip install torch keras jax
    python Tests/NetworksTests/Fixtures/make_layers.py

Each case holds one example (no batch axis): `input`, `weights` under the names of the model format, the
layer's `attributes`, `data_format`, and `output`, computed in float64 by `framework`. Inputs and weights
are multiples of 1/16, exact in float32. Keras runs on JAX, whose "same" is TensorFlow's.

Where a case has the other framework's memory order or weight layout ("transposed" in the framework's
name), the numbers are the same and only their order in the file differs.
"""

import itertools
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402

jax.config.update("jax_enable_x64", True)

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from keras import layers as K  # noqa: E402
from torch.nn import functional as F  # noqa: E402

keras.config.set_floatx("float64")
random = np.random.default_rng(0)
TORCH, KERAS = f"torch {torch.__version__.split('+')[0]}", f"keras {keras.__version__}"
cases = []


def numbers(*shape):
    return random.integers(-24, 25, shape) / 16


def positive(*shape):
    return random.integers(4, 33, shape) / 16


def add(framework, layer, x, y, weights=None, data_format="channels_last", **attributes):
    options = " ".join(f"{key}={value}" for key, value in attributes.items())
    layout = " ".join(f"{key}{list(a.shape)}" for key, a in (weights or {}).items() if key in ("kernel", "weight"))
    maker = framework.split()[0]
    name = " ".join(part for part in (layer, options, str(list(x.shape)), layout, data_format, maker) if part)

    def number(value):
        value = float(f"{value:.9g}")
        return int(value) if value.is_integer() and abs(value) < 1e9 else value

    def stored(a):
        a = np.asarray(a, np.float64)
        return {"shape": list(a.shape), "values": [number(v) for v in a.reshape(-1)]}

    cases.append({
        "name": name, "framework": framework, "layer": layer, "attributes": attributes, "data_format": data_format,
        "weights": {key: stored(a) for key, a in (weights or {}).items()}, "input": stored(x), "output": stored(y)})


def in_torch(function, x):
    return function(torch.tensor(x)[None])[0].numpy()


def in_keras(layer, x, weights=()):
    layer.build((1, *x.shape))
    layer.set_weights([np.asarray(w) for w in weights])
    return np.asarray(layer(x[None], training=False))[0]


def last(x):
    return np.moveaxis(x, 0, 2)


def first(x):
    return np.moveaxis(x, 2, 0)


def dense():
    x, w, b = numbers(4), numbers(3, 4), numbers(3)
    add(TORCH, "dense", x, in_torch(lambda x: F.linear(x, torch.tensor(w), torch.tensor(b)), x),
        {"weight": w, "bias": b})
    x = numbers(2, 4)
    add(KERAS, "dense", x, in_keras(K.Dense(3, use_bias=False), x, [w.T]), {"kernel": w.T})


def convolutions():
    def torch_case(size, kernel, stride, padding, dilation=(1, 1), groups=1, channels=(2, 3), bias=True,
                   transposed=False):
        x = numbers(channels[0], *size)
        w, b = numbers(channels[1], channels[0] // groups, *kernel), numbers(channels[1])
        t, bottom, l, r = padding

        def compute(x):
            x = F.pad(x, (l, r, t, bottom))
            return F.conv2d(x, torch.tensor(w), torch.tensor(b) if bias else None, stride, 0, dilation, groups)

        y = in_torch(compute, x)
        attributes = {"stride": list(stride), "padding": list(padding)}
        if dilation != (1, 1):
            attributes["dilation"] = list(dilation)
        if groups != 1:
            attributes["groups"] = groups
        extra = {"bias": b} if bias else {}
        add(TORCH, "conv2d", x, y, {"weight": w} | extra, "channels_first", **attributes)
        if transposed:
            kernel = w.transpose(2, 3, 1, 0)
            add(TORCH + ", transposed", "conv2d", last(x), last(y), {"weight": w} | extra, **attributes)
            add(TORCH + ", transposed", "conv2d", x, y, {"kernel": kernel} | extra, "channels_first", **attributes)

    for stride, size in itertools.product([(1, 1), (2, 2), (3, 3), (2, 1)], [(5, 6), (6, 5)]):
        torch_case(size, (3, 3), stride, (1, 1, 1, 1))
    torch_case((5, 6), (4, 4), (2, 2), (1, 1, 1, 1), transposed=True)
    torch_case((5, 6), (2, 3), (1, 2), (0, 0, 0, 0), bias=False)
    torch_case((5, 4), (3, 2), (2, 2), (1, 2, 0, 1), transposed=True)
    torch_case((7, 8), (3, 2), (1, 1), (2, 2, 1, 1), dilation=(2, 3))
    torch_case((7, 6), (3, 3), (2, 2), (1, 1, 1, 1), dilation=(2, 1))
    torch_case((5, 4), (3, 3), (1, 1), (1, 1, 1, 1), groups=2, channels=(4, 6), transposed=True)
    torch_case((5, 4), (3, 3), (2, 1), (1, 1, 1, 1), groups=4, channels=(4, 4))
    torch_case((1, 1), (3, 3), (1, 1), (1, 1, 1, 1))
    torch_case((3, 3), (1, 1), (1, 1), (0, 0, 0, 0), channels=(3, 9))

    def keras_case(size, kernel, stride, padding, dilation=(1, 1), groups=1, channels=(2, 3)):
        x = numbers(*size, channels[0])
        w, b = numbers(*kernel, channels[0] // groups, channels[1]), numbers(channels[1])
        y = in_keras(K.Conv2D(channels[1], kernel, stride, padding, dilation_rate=dilation, groups=groups), x, [w, b])
        attributes = {"stride": list(stride), "padding": padding}
        if dilation != (1, 1):
            attributes["dilation"] = list(dilation)
        if groups != 1:
            attributes["groups"] = groups
        add(KERAS, "conv2d", x, y, {"kernel": w, "bias": b}, **attributes)

    for stride, padding, (size, kernel) in itertools.product(
            [(1, 1), (2, 2), (3, 3)], ["valid", "same"],
            [((5, 6), (3, 3)), ((6, 5), (4, 2)), ((7, 4), (2, 3)), ((4, 7), (3, 4))]):
        keras_case(size, kernel, stride, padding)
    keras_case((6, 5), (1, 1), (2, 2), "same")
    keras_case((6, 5), (2, 2), (3, 3), "same")
    for padding in ("valid", "same"):
        keras_case((6, 7), (3, 2), (1, 1), padding, dilation=(2, 3))
    keras_case((5, 4), (3, 3), (2, 2), "same", groups=2, channels=(4, 6))


def transposed_convolutions():
    def torch_case(size, kernel, stride, padding, output_padding=(0, 0), dilation=(1, 1), groups=1, channels=(2, 3),
                   transposed=False):
        x = numbers(channels[0], *size)
        w, b = numbers(channels[0], channels[1] // groups, *kernel), numbers(channels[1])
        p = padding
        symmetric = p[0] == p[1] and p[2] == p[3]

        def compute(x):
            y = F.conv_transpose2d(x, torch.tensor(w), torch.tensor(b), stride, (p[0], p[2]) if symmetric else 0,
                                   output_padding, groups, dilation)
            return y if symmetric else y[:, :, p[0]:y.shape[2] - p[1], p[2]:y.shape[3] - p[3]]

        y = in_torch(compute, x)
        attributes = {"stride": list(stride), "padding": list(padding)}
        if output_padding != (0, 0):
            attributes["output_padding"] = list(output_padding)
        if dilation != (1, 1):
            attributes["dilation"] = list(dilation)
        if groups != 1:
            attributes["groups"] = groups
        add(TORCH, "conv2d-transpose", x, y, {"weight": w, "bias": b}, "channels_first", **attributes)
        if transposed:
            add(TORCH + ", transposed", "conv2d-transpose", last(x), last(y), {"weight": w, "bias": b}, **attributes)
            if groups == 1:
                add(TORCH + ", transposed", "conv2d-transpose", x, y,
                    {"kernel": w.transpose(2, 3, 1, 0), "bias": b}, "channels_first", **attributes)

    for stride, size in itertools.product([(1, 1), (2, 2), (3, 3), (2, 1)], [(3, 4), (4, 3)]):
        torch_case(size, (3, 3), stride, (1, 1, 1, 1))
    torch_case((3, 2), (4, 4), (2, 2), (1, 1, 1, 1), transposed=True)
    torch_case((3, 2), (2, 2), (3, 3), (0, 0, 0, 0))
    torch_case((3, 2), (3, 3), (2, 2), (1, 1, 1, 1), output_padding=(1, 1), transposed=True)
    torch_case((2, 3), (3, 4), (3, 2), (0, 0, 1, 1), output_padding=(2, 1))
    torch_case((2, 3), (3, 3), (2, 2), (0, 1, 2, 1))
    torch_case((2, 3), (3, 2), (2, 1), (1, 1, 0, 0), dilation=(2, 3))
    torch_case((2, 3), (2, 2), (1, 2), (0, 0, 1, 1), output_padding=(1, 1), dilation=(2, 2))
    torch_case((3, 2), (3, 3), (2, 2), (1, 1, 1, 1), groups=2, channels=(4, 6), transposed=True)
    torch_case((1, 1), (4, 4), (1, 1), (0, 0, 0, 0))

    def keras_case(size, kernel, stride, padding, **options):
        x = numbers(*size, 2)
        w, b = numbers(*kernel, 3, 2), numbers(3)
        y = in_keras(K.Conv2DTranspose(3, kernel, stride, padding, **options), x, [w, b])
        attributes = {"stride": list(stride), "padding": padding}
        # Keras' "valid" is never smaller than input * stride: what a small kernel leaves is output_padding here.
        extra = options.get("output_padding") or [max(s - k, 0) for s, k in zip(stride, kernel)]
        if padding == "valid" and any(extra):
            attributes["output_padding"] = list(extra)
        add(KERAS, "conv2d-transpose", x, y, {"kernel": w, "bias": b}, **attributes)

    for stride, padding, kernel in itertools.product(
            [(1, 1), (2, 2), (3, 3)], ["valid", "same"], [(3, 3), (4, 2), (5, 1)]):
        keras_case((2, 3), kernel, stride, padding)
    keras_case((3, 2), (2, 3), (2, 1), "same")
    keras_case((3, 2), (3, 3), (2, 3), "valid", output_padding=(1, 2))


def pools():
    for size, window, stride, padding in [
            ((6, 6), (2, 2), (2, 2), (0, 0)), ((5, 6), (3, 3), (2, 2), (1, 1)), ((6, 5), (2, 3), (1, 2), (1, 0)),
            ((7, 7), (2, 2), (3, 3), (0, 0))]:
        x = numbers(2, *size)
        attributes = {"size": list(window), "stride": list(stride),
                      "padding": [padding[0], padding[0], padding[1], padding[1]]}
        for layer, function in (
                ("max-pool2d", lambda x: F.max_pool2d(x, window, stride, padding)),
                ("average-pool2d", lambda x: F.avg_pool2d(x, window, stride, padding, count_include_pad=False))):
            y = in_torch(function, x)
            add(TORCH, layer, x, y, None, "channels_first", **attributes)
    for size, window, stride, padding in itertools.product(
            [(5, 6)], [(2, 2), (3, 2)], [(1, 1), (2, 2), (3, 3)], ["valid", "same"]):
        x = numbers(*size, 2)
        for name, layer in (("max-pool2d", K.MaxPooling2D), ("average-pool2d", K.AveragePooling2D)):
            add(KERAS, name, x, in_keras(layer(window, stride, padding), x), None,
                size=list(window), stride=list(stride), padding=padding)


def images():
    for mode, factor in itertools.product(["nearest", "bilinear"], [(2, 2), (3, 2)]):
        x = numbers(2, 3, 4)
        corners = {"align_corners": False} if mode == "bilinear" else {}
        y = in_torch(lambda x: F.interpolate(x, scale_factor=factor, mode=mode, **corners), x)
        add(TORCH, "upsample2d", x, y, None, "channels_first", factor=list(factor), mode=mode)
        x = numbers(3, 4, 2)
        add(KERAS, "upsample2d", x, in_keras(K.UpSampling2D(factor, interpolation=mode), x), None,
            factor=list(factor), mode=mode)
    x = numbers(5, 6, 2)
    for t, b, l, r in [(1, 1, 1, 1), (0, 2, 1, 0)]:
        margins = [t, b, l, r]
        for name, key, layer in (("crop2d", "cropping", K.Cropping2D), ("pad2d", "padding", K.ZeroPadding2D)):
            y = in_keras(layer(((t, b), (l, r))), x)
            add(KERAS, name, x, y, None, **{key: margins})
            add(KERAS + ", transposed", name, first(x), first(y), None, "channels_first", **{key: margins})


def normalizations():
    def weights(c, keys=("scale", "offset")):
        made = {"mean": numbers(c), "variance": positive(c), "scale": numbers(c), "offset": numbers(c)}
        return {key: made[key] for key in ("mean", "variance", *keys)}

    for shape in [(4,), (3, 2, 2)]:
        x, w = numbers(*shape), weights(shape[0])
        y = in_torch(lambda x: F.batch_norm(x, *(torch.tensor(w[k]) for k in ("mean", "variance", "scale", "offset")),
                                            eps=1e-5), x)
        add(TORCH, "batch-norm", x, y, w, "channels_first", epsilon=1e-5)
    for shape, axis, keys in [((4,), None, ("scale", "offset")), ((2, 3, 4), None, ("scale", "offset")),
                              ((2, 3, 4), None, ("offset",)), ((2, 3, 4), None, ()), ((2, 3, 4), 0, ("scale", "offset")),
                              ((2, 3, 4), 1, ("scale",))]:
        place = len(shape) - 1 if axis is None else axis
        x, w = numbers(*shape), weights(shape[place], keys)
        layer = K.BatchNormalization(place + 1, center="offset" in keys, scale="scale" in keys)
        y = in_keras(layer, x, [w[key] for key in ("scale", "offset", "mean", "variance") if key in w])
        add(KERAS, "batch-norm", x, y, w, epsilon=1e-3, **({} if axis is None else {"axis": axis}))
    for shape in [(5,), (2, 3, 4)]:
        x, w = numbers(*shape), {"scale": numbers(shape[-1]), "offset": numbers(shape[-1])}
        y = in_torch(lambda x: F.layer_norm(x, shape[-1:], torch.tensor(w["scale"]), torch.tensor(w["offset"])), x)
        add(TORCH, "layer-norm", x, y, w, epsilon=1e-5)
        y = in_keras(K.LayerNormalization(), x, [w["scale"], w["offset"]])
        add(KERAS, "layer-norm", x, y, w, epsilon=1e-3)
        add(TORCH, "layer-norm", x, in_torch(lambda x: F.layer_norm(x, shape[-1:]), x), None, epsilon=1e-5)


def activations():
    x = np.array([-40, -12.5, -6, -3, -1.5, -1, -0.5, -0.0625, 0, 0.0625, 0.5, 1, 1.5, 3, 6, 12.5, 40])
    for name, function, options in [
            ("identity", lambda a: a, {}), ("relu", F.relu, {}), ("leaky-relu", F.leaky_relu, {}),
            ("leaky-relu", lambda a: F.leaky_relu(a, 0.25), {"alpha": 0.25}), ("elu", F.elu, {}),
            ("elu", lambda a: F.elu(a, 0.5), {"alpha": 0.5}), ("selu", F.selu, {}), ("tanh", torch.tanh, {}),
            ("sigmoid", torch.sigmoid, {}), ("softplus", lambda a: F.softplus(a, threshold=1000), {}),
            ("gelu", F.gelu, {}), ("gelu-tanh", lambda a: F.gelu(a, approximate="tanh"), {}), ("silu", F.silu, {}),
            ("exp", torch.exp, {}), ("hard-tanh", F.hardtanh, {}),
            ("hard-tanh", lambda a: F.hardtanh(a, -6, 2), {"min": -6.0, "max": 2.0})]:
        add(TORCH, "activation", x, in_torch(function, x), None, activation=name, **options)
    for shape in [(5,), (2, 3, 4)]:
        x = numbers(*shape) * 8
        add(TORCH, "activation", x, in_torch(lambda x: F.softmax(x, -1), x), None, activation="softmax")


def main():
    for part in (dense, convolutions, transposed_convolutions, pools, images, normalizations, activations):
        part()
    for i, case in enumerate(cases):
        same = sum(other["name"].split(" #")[0] == case["name"] for other in cases[:i])
        case["name"] += f" #{same + 1}" if same else ""
    path = pathlib.Path(__file__).with_name("layers.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text("[\n" + lines + "\n]\n")
    print(f"{len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
