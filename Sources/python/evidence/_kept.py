"""Where the rows of a run are kept, and what a stop leaves of them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any, Callable

import h5py

from ._arrays import DataFile
from ._errors import Interrupted
from ._files import TemporaryFolder
from ._model import Model
from ._process import Output
from ._rows import Rows


class Kept:
    """The file that ``output=`` names, else a temporary one, or none."""

    def __init__(self, output: str | os.PathLike | None, *, temporary: bool = True):
        self.output = output
        self.folder = TemporaryFolder() if output is None and temporary else None
        self.path = os.path.abspath(output) if output is not None else self.folder and self.folder / "results.h5"

    def names(self, model: Model, file: DataFile) -> dict[str, str]:
        """What the temporary files of a run are called in messages."""
        return {**model.names, **file.names, **({self.path: "results"} if self.folder else {})}

    def rows(self, run: Output) -> Rows | None:
        """The rows of a run. A shard says which file it took, whose name carries its examples."""
        return Rows(run.file or self.path, self.folder) if self.path else None

    def stopped(self, run: Output, result: Callable[[Rows, int], Any]) -> Interrupted:
        """What a stop left: ``result`` of the rows and of how many examples were finished, made when it is asked for."""
        said = re.search(r"stopped after (\d+) of (\d+)", run.stop)
        if not said or int(said[1]) == 0:
            return Interrupted("stopped before an example was finished")
        message = f"stopped: {said[1]} of {said[2]} examples are finished"
        if not self.path:
            return Interrupted(f"{message}; output= keeps them")
        rows = self.rows(run)
        where = "this exception's `result` (sys.last_value.result)" if self.folder else (
            f"{os.fspath(self.output)}: go on with output={os.fspath(self.output)!r}, resume=True")
        return Interrupted(f"{message}, in {where}", lambda: result(rows, int(said[1])))


def finished(rows: Rows, count: int) -> tuple[TemporaryFolder, dict[str, Any]]:
    """A copy of the file of a run that was stopped, as if only what was finished had been asked for; and the options with
    which the command sums it up. The file itself stays as it is, for the run to go on with."""
    journal = Path(rows.path + ".journal")
    folder = TemporaryFolder(os.path.getsize(rows.path) + (journal.stat().st_size if journal.exists() else 0))
    copy = folder / "results.h5"
    shutil.copyfile(rows.path, copy)
    if journal.exists():
        shutil.copyfile(journal, copy + ".journal")
    with h5py.File(copy, "r+") as file:
        first = int(file.attrs["examples_first"])
        file.attrs["examples_last"] = first + count
        for name in ("whole_first", "whole_last"):
            file.attrs.pop(name, None)
    return folder, dict(output=copy, resume=True, shard=None, balance=None, examples=(first, first + count))
