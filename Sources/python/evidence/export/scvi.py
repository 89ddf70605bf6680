"""export_scvi: a model of scvi-tools (Lopez et al. 2018), its batches and covariates as what the model is given."""

from __future__ import annotations

import os
from typing import Any

import h5py
import numpy as np

from .errors import ExportError
from .scvi_check import check
from .._version import __version__

FAMILIES = {"nb": "negative-binomial", "zinb": "zero-inflated-negative-binomial", "poisson": "poisson", "normal": "normal"}
EPSILON = 1e-8      # what scvi-tools adds inside the logarithms of its negative binomials


def export_scvi(model: Any, path: str | os.PathLike, *, cells: int = 64, seed: int = 0, tolerance: float = 1e-4,
                quiet: bool = False) -> float:
    """Writes a trained scvi.model.SCVI as a file for Evidence, and verifies it against the model's own module.

        export_scvi(model, "scvi.h5")

    The file names the genes, and is given what the model was set up with: the batch and further covariates by the names of
    their columns in obs, with their categories; sizes as the exposure. Returns the largest difference of log-weights, relative
    to the largest log-weight, on the same draws. Raises ExportError, and writes nothing, where the model can't be expressed.
    """
    about = Known(model)
    temporary = f"{os.fspath(path)}.partial"
    try:
        with h5py.File(temporary, "w") as file:
            write(file, about)
        difference = check(temporary, about, cells, seed)
        if not difference <= tolerance:
            raise ExportError(f"log-weights of the file and of the module differ by {difference:.3g} of the largest (tolerance "
                              f"{tolerance:g}). Nothing was written")
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    if not quiet:
        print(f"{os.fspath(path)}: verified against scvi-tools' module: log-weights differ by at most {difference:.2g} of "
              "the largest, on the same draws")
    return difference


class Known:
    """What a model was set up with."""

    def __init__(self, model: Any):
        self.model, self.module = model, model.module
        module = self.module
        if type(module).__name__ != "VAE":
            raise ExportError(f"a module of class {type(module).__name__}; export_scvi takes that of scvi.model.SCVI (VAE)")
        if module.gene_likelihood not in FAMILIES:
            raise ExportError(f"gene_likelihood {module.gene_likelihood!r}: there are {', '.join(FAMILIES)}")
        manager = model.adata_manager
        self.genes = [str(name) for name in model.adata.var_names]
        self.batch, self.batches = category(manager, "batch")
        self.label, self.labels = category(manager, "labels")
        self.categorical = joined(manager, "extra_categorical_covs")
        self.continuous = [name for name, _ in joined(manager, "extra_continuous_covs")]
        self.size = None
        if getattr(module, "use_size_factor_key", False):
            self.size = key_of(manager, "size_factor")
        self.family = FAMILIES[module.gene_likelihood]
        self.has_latent_library = not module.use_observed_lib_size and self.size is None
        if self.family == "normal" and not self.has_latent_library and self.size is None:
            raise ExportError("gene_likelihood 'normal' with the observed library: the mean is the cell's total times a share, "
                              "which the model format has for counts. Set the model up with size_factor_key=")

    def injected(self, layer: int, everywhere: bool, names: list[str]) -> list[str]:
        """The covariates that are joined to a layer."""
        return names if layer == 0 or everywhere else []

    @property
    def one_hot(self) -> list[str]:
        """Categorical covariates of more than one category, in the order of the layers' columns."""
        found = [(self.batch, self.batches), *self.categorical]
        return [name for name, categories in found if len(categories) > 1]


def key_of(manager: Any, name: str) -> str:
    """The column of obs that a field was set up with."""
    registry = manager.registry["field_registries"][name]
    return str(registry["data_registry"].get("attr_key") or name)


def category(manager: Any, name: str) -> tuple[str, list[str]]:
    """A categorical field: its column of obs, and its categories."""
    state = manager.get_state_registry(name)
    return str(state.get("original_key") or name), [str(c) for c in state["categorical_mapping"]]


def joined(manager: Any, name: str) -> list[tuple[str, list[str]]]:
    """The columns of a field of several, with their categories."""
    if name not in manager.registry["field_registries"]:
        return []
    state = manager.get_state_registry(name)
    if not state:
        return []
    if "mappings" in state:
        return [(str(key), [str(c) for c in state["mappings"][key]]) for key in state["field_keys"]]
    return [(str(key), []) for key in state["columns"]]


# MARK: - The file

def write(file: h5py.File, known: Known) -> None:
    """The whole model."""
    module = known.module
    file.attrs["format"], file.attrs["version"] = "evidence-model", 2
    file.attrs["written_by"] = f"evidence-lvm {__version__}"
    file.attrs["source"] = "scvi-tools"
    entry = file.create_group("input")
    entry.attrs["shape"] = [len(known.genes)]
    entry.create_dataset("names", data=known.genes, dtype=h5py.string_dtype())
    write_covariates(file, known)
    encoder(file.create_group("encoder/1"), known, module.z_encoder)
    decoder(file.create_group("decoder/1"), known)
    if known.has_latent_library:
        # The logarithm of the library is a second layer of latents, apart from the first.
        second = file.create_group("encoder/2")
        encoder(second, known, module.l_encoder)
        second.attrs["given"] = [0]
        file["decoder/1"].attrs["given"] = [1, 2]
        below = file.create_group("decoder/2")
        below.attrs["distribution"] = "normal"
        dataset(below, "mean", np.zeros(module.n_latent))
        dataset(below, "scale", np.ones(module.n_latent))
        prior = file.create_group("prior")
        prior.attrs["distribution"] = "normal"
        for name, values in (("mean", module.library_log_means), ("variance", module.library_log_vars)):
            rows = numbers(values).reshape(-1, 1)
            if len(known.batches) > 1:
                dataset(prior, name, rows).attrs["by"] = known.batch
            else:
                dataset(prior, name, rows[0])


def write_covariates(file: h5py.File, known: Known) -> None:
    """The columns of obs that the model is given."""
    wanted = dict(known.categorical)
    wanted[known.batch] = known.batches
    if known.module.dispersion == "gene-label":
        wanted[known.label] = known.labels
    parent = file.create_group("covariates")
    for name, categories in wanted.items():
        if len(categories) > 1:
            group = parent.create_group(name)
            group.attrs["kind"] = "categorical"
            group.create_dataset("categories", data=categories, dtype=h5py.string_dtype())
    for name in [*known.continuous, *([known.size] if known.size else [])]:
        parent.create_group(name).attrs["kind"] = "continuous"


def encoder(group: h5py.Group, known: Known, network: Any) -> None:
    """q(z | x): scvi-tools adds 1e-4 to the variance."""
    module = known.module
    group.attrs["distribution"] = "normal"
    stack = Stack(group.create_group("trunk"))
    if module.log_variational:
        stack.add("activation", activation="log1p")
    given = known.one_hot if module.encode_covariates else []
    first = known.continuous if module.encode_covariates else []
    layers(stack, network.encoder, given, first)
    Stack(group.create_group("mean")).linear(network.mean_encoder)
    variance = Stack(group.create_group("variance"))
    variance.linear(network.var_encoder, activation="exp")
    variance.affine(np.ones(network.var_encoder.out_features), np.full(network.var_encoder.out_features, network.var_eps))


def decoder(group: h5py.Group, known: Known) -> None:
    """p(x | z)."""
    module, network = known.module, known.module.decoder
    group.attrs["distribution"] = known.family
    name = {"poisson": "rate"}.get(known.family, "mean")
    scale, activation = network.px_scale_decoder[0], type(network.px_scale_decoder[1]).__name__.lower()
    if known.has_latent_library:
        latents = (module.n_latent, 1)
        mean = product(group.create_group(name), latents)
        shared = Stack(mean[0])
        shared.crop(latents, 0)
        hidden(shared, known)
        shared.linear(scale, activation=activation)
        library = Stack(mean[1])
        library.crop(latents, 1)
        library.dense(np.ones((len(known.genes), 1)), np.zeros(len(known.genes)), activation="exp")
        make = lambda stack: (stack.crop(latents, 0), hidden(stack, known))
    else:
        trunk = Stack(group.create_group("trunk"))
        hidden(trunk, known)
        make = lambda stack: None
        Stack(group.create_group(name)).linear(scale, activation=activation)
        group.attrs["exposure"] = "total" if known.size is None else known.size
        if known.family == "normal":
            raise ExportError("gene_likelihood 'normal' with sizes: the mean is a product of both; give the sizes as "
                              "latent library (use_observed_lib_size=False)")
    if known.family in ("negative-binomial", "zero-inflated-negative-binomial"):
        group.attrs["epsilon"] = EPSILON
    if known.family != "poisson":
        spread(group, known, make)
    if known.family == "zero-inflated-negative-binomial":
        stack = Stack(group.create_group("dropout_logits"))
        make(stack)
        stack.linear(network.px_dropout_decoder)


def spread(group: h5py.Group, known: Known, make: Any) -> None:
    """The dispersion of counts, the scale of normals: by gene, gene and batch, gene and label, or by the network."""
    module = known.module
    name = "log_scale" if known.family == "normal" else "log_dispersion"
    if module.dispersion == "gene-cell":
        stack = Stack(group.create_group(name))
        make(stack)
        stack.linear(module.decoder.px_r_decoder)
        return
    values = numbers(module.px_r)
    by = {"gene-batch": (known.batch, known.batches), "gene-label": (known.label, known.labels)}.get(module.dispersion)
    if by is None:
        dataset(group, name, values)
    elif len(by[1]) > 1:
        dataset(group, name, values.T).attrs["by"] = by[0]
    else:
        dataset(group, name, values[:, 0])


def hidden(stack: "Stack", known: Known) -> None:
    """The layers between the latents and the parameters."""
    if known.module.latent_distribution == "ln":
        stack.add("activation", activation="softmax")
    layers(stack, known.module.decoder.px_decoder, known.one_hot, known.continuous)


def layers(stack: "Stack", network: Any, given: list[str], first: list[str]) -> None:
    """scvi-tools' FCLayers: what they are given is joined to the first layer, or to all."""
    for number, block in enumerate(network.fc_layers):
        joined = given if number == 0 or network.inject_covariates else []
        if not network.n_cat_list:
            joined = []
        for part in block:
            kind = type(part).__name__
            if kind == "Linear":
                stack.linear(part, covariates=[*(first if number == 0 else []), *joined])
            elif kind == "BatchNorm1d":
                stack.batch_norm(part)
            elif kind == "LayerNorm":
                entry = stack.add("layer-norm", epsilon=part.eps)
                if part.elementwise_affine:
                    dataset(entry, "scale", numbers(part.weight))
                    dataset(entry, "offset", numbers(part.bias))
            elif kind in ("ReLU", "Softplus", "Tanh", "Sigmoid", "SiLU", "ELU", "GELU", "LeakyReLU"):
                word = {"LeakyReLU": "leaky-relu"}.get(kind, kind.lower())
                entry = stack.add("activation", activation=word)
                if kind == "LeakyReLU":
                    entry.attrs["alpha"] = part.negative_slope
            elif kind != "Dropout" and part is not None:
                raise ExportError(f"a layer {kind} in the hidden layers, which is not known here")


def product(group: h5py.Group, latents: tuple[int, int]) -> tuple[h5py.Group, h5py.Group]:
    """A layer of two factors."""
    entry = Stack(group).add("product")
    return entry.create_group("factors/0"), entry.create_group("factors/1")


class Stack:
    """Layers as they are written, one after the other."""

    def __init__(self, group: h5py.Group):
        self.group, self.count = group, 0

    def add(self, layer: str, **attributes: Any) -> h5py.Group:
        entry = self.group.create_group(str(self.count))
        self.count += 1
        entry.attrs["layer"] = layer
        for key, value in attributes.items():
            entry.attrs[key] = value
        return entry

    def dense(self, weight, bias, covariates: list[str] = (), activation: str | None = None) -> None:
        entry = self.add("dense", **({"activation": activation} if activation else {}))
        dataset(entry, "weight", weight)
        if bias is not None:
            dataset(entry, "bias", bias)
        if covariates:
            entry.attrs.create("covariates", list(covariates), dtype=h5py.string_dtype())

    def linear(self, linear: Any, covariates: list[str] = (), activation: str | None = None) -> None:
        self.dense(numbers(linear.weight), None if linear.bias is None else numbers(linear.bias), covariates, activation)

    def batch_norm(self, norm: Any) -> None:
        entry = self.add("batch-norm", epsilon=norm.eps)
        dataset(entry, "mean", numbers(norm.running_mean))
        dataset(entry, "variance", numbers(norm.running_var))
        if norm.affine:
            dataset(entry, "scale", numbers(norm.weight))
            dataset(entry, "offset", numbers(norm.bias))

    def affine(self, scale, offset) -> None:
        entry = self.add("batch-norm", epsilon=0.0)
        dataset(entry, "mean", np.zeros(len(scale)))
        dataset(entry, "variance", np.ones(len(scale)))
        dataset(entry, "scale", scale)
        dataset(entry, "offset", offset)

    def crop(self, latents: tuple[int, int], which: int) -> None:
        """One of two vectors that are joined."""
        total = sum(latents)
        self.add("reshape", shape=[total, 1, 1])
        self.add("crop2d", cropping=[0, latents[1], 0, 0] if which == 0 else [latents[0], 0, 0, 0])
        self.add("reshape", shape=[latents[which]])


def numbers(tensor: Any) -> np.ndarray:
    """A tensor's numbers."""
    return np.asarray(tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor, np.float64)


def dataset(group: h5py.Group, name: str, value) -> h5py.Dataset:
    """A float32 dataset, finite."""
    array = np.ascontiguousarray(np.asarray(value), np.float32)
    if not np.isfinite(array).all():
        raise ExportError(f"{group.name}/{name}: {int((~np.isfinite(array)).sum())} of {array.size} numbers are not finite")
    return group.create_dataset(name, data=array, track_times=False)
