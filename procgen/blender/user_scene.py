"""Any .blend with labels: what Blender evaluates becomes arrays, and arrays are labelled as every scene of ours is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..dataset.store import Header, Store, frame_id
from ..errors import BuildError, SpecError, unknown_name
from ..frame_record import FrameName, frame_record
from ..generate import LICENCES
from ..geometry import Mesh, SceneGeometry, SceneObject, Strands
from ..materials.shader import Shader
from ..people.body_state import BodyState
from ..places.own import OwnPlaceSpec
from ..spec import CameraSpec, HumanSpec, SceneSpec
from . import compat, drawn, live, objects, settings
from .build_scene import BlenderScene, add_objects, truth_scene
from .insert import camera_spec
from .preview import grey_sky
from .render import scratch
from .render_scene import model_sha256, version
from .render_view import Session, Shot, chosen_channels, label_people, truth_of, view_of, write_shot

MESHES = ("MESH", "CURVE", "SURFACE", "FONT", "META")


def label_file(
    blend: Path,
    out: Path,
    *,
    scene: str | None = None,
    camera: str | None = None,
    frame: int | None = None,
    size: tuple[int, int] | None = None,
    channels: Sequence[str] = ("all",),
) -> None:
    """Render one frame of a .blend with labels into a new dataset.

    Args:
        blend: The file; it is opened and not saved.
        out: Dataset folder.
        scene, camera, frame, size: Instead of what the file has.
        channels: Names of channels, or "all".
    Raises:
        SpecError: no such scene or camera. BuildError: the file cannot be opened.
    """
    wanted = chosen_channels(list(channels) or None)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False)
    except RuntimeError as e:
        why = str(e).strip().splitlines()[-1]
        raise BuildError(f"{blend.name} cannot be opened", got=why, fix="save it again in this Blender") from None
    source = _scene(scene)
    if bpy.context.window is not None:
        bpy.context.window.scene = source
    if frame is not None:
        source.frame_set(frame)
    if size is not None:
        source.render.resolution_x, source.render.resolution_y = size
        source.render.resolution_percentage = 100
    lens = _camera(source, camera)
    source.camera = lens
    session = open_user_scene(source, camera_spec(source, lens))
    arguments = {"blend": blend.name, "scene": source.name, "camera": lens.name, "frame": source.frame_current}
    with Store.open_or_create(out, Header(version(), None, arguments, LICENCES)) as store:
        store.write_scene(0, session.spec.to_json())
        name = FrameName(0, 0, 0)
        with store.frame(frame_id(0, 0, None)) as writer:
            view = view_of(session, 0, truth_of(session, 0))
            labels = label_people(session, view)
            render_as_is(source, writer.folder / "rgb.png")
            shot = Shot(view, labels, {})
            write_shot(shot, writer.folder, wanted, mesh=True)
            text = f"{len(labels)} people in a scene of its own" if labels else "a scene of its own"
            versions = {"vivant": version(), "blender": bpy.app.version_string}
            record = frame_record(session.spec, name, view, labels, model_sha256=model_sha256(), caption=text, versions=versions)
            writer.finish(record, shot.seconds)


def open_user_scene(source: Any, view: CameraSpec) -> Session:
    """A scene as arrays in a ground-truth scene beside it, ready for the passes; the scene itself stays as it is."""
    graph = source.view_layers[0].depsgraph
    graph.update()
    geometry, people = gather(graph)
    standing = tuple(_standing(h, b) for h, b in zip(people, geometry.bodies, strict=True))
    spec = SceneSpec(place=OwnPlaceSpec(), people=standing, cameras=(view,))
    shadow = bpy.data.scenes.new("vivant_labels")
    root = bpy.data.collections.new("vivant_labels")
    shadow.collection.children.link(root)
    made = add_objects(geometry.objects, root, root)
    camera = objects.make_camera("vivant_label_camera")
    root.objects.link(camera)
    built = BlenderScene(shadow, truth_scene(shadow, camera), camera, made)
    settings.ground_truth(built.truth)
    return Session(spec, geometry, built)


def _standing(human: HumanSpec, body: Any) -> HumanSpec:
    """The spec with the place where the person was found."""
    heading = float(np.arctan2(body.root[1, 0], body.root[0, 0]))
    return replace(human, position=(float(body.root[0, 3]), float(body.root[1, 3])), heading=heading)


def render_as_is(scene: Any, path: Path) -> None:
    """The picture with the scene's own engine and settings; only where and how it is written is ours."""
    from ..dataset.png import strip_png

    with scratch() as folder:
        scene.render.filepath = str(folder / "picture.png")
        scene.render.use_file_extension = False
        compat.set_png(scene)
        if scene.render.engine == "CYCLES" and not compat.has_denoiser():
            scene.cycles.use_denoising = False  # such a build (Debian's) refuses to render at all
        bpy.ops.render.render(write_still=True, scene=scene.name)
        (path).write_bytes((folder / "picture.png").read_bytes())
    strip_png(path)


def gather(graph: Any) -> tuple[SceneGeometry, list[HumanSpec]]:
    """Everything that the renderer sees, as arrays in world space, and the people among it.

    Args:
        graph: Evaluated dependency graph.
    Returns:
        The geometry (bodies included), and the people's specs in order of their instance ids.
    """
    numbers = drawn.instance_numbers(graph)
    names = [key.partition(":")[2] for key in numbers if key.startswith("person:")]
    collections = [bpy.data.collections[n] for n in names if live.SPEC in bpy.data.collections[n]]
    index = {c.name: i for i, c in enumerate(collections)}
    items: list[SceneObject] = []
    for instance in graph.object_instances:
        ob = instance.object
        if not instance.show_self or ob.original.hide_render or not ob.original.get("vivant_labelled", True):
            continue
        shape = _shape(ob, np.array(instance.matrix_world, np.float64))
        if shape is None:
            continue
        key = drawn.instance_key(instance)
        person = index.get(key.partition(":")[2], -1) if key.startswith("person:") else -1
        label = f"person_{person}/{ob.original.get(live.PART)}" if person >= 0 else f"{ob.name}_{len(items)}"
        items.append(SceneObject(label, shape, drawn.semantic_of(ob.original), numbers.get(key, 0), person))
    if not items:
        raise BuildError("there is nothing to render in this scene", fix="make some objects visible to renders")
    people = [HumanSpec.from_json(c[live.SPEC]) for c in collections]
    bodies: list[BodyState] = []
    for collection, human in zip(collections, people, strict=True):
        rig = live.rig_of(collection)
        if rig is None or np.abs(np.array(rig.matrix_world.to_scale()) - 1.0).max() > 1e-3:
            raise BuildError(f"{collection.name} is scaled, or has lost its armature", fix="clear its scale; use Height in the sidebar")
        bodies.append(live.body_of(collection, human))
    return SceneGeometry(items, [], grey_sky(), list(bodies)), people


def _shape(ob: Any, matrix: np.ndarray) -> Mesh | Strands | None:
    if ob.type == "CURVES":
        return _strands(ob.data, matrix)
    if ob.type not in MESHES:
        return None
    mesh = ob.to_mesh()
    try:
        return None if mesh is None or len(mesh.loop_triangles) == 0 else _mesh(mesh, matrix)
    finally:
        ob.to_mesh_clear()


def _mesh(mesh: Any, matrix: np.ndarray) -> Mesh:
    count = len(mesh.loop_triangles)
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    faces, loops, polygon = (np.empty(n, np.int32) for n in (3 * count, 3 * count, count))
    mesh.loop_triangles.foreach_get("vertices", faces)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    faces = faces.reshape(-1, 3)
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirrored object turns its faces inside out
        faces, loops = faces[:, ::-1], loops.reshape(-1, 3)[:, ::-1].ravel()
    smooth = np.empty(len(mesh.polygons), bool)
    mesh.polygons.foreach_get("use_smooth", smooth)
    out = Mesh(
        (points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32),
        np.ascontiguousarray(faces),
        (_plain(),),
        smooth=bool(smooth.mean() > 0.5),
    )
    part, uv = mesh.attributes.get(objects.BODY_PART), mesh.attributes.get(objects.BODY_UV)
    if part is not None and uv is not None:
        ids, corners = np.empty(len(mesh.polygons), np.int32), np.empty(2 * len(mesh.loops), np.float32)
        part.data.foreach_get("value", ids)
        uv.data.foreach_get("vector", corners)
        out = replace(out, part=ids[polygon].astype(np.uint8), iuv=corners.reshape(-1, 2)[loops].reshape(-1, 3, 2))
    return out


def _strands(curves: Any, matrix: np.ndarray) -> Strands | None:
    """Hair curves; of strands with unlike numbers of points, those with the most usual number."""
    first = np.empty(len(curves.curves) + 1, np.int32)
    if len(first) < 2:
        return None
    curves.curve_offset_data.foreach_get("value", first)
    points = np.empty(3 * len(curves.points), np.float32)
    curves.attributes["position"].data.foreach_get("vector", points)
    radius = np.full(len(curves.points), 5e-5, np.float32)
    if "radius" in curves.attributes:
        curves.attributes["radius"].data.foreach_get("value", radius)
    length = np.diff(first)
    usual = int(np.bincount(length).argmax())
    rows = first[:-1][length == usual][:, None] + np.arange(usual)
    world = points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    return Strands(world[rows].astype(np.float32), radius[rows], _plain())


def _plain() -> Shader:
    made = Shader("label")
    made.surface(made.node("BsdfDiffuse", "BSDF", {}))
    return made


def _scene(name: str | None) -> Any:
    if name is None:
        return bpy.context.scene
    if name not in bpy.data.scenes:
        raise unknown_name("scene", name, tuple(s.name for s in bpy.data.scenes))
    return bpy.data.scenes[name]


def _camera(scene: Any, name: str | None) -> Any:
    cameras = [ob.name for ob in scene.objects if ob.type == "CAMERA"]
    if name is not None and name not in cameras:
        raise unknown_name("camera", name, tuple(cameras))
    found = scene.objects[name] if name is not None else scene.camera
    if found is None:
        raise SpecError(f"scene {scene.name!r} has no camera", fix="add one, or name one with --camera")
    if found.data.type != "PERSP":
        raise SpecError(f"camera {found.name!r} is not a perspective camera", expected="PERSP", got=found.data.type)
    return found
