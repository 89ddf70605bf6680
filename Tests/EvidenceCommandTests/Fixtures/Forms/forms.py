"""Writes the small files beside this script: data in the forms that people have, and a model of the format's second version.

    python forms.py     # h5py, numpy

pandas.DataFrame.to_hdf("pandas-table.h5", key="df", format="table") needs PyTables; what it writes is made here by h5py: a group with
the attribute pandas_type, a dataset of records, and empty datasets of an index.
"""

import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


def second_model(target):
    """A model with what the format's second version adds, over one-hot data."""
    random = np.random.default_rng(2)

    def layer(group, number, kind, activation=None, arrays=None, **attributes):
        layer = group.require_group(str(number))
        layer.attrs.update({"layer": kind, **({"activation": activation} if activation else {}), **attributes})
        for name, shape in (arrays or {}).items():
            layer[name] = (random.normal(size=shape) / 4).astype("float32")
        return layer

    with h5py.File(target, "w", libver=("earliest", "v110")) as file:
        file.attrs["format"], file.attrs["version"], file.attrs["name"] = "evidence-model", 2, "second"
        file.create_group("input").attrs["shape"] = [6, 4]
        q = file.create_group("encoder/1")
        q.attrs["distribution"] = "normal"
        trunk = q.create_group("trunk")
        layer(trunk, 0, "conv1d", "mish", {"kernel": (3, 4, 6), "bias": (6,)}, stride=2, padding="same")
        layer(trunk, 1, "group-norm", None, {"scale": (6,), "offset": (6,)}, groups=2, epsilon=0.001)
        layer(trunk, 2, "permute", axes=[1, 0])
        layer(trunk, 3, "layer-norm", "softsign", {"scale": (6, 3), "offset": (6, 3)}, axes=[0, 1], epsilon=0.001)
        layer(trunk, 4, "activation", "prelu", {"slope": (3,)})
        layer(trunk, 5, "flatten")
        for name, activation in (("mean", None), ("log_variance", "celu")):
            layer(q.create_group(name), 0, "dense", activation, {"weight": (2, 18), "bias": (2,)})
        p = file.create_group("decoder/1")
        p.attrs["distribution"] = "categorical"
        trunk = p.create_group("trunk")
        layer(trunk, 0, "dense", "log1p", {"weight": (12, 2), "bias": (12,)})
        layer(trunk, 1, "reshape", shape=[3, 4])
        layer(trunk, 2, "conv1d-transpose", None, {"kernel": (2, 4, 4), "bias": (4,)}, stride=2, padding="valid")
        layer(p.create_group("logits"), 0, "dense", None, {"weight": (4, 4), "bias": (4,)})


second_model(path("second.h5"))
random = np.random.default_rng(3)
counts = random.poisson(0.7, size=(40, 12)).astype("float32")
np.save(path("floats.npy"), counts)
np.save(path("fortran.npy"), np.asfortranarray(counts.astype(">i4").reshape(10, 4, 12)))
np.savez(path("plain.npz"), x=counts, labels=np.arange(40))
np.savez_compressed(path("compressed.npz"), x=counts.astype("uint8"))
# As scipy.sparse.save_npz writes it.
np.savez(path("scipy.npz"), indices=np.nonzero(counts)[1].astype("int32"), format=np.array(b"csr"), shape=np.array(counts.shape),
         indptr=np.concatenate([[0], np.cumsum((counts != 0).sum(1))]).astype("int32"), data=counts[counts != 0])

for name, options in (("plain", {}), ("chunked", {"chunks": (50,), "compression": "gzip"})):
    with h5py.File(path(f"{name}.h5ad"), "w") as file:
        file.attrs["encoding-type"] = "anndata"
        group = file.create_group("X")
        group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", counts.shape
        group.create_dataset("data", data=counts[counts != 0], **options)
        group.create_dataset("indices", data=np.nonzero(counts)[1].astype("int32"), **options)
        group["indptr"] = np.concatenate([[0], np.cumsum((counts != 0).sum(1))]).astype("int32")

records = np.zeros(20, dtype=[("a", "f4"), ("b", "i8"), ("c", "S3")])
with h5py.File(path("records.h5"), "w") as file:
    file["table"], file["x"] = records, counts
with h5py.File(path("table.h5"), "w", libver=("earliest", "v110")) as file:
    file["x"] = records
with h5py.File(path("packed.h5"), "w") as file:
    file["table"] = records
    packed = file.create_dataset("packed", data=(counts * 10).astype("int16"))
    packed.attrs["scale_factor"], packed.attrs["add_offset"], packed.attrs["_FillValue"] = 0.1, -1.0, np.int16(-99)
    packed.attrs["MATLAB_class"] = "int16"
with h5py.File(path("pandas-table.h5"), "w", libver=("earliest", "v110")) as file:
    frame = file.create_group("df")
    frame.attrs.update({"CLASS": "GROUP", "pandas_type": "frame_table", "pandas_version": "0.15.2", "TITLE": ""})
    rows = np.zeros(24, dtype=[("index", "i8"), ("values_block_0", "f4", (24,))])
    table = frame.create_dataset("table", data=rows, chunks=(24,), maxshape=(None,))
    table.attrs.update({"CLASS": "TABLE", "VERSION": "2.7", "FIELD_0_NAME": "index"})
    index = frame.create_group("_i_table/index")
    for name, width in (("bounds", 127), ("indices", 131072), ("ranges", 2), ("sorted", 131072)):
        index.create_dataset(name, shape=(0, width), dtype="i8", maxshape=(None, width), chunks=(1, min(width, 1024)))
