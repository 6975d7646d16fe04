"""A small, true dataset without Blender: a person, a box, a ball and hair, seen by a numpy ray caster.

Scene 0 has two views; scene 1 is a sequence of three frames with a walking person and a moving camera.
"""

from __future__ import annotations

from dataclasses import replace as _replace

import numpy as np
from vivant.procgen import registry
from vivant.procgen.channels.view import RawPasses, View
from vivant.procgen.dataset.encode import write_amodal, write_channel
from vivant.procgen.dataset.png import write_png
from vivant.procgen.dataset.store import Header, Store, frame_id
from vivant.procgen.dataset.verify.mesh_normals import shading_normals
from vivant.procgen.dataset.verify.strands import StrandField
from vivant.procgen.dataset.verify.witness import NEAR, Witness
from vivant.procgen.frame_record import FrameName, frame_record
from vivant.procgen.frames import project
from vivant.procgen.geometry import Mesh, SceneGeometry, SceneObject, Strands
from vivant.procgen.labels import label_person
from vivant.procgen.materials.shader import Shader
from vivant.procgen.npz import write_npz
from vivant.procgen.people.body_mesh import body_mesh
from vivant.procgen.people.body_state import pose_body, root_transform
from vivant.procgen.people.model import load_body
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.scene_mesh import pack_scene, scene_mesh
from vivant.procgen.spec import CameraSpec, HumanSpec, RenderSpec, SceneSpec

WIDTH, HEIGHT = 88, 120


def _paint():
    grey, sky = Shader("grey"), Shader("sky")
    grey.principled(base_color=(0.5, 0.5, 0.5))
    sky.surface(sky.node("Background", "Background", {}, Color=(0.45, 0.5, 0.55), Strength=0.8))
    return grey, sky


GREY, SKY = _paint()


def spec(number):
    """The spec of scene 0 (two views) or 1 (a sequence)."""
    place = registry.places.get(registry.places.names()[0]).spec()
    pose = registry.poses.get(registry.poses.names()[0]).spec()
    lens = {"focal_mm": 42.0, "width": WIDTH, "height": HEIGHT}
    first = CameraSpec(eye=(0.4, -3.4, 1.5), target=(0.0, 0.0, 0.95), shift=(0.02, -0.03), **lens)
    if number == 0:
        second = CameraSpec(eye=(1.9, -2.7, 1.2), target=(0.0, 0.0, 0.9), roll=0.1, pixel_aspect=1.25, **lens)
        cameras, frames = (first, second), 1
    else:
        # Towards the person: the flow grows from frame to frame.
        cameras, frames = (_replace(first, velocity=(0.6, 4.0, 0.0)),), 3
    return SceneSpec(place=place, people=(HumanSpec(pose=pose),), cameras=cameras, frames=frames, render=RenderSpec())


def body_at(frame):
    """The person at a frame: arms and legs swing, and the whole walks to its left."""
    model = load_body()
    betas = np.zeros(model.shapedirs.shape[2], np.float32)
    betas[:4] = (0.8, -0.6, 0.5, 0.4)
    pose = np.zeros((model.joint_count, 3))
    swing = 0.25 + 0.12 * frame
    for name, turn in (("left_shoulder", (0.1, 0, -1.1)), ("right_shoulder", (0.1, 0, 0.9)), ("left_elbow", (0, -swing, 0)),
                       ("left_hip", (-swing, 0, 0.05)), ("right_hip", (swing, 0, 0)), ("left_knee", (0.3, 0, 0))):  # fmt: skip
        pose[model.joint_names.index(name)] = turn
    root = root_transform(0.3 + 0.05 * frame, np.array([0.03 * frame, 0.0, 0.95]))
    return pose_body(model, Phenotype(), betas, np.zeros(model.exprdirs.shape[2], np.float32), pose, root)


def ball(centre, radius, n=24):
    """A closed ball of triangles."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, n, endpoint=False), np.linspace(0, np.pi, n // 2 + 1)[1:-1])
    ring = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)], -1).reshape(-1, 3)
    points = np.concatenate([ring, [[0, 0, 1], [0, 0, -1]]])
    faces = []
    for r in range(n // 2 - 2):
        for i in range(n):
            a, b = r * n + i, r * n + (i + 1) % n
            faces += [(a, a + n, b), (b, a + n, b + n)]
    top, last = len(ring), (n // 2 - 2) * n
    for i in range(n):
        faces += [(top, i, (i + 1) % n), (top + 1, last + (i + 1) % n, last + i)]
    return Mesh((points * radius + centre).astype(np.float32), np.array(faces, np.int32), (GREY,))


def box(low, high):
    """A closed box of flat quads."""
    corner = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    quads = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)], np.int32)
    points = np.asarray(low) + corner * np.subtract(high, low)
    return Mesh(points.astype(np.float32), quads, (GREY,), smooth=False)


def hair(body):
    """A few thick strands that hang from the crown."""
    head = body.joints[body.joint("head")]
    skin = body.posed[: body.count]
    top = skin[(skin[:, 2] > head[2] + 0.1)][::3]
    t = np.linspace(0, 1, 5)[None, :, None]
    out = (top - head) / np.linalg.norm(top - head, axis=1, keepdims=True)
    points = top[:, None] + 0.05 * t * out[:, None] - [0, 0, 0.06] * t**2
    return Strands(points.astype(np.float32), np.full(points.shape[:2], 0.002, np.float32), GREY)


def geometry_at(frame):
    """Everything that is there at a frame."""
    body = body_at(frame)
    ground = Mesh(
        np.array([[-6, -6, 0], [6, -6, 0], [6, 9, 0], [-6, 9, 0]], np.float32),
        np.array([[0, 1, 2, 3]], np.int32),
        (GREY,),
    )
    objects = [
        SceneObject("person_0/body", body_mesh(body, GREY, {}, level=0), "skin", 1, 0),
        SceneObject("person_0/hair", hair(body), "hair", 1, 0),
        SceneObject("ground", ground, "terrain"),
        SceneObject("crate", box((-0.5, -0.75, 0.0), (-0.02, -0.45, 0.45)), "prop", 2),
        SceneObject("ball", ball((0.7, 0.3, 0.3), 0.3), "prop", 3),
    ]
    return SceneGeometry(objects, [], SKY, [body])


def raw_passes(geometry, camera, time):
    """What a renderer would give: casts rays through the pixel centres."""
    T, K = camera.T_world_from_cam(time), camera.K()
    mesh = scene_mesh(geometry)
    blank = RawPasses(*(np.zeros((HEIGHT, WIDTH)) for _ in range(4)))
    view = View(WIDTH, HEIGHT, K, T, geometry, blank)
    rays = view.directions.reshape(-1, 3)
    hits = Witness(mesh["vertices"], mesh["triangles"], T[:3, 3], "raster").cast(rays, NEAR)
    seen = hits.triangle >= 0
    depth, objects, face, normal = (
        np.full(len(rays), 1e10),
        np.zeros(len(rays), int),
        np.full(len(rays), -1),
        np.zeros((len(rays), 3)),
    )
    depth[seen], objects[seen] = hits.t[seen], mesh["triangle_object"][hits.triangle[seen]]
    face[seen] = mesh["triangle_face"][hits.triangle[seen]]
    shading, flat = shading_normals(mesh, hits.triangle[seen], hits.bary[seen])
    back = (flat * rays[seen]).sum(1) > 0
    normal[seen] = np.where(back[:, None], -shading, shading)
    strand = StrandField(mesh, K, view.T_cam_from_world, WIDTH, HEIGHT).depths((1.0,))[0].ravel()
    front = strand < depth
    depth[front], objects[front], face[front], normal[front] = strand[front], 2, -1, -rays[front]
    faced = np.array([0, 1, 0, 0, 0, 0], bool)[objects]
    albedo = np.array([0.0, 0.6, 0.1, 0.4, 0.5, 0.3])[objects][:, None] * np.ones(3)
    shape = (HEIGHT, WIDTH)
    return RawPasses(
        depth.reshape(shape).astype(np.float32), normal.reshape(*shape, 3).astype(np.float32), objects.reshape(shape).astype(np.int32),
        np.where(faced, face, -1).reshape(shape).astype(np.int32), albedo.reshape(*shape, 3),
    )  # fmt: skip


def sight_lines(view):
    """Sight lines by the same caster, hair from the picture."""
    mesh = scene_mesh(view.geometry)
    eye = view.T_world_from_cam[:3, 3]
    witness = Witness(mesh["vertices"], mesh["triangles"], eye, "raster")

    def sight(targets):
        hits = witness.cast(targets - eye)
        between = (hits.triangle >= 0) & (hits.t < 1)
        ids = np.where(between, mesh["triangle_object"][hits.triangle], 0).astype(int)
        near = np.where(between, np.where(between, hits.t, 0) * np.linalg.norm(targets - eye, axis=1), np.inf)
        pixel, z = project(view.K, view.T_cam_from_world, targets)
        x, y = np.floor(pixel).astype(int).T
        for i in np.nonzero((x >= 0) & (y >= 0) & (x < WIDTH) & (y < HEIGHT))[0]:
            if view.raw.object[y[i], x[i]] == 2 and view.raw.depth[y[i], x[i]] < z[i]:
                far = view.raw.depth[y[i], x[i]] * np.linalg.norm(view.directions[y[i], x[i]])
                if far < near[i]:
                    ids[i], near[i] = 2, far
        return ids, near

    return sight


def write_frame(store, number, index, time, scene, moments, passes):
    """One frame with every channel."""
    camera, fps = scene.cameras[index], scene.fps
    later = time + 1 < scene.frames
    view = View(WIDTH, HEIGHT, camera.K(), camera.T_world_from_cam(time / fps), moments[time], passes[time])
    if later:
        view = _replace(view, T_world_from_cam_next=camera.T_world_from_cam((time + 1) / fps),
                        geometry_next=moments[time + 1], raw_next=passes[time + 1])  # fmt: skip
    people = [label_person(view, 0, moments[time].bodies[0], sight_lines(view))]
    with store.frame(frame_id(number, index, time if scene.frames > 1 else None)) as frame:
        light = np.clip(-(view.raw.normal * [0.4, 0.7, -0.6]).sum(-1), 0.1, 1) * (view.raw.depth < 1e9)
        write_png(
            frame.folder / "rgb.png", np.rint(255 * (light[..., None] * view.raw.albedo) ** 0.45).astype(np.uint8)
        )
        for entry in registry.channels:
            array = entry.make.decode(view)
            if array is not None:
                write_channel(frame.folder, entry.make, array)
        write_amodal(frame.folder, np.stack([p.amodal for p in people]))
        write_npz(frame.folder / "mesh.npz", pack_scene(view.geometry, view.geometry_next), level=1)
        record = frame_record(scene, FrameName(number, index, time), view, people, caption="A person stands by a crate.",
                              facts={"people": [{"instance": 1, "in_frame": True}], "count": 1})  # fmt: skip
        frame.finish(record)


def build(root):
    """Write the dataset; returns its path."""
    with Store.open_or_create(
        root, Header("0.1.0", 7, {"scenes": 2, "views": 2, "width": WIDTH, "height": HEIGHT})
    ) as store:
        for number in (0, 1):
            scene = spec(number)
            moments = [geometry_at(t) for t in range(scene.frames)]
            store.write_scene(number, scene.to_json())
            for index, camera in enumerate(scene.cameras):
                passes = [raw_passes(g, camera, t / scene.fps) for t, g in enumerate(moments)]
                for time in range(scene.frames):
                    write_frame(store, number, index, time, scene, moments, passes)
    return root
