"""The sound files that fuzz.py damages: all of the repository, or made here."""

import json
import pathlib
import shutil
import subprocess
import zipfile

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "Tests"
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"
KERAS = TESTS / "KerasImportTests" / "Fixtures"
FORMS = TESTS / "EvidenceCommandTests" / "Fixtures" / "Forms"
EXPORTED = TESTS / "ModelFileTests" / "Exported" / "Models"


def dense_weights(path, layers):
    """Weights as Keras 2 saves them, all of one model."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name, *_ in layers])
        file.attrs["backend"], file.attrs["keras_version"] = "tensorflow", "2.1.6"
        random = np.random.default_rng(0)
        for name, inputs, outputs in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()])
            group[f"{name}/kernel:0"] = random.normal(size=(inputs, outputs)).astype("float32")
            group[f"{name}/bias:0"] = random.normal(size=outputs).astype("float32")


def rich_model(path):
    """A model with a layer of nearly every kind, a flow and a mixture for a prior."""
    random = np.random.default_rng(1)

    def layer(group, number, kind, activation=None, arrays=None, **attributes):
        layer = group.require_group(str(number))
        layer.attrs["layer"] = kind
        if activation:
            layer.attrs["activation"] = activation
        for name, shape in (arrays or {}).items():
            values = random.normal(size=shape).astype("float32") / 4
            layer[name] = np.abs(values) + 0.5 if name == "variance" else values
        for name, value in attributes.items():
            layer.attrs[name] = value
        return layer

    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"], file.attrs["name"] = "evidence-model", 1, "rich"
        file.attrs["data_format"] = "channels_last"
        shape = file.create_group("input").attrs
        shape["shape"], shape["divide_by"], shape["binarize"] = [4, 4, 1], 16.0, "threshold"
        q = file.create_group("encoder/1")
        q.attrs["distribution"] = "normal"
        trunk = q.create_group("trunk")
        layer(trunk, 0, "pad2d", padding=[1, 0, 1, 0])
        layer(trunk, 1, "conv2d", "leaky-relu", {"weight": (2, 1, 3, 3), "bias": 2}, stride=[1, 1], padding="same", alpha=0.2)
        layer(trunk, 2, "batch-norm", None, {"mean": 2, "variance": 2, "scale": 2, "offset": 2}, epsilon=0.001)
        body = layer(trunk, 3, "residual", "relu").create_group("body")
        layer(body, 0, "conv2d", None, {"kernel": (3, 3, 1, 2)}, padding=[1, 1, 1, 1], groups=2)
        branches = layer(trunk, 4, "concat").create_group("branches")
        layer(branches.create_group("0"), 0, "activation", activation="elu", alpha=0.5)
        layer(branches.create_group("1"), 0, "activation", activation="hard-tanh", min=-1.5, max=1.5)
        layer(trunk, 5, "average-pool2d", size=[2, 2], stride=[1, 1])
        layer(trunk, 6, "max-pool2d", size=[2, 2])
        layer(trunk, 7, "flatten")
        layer(q.create_group("mean"), 0, "dense", None, {"weight": (2, 16), "bias": 2})
        layer(q.create_group("log_variance"), 0, "dense", "hard-tanh", {"kernel": (16, 2), "bias": 2}, min=-4.0, max=2.0)
        step = q.create_group("flow/0")
        step.attrs["flow"] = "planar"
        step["u"], step["w"], step["b"] = np.float32([0.1, 0.2]), np.float32([0.3, -0.1]), np.float32(0.5)
        step = q.create_group("flow/1")
        step.attrs["flow"] = "affine-coupling"
        step["mask"] = np.float32([1, 0])
        for name in ("shift", "log_scale"):
            layer(step.create_group(name), 0, "dense", "tanh", {"weight": (2, 2), "bias": 2})
        p = file.create_group("decoder/1")
        p.attrs["distribution"] = "discretized-logistic"
        p.attrs["bins"] = 17
        trunk = p.create_group("trunk")
        layer(trunk, 0, "dense", "softplus", {"weight": (8, 2), "bias": 8})
        layer(trunk, 1, "layer-norm", None, {"scale": 8, "offset": 8}, epsilon=0.01)
        layer(trunk, 2, "reshape", shape=[2, 2, 2])
        layer(trunk, 3, "conv2d-transpose", "gelu", {"weight": (2, 2, 2, 2), "bias": 2}, stride=[2, 2], output_padding=[0, 0])
        layer(trunk, 4, "crop2d", cropping=[1, 1, 1, 1])
        layer(trunk, 5, "upsample2d", factor=[2, 2], mode="bilinear")
        layer(p.create_group("mean"), 0, "conv2d", "sigmoid", {"weight": (1, 2, 1, 1), "bias": 1})
        p["log_scale"] = np.float32(-1)
        prior = file.create_group("prior")
        prior.attrs["distribution"] = "normal-mixture"
        prior["logits"] = np.float32([0.1, 0.4])
        prior["mean"] = np.float32([[0, 1], [1, 0]])
        prior["log_variance"] = np.float32([[0.1, -0.1], [0.2, 0.3]])


def second_forms(folder, companion):
    """Models of version 2, arrays of numpy, sparse matrices, tables, weights in several files."""
    for name, kind in (("second.h5", "second"), ("floats.npy", "numpy"), ("fortran.npy", "numpy"), ("plain.npz", "numpy"),
                       ("compressed.npz", "numpy"), ("plain.h5ad", "sparse"), ("chunked.h5ad", "sparse"),
                       ("records.h5", "tables"), ("packed.h5", "tables")):
        shutil.copy(FORMS / name, folder / kind)
    shards = sorted((KERAS / "Graphs").glob("form-shards*"))
    for path in shards:
        shutil.copy(path, folder / "shards")
        for other in shards:
            if other != path:
                shutil.copy(other, companion("shards", path.name))


def make(folder, evidence):
    for kind in ["model", "data", "results", "keras", "archive", "json", "units", "second", "numpy", "sparse", "tables",
                 "shards"]:
        (folder / kind).mkdir()

    def companion(kind, name):
        path = folder / f"{kind}.with" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    second_forms(folder, companion)

    for path in [RESOURCES / "digits-iwae-2l.h5", EXPORTED / "torch.h5", EXPORTED / "flax.h5"]:
        shutil.copy(path, folder / "model")
    rich_model(folder / "model" / "rich.h5")

    shutil.copy(RESOURCES / "digits-test.h5", folder / "data")
    with h5py.File(folder / "data" / "chunked.h5", "w") as file:
        file.create_dataset("a/images", data=np.arange(1200, dtype="uint8").reshape(100, 3, 4) % 7, compression="gzip",
                            chunks=(10, 3, 4), shuffle=True, fletcher32=True)
        file["labels"] = np.arange(100)
    with h5py.File(folder / "data" / "latest.h5", "w", libver="latest") as file:
        file.create_dataset("images", data=np.linspace(0, 1, 800).reshape(50, 16), chunks=(7, 16), maxshape=(None, 16))

    for name, samples in (("curve", 50), ("single", 1)):
        subprocess.run(
            [evidence, "nll", RESOURCES / "digits-iwae-2l.h5", RESOURCES / "digits-test.h5", "--samples", str(samples),
             "--examples", "..40", "--output", folder / "results" / f"{name}.h5", "--quiet"], check=True,
            stdout=subprocess.DEVNULL)

    shutil.copy(KERAS / "keras2-operations.h5", folder / "keras")
    weights = [("dense_1", 12, 8), ("z_mean", 8, 2), ("z_log_var", 8, 2), ("dense_2", 2, 8), ("dense_3", 8, 12)]
    dense_weights(folder / "keras" / "weights.h5", weights)
    shutil.copy(KERAS / "keras3-nested.keras", folder / "archive")
    with zipfile.ZipFile(KERAS / "keras3-nested.keras") as archive:
        (folder / "keras" / "nested.weights.h5").write_bytes(archive.read("model.weights.h5"))
        (companion("keras", "nested.weights.h5") / "config.json").write_bytes(archive.read("config.json"))

    description = {
        "input_shape": [12], "divide_by": 255, "activation": "relu", "encoder": ["dense_1"], "mean": "z_mean",
        "log_variance": "z_log_var", "decoder": ["dense_2", {"layer": "dense_3", "activation": "sigmoid"}]}
    (folder / "json" / "description.json").write_text(json.dumps(description, indent=1))
    dense_weights(companion("json", "description.json") / "weights.h5", weights)
    with h5py.File(KERAS / "keras2-operations.h5") as whole:
        (folder / "json" / "config.json").write_text(whole.attrs["model_config"])
        with h5py.File(companion("json", "config.json") / "weights.h5", "w") as file:
            for name in whole["model_weights"]:
                whole.copy(f"model_weights/{name}", file)
            for name, value in whole["model_weights"].attrs.items():
                file.attrs[name] = value

    units = subprocess.run(
        [evidence, "units", RESOURCES / "digits-iwae-2l.h5", RESOURCES / "digits-test.h5", "--examples", "..60", "--format",
         "json", "--quiet"], check=True, capture_output=True)
    (folder / "units" / "units.json").write_bytes(units.stdout)
    shutil.copy(folder / "results" / "curve.h5", companion("units", "units.json") / "results.h5")

    for kind in ("keras", "archive", "json"):
        (folder / f"{kind}.read").mkdir()
        for path in (folder / kind).iterdir():
            companions = folder / f"{kind}.with" / path.name
            more = sorted(companions.iterdir()) if companions.exists() else []
            subprocess.run(
                [evidence, "import", "keras", path, *more, "-o", folder / f"{kind}.read" / path.name, "--quiet"], check=True,
                stdout=subprocess.DEVNULL)
