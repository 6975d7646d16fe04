"""Garments that are not cut from the body shell: pieces collected into one mesh with the attributes that all garments have."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...geometry import Mesh


@dataclass
class Parts:
    """A garment collected from several pieces, with the attributes that all garments have."""

    vertices: list[np.ndarray] = field(default_factory=list)
    faces: list[np.ndarray] = field(default_factory=list)
    material: list[np.ndarray] = field(default_factory=list)
    point: dict[str, list[np.ndarray]] = field(default_factory=dict)
    count: int = 0

    def add(self, x: np.ndarray, faces: np.ndarray, material: int, **point: np.ndarray) -> None:
        """Add a piece: (V, 3) world points, (F, 3 or 4) faces, a material and whatever attributes it has.

        `fit` is its place in the A-pose where it hides skin, `place` where it may be hidden by other garments.
        """
        tris = faces if faces.shape[1] == 3 else np.concatenate([faces[:, :3], faces[:, [0, 2, 3]]])
        self.vertices.append(x)
        self.faces.append(tris + self.count)
        self.material.append(np.full(len(tris), material, np.int32))
        for name in ("rest", "edge", "border", "seam", "seam2", "fade", "rib", "inner", "fit", "place", "around"):
            value = point.get("edge" if name == "border" else name)
            if value is None and name == "place":
                value = point.get("fit")
            if value is None:
                if name in ("fit", "place"):
                    value = np.full((len(x), 3), np.nan)
                elif name in ("edge", "border", "seam", "seam2"):
                    value = np.full(len(x), 0.2)
                else:
                    value = np.zeros((len(x), 3) if name in ("rest", "around") else len(x))
            self.point.setdefault(name, []).append(np.asarray(value, np.float32))
        self.count += len(x)

    def mesh(self, materials: tuple) -> Mesh:
        """One mesh of triangles."""
        return Mesh(
            np.concatenate(self.vertices).astype(np.float32),
            np.concatenate(self.faces).astype(np.int32),
            materials,
            face_material=np.concatenate(self.material),
            point={k: np.concatenate(v) for k, v in self.point.items()},
        )
