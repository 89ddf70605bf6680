"""The model format's layers of images in numpy float64, channels last."""

from __future__ import annotations

import numpy as np

from .errors import ExportError
from .layers import MARGINS

def pair(attributes, key, default=1) -> list[int]:
    value = attributes.get(key, default)
    return [int(n) for n in (np.full(2, value) if np.ndim(value) == 0 else value)]


def margins(attributes, shape, window, stride):
    """[top, bottom, left, right] of a convolution or a pooling window."""
    padding = attributes.get("padding", "valid")
    if not isinstance(padding, str):
        return [int(n) for n in padding]
    if padding == "valid":
        return [0, 0, 0, 0]
    out = []
    for n, k, s in zip(shape, window, stride):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        out += [total // 2, total - total // 2]
    return out


def windows(a, window, stride, dilation):
    """Strided views of a padded image, one for each element of the window: [(i, j, view)]."""
    rows = (a.shape[1] - dilation[0] * (window[0] - 1) - 1) // stride[0] + 1
    columns = (a.shape[2] - dilation[1] * (window[1] - 1) - 1) // stride[1] + 1
    for i in range(window[0]):
        for j in range(window[1]):
            top, left = i * dilation[0], j * dilation[1]
            yield i, j, a[:, top:top + (rows - 1) * stride[0] + 1:stride[0],
                          left:left + (columns - 1) * stride[1] + 1:stride[1]]


def image_layer(kind, attributes, arrays, a):
    """One layer of images [n, height, width, channels]."""
    height, width = a.shape[1:3]
    if kind == "conv2d":
        kernel = (arrays["weight"].transpose(2, 3, 1, 0) if "weight" in arrays else arrays["kernel"])
        stride, dilation = pair(attributes, "stride"), pair(attributes, "dilation")
        groups = int(attributes.get("groups", 1))
        span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape)]
        t, b, l, r = margins(attributes, (height, width), span, stride)
        a = np.pad(a, ((0, 0), (t, b), (l, r), (0, 0)))
        out, fan_in, fan_out = 0.0, kernel.shape[2], kernel.shape[3] // groups
        for i, j, view in windows(a, kernel.shape[:2], stride, dilation):
            out = out + np.concatenate([
                view[..., g * fan_in:(g + 1) * fan_in] @ kernel[i, j, :, g * fan_out:(g + 1) * fan_out]
                for g in range(groups)], -1)
        return out + arrays.get("bias", 0.0)
    if kind == "conv2d-transpose":
        # To [kh, kw, in, out / groups].
        kernel = (arrays["weight"].transpose(2, 3, 0, 1) if "weight" in arrays
                  else arrays["kernel"].transpose(0, 1, 3, 2))
        stride, dilation = pair(attributes, "stride"), pair(attributes, "dilation")
        groups, extra = int(attributes.get("groups", 1)), pair(attributes, "output_padding", 0)
        span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape)]
        full = [(n - 1) * s + k for n, s, k in zip((height, width), stride, span)]
        padding = attributes.get("padding", "valid")
        if isinstance(padding, str) and padding == "same":      # the output is input * stride
            padding = []
            for n, s, k, f, e in zip((height, width), stride, span, full, extra):
                begin = max(k - s, 0) // 2
                padding += [begin, f + e - begin - n * s]
        elif isinstance(padding, str):
            padding = [0, 0, 0, 0]
        t, b, l, r = (int(n) for n in padding)
        fan_in, fan_out = kernel.shape[2] // groups, kernel.shape[3]
        out = np.zeros((len(a), full[0] + max(extra[0] - min(b, 0), 0),
                        full[1] + max(extra[1] - min(r, 0), 0), fan_out * groups))
        for i in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                top, left = i * dilation[0], j * dilation[1]
                for g in range(groups):
                    out[:, top:top + (height - 1) * stride[0] + 1:stride[0],
                        left:left + (width - 1) * stride[1] + 1:stride[1],
                        g * fan_out:(g + 1) * fan_out] += (
                            a[..., g * fan_in:(g + 1) * fan_in]
                            @ kernel[i, j, g * fan_in:(g + 1) * fan_in])
        return out[:, t:full[0] + extra[0] - b, l:full[1] + extra[1] - r] + arrays.get("bias", 0.0)
    if kind in ("max-pool2d", "average-pool2d"):
        window = pair(attributes, "size")
        stride = pair(attributes, "stride", window)
        t, b, l, r = margins(attributes, (height, width), window, stride)
        edges = ((0, 0), (t, b), (l, r), (0, 0))
        if kind == "max-pool2d":
            a = np.pad(a, edges, constant_values=-np.inf)
            return np.max([view for _, _, view in windows(a, window, stride, (1, 1))], 0)
        inside = np.pad(np.ones_like(a), edges)
        a = np.pad(a, edges)
        return (np.sum([view for _, _, view in windows(a, window, stride, (1, 1))], 0)
                / np.sum([view for _, _, view in windows(inside, window, stride, (1, 1))], 0))
    if kind == "upsample2d":
        corners = bool(attributes.get("align_corners", False))
        for axis, factor in zip((1, 2), pair(attributes, "factor")):
            a = enlarged(a, axis, factor, attributes.get("mode", "nearest"), corners)
        return a
    if kind == "pixel-shuffle":
        r, s = pair(attributes, "factor")
        channels = a.shape[3] // (r * s)
        if attributes.get("order", "pytorch") == "pytorch":
            a = a.reshape(len(a), height, width, channels, r, s).transpose(0, 1, 4, 2, 5, 3)
        else:
            a = a.reshape(len(a), height, width, r, s, channels).transpose(0, 1, 3, 2, 4, 5)
        return a.reshape(len(a), height * r, width * s, channels)
    if kind in ("crop2d", "pad2d"):
        t, b, l, r = (int(n) for n in attributes[MARGINS[kind]])
        if kind == "crop2d":
            return a[:, t:height - b, l:width - r]
        mode = {"zeros": "constant", "replicate": "edge", "reflect": "reflect"}[attributes.get("mode", "zeros")]
        return np.pad(a, ((0, 0), (t, b), (l, r), (0, 0)), mode=mode)
    raise ExportError(f"the model format has no layer '{kind}'")




def enlarged(a, axis, factor, mode, corners):
    """One axis made `factor` times as long."""
    if mode == "nearest":
        return np.repeat(a, factor, axis)
    n = a.shape[axis]
    if corners:
        at = np.arange(n * factor) * ((n - 1) / max(n * factor - 1, 1))
    else:
        at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    low = np.minimum(np.floor(at).astype(int), n - 1)
    share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
    high = np.minimum(low + 1, n - 1)
    return np.take(a, low, axis) * (1 - share) + np.take(a, high, axis) * share
