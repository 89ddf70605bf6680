"""Puts the `evidence` command into the wheel, where $EVIDENCE_WHEEL_FILES names a folder with it (build_wheel.py makes it).

Without it the wheel is pure Python, and the package takes the command from $EVIDENCE_BINARY or PATH.
"""

import os
import platform

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommandHook(BuildHookInterface):
    def initialize(self, version, build_data):
        folder = os.environ.get("EVIDENCE_WHEEL_FILES")
        if folder and version == "standard":
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-linux_{platform.machine()}"
            build_data["force_include"][folder] = "evidence/bin"
