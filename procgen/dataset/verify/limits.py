"""Every bound that verification uses, with its reason. Tests and documents read this table; nothing else holds a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Limit:
    """A bound on a residual.

    Attributes:
        channel: What the check is about.
        sense: "<=" or ">=".
        bound: The number.
        unit: Its unit.
        what: One line that says what is wrong when the bound is broken.
        reason: Why this number.
    """

    channel: str
    sense: Literal["<=", ">="]
    bound: float
    unit: str
    what: str
    reason: str

    def holds(self, value: float) -> bool:
        """True if the residual is within the bound; NaN never is."""
        return value <= self.bound if self.sense == "<=" else value >= self.bound

    @property
    def text(self) -> str:
        """`<= 0.01`."""
        return f"{self.sense} {self.bound:g}"


def _none(channel: str, unit: str, what: str, reason: str = "exact: a single one is a bug") -> Limit:
    return Limit(channel, "<=", 0.0, unit, what, reason)


def _most(channel: str, bound: float, unit: str, what: str, reason: str) -> Limit:
    return Limit(channel, "<=", bound, unit, what, reason)


def _least(channel: str, bound: float, unit: str, what: str, reason: str) -> Limit:
    return Limit(channel, ">=", bound, unit, what, reason)


_FLOAT32 = "float32 holds 7 digits; a wrong formula is off by percents"
_EDGE = "rays within 0.006 px of the centre, where the renderer's sample may lie, count as agreement"

LIMITS: dict[str, Limit] = {
    # --- the dataset as a whole
    "dataset.conventions": _none("dataset", "keys", "conventions.json is missing, older or edited"),
    "dataset.index": _none("dataset", "problems", "dataset.json is missing, unreadable or of another schema version"),
    "dataset.frames": _none("dataset", "frames", "frames are unfinished, unreadable or missing"),
    "dataset.scenes": _none("dataset", "scenes", "a scene file is missing, unreadable or does not round-trip"),
    # --- files
    "files.listed": _none("files", "files", "the folder and the record's list of files differ"),
    "files.sha256": _none("files", "files", "a file does not have the hash that the record names"),
    "files.readable": _none("files", "files", "a file is damaged"),
    "files.shape": _none("files", "files", "a file has another size or number type than its channel"),
    "record.complete": _none("record", "problems", "the record lacks or garbles something that every record holds"),
    "record.objects": _none("record", "rows", "the object table does not agree with itself"),
    "record.facts": _none("record", "facts", "caption facts contradict the record"),
    "record.scene": _none("record", "fields", "record and scene file describe different people"),
    # --- camera
    "camera.K": _most("camera", 1e-6, "px", "K is not the intrinsics of focal length, sensor, shift and aspect",
                      "float64 arithmetic on numbers up to 1e4; half a pixel is 0.5"),
    "camera.rigid": _most("camera", 1e-9, "1", "the pose is no rotation and translation, or the pair are no inverses",
                          "float64 rotations from a look-at are orthonormal to 1e-15"),
    "camera.pose": _most("camera", 1e-9, "m", "the pose is not the one that the scene file gives this view at this time",
                         "both are the same float64 formula"),
    # --- depth
    "depth.positive": _none("depth", "px", "depth is zero, negative or not a number somewhere"),
    "depth.background": _none("depth", "px", "depth is infinite exactly where object is 0: not so here"),
    "depth.witness": _least("depth", 0.999, "share", "depth differs from the ray caster's by more than 1 mm",
                            "measured 99.99 % within 1 mm with Cycles; " + _EDGE),
    "depth.median": _most("depth", 0.1, "mm", "depth is off everywhere against the ray caster", "measured 0.008 mm"),
    "depth.hair": _least("depth", 0.995, "share", "hair depth is not on any strand (radius + 0.5 mm)",
                         "measured 100 %, at most 0.2 mm off the spline that Cycles draws through the points"),
    "depth.views": _most("depth", 0.03, "share", "one view sees through a surface that another view sees",
                         "grass and leaves are missed by up to a pixel (1 % in a meadow); a wrong pose gives 10 %"),
    "distance.ray_length": _most("distance", 2e-6, "relative", "distance is not depth times the length of the ray", _FLOAT32),
    "distance.background": _none("distance", "px", "distance is infinite exactly where object is 0: not so here"),
    "depth.painted": _least("depth", 0.99, "share", "depth differs from that of a second renderer (pyrender)",
                            "a rasteriser snaps corners to 1/256 px: 0.3 % of a meadow's pixels at 256² lie on such edges"),
    # --- normals
    "normal.unit": _most("normal", 2e-6, "1", "normals are not of unit length on surfaces, or not zero off them", _FLOAT32),
    "normal.facing": _most("normal", 1e-5, "1", "normals face away from the camera", "turned back to the silhouette in float64"),
    "normal.gradient": _most("normal", 4.0, "deg", "normals differ from the slope of the depth on smooth patches",
                             "median over patches; facets against smooth shading give 1 to 2 degrees, a wrong frame 30 and more"),
    "normal.witness": _most("normal", 0.5, "deg", "99 % of normals are nearer than this to the ray caster's",
                            "measured p99 0.25 degrees with Cycles (half-float vertex normals)"),
    "normal_world.unit": _most("normal_world", 2e-6, "1", "normals are not of unit length on surfaces", _FLOAT32),
    "normal_world.frames": _most("normal_world", 5e-6, "1", "world and camera normals are not one turned by the pose", _FLOAT32),
    # --- ids
    "object.table": _none("object", "ids", "object ids without a row in the record's table"),
    "object.witness": _least("object", 0.9999, "share", "objects differ from what the ray caster meets",
                             "measured 99.99 % and more; either of two surfaces that coincide counts; " + _EDGE),
    "object.painted": _least("object", 0.995, "share", "objects differ from those that a second renderer (pyrender) shows",
                             "corners snapped to 1/256 px; measured 0.1 % in a meadow at 256²"),
    "object.hair": _most("object", 0.01, "share", "hair is drawn where no strand passes, or strands are not drawn",
                         "centres well inside a strand that are not hair, or hair far from strands; two pixels are forgiven"),
    "instance.table": _none("instance", "px", "instance.png is not the object table applied to object.png"),
    "instance.witness": _least("instance", 0.999, "IoU", "a person's mask differs from the ray caster's",
                               "measured IoU 0.9999; " + _EDGE),
    "semantic.table": _none("semantic", "px", "semantic.png is not the object table applied to object.png"),
    "part.people": _none("part", "px", "body parts off people, or part ids that the body does not have"),
    "part.witness": _least("part", 0.999, "share", "body parts differ from those of the triangles that the ray caster meets", _EDGE),
    "part.body": _least("part", 0.97, "share", "body parts are not those of the body surface below the pixel",
                        "bare skin only; smoothing moves the borders between parts by up to a pixel"),
    # --- the body as rendered
    "body.skin": _least("body", 0.98, "share", "bare skin is not where the body run forward has its skin",
                        "pixels within 15 mm of the model; smoothing and clothes move skin by a few"),
    "body.mesh": _most("body", 60.0, "mm", "the rendered skin strays from the body run forward",
                       "from the nearest vertex; edges of the body are up to 75 mm long, so their middles lie 37 mm away"),
    # --- IUV
    "iuv.range": _none("iuv", "px", "u or v outside [0, 1], or not a number"),
    "iuv.part": _none("iuv", "px", "I is not part.png, or IUV is not zero off people"),
    "iuv.body": _least("iuv", 0.98, "share", "u, v are not those of the body surface below the pixel",
                       "bare body only, within 0.01 of the map; pixels on a seam see two charts"),
    # --- masks and boxes
    "amodal.visible": _none("amodal", "px", "visible pixels of a person lie outside the amodal mask"),
    "amodal.body": _least("amodal", 0.98, "share", "the body run forward from the record does not fill the amodal mask",
                          "vertices of the posed body whose pixel, or a neighbour, is in the mask; fingers thinner than a pixel are not"),
    "amodal.witness": _least("amodal", 0.999, "IoU", "the amodal mask is not the silhouette of the person's triangles", _EDGE),
    "boxes.visible": _none("boxes", "px", "box or pixel count is not that of the visible mask"),
    "boxes.amodal": _none("boxes", "px", "box or pixel count is not that of the amodal mask"),
    "boxes.keypoints": _most("boxes", 2.0, "px", "a keypoint that is seen lies outside the amodal box",
                             "joints lie inside the body; 2 px for landmarks on the outline"),
    # --- keypoints
    "keypoints.names": _none("keypoints", "names", "names or numbers of keypoints are not those of the set"),
    "keypoints.body": _most("keypoints", 0.01, "mm", "3D keypoints are not those of the body run forward from the record",
                            "float32 skinning repeats to 1e-6 m; 0.01 mm is below anything visible"),
    "keypoints.camera": _most("keypoints", 0.001, "mm", "camera and world positions are not one turned by the pose", "float64"),
    "keypoints.projection": _most("keypoints", 0.01, "px", "2D keypoints are not the projected 3D ones", "float64, stored in full"),
    "keypoints.sides": _none("keypoints", "pairs", "left and right are swapped against the body's own sides"),
    "keypoints.visibility": _none("keypoints", "points", "visibility is 0 exactly for points outside the image: not so here"),
    "keypoints.occluder": _none("keypoints", "points", "occluder and visibility contradict each other or the object table"),
    "keypoints.witness": _none("keypoints", "points", "visibility or occluder differ from what sight lines meet",
                               "five sight lines within 1 mm are asked, and one that confirms the record is enough"),
    # --- flow
    "flow.static": _most("flow", 0.01, "px", "flow of things at rest is not their depth seen from the next camera",
                         "99th percentile; float32 depth at 10 m moves a point by 1e-4 px"),
    "flow.sky": _most("flow", 0.01, "px", "flow of the sky is not the camera's rotation", "float32 of a closed formula"),
    "flow.witness": _most("flow", 0.01, "px", "flow is not where the triangles go", "99th percentile; measured 0.001 px"),
    "flow.next": _least("flow", 0.995, "share", "flow marked valid leads to another object in the next frame",
                        "valid means that the same object is seen there"),
    "flow_valid.range": _none("flow_valid", "px", "values other than 0 and 255"),
    "flow_valid.witness": _least("flow_valid", 0.99, "share", "validity differs from what the next frame shows",
                                 "recomputed from the next frame's depth and ids; borders of the 1 % rule may flip"),
    # --- datasets of others
    "coco.fields": _none("coco", "problems", "lists, ids or references are wrong"),
    "coco.boxes": _none("coco", "boxes", "boxes lie outside their image, or masks do not decode"),
    "coco.masks": _most("coco", 1.5, "px", "a box is not that of its mask", "tools differ on the last pixel; polygons lie between pixels"),
    "coco.areas": _most("coco", 0.2, "share", "an area is not that of its mask", "polygons of small things differ from their pixels"),
    "coco.keypoints": _none("coco", "problems", "keypoints contradict their names, number or image"),
    "amass.fields": _none("amass", "problems", "arrays are missing or of another shape"),
    "amass.finite": _none("amass", "arrays", "arrays hold NaN or infinity"),
    "amass.angles": _most("amass", 6.2832, "rad", "a rotation vector is longer than a full turn",
                          "axis-angle needs at most half a turn; files that add turns exist"),
    "amass.turning": _most("amass", 100.0, "rad/s", "a joint turns faster than any person", "boxers and pitchers reach 80 to 120 rad/s"),
    "amass.speed": _most("amass", 15.0, "m/s", "the body moves faster than any person", "sprinters reach 12.5 m/s"),
    "amass.joints": _most("amass", 0.1, "mm", "joints are not those of the body model", "float32 skinning"),
    "hdf5.fields": _none("hdf5", "problems", "images are missing or of different sizes"),
    "hdf5.depth": _none("hdf5", "px", "depth is zero, negative or not a number somewhere"),
    "hdf5.normals": _most("hdf5", 0.02, "1", "normals are not of unit length",
                          "99th percentile; averages over samples are shorter at edges"),
    "hdf5.instances": _none("hdf5", "ids", "instances that the table does not list"),
    # --- pictures
    "albedo.range": _none("albedo", "px", "albedo outside [0, 1] or not a number", "half float; 1e-3 is allowed for rounding"),
    "rgb.contrast": _least("rgb", 2.0, "levels", "the picture is black, white or flat", "standard deviation in 8-bit levels, by eye"),
    "rgb.exposure": _least("rgb", 0.25, "share", "the picture is nearly all black or all white", "share of pixels in 4..251, by eye"),
}  # fmt: skip
