"""Makes kinds.h5, chunks.h5 and links.h5 with h5py: what HDF5Tests can't make with the module that they test.

    python3 make.py
"""

import ctypes
import ctypes.util
import zlib

import h5py
import numpy as np

with h5py.File("kinds.h5", "w", libver=("v110", "v110"), meta_block_size=512) as f:
    row = np.array([0, 1, 2, 100])
    for name in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        for order, prefix in [("<", "little"), (">", "big")]:
            f.create_dataset(f"numbers/{prefix}/{name}", data=row.astype(order + name))
    f["numbers/boolean"] = np.array([True, False, True])
    f["numbers/longdouble"] = np.array([0.5, -2], dtype=np.longdouble)
    f["strings/fixed"] = np.array([b"one", b"three"])
    f["strings/variable"] = np.array(["eins", "zwölf", ""], dtype=h5py.string_dtype())
    f["strings/scalar"] = "alone"
    f["other/compound"] = np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])
    f["other/null"] = h5py.Empty("f4")
    f["other/enumeration"] = np.array([1, 2], dtype=h5py.enum_dtype({"A": 1, "B": 2}, basetype="i1"))

    table = np.arange(60, dtype="f4").reshape(20, 3)
    f.create_dataset(
        "filters/gzip", data=table, chunks=(7, 2), compression="gzip", shuffle=True, fletcher32=True
    )
    f.create_dataset("filters/scaleoffset", data=table, chunks=table.shape, scaleoffset=2)
    f.create_dataset("filters/lzf", data=table, chunks=table.shape, compression="lzf")

    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "data", shape=(3,))
    f.create_virtual_dataset("refused/virtual", layout)
    f.create_dataset("refused/external", shape=(3,), dtype="f4", external=[("elsewhere.bin", 0, 12)])
    f["refused/link"] = h5py.ExternalLink("elsewhere.h5", "/data")
    f["links/soft"] = h5py.SoftLink("/numbers/little/f4")
    f["links/nowhere"] = h5py.SoftLink("/nowhere")
    f["links/circle"] = h5py.SoftLink("/links/circle")
    f["links/up"] = h5py.SoftLink("/")
    f["links/through"] = h5py.SoftLink("/refused/link")

    # A million million elements that were never written.
    f.create_dataset("claims/contiguous", shape=(10**6, 10**6), dtype="f8")
    f.create_dataset("claims/chunked", shape=(10**6, 10**6), dtype="f8", chunks=(1, 1000), compression="gzip")
    f.create_dataset("claims/unwritten", shape=(5,), dtype="f8")
    f.create_dataset("claims/overflow", shape=(2**40, 2**40), dtype="f8", chunks=(1, 8))

    a = f.create_group("attributes").attrs
    a["text"] = "grün"
    a["bytes"] = np.bytes_(b"ascii")
    a["texts"] = ["a", "bc"]
    a["fixed_texts"] = np.array([b"a", b"bc"])
    a["one_text"] = np.array([b"only"])
    a["none"] = np.zeros(0)
    a["int"] = 7
    a["int8"] = np.int8(-3)
    a["large"] = np.uint64(2**63)
    a["ints"] = [1, 2, 3]
    a["float"] = 0.5
    a["whole"] = 256.0
    a["half"] = np.float16(1.5)
    a["true"] = True
    a["null"] = h5py.Empty("f4")

# Chunks of four rows, of which the third lies over the border.
values = np.arange(30, dtype="f4").reshape(10, 3)
with h5py.File("chunks.h5", "w", libver=("earliest", "v110")) as f:
    for name, options in {
        "plain": {}, "checked": {"fletcher32": True}, "gzip": {"compression": "gzip"},
        "all": {"compression": "gzip", "shuffle": True, "fletcher32": True}, "scaled": {"scaleoffset": 0, "dtype": "i4"},
    }.items():
        options = {"dtype": "f4"} | options
        f.create_dataset(f"whole/{name}", shape=(10, 3), chunks=(4, 2), **options)[:] = values
        f.create_dataset(f"missing/{name}", shape=(10, 3), chunks=(4, 2), **options)[:8] = values[:8]

    def stored(name, bytes, mask=0, **options):
        data = f.create_dataset(name, shape=(10, 3), dtype="f4", chunks=(4, 3), **options)
        data[:] = values
        data.id.write_direct_chunk((4, 0), bytes, filter_mask=mask)

    chunk = values[4:8].tobytes()
    stored("whole/raw", chunk, mask=1, compression="gzip")
    stored("short/plain", chunk[:-4])
    stored("short/gzip", zlib.compress(chunk[:-4]), compression="gzip")
    stored("short/raw", chunk[:-4], mask=1, compression="gzip")
    stored("short/long", zlib.compress(chunk + chunk), compression="gzip")
    stored("short/cut", zlib.compress(chunk)[:-3], compression="gzip")

    # A chunk of two gibibytes, of which nothing is stored.
    f.create_dataset("claims/chunk", shape=(4, 4), dtype="f8", chunks=(2**16, 2**12), maxshape=(None, None), compression="gzip")


def add_user_defined_link(path):
    """A link of a class that no program but this one knows; h5py can't make one."""
    library = ctypes.CDLL(ctypes.util.find_library("hdf5_serial") or ctypes.util.find_library("hdf5"))
    for name in ("H5Fopen", "H5Lcreate_ud", "H5Lregister"):
        getattr(library, name).restype = ctypes.c_int64 if name == "H5Fopen" else ctypes.c_int

    class LinkClass(ctypes.Structure):
        _fields_ = [("version", ctypes.c_int), ("id", ctypes.c_int), ("comment", ctypes.c_char_p)] + [
            (name, ctypes.c_void_p) for name in ("create", "move", "copy", "traverse", "delete", "query")]

    traverse = ctypes.CFUNCTYPE(ctypes.c_int64)(lambda: -1)
    kind = LinkClass(0, 200, b"nowhere", traverse=ctypes.cast(traverse, ctypes.c_void_p))
    library.H5open()
    assert library.H5Lregister(ctypes.byref(kind)) >= 0
    file = library.H5Fopen(path.encode(), 1, ctypes.c_int64(0))
    assert library.H5Lcreate_ud(ctypes.c_int64(file), b"user", 200, b"abc", ctypes.c_size_t(3), ctypes.c_int64(0), ctypes.c_int64(0)) >= 0
    library.H5Fclose(ctypes.c_int64(file))


with h5py.File("links.h5", "w") as f:
    f["data"] = values
add_user_defined_link("links.h5")
