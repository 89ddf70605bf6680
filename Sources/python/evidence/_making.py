"""Models from frameworks."""

from __future__ import annotations

import os
from typing import Any

from . import _process
from ._errors import InputError, MissingFileError
from ._files import TemporaryFolder
from ._model import Model
from ._options import words


def from_torch(encoder: Any, decoder: Any = None, input_shape: Any = None, *, path: str | os.PathLike | None = None,
               **options: Any) -> Model:
    """A model from PyTorch: :func:`evidence.export.export_torch` into a file of its own, verified.

    Parameters
    ----------
    encoder, decoder, input_shape
        The whole module and a batch, or an encoder, a decoder and the shape of an example.
    path : path, optional
        Where the file is kept; a temporary one where absent.
    **options
        Those of ``export_torch``: ``likelihood``, ``encoder_outputs``, ``prior``, …

    Examples
    --------
    >>> model = evidence.from_torch(vae, x_test[:8])
    >>> model = evidence.from_torch(encoder, decoder, (784,), encoder_outputs=("mean", "log_variance"))
    """
    from .export import export_torch
    return _exported(export_torch, (encoder, decoder, input_shape), path, options)


def from_jax(encoder: Any, decoder: Any = None, params: Any = None, input_shape: Any = None, *,
             path: str | os.PathLike | None = None, **options: Any) -> Model:
    """A model from JAX functions, Equinox or Haiku: :func:`evidence.export.export_jax` into a file of its own, verified.

    Parameters
    ----------
    encoder, decoder, params, input_shape
        As ``export_jax`` takes them: functions of a batch, with the weights in them.
    path : path, optional
        Where the file is kept; a temporary one where absent.
    **options
        Those of ``export_jax``: ``example``, ``likelihood``, ``encoder_outputs``, …
    """
    from .export import export_jax
    return _exported(export_jax, (encoder, decoder, params, input_shape), path, options)


def from_flax(encoder: Any, decoder: Any = None, variables: Any = None, input_shape: Any = None, *,
              path: str | os.PathLike | None = None, **options: Any) -> Model:
    """A model from Flax: linen modules with their variables, or nnx modules as they are.

    Parameters
    ----------
    encoder, decoder
        Modules, or methods of a bound or an nnx module.
    variables : optional
        Linen's variables: of both modules in a pair, or of the one module.
    input_shape : int or tuple
        The shape of an example.
    path, **options
        As for :func:`from_jax`.

    Examples
    --------
    >>> model = evidence.from_flax(encoder, decoder, (encoder_variables, decoder_variables), (28, 28, 1),
    ...                            encoder_outputs=("mean", "log_variance"))
    """
    pair = variables if isinstance(variables, (tuple, list)) else (variables, variables)
    functions = [_applied(module, own) for module, own in zip((encoder, decoder), pair)]
    return from_jax(*functions, None, input_shape, path=path, **options)


def _applied(module: Any, variables: Any) -> Any:
    """A linen module with its weights; anything else as it is."""
    if variables is None or not hasattr(module, "apply"):
        return module
    return lambda *inputs: module.apply(variables, *inputs)


def from_scvi(model: Any, *, path: str | os.PathLike | None = None, **options: Any) -> Model:
    """A model of scvi-tools: :func:`evidence.export.export_scvi` into a file of its own, verified.

    Parameters
    ----------
    model : scvi.model.SCVI
        Trained; what it was set up with (batch, further covariates, sizes) are the model's covariates, by their names in ``obs``.
    path : path, optional
        Where the file is kept; a temporary one where absent.
    **options
        Those of ``export_scvi``: ``cells``, ``seed``, ``tolerance``.

    Examples
    --------
    >>> model = evidence.from_scvi(scvi_model)
    >>> evidence.nll(model, adata, dataset="counts", samples=1000)
    """
    from .export import export_scvi
    return _exported(lambda file, *rest, **said: export_scvi(model, file, **said), (), path, options)


def from_keras(*sources: Any, path: str | os.PathLike | None = None, mean: str | None = None,
               log_variance: str | None = None, log_scale: str | None = None, scale: str | None = None,
               split_head: str | None = None, encoder: str | None = None, decoder: str | None = None,
               likelihood: str | None = None, name: str | None = None, input_shape: Any = None,
               divide_by: float | None = None, binarize: str | None = None, invert: bool = False,
               force: bool = False) -> Model:
    """A model from Keras: files that it saved, or its models (``evidence import keras``).

    Parameters
    ----------
    *sources : path or keras.Model
        Encoder and decoder, in one file or model or in two.
    path : path, optional
        Where the model file is kept; a temporary one where absent.
    mean, log_variance, log_scale, scale, split_head, encoder, decoder
        Names of the layers and models, where the files leave them open.
    likelihood : str, optional
        Such as ``"bernoulli"`` or ``"normal:0.1"``.
    name, input_shape, divide_by, binarize, invert, force
        As the command's options.

    Returns
    -------
    Model
        With ``notes``: what the files did not say and was taken to be so.
    """
    if not sources:
        raise InputError("from_keras: no files", expected="what Keras saved, such as from_keras('vae.keras')")
    options = dict(mean=mean, log_variance=log_variance, log_scale=log_scale, scale=scale, split_head=split_head,
                   encoder=encoder, decoder=decoder, likelihood=likelihood, name=name, input_shape=input_shape,
                   divide_by=divide_by, binarize=binarize, invert=invert, force=force)
    folder = TemporaryFolder()
    files, names = [], {}
    for i, source in enumerate(sources):
        if isinstance(source, (str, os.PathLike)):
            files.append(os.path.abspath(source))
            continue
        if not hasattr(source, "save"):
            raise InputError("from_keras: this is no Keras model and no path", found=type(source).__name__)
        file = folder / f"model-{i}.keras"
        source.save(file)
        files.append(file)
        names[file] = getattr(source, "name", "the model")
    output = os.path.abspath(path) if path is not None else folder / "model.h5"
    if path is None:
        names[output] = "model"
    run = _process.run(["import", "keras", *files, *words({"output": output, **options})], names=names)
    return Model(output, folder=None if path is not None else folder, notes=run.json["assumptions"])


def _exported(export: Any, arguments: tuple, path: Any, options: dict[str, Any]) -> Model:
    folder = TemporaryFolder() if path is None else None
    file = os.path.abspath(path) if path is not None else folder / "model.h5"
    options.setdefault("quiet", True)
    return Model(file, folder=folder, verification=export(file, *arguments, **options))


def opened(path: Any) -> str:
    """A path that is there."""
    if not isinstance(path, (str, os.PathLike)):
        raise InputError("open: a path was expected", expected="the path of a model or of results",
                         found=type(path).__name__)
    if not os.path.exists(path):
        raise MissingFileError(f"{os.fspath(path)}: no such file", path=os.fspath(path), status=66)
    return os.path.abspath(path)
