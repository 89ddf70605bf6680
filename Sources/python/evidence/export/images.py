"""Rearrangements of images for which the model format has layers: crops, paddings, enlargements, permutations."""

from __future__ import annotations

import itertools

import numpy as np

from .layers import Layer, reshaping, size


def image_gather(gather: Layer, data_format: str) -> list[Layer] | None:
    """The layers of a rearrangement, None where the format has none."""
    indices, fill = gather.arrays["indices"], gather.arrays.get("fill")
    if len(gather.shape_out) == 3 and (fill is None or not fill.any()):
        shape = gather.shape_in
        if len(shape) == 1:     # features repeated over an image
            shape = (*shape, 1, 1) if data_format == "channels_first" else (1, 1, *shape)
        if len(shape) == 3:
            found = separable(indices, shape, gather.shape_out, data_format)
            if found is None and fill is None:
                found = pixel_shuffle(indices, shape, gather.shape_out, data_format)
            if found is not None:
                layers = reshaping(gather.shape_in, shape)
                for kind, channels, height, width, attributes, arrays in found:
                    out = (channels, height, width) if data_format == "channels_first" else (height, width, channels)
                    layers.append(Layer(kind, shape, out, attributes, arrays, name=gather.name))
                    shape = out
                return layers
    return permutation(gather) if fill is None else None


def channels_first(array: np.ndarray, data_format: str) -> np.ndarray:
    return array if data_format == "channels_first" else np.moveaxis(array, 2, 0)


def separable(indices, shape_in, shape_out, data_format):
    """Channels, rows and columns each chosen by themselves: [(kind, channels, height, width, attributes, arrays)]."""
    out = channels_first(indices.reshape(shape_out), data_format)
    outside = out < 0
    at = np.unravel_index(np.maximum(out, 0), shape_in)
    channel, row, column = at if data_format == "channels_first" else (at[2], at[0], at[1])
    rows = np.array([first_inside(row[:, i], outside[:, i]) for i in range(out.shape[1])])
    columns = np.array([first_inside(column[:, :, j], outside[:, :, j]) for j in range(out.shape[2])])
    picked = np.array([first_inside(channel[c], outside[c]) for c in range(out.shape[0])])
    if (picked < 0).any():
        return None
    wanted = np.where((rows[:, None] < 0) | (columns < 0), -1, 0)
    whole = np.broadcast_to(wanted, out.shape)
    if not (np.array_equal(outside, whole < 0)
            and np.array_equal(np.where(outside, 0, channel), np.where(outside, 0, picked[:, None, None] + 0 * out))
            and np.array_equal(np.where(outside, 0, row), np.where(outside, 0, rows[:, None] + 0 * out))
            and np.array_equal(np.where(outside, 0, column), np.where(outside, 0, columns + 0 * out))):
        return None
    count, height, width = ((shape_in[0], *shape_in[1:]) if data_format == "channels_first"
                            else (shape_in[2], *shape_in[:2]))
    steps = line(rows, height), line(columns, width)
    if None in steps:
        return None
    layers = []
    if not np.array_equal(picked, np.arange(count)):
        kernel = np.zeros((1, 1, count, len(picked)), np.float32)
        kernel[0, 0, picked, np.arange(len(picked))] = 1
        layers.append(("conv2d", len(picked), height, width, {}, {"kernel": kernel}))
    vertical, horizontal = steps
    for kind in ("crop", "zeros", "replicate", "reflect", "stride", "repeat"):
        v, h = vertical.get(kind), horizontal.get(kind)
        if v is None and h is None:
            continue
        if kind == "stride":
            s = [v or 1, h or 1]
            height, width = -(-height // s[0]), -(-width // s[1])
            layers.append(("max-pool2d", len(picked), height, width, {"size": [1, 1], "stride": s}, {}))
        elif kind == "repeat":
            f = [v or 1, h or 1]
            height, width = height * f[0], width * f[1]
            layers.append(("upsample2d", len(picked), height, width, {"factor": f, "mode": "nearest"}, {}))
        else:
            margins = [*(v or (0, 0)), *(h or (0, 0))]
            sign = -1 if kind == "crop" else 1
            height, width = height + sign * sum(margins[:2]), width + sign * sum(margins[2:])
            attributes = {"cropping": margins} if kind == "crop" else {"padding": margins}
            if kind in ("replicate", "reflect"):
                attributes["mode"] = kind
            layers.append(("crop2d" if kind == "crop" else "pad2d", len(picked), height, width, attributes, {}))
    return layers


def first_inside(values, outside) -> int:
    inside = values[~outside]
    return int(inside[0]) if inside.size else -1


def line(order: np.ndarray, count: int) -> dict | None:
    """What picks these of `count` rows: {"crop" | "zeros" | "replicate" | "reflect": (before, after),
    "stride" | "repeat": n}."""
    n = len(order)
    if np.array_equal(order, np.arange(count)):
        return {}
    if n % count == 0 and np.array_equal(order, np.repeat(np.arange(count), n // count)):
        return {"repeat": n // count}
    inside = np.flatnonzero(order >= 0)
    if not inside.size:
        return None
    run = order[inside[0]:inside[-1] + 1]
    if np.array_equal(run, np.arange(run[0], run[0] + len(run))):
        out = {}
        if run[0] > 0 or run[-1] < count - 1:
            out["crop"] = int(run[0]), int(count - 1 - run[-1])
        if len(run) < n:
            out["zeros"] = int(inside[0]), int(n - 1 - inside[-1])
        return out
    if n > count and len(inside) == n:
        for before in range(0, n - count + 1):
            margins = before, n - count - before
            if np.array_equal(order, np.pad(np.arange(count), margins, mode="edge")):
                return {"replicate": margins}
            if max(margins) < count and np.array_equal(order, np.pad(np.arange(count), margins, mode="reflect")):
                return {"reflect": margins}
    if n > 1 and len(inside) == n:
        step = int(order[1] - order[0])
        if step > 1 and np.array_equal(order, order[0] + step * np.arange(n)):
            last = min(count, order[-1] + step)
            if -(-(last - order[0]) // step) == n:
                crop = {"crop": (int(order[0]), int(count - last))} if order[0] or last < count else {}
                return crop | {"stride": step}
    return None


def pixel_shuffle(indices, shape_in, shape_out, data_format):
    """Channels spread over blocks of pixels, in either framework's order."""
    cell = channels_first(np.arange(size(shape_in)).reshape(shape_in), data_format)
    out = channels_first(indices.reshape(shape_out), data_format)
    r, s = out.shape[1] // cell.shape[1], out.shape[2] // cell.shape[2]
    if r < 1 or s < 1 or r * s == 1 or out.shape != (cell.shape[0] // (r * s), cell.shape[1] * r, cell.shape[2] * s):
        return None
    c, h, w = cell.shape
    orders = {"pytorch": cell.reshape(c // (r * s), r, s, h, w).transpose(0, 3, 1, 4, 2),
              "tensorflow": cell.reshape(r, s, c // (r * s), h, w).transpose(2, 3, 0, 4, 1)}
    for order, shuffled in orders.items():
        if np.array_equal(shuffled.reshape(out.shape), out):
            return [("pixel-shuffle", *out.shape, {"factor": [r, s], "order": order}, {})]
    return None


def permutation(gather: Layer) -> list[Layer] | None:
    """Axes in another order, before or after a reshape."""
    indices, count = gather.arrays["indices"], size(gather.shape_in)
    if len(indices) != count:
        return None
    for shape, after in ((gather.shape_in, True), (gather.shape_out, False)):
        if not 2 <= len(shape) <= 4:
            continue
        for axes in itertools.permutations(range(len(shape))):
            if axes == tuple(range(len(shape))):
                continue
            start = tuple(shape)
            if not after:
                start = [0] * len(shape)
                for i, axis in enumerate(axes):
                    start[axis] = shape[i]
                start = tuple(start)
            permuted = np.arange(count).reshape(start).transpose(axes)
            if np.array_equal(permuted.reshape(-1), indices):
                return [*reshaping(gather.shape_in, start),
                        Layer("permute", start, permuted.shape, {"axes": list(axes)}, name=gather.name),
                        *reshaping(permuted.shape, gather.shape_out)]
    return None
