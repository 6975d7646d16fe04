"""The extension as users get it: built and validated by Blender's own tool, installed into an empty Blender, enabled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

INSTALL = """
import json, os, sys
import bpy, addon_utils
if not addon_utils.check("bl_pkg")[1]:
    addon_utils.enable("bl_pkg")
bpy.ops.extensions.package_install_files(filepath={zip!r}, repo="user_default", enable_on_install=True)
name = "bl_ext.user_default.vivant"
if not addon_utils.check(name)[1]:
    addon_utils.enable(name, default_set=True)
facts = {{"enabled": addon_utils.check(name)[1], "plain": "vivant" in sys.modules}}
facts["panels"] = sorted(n for n in dir(bpy.types) if n.startswith("VIVANT_PT"))
facts["operators"] = sorted(dir(bpy.ops.vivant))
facts["setting"] = bpy.context.scene.vivant.seed
module = sys.modules[name]
facts["folder"] = os.path.dirname(module.__file__)
bpy.context.scene.vivant.place = "meadow"
facts["place"] = bpy.context.scene.vivant.place
import importlib
cli = importlib.import_module(name + ".addon.cli")
facts["list"] = cli.blender_main(["list", "places"])
launch = importlib.import_module(name + ".procgen.farm.launch")
facts["child"] = launch.child_package()[0]
import subprocess
done = subprocess.run(launch.command("addon.cli", "main", ["list", "places", "--json"]), capture_output=True, text=True)
facts["child_status"], facts["child_output"] = done.returncode, done.stdout
try:
    bpy.ops.vivant.test_worker()
except RuntimeError as e:
    facts["no worker"] = str(e)
bpy.context.preferences.addons[name].preferences.worker_python = "/nowhere/python"
bpy.ops.vivant.test_worker()
import time
jobs = importlib.import_module(name + ".addon.jobs")
while jobs.running():
    jobs.update()
    time.sleep(0.1)
facts["lost worker"] = jobs.current().message
addon_utils.disable(name)
facts["left"] = sorted(n for n in dir(bpy.types) if n.startswith("VIVANT_")) + [n for n in ("vivant",) if hasattr(bpy.types.Scene, n)]
addon_utils.enable(name)
facts["again"] = addon_utils.check(name)[1] and hasattr(bpy.types, "VIVANT_PT_main")
addon_utils.disable(name)
print("\\nFACTS" + json.dumps(facts), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, built by `make extension`'s script."""
    out = tmp_path_factory.mktemp("extension")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/house/build_extension.py"), str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.glob("*.zip")
    return found


def shipped() -> set[str]:
    """What must be in the zip: every file of the shipped rooms, the manifest and the licence."""
    files = {"__init__.py", "blender_manifest.toml", "LICENSE"}
    for room in ("addon", "bridge", "procgen"):
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files.add(path.relative_to(ROOT).as_posix())
    return files


def test_zip_holds_the_package_and_nothing_else(extension: Path) -> None:
    with zipfile.ZipFile(extension) as z:
        names = {n for n in z.namelist() if not n.endswith("/")}
        assert z.testzip() is None
    assert names == shipped()


def test_exclude_patterns_keep_a_checkout_clean(tmp_path: Path) -> None:
    """Those who build in the checkout itself (`blender --command extension build`) get the same zip."""
    import shutil

    checkout = tmp_path / "vivant"
    ignore = shutil.ignore_patterns(".git", ".venv", "__pycache__", "build", "dist", "demo", "*.egg-info", ".*_cache")
    shutil.copytree(ROOT, checkout, ignore=ignore)
    for junk in (
        "demo/rgb.png",
        "build/lib/x.py",
        "dist/x.zip",
        "tests/x.py",
        ".venv/x.py",
        "scratch.blend",
        ".hypothesis/x",
    ):
        (checkout / junk).parent.mkdir(parents=True, exist_ok=True)
        (checkout / junk).write_bytes(b"junk")
    sys.path.insert(0, str(ROOT / "tools" / "house"))
    try:
        from build_extension import blender_ext
    finally:
        sys.path.pop(0)
    command = [sys.executable, str(blender_ext()), "build", "--source-dir", str(checkout), "--output-filepath"]
    done = subprocess.run([*command, str(tmp_path / "x.zip")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(tmp_path / "x.zip") as z:
        assert {n for n in z.namelist() if not n.endswith("/")} == shipped()


def test_tags_are_blenders() -> None:
    """Blender lets unknown tags pass in silence; its extension site does not."""
    import importlib.util

    import bpy

    file = Path(bpy.utils.system_resource("SCRIPTS")) / "modules/_bpy_internal/extensions/tags.py"
    spec = importlib.util.spec_from_file_location("tags", file)
    assert spec is not None and spec.loader is not None
    tags = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tags)
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert set(manifest["tags"]) <= tags.addons


@pytest.mark.slow
def test_installs_enables_and_disables(extension: Path, tmp_path: Path) -> None:
    """In a process of its own, where no `vivant` can be imported: the extension must live from its own folder."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["BLENDER_USER_RESOURCES"] = str(tmp_path)
    hide = "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
    code = hide + INSTALL.format(zip=str(extension))
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("FACTS")), None)
    assert line is not None, done.stdout[-3000:] + done.stderr[-3000:]
    facts = json.loads(line.removeprefix("FACTS"))
    assert facts["enabled"]
    assert not facts["plain"], "an absolute import loaded a second copy"
    assert facts["folder"].startswith(str(tmp_path))
    assert {"VIVANT_PT_main", "VIVANT_PT_people", "VIVANT_PT_place", "VIVANT_PT_truth", "VIVANT_PT_dataset"} <= set(facts["panels"])
    assert {"add_person", "new_scene", "render_labels", "generate_dataset", "cancel_job"} <= set(facts["operators"])
    assert facts["place"] == "meadow"
    assert facts["list"] == 0
    assert facts["child"] == "vivant"
    assert facts["child_status"] == 0, facts["child_output"]
    assert "meadow" in facts["child_output"]
    assert "no worker Python is set. Fix: " in facts["no worker"]
    assert "/nowhere/python is not there" in facts["lost worker"] and "Fix: " in facts["lost worker"]
    assert facts["left"] == []
    assert facts["again"]
