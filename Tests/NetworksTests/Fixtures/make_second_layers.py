"""Makes second_layers.json: what PyTorch computes for the layers of version 2 of the model format.

    python Tests/NetworksTests/Fixtures/make_second_layers.py

As make_layers.py, in float64, but with PyTorch alone.
"""

import json
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

random = np.random.default_rng(1)
TORCH = f"torch {torch.__version__.split('+')[0]}"
cases = []


def numbers(*shape):
    return random.integers(-24, 25, shape) / 16


def add(layer, x, y, weights=None, data_format="channels_first", **attributes):
    options = " ".join(f"{key}={value}" for key, value in attributes.items())
    layout = " ".join(f"{key}{list(a.shape)}" for key, a in (weights or {}).items())
    name = " ".join(part for part in (layer, options, str(list(np.shape(x))), layout, data_format) if part)

    def stored(a):
        a = np.asarray(a, np.float64)
        return {"shape": list(a.shape), "values": [float(f"{v:.9g}") for v in a.reshape(-1)]}

    cases.append({
        "name": name, "framework": TORCH, "layer": layer, "attributes": attributes, "data_format": data_format,
        "weights": {key: stored(a) for key, a in (weights or {}).items()}, "input": stored(x), "output": stored(y)})


def in_torch(function, x):
    return function(torch.tensor(x)[None])[0].numpy()


def tensors(*arrays):
    return [torch.tensor(a) for a in arrays]


for stride, padding, dilation, groups in [(1, (1, 1), 1, 1), (2, (0, 0), 1, 1), (2, (2, 1), 2, 1), (1, (1, 1), 1, 2)]:
    x, w, b = numbers(4, 9), numbers(6, 4 // groups, 3), numbers(6)
    y = in_torch(lambda x: F.conv1d(F.pad(x, padding), *tensors(w, b), stride, 0, dilation, groups), x)
    options = {"stride": [stride], "padding": list(padding), "dilation": [dilation], "groups": groups}
    add("conv1d", x, y, {"weight": w, "bias": b}, **options)
    add("conv1d", x.T, y.T, {"kernel": w.transpose(2, 1, 0), "bias": b}, "channels_last", **options)
for stride, padding, added, groups in [(1, 1, 0, 1), (2, 0, 1, 1), (3, 1, 2, 2)]:
    x, w, b = numbers(4, 5), numbers(4, 6 // groups, 3), numbers(6)
    y = in_torch(lambda x: F.conv_transpose1d(x, *tensors(w, b), stride, padding, added, groups), x)
    options = {"stride": [stride], "padding": [padding, padding], "output_padding": [added], "groups": groups}
    add("conv1d-transpose", x, y, {"weight": w, "bias": b}, **options)
    if groups == 1:
        add("conv1d-transpose", x.T, y.T, {"kernel": w.transpose(2, 1, 0), "bias": b}, "channels_last", **options)
for shape, groups in [((6,), 3), ((6, 5), 2), ((6, 3, 4), 3), ((6, 3, 4), 6), ((4, 2, 2), 1)]:
    x, w, b = numbers(*shape), numbers(shape[0]), numbers(shape[0])
    y = in_torch(lambda x: F.group_norm(x, groups, *tensors(w, b), eps=1e-3), x)
    add("group-norm", x, y, {"scale": w, "offset": b}, groups=groups, epsilon=1e-3)
    if len(shape) > 1:
        add("group-norm", np.moveaxis(x, 0, -1), np.moveaxis(y, 0, -1), {"scale": w, "offset": b}, "channels_last",
            groups=groups, epsilon=1e-3)
x = numbers(3, 4, 5)
add("instance-norm", x, in_torch(lambda x: F.instance_norm(x, eps=1e-5), x), epsilon=1e-5)
for axes in [[1, 2], [0, 1, 2], [0], [0, 2]]:
    x = numbers(3, 4, 5)
    size = [x.shape[axis] for axis in axes]
    w, b = numbers(*size), numbers(*size)
    order = [axis for axis in range(3) if axis not in axes] + axes
    back = [order.index(axis) for axis in range(3)]
    y = in_torch(
        lambda x: F.layer_norm(x.permute(0, *(a + 1 for a in order)), size, *tensors(w, b)).permute(0, *(a + 1 for a in back)),
        x)
    add("layer-norm", x, y, {"scale": w, "offset": b}, "channels_last", axes=axes, epsilon=1e-5)
for axes in [[2, 0, 1], [1, 0, 2], [0, 1, 2]]:
    x = numbers(2, 3, 4)
    add("permute", x, x.transpose(axes), data_format="channels_last", axes=axes)
for factor in (2, 3):
    x = numbers(2 * factor ** 2, 2, 3)
    y = in_torch(lambda x: F.pixel_shuffle(x, factor), x)
    add("pixel-shuffle", x, y, factor=[factor, factor])
    add("pixel-shuffle", np.moveaxis(x, 0, 2), np.moveaxis(y, 0, 2), None, "channels_last", factor=[factor, factor])
# depth_to_space: pixel (2 i + j) of a block is a run of C channels.
x = numbers(2, 3, 8)
y = x.reshape(2, 3, 2, 2, 2).transpose(0, 2, 1, 3, 4).reshape(4, 6, 2)
add("pixel-shuffle", x, y, None, "channels_last", factor=[2, 2], order="tensorflow")
add("pixel-shuffle", np.moveaxis(x, 2, 0), np.moveaxis(y, 2, 0), factor=[2, 2], order="tensorflow")
for mode in ("replicate", "reflect"):
    x = numbers(2, 4, 5)
    y = in_torch(lambda x: F.pad(x, (3, 1, 2, 0), mode=mode), x)
    add("pad2d", x, y, padding=[2, 0, 3, 1], mode=mode)
    add("pad2d", np.moveaxis(x, 0, 2), np.moveaxis(y, 0, 2), None, "channels_last", padding=[2, 0, 3, 1], mode=mode)
for size in [(3, 4), (1, 4)]:
    x = numbers(2, *size)
    y = in_torch(lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bilinear", align_corners=True), x)
    add("upsample2d", x, y, factor=[2, 3], mode="bilinear", align_corners=True)
x = np.array([-40, -12.5, -6, -3, -1.5, -1, -0.5, -0.0625, 0, 0.0625, 0.5, 1, 1.5, 3, 6, 12.5, 40])
for name, function, options in [
        ("abs", torch.abs, {}), ("square", torch.square, {}), ("hard-swish", F.hardswish, {}), ("mish", F.mish, {}),
        ("hard-sigmoid", F.hardsigmoid, {}), ("softsign", F.softsign, {}), ("celu", F.celu, {}),
        ("celu", lambda a: F.celu(a, 0.5), {"alpha": 0.5})]:
    add("activation", x, in_torch(function, x), None, "channels_last", activation=name, **options)
positive = np.array([0.0625, 0.5, 1, 1.0625, 3, 12.5, 40, 1e-6])
for name, function in [("sqrt", torch.sqrt), ("log", torch.log), ("log1p", torch.log1p)]:
    add("activation", positive, in_torch(function, positive), None, "channels_last", activation=name)
for shape in [(4,), (4, 2, 3)]:
    for count in (1, 4):
        x, w = numbers(*shape), numbers(count)
        add("activation", x, in_torch(lambda x: F.prelu(x, torch.tensor(w)), x), {"slope": w}, activation="prelu")

path = pathlib.Path(__file__).with_name("second_layers.json")
path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
print(f"{len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")
