# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the list of shipped packages into pyproject.toml: `python tools/house/list_packages.py`.

Setuptools cannot find packages by itself here, because the repository root is itself the package and also holds tests,
docs and tools. A test compares the list with the tree; this writes it anew.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("addon", "bridge", "procgen")


def shipped_packages(root: Path) -> list[str]:
    """Dotted names of every folder with an `__init__.py` within the shipped rooms, and `vivant` itself."""
    folders = {init.parent for room in ROOMS for init in (root / room).rglob("__init__.py")}
    return ["vivant", *sorted("vivant." + ".".join(f.relative_to(root).parts) for f in folders)]


def main() -> None:
    """Rewrite the `packages = [...]` block in place."""
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    block = "packages = [\n" + "".join(f'    "{name}",\n' for name in shipped_packages(ROOT)) + "]"
    new, count = re.subn(r"^packages = \[.*?^\]", block, text, count=1, flags=re.MULTILINE | re.DOTALL)
    if count != 1:
        raise SystemExit("pyproject.toml: no packages = [...] block found")
    path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
