# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine has and lacks: the checks behind `vivant doctor` and "Copy Diagnostics".

Packages are asked for by their metadata and Blender in a process of its own, so that a broken install is a line in the
report and not a crash of it. Torch is never imported.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import importlib.metadata
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .. import __version__

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = __name__.rsplit(".", 2)[0]
# Extra -> (what it is for, its distributions).
EXTRAS = {
    "synth": ("photographs from rendered frames", ("torch", "diffusers", "transformers", "accelerate", "safetensors")),
    "lift": ("faces and hands found in photographs", ("mediapipe",)),
    "farm": ("several machines", ("ray",)),
    "smplx": ("reading licensed SMPL-X files with the reference code", ("smplx", "torch")),
    "pyrender": ("`vivant verify --witness embree,pyrender`, a second renderer as witness", ("pyrender", "PyOpenGL")),
    "dev": (
        "tests and lint",
        ("pytest", "ruff", "hypothesis", "jsonschema", "import-linter", "OpenEXR", "pycocotools"),
    ),
}
FASTER = ("scipy", "trimesh", "embreex")
LOW_DISK_GB, LOW_MEMORY_GB = 2.0, 3.0  # a demo writes tens of MB; one Blender with two people peaks near 1.5 GB


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        name: What was looked for.
        state: ok; optional (absent, not needed); warning (works, but); missing (needed and absent).
        found: What is there, in words.
        fix: The command or step that helps; empty when nothing is to be done.
    """

    name: str
    state: Literal["ok", "optional", "warning", "missing"]
    found: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return asdict(self)


def diagnose(out: str | os.PathLike[str] = ".") -> list[Check]:
    """All checks, in reading order.

    Args:
        out: Folder that a dataset would be written to; it need not exist.
    """
    checks = [Check("vivant", "ok", f"{__version__} in {ROOT}"), _python(), *_machine(), _disk(Path(out))]
    checks += [*_blender(), _body(), *_faster(), *(_extra(name) for name in EXTRAS)]
    return checks


def as_text(checks: list[Check]) -> str:
    """Lines for a bug report."""
    return "\n".join(f"{c.state:8} {c.name}: {c.found}" for c in checks) + "\n"


def install_command(extra: str) -> str:
    """The exact pip command that installs an extra into this Python."""
    python = shlex.quote(sys.executable)
    if extra == "pyrender":  # its own pin of PyOpenGL cannot open a context on Python 3.11
        return f"{install_command('pyrender-needs')} && {python} -m pip install --no-deps pyrender==0.1.45"
    extra = extra.removesuffix("-needs")
    if (ROOT / "pyproject.toml").exists():
        here = shlex.quote(f"{ROOT}[{extra}]")
        return f"{python} -m pip install -c {shlex.quote(str(ROOT / 'constraints.txt'))} -e {here}"
    return f"{python} -m pip install 'vivant[{extra}]'"


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} ({platform.system()} {platform.machine()})")


def _machine() -> list[Check]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    checks = [Check("cpu", "ok", f"{cores} core(s) usable by this process")]
    memory = _memory_gb()
    if memory is not None:
        low = memory < LOW_MEMORY_GB
        fix = "close other programs, or use --workers 1 and a smaller --size" if low else ""
        checks.append(Check("memory", "warning" if low else "ok", f"{memory:.1f} GB available", fix))
    return checks


def _memory_gb() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024**2
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    except (AttributeError, OSError, ValueError):  # Windows
        return None


def _disk(out: Path) -> Check:
    folder = out.resolve()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1024**3
    name = f"disk at {folder}"
    if not folder.is_dir():
        return Check(name, "missing", "a file, not a folder", "choose another output folder")
    if not os.access(folder, os.W_OK):
        return Check(name, "missing", "not writable", "choose another output folder")
    low = free < LOW_DISK_GB
    return Check(name, "warning" if low else "ok", f"{free:.1f} GB free", "free some space" if low else "")


def _blender() -> list[Check]:
    facts, problem = _probe()
    if facts is None:
        system = (
            "apt-get install libx11-6 libxrender1 libxfixes3 libxi6 libxxf86vm1 libxkbcommon0 libsm6 libice6 libgl1"
        )
        have = _version("bpy")
        if have is None:
            return [
                Check("bpy", "missing", "not installed", f"{shlex.quote(sys.executable)} -m pip install bpy==5.0.1")
            ]
        return [Check("bpy", "missing", f"{have} does not start: {problem}", f"on Debian and Ubuntu: {system}")]
    checks = [Check("blender", "ok", f"{facts['version']}, numpy {facts['numpy']}")]
    if facts["denoiser"]:
        checks.append(Check("denoiser", "ok", "Open Image Denoise"))
    else:
        checks.append(
            Check("denoiser", "warning", "none; pictures need more samples", "use a build of Blender from blender.org")
        )
    devices = facts["devices"]
    checks.append(
        Check("gpu", "ok" if devices else "optional", ", ".join(devices) or "none that Cycles can use; the CPU renders")
    )
    return checks


def _probe() -> tuple[dict[str, Any] | None, str]:
    """Facts from `procgen.blender.probe`, or None and why."""
    if "bpy" in sys.modules:
        from ..procgen.blender.probe import probe

        return probe(), ""
    code = f"from {PACKAGE}.procgen.blender import probe; probe.main()"
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return None, "no answer within 120 s"
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            return json.loads(line), ""
    last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
    return None, last[0]


def _body() -> Check:
    files = sorted((ROOT / "procgen" / "assets").rglob("*.npz"))
    if not files:
        return Check("body model", "missing", "no file in procgen/assets", "install Vivant again")
    digests = (f"{f.name} sha256 {hashlib.sha256(f.read_bytes()).hexdigest()[:16]}" for f in files)
    return Check("body model", "ok", ", ".join(digests))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _faster() -> list[Check]:
    found = {name: _version(name) for name in FASTER}
    checks = []
    for name, version in found.items():
        fix = "" if version else f"{shlex.quote(sys.executable)} -m pip install {name}"
        checks.append(Check(name, "ok" if version else "optional", version or "absent; numpy does it, slower", fix))
    return checks


def _extra(name: str) -> Check:
    purpose, distributions = EXTRAS[name]
    versions = {d: _version(d) for d in distributions}
    absent = [d for d, v in versions.items() if v is None]
    libraries = [] if ctypes.util.find_library("OSMesa") or name != "pyrender" else ["libosmesa6"]
    if absent or libraries:
        fix = " && ".join(([install_command(name)] if absent else []) + [f"apt-get install {x}" for x in libraries])
        return Check(f"extra {name}", "optional", f"for {purpose}; absent: {', '.join(absent + libraries)}", fix)
    return Check(f"extra {name}", "ok", ", ".join(f"{d} {v}" for d, v in versions.items()))
