"""Writes records.h5 and pandas-table.h5 beside this script: tables, as h5py and as pandas (PyTables) lay them out.

    python tables.py     # h5py

pandas.DataFrame.to_hdf("pandas-table.h5", key="df", format="table") needs PyTables; what it writes is made here by h5py: a group with
the attribute pandas_type, a dataset of records, and empty datasets of an index.
"""

import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
with h5py.File(os.path.join(here, "records.h5"), "w", libver="latest") as file:
    file["x"] = np.zeros(24, dtype=[("a", "f4"), ("b", "i4"), ("c", "f8")])
with h5py.File(os.path.join(here, "pandas-table.h5"), "w", libver="latest") as file:
    frame = file.create_group("df")
    frame.attrs.update({"CLASS": "GROUP", "pandas_type": "frame_table", "pandas_version": "0.15.2", "TITLE": ""})
    records = np.zeros(24, dtype=[("index", "i8"), ("values_block_0", "f4", (24,))])
    table = frame.create_dataset("table", data=records, chunks=(24,), maxshape=(None,))
    table.attrs.update({"CLASS": "TABLE", "VERSION": "2.7", "FIELD_0_NAME": "index"})
    index = frame.create_group("_i_table/index")
    for name, width in (("bounds", 127), ("indices", 131072), ("ranges", 2), ("sorted", 131072)):
        index.create_dataset(name, shape=(0, width), dtype="i8", maxshape=(None, width), chunks=(1, min(width, 1024)))
