"""Where the tests stand in the repository of Evidence, if they do."""

import pathlib

ROOT = next((p for p in pathlib.Path(__file__).resolve().parents if (p / "Package.swift").exists()), pathlib.Path("/nowhere"))
