"""Networks described as lists of layers over a tree of parameters: for weights whose code is not at hand."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from .errors import ExportError

NAMES = {"kernel": ("kernel", "w", "weight", "weights", "W"), "bias": ("bias", "b"),
         "scale": ("scale", "gamma", "weight"), "offset": ("bias", "offset", "beta", "b"),
         "mean": ("mean", "moving_mean", "running_mean"), "variance": ("var", "variance", "moving_variance")}

ACTIVATIONS: dict[str, Callable] = {
    "identity": lambda a: a, "relu": jax.nn.relu, "elu": jax.nn.elu, "selu": jax.nn.selu, "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus, "gelu": lambda a: jax.nn.gelu(a, approximate=False),
    "gelu-tanh": jax.nn.gelu, "silu": jax.nn.silu, "swish": jax.nn.silu, "exp": jnp.exp, "softmax": jax.nn.softmax,
    "abs": jnp.abs, "square": jnp.square, "sqrt": jnp.sqrt, "log": jnp.log, "log1p": jnp.log1p,
    "hard-swish": jax.nn.hard_swish, "hard-sigmoid": jax.nn.hard_sigmoid, "relu6": jax.nn.relu6, "mish": jax.nn.mish,
    "softsign": jax.nn.soft_sign,
}


def layer(kind: str, params: Any = None, **attributes: Any) -> dict[str, Any]:
    """One layer of a description: kind is a name of the model format ("dense", "conv2d", "batch-norm", ...), params the
    path of its parameters in the tree, attributes those of the format (activation=, stride=, padding=, ...)."""
    return {"layer": kind, "params": params, **attributes}


def is_description(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, (str, Mapping)) for v in value)


def two(value) -> tuple[int, int]:
    return (int(value),) * 2 if np.ndim(value) == 0 else tuple(int(n) for n in value)


class Described:
    """A description as a function of a batch."""

    def __init__(self, where: str, description: Sequence, params: Any, batch_stats: Any = None):
        self.params, self.batch_stats = params, batch_stats
        self.layers = [self.make(f"{where}: layer {i}", entry) for i, entry in enumerate(description)]

    def __call__(self, x):
        for function in self.layers:
            x = function(x)
        return x

    def make(self, where: str, entry) -> Callable:
        if isinstance(entry, str):
            entry = {"layer": "flatten"} if entry == "flatten" else {"layer": "activation", "activation": entry}
        entry = dict(entry)
        kind, path = entry.pop("layer"), entry.pop("params", None)
        where = f"{where} ({kind}{', ' + str(path) if path else ''})"
        activation = self.activation(where, entry)
        maker = getattr(self, "make_" + kind.replace("-", "_"), None)
        if maker is None:
            raise ExportError(f"{where}: the model format has no layer '{kind}'")
        function = maker(where, path, entry)
        if entry:
            raise ExportError(f"{where}: no such option: {', '.join(entry)}")

        def run(x):
            try:
                return activation(function(x))
            except (TypeError, ValueError) as error:
                raise ExportError(f"{where}: does not fit an input of shape {x.shape[1:]}: "
                                  f"{str(error).splitlines()[0]}") from error
        return run

    def activation(self, where: str, entry: dict) -> Callable:
        name = entry.pop("activation", "identity")
        options = {key: float(entry.pop(key)) for key in ("alpha", "min", "max") if key in entry}
        if name == "leaky-relu":
            return lambda a: jax.nn.leaky_relu(a, options.get("alpha", 0.01))
        if name == "hard-tanh":
            return lambda a: jnp.clip(a, options.get("min", -1.0), options.get("max", 1.0))
        if name in ("elu", "celu") and options:
            return lambda a: getattr(jax.nn, name)(a, options["alpha"])
        if name not in ACTIVATIONS:
            raise ExportError(f"{where}: there is no activation '{name}'; there are {', '.join(ACTIVATIONS)}, leaky-relu, "
                              "hard-tanh")
        return ACTIVATIONS[name]

    # MARK: The tree

    def node(self, where: str, tree: Any, path: Any) -> Any:
        for key in str(path).split("/") if path not in (None, "") else []:
            try:
                if isinstance(tree, (list, tuple)):
                    tree = tree[int(key)]
                elif isinstance(tree, Mapping):
                    tree = tree[key]
                else:
                    tree = getattr(tree, key)
            except (KeyError, IndexError, ValueError, TypeError, AttributeError):
                held = ", ".join(map(str, tree)) if isinstance(tree, Mapping) else type(tree).__name__
                raise ExportError(f"{where}: the parameters have no '{path}': no '{key}' among {held}") from None
        return tree

    def array(self, where: str, holder: Any, name: str, optional: bool = False):
        """An array of a layer, and the name it has there."""
        found, key = None, None
        if isinstance(holder, (list, tuple)):
            index = {"kernel": 0, "bias": 1}.get(name, 99)
            found = holder[index] if index < len(holder) else None
        else:
            get = holder.get if isinstance(holder, Mapping) else lambda k: getattr(holder, k, None)
            found, key = next(((get(k), k) for k in NAMES[name] if get(k) is not None), (None, None))
        if found is None:
            if optional:
                return None, None
            held = ", ".join(map(str, holder)) if isinstance(holder, Mapping) else type(holder).__name__
            raise ExportError(f"{where}: no {name} among its parameters ({held})")
        return np.asarray(getattr(found, "value", found), np.float32), key

    def weights(self, where: str, path: Any, rank: int):
        """(kernel [..., in, out], bias or None); an array named `weight` is [out, in, ...], as the format has it."""
        holder = self.node(where, self.params, path)
        kernel, key = self.array(where, holder, "kernel")
        bias, _ = self.array(where, holder, "bias", optional=True)
        if kernel.ndim != rank:
            raise ExportError(f"{where}: expected a kernel of {rank} axes, found shape {kernel.shape}")
        if key == "weight":
            kernel = np.moveaxis(kernel, (0, 1), (-1, -2))
        return kernel, None if bias is None else bias.reshape(-1)

    # MARK: The layers

    def make_dense(self, where, path, entry):
        kernel, bias = self.weights(where, path, 2)
        return lambda x: x @ kernel + (0.0 if bias is None else bias)

    def make_conv2d(self, where, path, entry):
        kernel, bias = self.weights(where, path, 4)
        options = dict(window_strides=two(entry.pop("stride", 1)), padding=padding(where, entry.pop("padding", "SAME")),
                       rhs_dilation=two(entry.pop("dilation", 1)), feature_group_count=int(entry.pop("groups", 1)),
                       dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return lambda x: jax.lax.conv_general_dilated(x, kernel, **options) + (0.0 if bias is None else bias)

    def make_conv2d_transpose(self, where, path, entry):
        kernel, bias = self.weights(where, path, 4)
        turned = bool(entry.pop("transpose_kernel", False))
        options = dict(strides=two(entry.pop("stride", 1)), padding=padding(where, entry.pop("padding", "SAME")),
                       rhs_dilation=two(entry.pop("dilation", 1)), transpose_kernel=turned)
        return lambda x: jax.lax.conv_transpose(x, kernel, **options) + (0.0 if bias is None else bias)

    def norm_arrays(self, where, path):
        try:
            holder = self.node(where, self.params, path) if path is not None else {}
        except ExportError:
            holder = {}
        scale, _ = self.array(where, holder, "scale", optional=True)
        offset, _ = self.array(where, holder, "offset", optional=True)
        return 1.0 if scale is None else scale.reshape(-1), 0.0 if offset is None else offset.reshape(-1)

    def make_batch_norm(self, where, path, entry):
        scale, offset = self.norm_arrays(where, path)
        if self.batch_stats is None:
            raise ExportError(f"{where}: batch_stats= holds its mean and variance, and is not given")
        moments = self.node(where, self.batch_stats, path)
        mean, variance = (self.array(where, moments, k)[0].reshape(-1) for k in ("mean", "variance"))
        epsilon = float(entry.pop("epsilon", 1e-5))
        return lambda x: (x - mean) / np.sqrt(variance + epsilon) * scale + offset

    def make_layer_norm(self, where, path, entry):
        scale, offset = self.norm_arrays(where, path)
        epsilon = float(entry.pop("epsilon", 1e-6))
        return lambda x: jax.nn.standardize(x, axis=-1, epsilon=epsilon) * scale + offset

    def make_group_norm(self, where, path, entry):
        scale, offset = self.norm_arrays(where, path)
        groups, epsilon = int(entry.pop("groups", 32)), float(entry.pop("epsilon", 1e-6))

        def run(x):
            split = x.reshape(*x.shape[:-1], groups, -1)
            axes = tuple(i for i in range(1, split.ndim) if i != split.ndim - 2)
            return jax.nn.standardize(split, axis=axes, epsilon=epsilon).reshape(x.shape) * scale + offset
        return run

    def make_affine(self, where, path, entry):
        scale, offset = np.float32(entry.pop("scale", 1.0)), np.float32(entry.pop("offset", 0.0))
        return lambda x: x * scale + offset

    def make_flatten(self, where, path, entry):
        return lambda x: x.reshape(len(x), -1)

    def make_activation(self, where, path, entry):
        return lambda x: x

    def make_reshape(self, where, path, entry):
        shape = tuple(int(n) for n in entry.pop("shape"))
        return lambda x: x.reshape(len(x), *shape)

    def pool(self, where, entry, start, function):
        window = two(entry.pop("size", 1))
        stride = two(entry.pop("stride", window))
        edges = padding(where, entry.pop("padding", "VALID"))
        edges = edges if isinstance(edges, str) else [(0, 0), *edges, (0, 0)]
        return lambda x: jax.lax.reduce_window(x, start, function, (1, *window, 1), (1, *stride, 1), edges)

    def make_max_pool2d(self, where, path, entry):
        return self.pool(where, entry, -np.inf, jax.lax.max)

    def make_average_pool2d(self, where, path, entry):
        total = self.pool(where, entry, 0.0, jax.lax.add)
        return lambda x: total(x) / total(jnp.ones((1, *x.shape[1:])))

    def make_upsample2d(self, where, path, entry):
        factor, mode = two(entry.pop("factor", 1)), entry.pop("mode", "nearest")
        if mode != "nearest":
            raise ExportError(f"{where}: a description has mode=\"nearest\" alone")
        return lambda x: x.repeat(factor[0], 1).repeat(factor[1], 2)

    def make_crop2d(self, where, path, entry):
        t, b, l, r = (int(n) for n in entry.pop("cropping"))
        return lambda x: x[:, t:x.shape[1] - b, l:x.shape[2] - r]

    def make_pad2d(self, where, path, entry):
        t, b, l, r = (int(n) for n in entry.pop("padding"))
        return lambda x: jnp.pad(x, ((0, 0), (t, b), (l, r), (0, 0)))

    def make_residual(self, where, path, entry):
        body = Described(where, entry.pop("body"), self.params, self.batch_stats)
        shortcut = Described(where, entry.pop("shortcut", None) or [], self.params, self.batch_stats)
        return lambda x: body(x) + shortcut(x)

    def make_concat(self, where, path, entry):
        branches = [Described(where, b, self.params, self.batch_stats) for b in entry.pop("branches")]
        return lambda x: jnp.concatenate([b(x) for b in branches], -1)


def padding(where: str, value):
    """"SAME", "VALID", or margins of rows and columns."""
    if isinstance(value, str):
        if value.upper() not in ("SAME", "VALID"):
            raise ExportError(f"{where}: padding is 'SAME', 'VALID' or numbers, not '{value}'")
        return value.upper()
    if isinstance(value, int):
        return [(value, value)] * 2
    if len(value) == 4:
        return [tuple(value[:2]), tuple(value[2:])]
    return [(p, p) if isinstance(p, int) else tuple(p) for p in value]
