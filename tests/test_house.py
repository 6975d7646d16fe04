"""The house keeps its own laws: what is listed is what is there, files stay small, imports stay light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("addon", "bridge", "procgen")
SHIPPED = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))
ALL = SHIPPED + sorted(
    p for room in ("tests", "blender_tests", "bridge_tests", "benchmarks", "tools") for p in (ROOT / room).rglob("*.py")
)
# What a runtime module of the pure core must not need: Blender ships none of it, except bpy, which procgen.blender alone may use.
HEAVY = (
    "scipy",
    "trimesh",
    "torch",
    "bpy",
    "bmesh",
    "mathutils",
    "PIL",
    "OpenEXR",
    "cv2",
    "embreex",
    "ray",
    "smplx",
    "diffusers",
)

BLOCKER = """
import importlib, pkgutil, sys
HEAVY = {heavy!r}
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in HEAVY:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
import vivant
base = importlib.import_module({package!r})
names = [m.name for m in pkgutil.walk_packages(base.__path__, base.__name__ + ".", onerror=lambda n: None)
         if not m.name.startswith(("vivant.procgen.blender", "vivant.bridge.diffusion.", "vivant.bridge.training."))]
bad = []
for name in names:
    try:
        importlib.import_module(name)
    except ImportError as e:
        bad.append(f"{{name}}: {{e}}")
print(len(names))
print("\\n".join(bad))
"""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_listed_packages_are_the_tree() -> None:
    """Setuptools ships what is listed; a forgotten folder would be missing from the wheel without a word."""
    folders = {p.parent for p in SHIPPED}
    there = {"vivant", *("vivant." + relative(f).replace("/", ".") for f in folders)}
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(there), "run: python tools/house/list_packages.py"
    without = [relative(f) for f in folders if not (f / "__init__.py").exists()]
    assert without == [], "these folders hold modules but no __init__.py"


def test_the_root_holds_one_module() -> None:
    """Any other .py file at the root would leak into the wheel as vivant.NAME."""
    assert [p.name for p in ROOT.glob("*.py")] == ["__init__.py"]


def test_versions_agree() -> None:
    version = re.search(r'__version__ = "([^"]+)"', (ROOT / "__init__.py").read_text(encoding="utf-8"))
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert version is not None
    assert manifest["version"] == version[1]


def test_manifest_says_what_blender_needs() -> None:
    """Blender lets unknown keys and tags pass in silence, so the keys are checked here."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    known = {
        "schema_version", "id", "version", "name", "tagline", "maintainer", "type", "tags", "website", "license",
        "copyright", "blender_version_min", "blender_version_max", "permissions", "platforms", "wheels", "build",
    }  # fmt: skip
    assert set(manifest) <= known
    assert manifest["id"] == "vivant"
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert manifest["blender_version_min"] == "4.2.0"
    assert set(manifest["permissions"]) <= {"files", "network", "clipboard", "camera", "microphone"}
    assert set(manifest["build"]) == {"paths_exclude_pattern"}, "`paths` does not parse on 4.2"
    assert "wheels" not in manifest, "the extension is pure Python"


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_no_file_is_longer_than_500_lines(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 500, f"{relative(path)} has {lines} lines: split it by what it means"


@pytest.mark.parametrize("path", SHIPPED, ids=relative)
def test_shipped_modules_import_the_package_relatively(path: Path) -> None:
    """The same file runs as vivant.… and as bl_ext.user_default.vivant.…; an absolute import would load a second copy."""
    absolute = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            absolute += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            absolute.append(node.module)
    ours = [name for name in absolute if name.split(".")[0] in ("vivant", *ROOMS)]
    assert ours == []
    assert path.stem not in ("utils", "helpers", "manager", "misc", "common"), "name it by what it means"


@pytest.mark.parametrize("package", ["vivant.procgen", "vivant.bridge", "vivant.addon"])
def test_imports_work_where_only_numpy_is(package: str) -> None:
    """Rooms that load bpy or torch on purpose are left out.

    Inside Blender there is numpy and the standard library, nothing else; and the core runs without Blender too."""
    code = BLOCKER.format(heavy=HEAVY, package=package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, *bad = done.stdout.strip().splitlines()
    if package == "vivant.procgen":
        assert int(count) > 20
    if package == "vivant.addon":  # the sidebar's modules are the ones that may need bpy
        sidebar = "jobs|label_preview|operators|panels|people|person_settings|places|preferences|properties|ranges_list|"
        sidebar += "scene_spec|spec_groups"
        bad = [line for line in bad if not re.match(rf"vivant\.addon\.({sidebar})", line)]
    assert bad == []


def test_importing_the_package_is_quick_and_lazy() -> None:
    code = "import sys, vivant; print([m for m in sys.modules if m.startswith('vivant.') or m in ('numpy', 'bpy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
