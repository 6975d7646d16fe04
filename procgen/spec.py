"""SceneSpec and its parts: everything that a scene is, as frozen data. No randomness is drawn below this line."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from .codec import Spec, param
from .errors import SpecError, unknown_name
from .frames import intrinsics, look_at
from .people.look_spec import EyeSpec, HairSpec, SkinSpec
from .people.shape import Phenotype
from .registry import hands, motions

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class FabricSpec(Spec):
    """What a garment is made of."""

    kind: Literal[
        "jersey", "knit", "woven", "denim", "leather", "fleece", "wool", "corduroy", "satin", "nylon", "felt", "straw", "plastic"
    ] = param("jersey", doc="Material family.")  # fmt: skip
    color: tuple[float, float, float] = param((0.5, 0.5, 0.5), low=0.0, high=1.0, doc="Linear RGB.")
    color2: tuple[float, float, float] = param((0.2, 0.2, 0.2), low=0.0, high=1.0, doc="Second colour of a pattern.")
    pattern: Literal["plain", "stripe", "plaid", "check", "dots", "floral", "colour_block", "graphic"] = param(
        "plain", doc="Pattern; a graphic is one emblem on the chest."
    )
    motif: int = param(0, low=0, high=5, doc="Which emblem a graphic is: waves, sun over hills, rings, bolt, heart, star.")
    pattern_scale: float = param(1.0, low=0.2, high=5.0, doc="Size of the pattern relative to its usual size.")
    wear: float = param(0.2, low=0.0, high=1.0, doc="Fading and creases.")


@dataclass(frozen=True, kw_only=True)
class GarmentSpec(Spec):
    """A garment; each kind adds its own measures. Listed from the innermost layer outwards."""

    registry: ClassVar[str | None] = "garments"

    fabric: FabricSpec = param(factory=FabricSpec, doc="Material.")


@dataclass(frozen=True, kw_only=True)
class PoseSpec(Spec):
    """A parametric pose; each family adds its own parameters."""

    registry: ClassVar[str | None] = "poses"


@dataclass(frozen=True, kw_only=True)
class HandSpec(Spec):
    """The shape of one hand."""

    shape: str = param("rest", doc="Hand shape, a name that `vivant list hands` prints.")
    amount: float = param(1.0, low=0.0, high=1.0, doc="0 = rest, 1 = the full shape.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shape != "rest" and self.shape not in hands.names():
            raise unknown_name("hand shape", self.shape, hands.names())


@dataclass(frozen=True, kw_only=True)
class MotionSpec(Spec):
    """How a person moves over consecutive frames; each family adds its own parameters."""

    registry: ClassVar[str | None] = "motions"

    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the cycle frame 0 is.")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of blinks and of the order of gestures and sounds.")


def _still() -> MotionSpec:
    return motions.get("none").spec()  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class TouchSpec(Spec):
    """A hand laid on somebody else: found once, when the group was drawn, so that a person is built without the others."""

    hand: Literal["left", "right"] = param("right", doc="Which hand.")
    point: tuple[float, float, float] = param(unit="m", doc="World point that the middle of the palm comes to.")
    normal: tuple[float, float, float] = param((0.0, 0.0, 1.0), doc="World direction out of what is touched.")
    fingers: tuple[float, float, float] = param((0.0, 1.0, 0.0), doc="World direction of the fingers.")
    swivel: float = param(0.0, low=-3.15, high=3.15, unit="rad", doc="Turn of the elbow about the line from shoulder to hand.")
    whom: int = param(0, low=0, doc="Index of the person who is touched.")


@dataclass(frozen=True, kw_only=True)
class HumanSpec(Spec):
    """One person: shape, look, clothes, pose, place in the scene."""

    phenotype: Phenotype = param(factory=Phenotype, doc="Body and face shape.")
    skin: SkinSpec = param(factory=SkinSpec, doc="Skin.")
    eyes: EyeSpec = param(factory=EyeSpec, doc="Eyes.")
    hair: HairSpec | None = param(None, doc="Head hair; null = bald.")
    outfit: tuple[GarmentSpec, ...] = param((), doc="Garments, innermost first.")
    pose: PoseSpec = param(doc="Body pose.")
    left_hand: HandSpec = param(factory=HandSpec, doc="Left hand.")
    right_hand: HandSpec = param(factory=HandSpec, doc="Right hand.")
    expression: dict[str, float] = param(factory=dict, low=0.0, high=1.0, doc="ARKit action name -> activation.")
    gaze: tuple[float, float, float] | None = param(None, unit="m", doc="World point looked at; null = ahead.")
    motion: MotionSpec = param(factory=_still, doc="Motion.")
    position: tuple[float, float] = param((0.0, 0.0), unit="m", doc="World x, y below the pelvis.")
    heading: float = param(0.0, unit="rad", doc="Rotation about world Z; 0 faces -Y.")
    seat: str | None = param(None, doc="Name of the seat sat on; null = stands on the ground.")
    touches: tuple[TouchSpec, ...] = param((), doc="Hands laid on other people.")
    detail: int = param(1, low=0, high=1, doc="Subdivision level of the body mesh.")
    cloth_detail: int = param(1, low=0, high=1, doc="Subdivision level of clothes; 0 suits people who are small in the picture.")
    hair_density: float = param(0.35, low=0.02, high=1.0, doc="Share of the full strand count (thinner, fewer far away).")
    looks: str = param("", doc="File of relief and pictures on skin and clothes, beside this one or in `looks`; empty = none.")


@dataclass(frozen=True, kw_only=True)
class GroupSpec(Spec):
    """People who belong together; each kind adds how they stand. For the record and the caption: people hold their own places.

    Attributes:
        nouns: Words for the group itself ("a couple"), the first for captions.
        phrases: Words for what its members do together -> the contact that they mean, or None.
        usual: Members where no number is said.
        formed: Something that people stand in ("five people in a queue").
        sizes: Fewest and most members that are drawn.
    """

    registry: ClassVar[str | None] = "groups"
    nouns: ClassVar[tuple[str, ...]] = ()
    phrases: ClassVar[dict[str, str | None]] = {}
    usual: ClassVar[int] = 2
    formed: ClassVar[bool] = False
    sizes: ClassVar[tuple[int, int]] = (2, 2)

    members: tuple[int, ...] = param((), low=0, doc="Indices of the people, in the order of the formation.")


@dataclass(frozen=True, kw_only=True)
class PlaceSpec(Spec):
    """A place; each generator adds its own parameters."""

    registry: ClassVar[str | None] = "places"


@dataclass(frozen=True, kw_only=True)
class SkySpec(Spec):
    """Sun and sky. Indoors it is what the windows show."""

    sun_elevation: float = param(0.7, low=-0.1, high=1.5708, unit="rad", doc="Height of the sun.")
    sun_azimuth: float = param(0.0, unit="rad", doc="Direction to the sun, about Z; 0 = -Y, growing towards +X.")
    sun_strength: float = param(3.4, low=0.0, high=20.0, unit="W/m²", doc="Irradiance of the sun.")
    sun_size: float = param(0.03, low=0.001, high=0.5, unit="rad", doc="Angular diameter; larger = softer shadows.")
    ambient: float = param(0.9, low=0.0, high=10.0, doc="Strength of the sky.")
    cloudiness: float = param(0.2, low=0.0, high=1.0, doc="Cover by clouds, drawn in the sky dome.")
    warmth: float = param(0.3, low=0.0, high=1.0, doc="0 = noon white, 1 = golden hour.")


@dataclass(frozen=True, kw_only=True)
class CameraSpec(Spec):
    """A pinhole camera, with Blender's lens shift and pixel aspect."""

    eye: tuple[float, float, float] = param(unit="m", doc="Position.")
    target: tuple[float, float, float] = param(unit="m", doc="Point in the middle of the image (before shift).")
    roll: float = param(0.0, low=-3.15, high=3.15, unit="rad", doc="Rotation about the view axis.")
    focal_mm: float = param(50.0, low=4.0, high=2000.0, unit="mm", doc="Focal length.")
    sensor_mm: float = param(36.0, low=1.0, high=200.0, unit="mm", doc="Sensor size along the longer side.")
    shift: tuple[float, float] = param((0.0, 0.0), low=-2.0, high=2.0, doc="Lens shift in units of the longer side.")
    pixel_aspect: float = param(1.0, low=0.25, high=4.0, doc="Width of a pixel over its height.")
    width: int = param(512, low=8, high=16384, unit="px", doc="Image width.")
    height: int = param(512, low=8, high=16384, unit="px", doc="Image height.")
    velocity: tuple[float, float, float] = param((0.0, 0.0, 0.0), unit="m/s", doc="Camera motion.")
    name: str = param("camera", doc="Sampler that made it.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.linalg.norm(np.subtract(self.eye, self.target)) < 1e-4:
            raise SpecError(
                "CameraSpec is degenerate: eye and target coincide", got=self.eye, fix="move the eye or the target"
            )

    def T_world_from_cam(self, time: float = 0.0) -> np.ndarray:
        """(4, 4) float64, OpenCV axes, at `time` seconds."""
        move = np.multiply(self.velocity, time)
        return look_at(np.add(self.eye, move), np.add(self.target, move), self.roll)

    def K(self) -> np.ndarray:
        """(3, 3) float64 intrinsics in pixels."""
        return intrinsics(self.width, self.height, self.focal_mm, self.sensor_mm, self.shift, self.pixel_aspect)


@dataclass(frozen=True, kw_only=True)
class RenderSpec(Spec):
    """How the picture is made; the labels do not depend on it."""

    engine: Literal["cycles", "eevee", "workbench"] = param("cycles", doc="Blender engine of the RGB picture.")
    samples: int = param(24, low=1, high=65536, doc="Samples a pixel (maximum, with adaptive sampling).")
    adaptive_threshold: float = param(0.05, low=0.0, high=1.0, doc="Noise threshold of adaptive sampling; 0 = off.")
    denoise: bool = param(True, doc="Open Image Denoise, where Blender has it.")
    exposure: float = param(0.0, low=-10.0, high=10.0, unit="EV", doc="Exposure, on top of the metered one.")
    metering: bool = param(True, doc="Set the exposure from the light in the picture, as an incident meter would.")
    view_transform: str = param("AgX", doc="Blender view transform.")
    look: str = param("AgX - Medium High Contrast", doc="Blender look, where it exists.")
    device: str = param("auto", doc="auto, cpu, cuda, optix, hip, metal, oneapi.")


@dataclass(frozen=True, kw_only=True)
class SceneSpec(Spec):
    """One scene: replays without its seed."""

    schema_version: int = param(SCHEMA_VERSION, low=1, doc="Version of this format.")
    origin: str = param("", doc="Where in the seed tree it was drawn, for the record only.")
    place: PlaceSpec = param(doc="The place.")
    sky: SkySpec = param(factory=SkySpec, doc="Sun and sky.")
    people: tuple[HumanSpec, ...] = param((), doc="People, in order of instance id 1..P.")
    groups: tuple[GroupSpec, ...] = param((), doc="Who belongs together.")
    cameras: tuple[CameraSpec, ...] = param((), doc="Views.")
    cloth: Literal["fast", "drape"] = param("fast", doc="Clothes skinned to the pose, or relaxed as cloth with real folds.")
    frames: int = param(1, low=1, high=100000, doc="Consecutive frames.")
    fps: float = param(24.0, low=0.1, high=1000.0, unit="1/s", doc="Frame rate.")
    render: RenderSpec = param(factory=RenderSpec, doc="Picture settings.")

    @classmethod
    def from_dict(cls, data: Any, where: str | None = None) -> SceneSpec:
        """Check the schema version first, so that a newer file is named as such and not as a list of odd fields."""
        version = data.get("schema_version") if isinstance(data, dict) else None
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise SpecError(
                "this scene was written by a newer Vivant",
                expected=f"schema_version <= {SCHEMA_VERSION}",
                got=version,
                fix="upgrade Vivant, or write the scene again with this version",
            )
        return super().from_dict(data, where)


def replace(spec: Spec, **changes: Any) -> Any:
    """`dataclasses.replace` for specs; checks run again."""
    return dataclasses.replace(spec, **changes)  # type: ignore[type-var]


def canonical(spec: Spec) -> str:
    """Compact JSON with sorted keys, for hashing."""
    return json.dumps(spec.to_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
