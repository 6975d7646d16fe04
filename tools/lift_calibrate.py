"""Makes the lift's face data: how faces differ together, and where MediaPipe's 478 points lie on our head.

    python -m tools.lift_heads CAL --seed 21 --count 24 --expressions 1 --yaws=-55,-25,0,25,55
    python -m tools.lift_calibrate prior
    python -m tools.lift_calibrate landmarks CAL

`prior` draws people, and takes the directions in which their heads differ, in order of size on the surface. `landmarks`
casts the detector's points onto heads whose mesh is known, takes the median place of each over people and turns, and keeps
what is left: a mean error and a spread by turn of the head, and the ways in which the errors go together.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from vivant.bridge.lift.open_head import ASSET, LIDS, build_open_head
from vivant.procgen.npz import read_npz, write_npz
from vivant.procgen.people.eyelids import open_lids
from vivant.procgen.people.look import sample_eyes
from vivant.procgen.people.model import BodyModel, load_body
from vivant.procgen.people.shape import PhenotypeRanges, betas_from_phenotypes, sample_phenotype
from vivant.procgen.seeds import Seed

from tools.lift_points import landmarks

# Directions that move the face less than this are left out, metres (root mean square over the face).
LEAST = 2e-5


def draw_people(model: BodyModel, count: int) -> np.ndarray:
    """(count, B + 4) shape coefficients and resting lids; a sixth of the people are children."""
    people = []
    for i in range(count):
        seed = Seed(77).child("prior", i)
        ages = (4.0, 18.0) if i % 6 == 0 else (18.0, 80.0)
        people.append((seed, sample_phenotype(seed.child("phenotype").rng(), PhenotypeRanges(age_years=ages))))
    betas = betas_from_phenotypes(model, [p for _, p in people])
    lids = [model.arkit_names.index(n) for n in LIDS]
    rows = [
        open_lids(model, b.astype(np.float32), sample_eyes(s.child("eyes").rng(), p))[lids]
        for b, (s, p) in zip(betas, people, strict=True)
    ]
    return np.concatenate([betas, np.array(rows)], 1)


def prior(count: int) -> None:
    """Write mean and modes."""
    model = load_body()
    drawn = draw_people(model, count)
    mean = drawn.mean(0)
    spread = np.cov(drawn.T) + 1e-12 * np.eye(drawn.shape[1])
    every = build_open_head(model, mean, np.eye(len(mean)), None)
    B = every.identity[:, every.skin].reshape(len(mean), -1) / np.sqrt(every.skin.sum())
    # Principal directions on the surface of N(mean, spread): eigenvectors of L^T M L, spread = L L^T.
    values, vectors = np.linalg.eigh(spread)
    L = vectors * np.sqrt(np.maximum(values, 0.0))
    size, turn = np.linalg.eigh(L.T @ (B @ B.T) @ L)
    order = np.argsort(-size)
    keep = order[np.sqrt(np.maximum(size[order], 0.0)) > LEAST]
    modes = (L @ turn[:, keep]).T
    left = np.sqrt(max(size.sum() - size[keep].sum(), 0.0))
    print(f"{len(keep)} modes of {len(mean)}; spread {1e3 * np.sqrt(size.sum()):.2f} mm, left out {1e3 * left:.3f} mm")
    old = read_npz(ASSET) if ASSET.is_file() else {}
    arrays = {**old, "mean": mean.astype(np.float32), "modes": modes.astype(np.float32)}
    write_npz(ASSET, arrays)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="what", required=True)
    first = sub.add_parser("prior")
    first.add_argument("--count", type=int, default=1500)
    second = sub.add_parser("landmarks")
    second.add_argument("heads", type=Path)
    args = p.parse_args()
    if args.what == "prior":
        prior(args.count)
    else:
        landmarks(args.heads)


if __name__ == "__main__":
    main()
