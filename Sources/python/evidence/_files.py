"""Temporary files, on the fastest place that has room for them."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

MEMORY = "/dev/shm"


class TemporaryFolder:
    """A folder that goes with the last object that holds it, in the process that made it."""

    def __init__(self, size: int = 0):
        self.path = Path(tempfile.mkdtemp(prefix="evidence-", dir=_place(size)))
        self._end = weakref.finalize(self, _remove, str(self.path), os.getpid())

    def __truediv__(self, name: str) -> str:
        return str(self.path / name)

    def remove(self) -> None:
        """Removes the folder now."""
        self._end()


def _place(size: int) -> str | None:
    """Memory where it has twice the room that is asked for; else what Python takes for temporary files."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if os.access(MEMORY, os.W_OK) and free > 2 * size + (16 << 20) else None


def _remove(path: str, process: int) -> None:
    # A forked process has a copy of the object, but the folder is not its own.
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)
