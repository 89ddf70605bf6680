"""The repository of Evidence that the tests stand in, or that EVIDENCE_REPOSITORY names."""

import os
import pathlib

_places = [pathlib.Path(os.environ.get("EVIDENCE_REPOSITORY", "/nowhere")), *pathlib.Path(__file__).resolve().parents]
ROOT = next((path for path in _places if (path / "Package.swift").exists()), pathlib.Path("/nowhere"))
