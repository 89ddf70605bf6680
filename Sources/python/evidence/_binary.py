"""The `evidence` command that this package starts."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ._errors import CommandError

OWN = Path(__file__).parent / "bin" / "evidence"


def find() -> str:
    """The path of the command: ``$EVIDENCE_BINARY``, the one that the package carries, or the first on ``PATH``.

    Raises
    ------
    CommandError
        Where there is none.
    """
    named = os.environ.get("EVIDENCE_BINARY")
    if named:
        if not os.access(named, os.X_OK) or os.path.isdir(named):
            raise CommandError(f"{named}: no command", remedy="EVIDENCE_BINARY has to name the evidence command, or nothing")
        return os.path.abspath(named)
    if os.access(OWN, os.X_OK):
        return str(OWN)
    on_path = shutil.which("evidence")
    # A script that pip made of this package would start itself for ever.
    if on_path and not Path(on_path).read_bytes()[:2] == b"#!":
        return on_path
    raise CommandError(
        "the evidence command is not there: this installation carries none, and none is on PATH",
        remedy="install a wheel (it carries the command), or build it and set EVIDENCE_BINARY=.build/release/evidence")


def main() -> None:
    """The `evidence` script of an installed package: becomes the command."""
    try:
        path = find()
    except CommandError as error:
        sys.exit(f"evidence: {error}")
    os.execv(path, [path, *sys.argv[1:]])
