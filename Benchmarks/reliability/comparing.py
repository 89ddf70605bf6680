#!/usr/bin/env python3
"""Holds what was read of damaged files against what h5py reads of them (for fuzz.py).

A model is compared dataset by dataset and attribute by attribute, where they are: what the file does not say must be a default
of the format, and nothing that the format knows may be left out. Of imported models, every number must come from where it
comes from in the undamaged file; where the damage is in the configuration, it must be some number of the file.
"""

import collections
import dataclasses
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import zipfile
import zlib

import h5py
import numpy as np

MOST_ROWS = 4096


@dataclasses.dataclass
class Outcome:
    compared: int = 0
    # Files that h5py itself can't read.
    unread: int = 0
    wrong: list = dataclasses.field(default_factory=list)
    # Settings whose change left the model as it was.
    ignored: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def __iadd__(self, other):
        self.compared += other.compared
        self.unread += other.unread
        self.wrong += other.wrong
        self.ignored += other.ignored
        return self


def compare(kind, kept, corpus):
    """Compares every file in a folder with what is beside it, and removes both."""
    outcome = Outcome()
    while any(kept.iterdir()):
        # h5py may crash where we did not: in a process of its own.
        process = subprocess.run([sys.executable, __file__, kind, kept, corpus], capture_output=True, text=True)
        if process.returncode > 0:
            sys.exit(f"{kind}: the comparison failed: {process.stderr}")
        begun = None
        for line in process.stdout.splitlines():
            found = json.loads(line)
            if "begin" in found:
                begun = found["begin"]
                continue
            begun = None
            outcome.compared += found["verdict"] != "unread"
            outcome.unread += found["verdict"] == "unread"
            outcome.ignored.update(found.get("ignored", []))
            if found["verdict"] == "wrong":
                outcome.wrong.append((found["name"], found["words"]))
        if process.returncode < 0:
            if begun is None:
                sys.exit(f"{kind}: the comparison ended by {process.returncode}")
            outcome.unread += 1
            for path in (kept / begun, kept / (begun + ".read")):
                path.unlink(missing_ok=True)
    return outcome


class Unread(Exception):
    """h5py can't read it."""


class Wrong(Exception):
    """It differs."""


# MARK: what is in a file


def text(value):
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return bytes(value).split(b"\0")[0].decode("utf-8", "replace")


def plain(value):
    """An attribute as text or a list of numbers."""
    if isinstance(value, (str, bytes, np.bytes_)):
        return text(value)
    if isinstance(value, h5py.Empty):
        return []
    array = np.asarray(value)
    if array.dtype.kind in "SOU":
        return [text(item) for item in array.ravel()]
    if array.dtype.kind in "fiub":
        return [item.item() for item in array.ravel()]
    raise Unread(f"an attribute of {array.dtype}")


def same(a, b):
    """Equal, or equal as float32."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    if len(a) != len(b):
        return False
    return all(
        x == y or (not isinstance(x, str) and not isinstance(y, str) and np.float32(x) == np.float32(y))
        for x, y in zip(a, b))


class Content:
    """Datasets of numbers, by path, and attributes, by path and name; what links lead to is there under each name."""

    def __init__(self, path):
        self.datasets, self.attributes, self.unreadable = {}, {}, set()
        # Paths that lead to what h5py can't read.
        self.closed = []
        with h5py.File(path) as file:
            self.visit(file, "", 0)

    def require_open(self, path):
        if any(path == closed or path.startswith(closed + "/") for closed in self.closed):
            raise Unread(path)

    def visit(self, item, path, depth):
        if depth > 64 or len(self.attributes) + len(self.datasets) > 20_000:
            raise Unread("too much")
        for name in item.attrs:
            try:
                self.attributes[path or "/", name] = plain(item.attrs[name])
            except Exception:
                self.unreadable.add((path or "/", name))
        if isinstance(item, h5py.Dataset):
            if item.dtype.kind in "fiub" and item.shape is not None and item.size < 1 << 26:
                with np.errstate(all="ignore"):
                    self.datasets[path] = np.asarray(item[()]).astype(np.float32)
            return
        if isinstance(item, h5py.Group):
            for name in item:
                try:
                    child = item[name]
                except KeyError:
                    self.closed.append(f"{path}/{name}")
                    continue
                self.visit(child, f"{path}/{name}", depth + 1)


def bits(values):
    """Of float32, where one NaN is as good as another."""
    values = np.ascontiguousarray(values, np.float32).ravel()
    return np.where(np.isnan(values), np.uint32(0x7FC00000), values.view(np.uint32))


# MARK: models

SETTINGS = {
    "dense": [], "conv2d": ["stride", "padding", "dilation", "groups"],
    "conv2d-transpose": ["stride", "padding", "dilation", "groups", "output_padding"], "batch-norm": ["epsilon", "axis"],
    "layer-norm": ["epsilon"], "reshape": ["shape"], "max-pool2d": ["size", "stride", "padding"],
    "average-pool2d": ["size", "stride", "padding"], "upsample2d": ["factor", "mode"], "crop2d": ["cropping"],
    "pad2d": ["padding"], "conv1d": ["stride", "padding", "dilation", "groups"],
    "conv1d-transpose": ["stride", "padding", "dilation", "groups", "output_padding"],
    "group-norm": ["groups", "epsilon"], "permute": ["axes"]}
PARAMETERS = {"leaky-relu": ["alpha"], "elu": ["alpha"], "celu": ["alpha"], "hard-tanh": ["min", "max"]}


def known(path, ours):
    """The attributes that the format gives a meaning, of the group at a path."""
    if path == "/":
        return ["format", "version", "name", "description", "source", "license", "data_format"]
    if path == "/input":
        return ["shape", "divide_by", "binarize", "dequantize"]
    if re.fullmatch(r"/(en|de)coder/\d+", path):
        binned = ours.get((path, "distribution")) in ("discretized-logistic", "logistic-mixture")
        return ["distribution", "given"] + ["bins"] * binned
    if path == "/prior":
        return ["distribution"]
    if re.fullmatch(r"/encoder/\d+/flow/\d+", path):
        return ["flow"]
    if (path, "layer") in ours:
        return (["layer", "activation", "name"] + SETTINGS.get(ours[path, "layer"], [])
                + PARAMETERS.get(ours.get((path, "activation")), []))
    return []


def default(path, name, ours):
    """What an attribute is that is not there; None where it has to be."""
    kind = ours.get((path, "layer"))
    if name == "given":
        side, number = re.fullmatch(r"/(encoder|decoder)/(\d+)", path).groups()
        return [int(number) - (side == "encoder")]
    if name == "stride":
        return ours[path, "size"] if "pool" in kind else [1] if "1d" in kind else [1, 1]
    if name == "alpha":
        return [0.01] if ours[path, "activation"] == "leaky-relu" else [1]
    if path == "/prior" and name == "distribution":
        return "standard-normal"
    if name == "epsilon":
        return [1e-3] if kind == "batch-norm" else [1e-5]
    axes = 1 if kind in ("conv1d", "conv1d-transpose") else 2
    return {"data_format": "channels_last", "activation": "identity", "bins": [256], "padding": "valid",
            "dilation": [1] * axes, "groups": [1], "output_padding": [0] * axes, "mode": "nearest"}.get(name)


def compare_model(original, kept, context):
    ours, theirs = Content(kept), Content(original)
    for path, values in ours.datasets.items():
        if path not in theirs.datasets:
            theirs.require_open(path)
            raise Wrong(f"{path} is not in the file")
        if values.shape != theirs.datasets[path].shape:
            raise Wrong(f"{path}: {values.shape} instead of {theirs.datasets[path].shape}")
        if not np.array_equal(bits(values), bits(theirs.datasets[path])):
            raise Wrong(f"{path}: other numbers")
    for path in theirs.datasets:
        if path not in ours.datasets:
            raise Wrong(f"{path} was left out")
    for (path, name), value in ours.attributes.items():
        if (path, name) in theirs.unreadable:
            raise Unread(name)
        theirs.require_open(path)
        expected = theirs.attributes.get((path, name), default(path, name, ours.attributes))
        if expected is None or not same(value, expected):
            raise Wrong(f"{path}: attribute {name} is {value} instead of {expected}")
    for path, name in theirs.attributes:
        if name in known(path, ours.attributes) and (path, name) not in ours.attributes:
            raise Wrong(f"{path}: attribute {name} was left out")


# MARK: imported models


def configuration(kind, path):
    """The settings in a file, and whether they are sound JSON; None where there are none."""
    if kind == "json":
        words = pathlib.Path(path).read_bytes()
    else:
        if zipfile.is_zipfile(path):
            return None
        with h5py.File(path) as file:
            if "model_config" not in file.attrs:
                return None
            words = file.attrs["model_config"]
            words = words.encode("utf-8", "surrogateescape") if isinstance(words, str) else bytes(words)
    try:
        return json.loads(words)
    except ValueError as error:
        raise Wrong(f"read, though the JSON is not sound: {error}")


def leaves(value, names=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, names + (name,))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, names + (number,))
    else:
        yield names, value


def sources(kind, path, context):
    """Every array of numbers that a model may be made of, by name."""
    if kind == "keras":
        return Content(path).datasets
    if kind == "json":
        return Content(next((context.companions).glob("*.h5"))).datasets
    with zipfile.ZipFile(path) as archive, tempfile.NamedTemporaryFile() as file:
        file.write(archive.read("model.weights.h5"))
        file.flush()
        return Content(file.name).datasets


class Context:
    """A sound file, and what is read of it."""

    def __init__(self, kind, name, corpus):
        self.companions = corpus / f"{kind}.with" / name
        if kind not in ("keras", "json", "archive"):
            return
        self.read = Content(corpus / f"{kind}.read" / name)
        self.configuration = configuration(kind, corpus / kind / name)
        self.leaves = dict(leaves(self.configuration))
        self.sources = sources(kind, corpus / kind / name, self)
        # Where each number comes from, if only one place in the file holds it.
        places = {}
        for position, value in enumerate(self.flat(self.sources).tolist()):
            places[value] = -1 if value in places else position
        self.places = {
            path: np.array([places.get(value, -1) for value in bits(values).tolist()], np.int64)
            for path, values in self.read.datasets.items()}

    @staticmethod
    def flat(sources):
        return np.concatenate([bits(sources[name]) for name in sorted(sources)])

    @staticmethod
    def layout(sources):
        return {name: values.shape for name, values in sources.items()}


def compare_import(kind, original, kept, context):
    ours = Content(kept)
    stored = sources(kind, original, context)
    settings = configuration(kind, original)
    numbers = context.flat(stored)
    shapes = Context.layout(ours.datasets)
    is_sound = settings == context.configuration
    if is_sound and Context.layout(stored) == Context.layout(context.sources):
        if shapes != Context.layout(context.read.datasets):
            raise Wrong(f"the model has other shapes: {shapes}")
        for path, values in ours.datasets.items():
            place = context.places[path]
            moved = bits(values)[place >= 0] != numbers[place[place >= 0]]
            if moved.any():
                raise Wrong(f"{path}: {moved.sum()} numbers come from elsewhere")
    for path, values in ours.datasets.items():
        # Numbers that the format adds, such as a constant scale, are in what is read of the sound file.
        added = bits(context.read.datasets[path]) if path in context.read.datasets else numbers[:0]
        lost = ~np.isin(bits(values), numbers) & ~np.isin(bits(values), added)
        if lost.any():
            if kind == "keras" and Content(original).closed:
                raise Unread(path)
            raise Wrong(f"{path}: numbers that are not in the file")
    unnamed = lambda content: {key: value for key, value in content.attributes.items() if key[0] != "/"}
    if is_sound or unnamed(ours) != unnamed(context.read) or shapes != Context.layout(context.read.datasets):
        return []
    changed = dict(leaves(settings))
    differing = {names for names in changed.keys() | context.leaves.keys()
                 if names not in changed or names not in context.leaves or changed[names] != context.leaves[names]}
    return sorted({".".join(str(name) for name in names if isinstance(name, str))[-48:] for names in differing})


# MARK: data and results


def compare_data(original, kept, context):
    ours = json.loads(kept.read_text())
    with h5py.File(original) as file:
        found = file[ours["path"]]
        if list(found.shape) != ours["shape"]:
            raise Wrong(f"shape {ours['shape']} instead of {found.shape}")
        with np.errstate(all="ignore"):
            values = np.asarray(found[:MOST_ROWS]).astype(np.float32)
        candidates = set()

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and item.ndim >= 2:
                candidates.add(h5py.h5o.get_info(item.id).addr)

        file.visititems(visit)
    if not np.array_equal(bits(np.array(ours["values"], np.uint32).view(np.float32)), bits(values)):
        raise Wrong("other numbers")
    if len(candidates) != 1:
        raise Wrong(f"one of {len(candidates)} datasets that could be meant")


def compare_numpy(original, kept, context):
    """Arrays of numpy by numpy."""
    ours = json.loads(kept.read_text())
    try:
        stored = np.load(original, allow_pickle=False)
        values = stored if isinstance(stored, np.ndarray) else stored[ours["path"]]
    except Exception as error:
        # A header is Python's to parse, and fails in many ways.
        raise Unread(str(error)) from error
    if list(values.shape) != ours["shape"]:
        raise Wrong(f"shape {ours['shape']} instead of {values.shape}")
    with np.errstate(all="ignore"):
        expected = values[:MOST_ROWS].astype(np.float32)
    if not np.array_equal(bits(np.array(ours["values"], np.uint32).view(np.float32)), bits(expected)):
        raise Wrong("other numbers")


def compare_sparse(original, kept, context):
    """A sparse matrix by rows: the sums of what is stored for each place."""
    ours = json.loads(kept.read_text())
    with h5py.File(original) as file:
        group = file[ours["path"]]
        rows, columns = (int(extent) for extent in group.attrs["shape"])
        data, indices, starts = (np.asarray(group[name]) for name in ("data", "indices", "indptr"))
    if ours["shape"] != [rows, columns]:
        raise Wrong(f"shape {ours['shape']} instead of {[rows, columns]}")
    expected = np.zeros((min(rows, MOST_ROWS), columns), np.float32)
    for row in range(len(expected)):
        for entry in range(int(starts[row]), int(starts[row + 1])):
            expected[row, int(indices[entry])] += np.float32(data[entry])
    if not np.array_equal(np.array(ours["values"], np.uint32).view(np.float32), expected.ravel(), equal_nan=True):
        raise Wrong("other numbers")


def compare_tables(original, kept, context):
    """An array beside tables, with factors and axes of its attributes."""
    ours = json.loads(kept.read_text())
    with h5py.File(original) as file:
        found = file[ours["path"]]
        with np.errstate(all="ignore"):
            values = np.asarray(found).astype(np.float32).astype(float)
            scale, offset = (float(np.ravel(found.attrs.get(name, default))[0])
                             for name, default in (("scale_factor", 1), ("add_offset", 0)))
            values = (values * scale + offset).astype(np.float32) if (scale, offset) != (1, 0) else values.astype(np.float32)
        values = values.T if "MATLAB_class" in found.attrs else values
    if list(values.shape) != ours["shape"]:
        raise Wrong(f"shape {ours['shape']} instead of {values.shape}")
    if not np.array_equal(np.array(ours["values"], np.uint32).view(np.float32), values[:MOST_ROWS].ravel(), equal_nan=True):
        raise Wrong("other numbers")


def compare_results(original, kept, context):
    ours = json.loads(kept.read_text())
    theirs = Content(original)
    attributes = {name: value for (path, name), value in theirs.attributes.items() if path == "/"}
    if any(path == "/" for path, _ in theirs.unreadable):
        raise Unread("attributes")
    for name, value in ours["attributes"].items():
        expected = attributes.get(name)
        if name == "divide_by":
            value, expected = np.uint64(int(value)).view(np.float64), expected and float(expected[0])
        elif name in ("seed", "data_seed"):
            value, expected = int(value), int((expected or attributes["seed"])[0])
        elif name == "quantity":
            expected = "cross-entropy" if expected == "cross-entropy" else "log-likelihood"
        elif name == "dequantize":
            expected = bool(expected[0]) if expected else False
        elif isinstance(expected, list):
            expected = expected[0]
        elif expected is None and name in ("model", "data", "started"):
            expected = ""
        if value != expected:
            raise Wrong(f"attribute {name} is {value!r} instead of {expected!r}")
    for name, value in attributes.items():
        if name in ("finished", "model_name", "likelihood", "elements", "quantity") and name not in ours["attributes"]:
            raise Wrong(f"attribute {name} was left out")
        if name.startswith("option_") and ours["options"].get(name[7:]) != value:
            raise Wrong(f"attribute {name} was left out")
    with h5py.File(original) as file:
        group = file["examples"]
        if group["index"].shape[0] != ours["count"]:
            raise Wrong(f"{ours['count']} rows instead of {group['index'].shape[0]}")
        for name, values in ours["columns"].items():
            whole = name in ("index", "zero_weights", "non_finite_weights")
            if name in group:
                expected = group[name][:MOST_ROWS].astype(np.int64 if whole else np.float64)
            else:
                expected = np.zeros(len(values), np.int64) if whole else np.full(len(values), np.nan)
            found = np.array([int(value) for value in values], np.int64 if whole else np.uint64)
            found = found if whole else found.view(np.float64)
            if not np.array_equal(found, expected.ravel(), equal_nan=not whole):
                raise Wrong(f"column {name}: other numbers")
        if "curve" in group and plain(group["curve"].attrs["samples"]) != ours["samples"]:
            raise Wrong("the curve has other points")


def compare_one(kind, original, kept, context):
    if kind in ("model", "second"):
        compare_model(original, kept, context)
    elif kind == "data":
        compare_data(original, kept, context)
    elif kind == "numpy":
        compare_numpy(original, kept, context)
    elif kind == "sparse":
        compare_sparse(original, kept, context)
    elif kind == "tables":
        compare_tables(original, kept, context)
    elif kind == "shards":
        # What was read has been evaluated; the other files are not the damaged one's.
        raise Unread("one of several files")
    elif kind == "results":
        compare_results(original, kept, context)
    elif kind == "units":
        if not kept.read_text().rstrip().endswith("</html>"):
            raise Wrong("a part of a page")
        json.loads(original.read_bytes())
    else:
        return compare_import(kind, original, kept, context)
    return []


def main(kind, kept, corpus):
    kept, corpus = pathlib.Path(kept), pathlib.Path(corpus)
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    contexts = {}
    for read in sorted(kept.glob("*.read")):
        original = read.with_suffix("")
        name = original.name.split("-", 1)[1]
        if name not in contexts:
            contexts[name] = Context(kind, name, corpus)
        print(json.dumps({"begin": original.name}), flush=True)
        # Where h5py goes in circles.
        signal.alarm(20)
        found = {"name": original.name, "verdict": "equal"}
        try:
            found["ignored"] = compare_one(kind, original, read, contexts[name])
        except Wrong as error:
            found.update(verdict="wrong", words=str(error))
        except (Unread, OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError, OverflowError,
                NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
            found.update(verdict="unread", words=repr(error))
        signal.alarm(0)
        print(json.dumps(found), flush=True)
        for path in (original, read):
            os.unlink(path)
    # What has nothing beside it was being read when the worker ended.
    for path in kept.iterdir():
        path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
