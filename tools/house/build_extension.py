# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and validate the Blender extension zip with the tool that Blender itself ships in the bpy wheel.

Usage: python tools/house/build_extension.py [OUTPUT_FOLDER]

The zip is built from a staged copy of the shipped packages only, so that output folders lying about in a checkout
cannot leak into it; `[build] paths_exclude_pattern` in the manifest covers those who build in the checkout directly.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def blender_ext() -> Path:
    """Blender's own extension tool inside the installed bpy wheel; found without importing bpy."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        raise SystemExit("bpy is not installed: pip install -c constraints.txt -e '.[dev]'")
    found = sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not found:
        raise SystemExit(f"no blender_ext.py beside {spec.origin}")
    return found[-1]


def stage(root: Path, target: Path) -> None:
    """Copy what ships: the modules of the listed packages, their data files, the manifest and the licence."""
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    for package in config["packages"]:
        folder = Path(*package.split(".")[1:])
        files = list((root / folder).glob("*.py"))
        for pattern in config.get("package-data", {}).get(package, ()):
            files += (root / folder).glob(pattern)
        for file in files:
            to = target / file.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, to)
    for name in ("blender_manifest.toml", "LICENSE"):
        shutil.copy2(root / name, target / name)


def main(argv: list[str]) -> int:
    """Build `vivant-VERSION.zip` into the folder and validate it; returns the exit status."""
    out = Path(argv[0]) if argv else ROOT / "dist"
    out.mkdir(parents=True, exist_ok=True)
    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
    zipped = out / f"vivant-{version}.zip"
    tool = blender_ext()
    with tempfile.TemporaryDirectory() as tmp:
        staged = Path(tmp) / "vivant"
        stage(ROOT, staged)
        build = [sys.executable, str(tool), "build", "--source-dir", str(staged), "--output-filepath", str(zipped)]
        validate = [sys.executable, str(tool), "validate", str(zipped)]
        for command in (build, validate):
            status = subprocess.run(command, check=False).returncode
            if status:
                return status
    sys.stdout.write(f"{zipped}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
