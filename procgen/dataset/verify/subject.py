"""One frame under test: its record, its channels, its triangles and what is derived from them, each read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from ... import registry
from ...channels.channel import Channel
from ...errors import DatasetError, VivantError
from ...files import read_bytes
from ...frames import rays, transform
from ...npz import read_npz
from ...people.body_state import BodyState
from ...people.nearest import NearestPoints
from ...scene_mesh import world_triangles
from ..encode import unpack_amodal
from ..exr import read_exr
from ..png import read_png
from ..record import RECORD_FILE, FrameRecord, PersonRecord
from .bodies import run_body
from .limits import LIMITS
from .options import VerifyOptions
from .report import Result
from .strands import StrandField
from .witness import NEAR, Witness, WitnessHits

# Stands for infinity where arithmetic must stay finite, metres.
_FAR = 1e9
# Cycles' narrowest pixel filter is 0.01 px wide: its sample lies within half of that (and rounding) of the centre.
SAMPLE_SPREAD = 0.006
# Strands of radii scaled by these: a centre within the first surely shows hair, one beyond the second surely not.
THIN, WIDE = 0.5, 1.5
# Objects whose own surface is looked for where it may coincide with another.
_MOST_OBJECTS = 64
# Single pixels that no bound is about. Edges through the spread of a sample are as many as a picture's side is long, not
# as its area: 0.01 % of a meadow at 256² becomes about one pixel of 2304 at 48², where more than four then come in one
# picture of 300. Anything systematic follows an outline, and outlines are longer.
STRAY = 4
# Depths of one surface within a sample's spread: a larger share of the depth is an edge.
_GRAZED = 0.01
# More differing pixels than this share are no edges.
_MOST_EDGES = 0.05
NO_MESH = "the frame has no mesh.npz: generate with --mesh"


def read_record(folder: Path) -> FrameRecord:
    """The record of a frame folder."""
    return FrameRecord.from_json(read_bytes(folder / RECORD_FILE), f"{folder.name}/{RECORD_FILE}")


def depth_tolerance(depth: np.ndarray) -> np.ndarray:
    """Metres by which depth may differ from the witness: 1 mm, and 1e-4 of it beyond 10 m (float32 rays)."""
    return np.maximum(1e-3, 1e-4 * depth)


class Subject:
    """A frame that is being verified.

    Args:
        folder: The frame's folder.
        record: Its record.
        options: What to check and how.
        find: (scene, view, time) -> another frame of the dataset, or None.
        scene: The SceneSpec of the frame as JSON, or None if there is no readable scene file.
    """

    no_mesh = NO_MESH

    def __init__(
        self,
        folder: Path,
        record: FrameRecord,
        options: VerifyOptions,
        find: Callable[[int, int, int], Subject | None],
        scene: Mapping | None = None,
    ) -> None:
        self.folder, self.record, self.options, self.find, self.scene = folder, record, options, find, scene
        self.name = folder.name
        camera = record.camera
        self.width, self.height, self.K = camera.width, camera.height, camera.K
        self.T_world_from_cam, self.T_cam_from_world = camera.T_world_from_cam, camera.T_cam_from_world
        self._arrays: dict[str, np.ndarray] = {}

    # --- results

    def measure(self, check: str, value: float, *, expected: str = "", got: str = "", what: str = "") -> Result:
        """The result of a check whose residual is `value`."""
        limit = LIMITS[check]
        ok = limit.holds(float(value))
        words = (what or limit.what, expected, got) if not ok else ("", "", "")
        return Result(self.name, limit.channel, check, float(value), limit.text, limit.unit, ok, *words)

    def share(self, check: str, bad: int, total: int, *, got: str = "", what: str = "") -> Result:
        """The result of a check of the share of right pixels; up to `STRAY` bad ones never break it.

        A share of few pixels is taken of as many as make `STRAY` of them just good enough.
        """
        least = STRAY / (1.0 - LIMITS[check].bound) * (1 + 1e-9)
        return self.measure(check, 1.0 - bad / max(total, least), got=got, what=what)

    def skip(self, check: str, why: str) -> Result:
        """A check that could not be run."""
        limit = LIMITS[check]
        return Result(self.name, limit.channel, check, None, limit.text, limit.unit, None, why)

    def where(self, bad: np.ndarray, values: np.ndarray, other: np.ndarray | None = None) -> str:
        """In words: how many pixels of (H, W) are bad, and the first of them."""
        found = np.argwhere(bad)
        if not len(found):
            return ""
        y, x = found[0][:2]
        versus = "" if other is None else f" against {_show(other[y, x])}"
        return f"{len(found)} px, first at x {x}, y {y}: {_show(values[y, x])}{versus}"

    # --- files

    def has(self, name: str) -> bool:
        """True if the record lists a readable file of this channel."""
        return any(f.channel == name for f in self.record.files.values())

    def channel(self, name: str) -> np.ndarray:
        """The array of a channel as stored, shape and type unchecked.

        Raises:
            DatasetError: missing or damaged.
        """
        if name not in self._arrays:
            self._arrays[name] = decode_file(self.folder / self.record.file_of(name), name)
        return self._arrays[name]

    @cached_property
    def amodal(self) -> np.ndarray | None:
        """(P, H, W) bool full silhouettes, or None."""
        if not self.has("amodal"):
            return None
        arrays = read_npz(self.folder / self.record.file_of("amodal"))
        masks = unpack_amodal(arrays["masks"], int(arrays["width"]))
        if masks.shape != (len(self.record.people), self.height, self.width):
            raise DatasetError(
                "amodal.npz has the wrong shape", f"{len(self.record.people)} masks of the image", masks.shape
            )
        return masks

    @cached_property
    def mesh(self) -> dict[str, np.ndarray] | None:
        """World triangles of `mesh.npz` (see `world_triangles`), or None."""
        return self.read_mesh()

    def read_mesh(self) -> dict[str, np.ndarray] | None:
        """`mesh` from its file, also where no ray caster looks at it."""
        return world_triangles(read_npz(self.folder / self.record.file_of("mesh"))) if self.has("mesh") else None

    # --- derived from the record and the channels

    @cached_property
    def directions(self) -> np.ndarray:
        """(H, W, 3) float64 world directions through the pixel centres, planar length 1."""
        return rays(self.K, self.T_world_from_cam, self.width, self.height)[1]

    @cached_property
    def objects(self) -> np.ndarray:
        """(H, W) object ids; without the channel 1 where depth is finite."""
        if self.has("object"):
            return self.channel("object")
        return np.isfinite(self.channel("depth")).astype(np.uint16)

    @property
    def hit(self) -> np.ndarray:
        """(H, W) bool: the pixel shows something."""
        return self.objects > 0

    @cached_property
    def points(self) -> np.ndarray:
        """(H, W, 3) float64 world points from depth; far away on the background."""
        depth = self.channel("depth").astype(np.float64)
        return self.T_world_from_cam[:3, 3] + self.directions * np.where(np.isfinite(depth), depth, _FAR)[..., None]

    def table(self, values: Mapping[int, int], empty: int = 0) -> np.ndarray:
        """(H, W) int64: `values[id]` of each pixel's object, `empty` elsewhere."""
        ids = self.objects
        size = max(int(ids.max(initial=0)), max(values, default=0)) + 1
        lookup = np.full(size, empty, np.int64)
        for key, value in values.items():
            lookup[key] = value
        return lookup[ids]

    @cached_property
    def person_of_pixel(self) -> np.ndarray:
        """(H, W) int64 index into the people, -1 elsewhere."""
        return self.table({o.id: o.person for o in self.record.objects}, -1)

    @cached_property
    def next(self) -> Subject | None:
        """The same view one frame later."""
        return self.find(self.record.scene, self.record.view, self.record.time + 1)

    # --- people

    def body(self, person: PersonRecord) -> BodyState:
        """The person's body, run forward from the record.

        Raises:
            VivantError: the model is missing or is not the one that was used.
        """
        key = f"body {person.index}"
        if key not in self.__dict__:
            self.__dict__[key] = run_body(person, self.options.bodies)
        return self.__dict__[key]

    def skin_tree(self, person: PersonRecord) -> NearestPoints:
        """Nearest vertices of the person's posed body."""
        key = f"tree {person.index}"
        if key not in self.__dict__:
            body = self.body(person)
            self.__dict__[key] = NearestPoints(body.posed[: body.count].astype(np.float64))
        return self.__dict__[key]

    def body_or_reason(self, person: PersonRecord) -> tuple[BodyState | None, str]:
        """The body, or None and why it cannot be run."""
        try:
            return self.body(person), ""
        except VivantError as e:
            return None, str(e)

    # --- the witness

    @cached_property
    def witness(self) -> Witness:
        """Rays from the camera into the frame's triangles."""
        mesh = self.need_mesh()
        return Witness(mesh["vertices"], mesh["triangles"], self.T_world_from_cam[:3, 3], self.options.provider)

    def need_mesh(self) -> dict[str, np.ndarray]:
        """`mesh`, or an error."""
        if self.mesh is None:
            raise DatasetError(NO_MESH)
        return self.mesh

    @cached_property
    def hits(self) -> WitnessHits:
        """What the rays through the pixel centres meet, row by row (strands left out).

        Where picture and witness differ, rays a hair beside the centre are asked too: the renderer's sample lies
        within `SAMPLE_SPREAD` of the centre, and at an edge that decides. A ray that confirms the picture is kept.
        """
        rays = self.directions.reshape(-1, 3)
        hits = self.witness.cast(rays, NEAR)
        if self.has("object") and self.has("depth"):
            differ = np.nonzero(~self._same(hits, np.arange(len(rays))) & ~self.on_hair.ravel())[0]
            if 0 < len(differ) <= _MOST_EDGES * len(rays):
                hits = self._beside(hits, differ, rays)
        return hits

    @property
    def grazed(self) -> np.ndarray:
        """(H, W) bool: pixels whose object and depth rays within the sample's spread confirm."""
        out = np.zeros(self.width * self.height, bool)
        if self.hits is not None:
            out[self.__dict__.get("confirmed", np.zeros(0, np.int64))] = True
        return out.reshape(self.height, self.width)

    def _same(self, hits: WitnessHits, pixels: np.ndarray) -> np.ndarray:
        """(N,) bool: hits agree with the picture's object and depth at flat pixel indices."""
        owner = self._owner(hits.triangle)
        depth = self.channel("depth").ravel()[pixels].astype(np.float64)
        same = owner == self.objects.ravel()[pixels]
        both = same & (owner > 0) & np.isfinite(depth)
        allowed = depth_tolerance(depth[both]) + self.recession(hits, pixels)[both]
        same[both] = np.abs(hits.t[both] - depth[both]) <= allowed
        return same

    def recession(self, hits: WitnessHits, pixels: np.ndarray) -> np.ndarray:
        """(N,) metres by which depth changes within `SAMPLE_SPREAD` on the plane of the triangle that each ray met.

        On far ground seen at a grazing angle that is centimetres: the renderer's sample may lie anywhere in the spread.

        Args:
            pixels: (N,) flat indices of the pixels whose centres the rays passed through.
        """
        out = np.zeros(len(pixels))
        met = np.nonzero(hits.triangle >= 0)[0]
        mesh = self.need_mesh()
        corner = mesh["vertices"][mesh["triangles"][hits.triangle[met]]].astype(np.float64)
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        facing = np.abs(np.einsum("ij,ij->i", normal, self.directions.reshape(-1, 3)[pixels[met]]))
        turn = np.abs(normal @ self._spread.T).sum(1)
        # A plane that is seen edge on gives no bound; what changes more is an edge (see `_beside`).
        out[met] = hits.t[met] * np.minimum(turn / np.maximum(facing, 1e-300), _GRAZED)
        return out

    @cached_property
    def _spread(self) -> np.ndarray:
        """(2, 3) world vectors by which a ray of planar length 1 moves within the spread, along x and y."""
        return self.T_world_from_cam[:3, :2].T * (SAMPLE_SPREAD / np.array([[self.K[0, 0]], [self.K[1, 1]]]))

    def _beside(self, hits: WitnessHits, differ: np.ndarray, rays: np.ndarray) -> WitnessHits:
        found = self.around(rays[differ])
        claimed = self.objects.ravel()[differ]
        depth = self.channel("depth").ravel()[differ].astype(np.float64)
        t = np.stack([h.t for h in found])
        same = np.stack([self._owner(h.triangle) for h in found]) == claimed
        low, high = np.where(same, t, np.inf).min(0), np.where(same, t, -np.inf).max(0)
        with np.errstate(invalid="ignore"):
            # Along a grazed surface depth runs through all values in between; across an edge it does not.
            surface = np.stack([np.where(s, h.triangle, -1) for h, s in zip(found, same, strict=True)])
            between = ((high - low) <= _GRAZED * depth) | ((surface == surface[0]).all(0) & (surface[0] >= 0))
            off = np.where(same & (claimed > 0), np.abs(t - depth), np.inf)
            # The sample lies between these rays: beside an edge, on the plane that one of them met (see `recession`).
            allowed = depth_tolerance(depth) + np.stack([self.recession(h, differ) for h in found])
            nearest = (off - allowed).argmin(0)
            good = (off <= allowed).any(0) | (between & (depth >= low) & (depth <= high))
        sky = (claimed == 0) & same.any(0)
        best = np.where(sky, same.argmax(0), nearest)
        picked = np.nonzero(good | sky)[0]
        triangle, t, bary = hits.triangle.copy(), hits.t.copy(), hits.bary.copy()
        for i in picked:
            one = found[best[i]]
            triangle[differ[i]], t[differ[i]], bary[differ[i]] = one.triangle[i], one.t[i], one.bary[i]
        left = np.setdiff1d(np.arange(len(differ)), picked)
        for pixels, seen, rows in self._coincident(differ[left], rays, t):
            triangle[pixels], t[pixels], bary[pixels] = rows, seen.t, seen.bary
        self.__dict__["confirmed"] = differ[np.nonzero(good | sky)[0]]
        return WitnessHits(triangle, t, bary)

    def around(self, rays: np.ndarray) -> list[WitnessHits]:
        """What rays (N, 3) meet, and eight more at the borders of `SAMPLE_SPREAD` around each."""
        across = self._spread
        steps = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        return [self.witness.cast(rays + dx * across[0] + dy * across[1], NEAR) for dx, dy in steps]

    def _coincident(
        self, left: np.ndarray, rays: np.ndarray, t: np.ndarray
    ) -> Iterator[tuple[np.ndarray, WitnessHits, np.ndarray]]:
        """Pixels where the object in the picture has a surface at the very depth of the one in front: either is right."""
        mesh, claimed = self.need_mesh(), self.objects.ravel()[left]
        for number in np.unique(claimed[claimed > 0])[:_MOST_OBJECTS]:
            pixels = left[claimed == number]
            rows = np.nonzero(mesh["triangle_object"] == number)[0]
            used, triangles = np.unique(mesh["triangles"][rows], return_inverse=True)
            own = Witness(
                mesh["vertices"][used], triangles.reshape(-1, 3), self.T_world_from_cam[:3, 3], self.options.provider
            )
            found = own.cast(rays[pixels], NEAR)
            with np.errstate(invalid="ignore"):
                good = np.abs(found.t - t[pixels]) <= np.maximum(1e-4, 3e-5 * t[pixels])
            good[good] = self._same_depth(found.t[good], pixels[good])
            if good.any():
                kept = WitnessHits(found.triangle[good], found.t[good], found.bary[good])
                yield pixels[good], kept, rows[kept.triangle]

    def _same_depth(self, t: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        depth = self.channel("depth").ravel()[pixels].astype(np.float64)
        return np.abs(t - depth) <= depth_tolerance(depth)

    def _owner(self, triangle: np.ndarray) -> np.ndarray:
        """(N,) int64 object ids of triangles, 0 where there is none (-1)."""
        owner = np.append(self.need_mesh()["triangle_object"].astype(np.int64), 0)
        return owner[triangle]

    @cached_property
    def witness_objects(self) -> np.ndarray:
        """(H, W) object ids that the witness sees."""
        return self._owner(self.hits.triangle).reshape(self.height, self.width)

    @cached_property
    def agreed(self) -> np.ndarray:
        """(H, W) bool: picture and witness show the same object."""
        return self.witness_objects == self.objects

    @cached_property
    def hair(self) -> StrandField | None:
        """Strands of the frame, or None."""
        if self.mesh is None or not len(self.mesh["strand_start"]):
            return None
        return StrandField(self.mesh, self.K, self.T_cam_from_world, self.width, self.height)

    @cached_property
    def on_hair(self) -> np.ndarray:
        """(H, W) bool: pixels labelled as an object made of strands (class hair, where there is no mesh file)."""
        if self.mesh is not None:
            return np.isin(self.objects, np.unique(self.mesh["strand_object"]))
        return np.isin(self.objects, [o.id for o in self.record.objects if o.semantic == "hair"])

    @cached_property
    def near_hair(self) -> np.ndarray:
        """(H, W) bool: labelled as strands, or a strand passes in front of what the witness sees."""
        if self.hair is None:
            return self.on_hair
        return self.on_hair | (self.hair_around < self.hits.t.reshape(self.height, self.width) + 1e-3)

    @cached_property
    def _hair_depths(self) -> list[np.ndarray]:
        if self.hair is None:
            return [np.full((self.height, self.width), np.inf)] * 2
        return self.hair.depths((THIN, WIDE))

    @property
    def hair_inside(self) -> np.ndarray:
        """(H, W) float64 depth of strands that a pixel centre is well inside; +inf = none."""
        return self._hair_depths[0]

    @property
    def hair_around(self) -> np.ndarray:
        """(H, W) float64 depth of the first strand at or beside a pixel centre; +inf = none."""
        return self._hair_depths[1]

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World points (…, 3) in camera axes."""
        return transform(self.T_cam_from_world, points)


def _show(value: np.ndarray) -> str:
    return np.array2string(np.asarray(value), precision=5, separator=", ")


def known_channel(name: str) -> Channel | None:
    """The registered channel, or None (pictures, masks, meshes)."""
    return registry.channels.get(name).make if name in registry.channels.names() else None


def decode_file(path: Path, name: str) -> np.ndarray:
    """The array in a file: EXR planes in the order of the channel's parts, PNG as it is."""
    if path.suffix == ".exr":
        channel = known_channel(name)
        parts = list(channel.parts) if channel else ["R", "G", "B"]
        planes = read_exr(path, parts)
        return planes[parts[0]] if len(parts) == 1 else np.stack([planes[p] for p in parts], -1)
    if path.suffix == ".png":
        return read_png(path)
    raise DatasetError(f"{path.name} is of a kind that no channel has", expected=".exr, .png or .npz")
