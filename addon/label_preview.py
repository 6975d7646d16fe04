# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels drawn over the 3D view, live: masks, classes, body parts, normals, depth, skeletons.

What is drawn are the evaluated meshes and hair of the scene, in the colours of contact sheets. Nothing of the scene, the
view or its shading is changed; switching it off takes a draw handler away.
"""

from __future__ import annotations

from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..procgen.blender import drawn
from ..procgen.dataset.palette import NOTHING, PAGE, linear_from_srgb, ramp
from ..procgen.people.skeleton import JOINT_NAMES, PARENTS

_VERTEX = """
void main() {
  vec4 p = vec4(pos, 1.0);
  gl_Position = project * p;
  z = -dot(view_z, p);
  n = vec3(dot(view_x.xyz, nrm), dot(view_y.xyz, nrm), dot(view_z.xyz, nrm));
  c = color;
}
"""
_FRAGMENT = """
void main() {
  vec3 shown = c;
  if (mode == 1) {
    vec3 m = normalize(n);
    if (m.z < 0.0) { m = -m; }
    shown = 0.5 + 0.5 * m;
  }
  if (mode == 2) {
    float t = clamp((range.y - z) / (range.y - range.x), 0.0, 1.0) * 6.0;
    vec3 anchors[7] = vec3[7](%s);
    int k = int(min(floor(t), 5.0));
    shown = mix(anchors[k], anchors[k + 1], t - float(k));
  }
  // The viewport's buffer stores sRGB and is written in linear light.
  vec3 low = shown / 12.92, high = pow((shown + 0.055) / 1.055, vec3(2.4));
  out_color = vec4(mix(low, high, step(vec3(0.04045), shown)), 1.0);
}
"""
_MODES = {"NORMAL": 1, "DEPTH": 2}
_LEFT, _RIGHT, _MIDDLE = (1.0, 0.62, 0.25, 1.0), (0.35, 0.72, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)
_handle: Any = None
_shader: Any = None
_batches: dict[tuple[str, str], Any] = {}
# Corners of the box around each piece, (8, 3), for the range of depth.
_boxes: list[np.ndarray] = []
# Deepest range that is shown in full, metres: a horizon would leave no contrast to people.
_DEEPEST = 8.0
_stale = True


def refresh(context: Any) -> None:
    """Start, stop or redraw, as the scene's settings say."""
    global _handle
    wanted = any(s.vivant.preview != "OFF" or s.vivant.skeleton for s in bpy.data.scenes)
    if wanted and _handle is None and not bpy.app.background:
        _handle = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
        bpy.app.handlers.depsgraph_update_post.append(_changed)
    elif not wanted:
        stop()
    _forget()
    redraw()


def stop() -> None:
    """Take the draw handler away."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
        _handle = None
    if _changed in bpy.app.handlers.depsgraph_update_post:
        bpy.app.handlers.depsgraph_update_post.remove(_changed)
    _forget()


def redraw() -> None:
    """Ask every 3D view to draw."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


@bpy.app.handlers.persistent
def after_load(*_: object) -> None:
    """A loaded file may have the preview on."""
    refresh(bpy.context)


def _forget() -> None:
    global _stale
    _batches.clear()
    _boxes.clear()
    _stale = True


def _changed(scene: Any, graph: Any) -> None:
    global _stale
    if any(u.is_updated_geometry or u.is_updated_transform for u in graph.updates) or not graph.updates:
        _stale = True


def _draw() -> None:
    context = bpy.context
    asked = context.scene.vivant
    if asked.preview != "OFF":
        _draw_labels(context, asked)
    if asked.skeleton:
        _draw_skeletons(context)


def _draw_labels(context: Any, asked: Any) -> None:
    global _stale
    graph = context.evaluated_depsgraph_get()
    if _stale:
        _batches.clear()
        _boxes.clear()
        for piece in drawn.pieces(graph, asked.preview):
            kind = "LINES" if piece.lines else "TRIS"
            content = {"pos": piece.positions, "nrm": piece.normals, "color": piece.colors}
            _batches[piece.name, kind] = batch_for_shader(shader(), kind, content)
            ends = np.stack([piece.positions.min(0), piece.positions.max(0)])
            _boxes.append(np.array([[ends[i, 0], ends[j, 1], ends[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)]))
        _stale = False
    region = context.region_data
    view = np.array(region.view_matrix)
    page = [*linear_from_srgb(np.array(PAGE if asked.preview in _MODES else NOTHING) / 255.0).tolist(), 1.0]
    gpu.state.active_framebuffer_get().clear(color=page, depth=1.0)
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(True)
    program = shader()
    program.bind()
    program.uniform_float("project", region.perspective_matrix)
    for axis, row in zip("xyz", view, strict=False):
        program.uniform_float(f"view_{axis}", row.tolist())
    program.uniform_float("range", _depth_range(view))
    program.uniform_int("mode", _MODES.get(asked.preview, 0))
    for batch in _batches.values():
        batch.draw(program)
    gpu.state.depth_test_set("NONE")
    gpu.state.depth_mask_set(False)


def _depth_range(view: np.ndarray) -> tuple[float, float]:
    """Nearest and farthest depth to tell apart."""
    z = np.concatenate([-(box @ view[2, :3] + view[2, 3]) for box in _boxes]) if _boxes else np.array([0.0, 1.0])
    ahead = z[z > 0.0]
    near = float(ahead.min()) if len(ahead) else 0.0
    return near, min(float(z.max()), near + _DEEPEST) + 1e-3


def _draw_skeletons(context: Any) -> None:
    from ..procgen.blender import live
    from . import people

    program = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.depth_test_set("NONE")
    gpu.state.line_width_set(2.0)
    gpu.state.point_size_set(6.0)
    for collection in people.in_scene(context.scene):
        rig = live.rig_of(collection)
        if rig is None or not rig.visible_get():
            continue
        bones = rig.evaluated_get(context.evaluated_depsgraph_get()).pose.bones
        joints = [tuple(rig.matrix_world @ bones[n].head) for n in JOINT_NAMES]
        for color, side in ((_LEFT, "left"), (_RIGHT, "right"), (_MIDDLE, "")):
            mine = [j for j, n in enumerate(JOINT_NAMES) if _side(n) == side]
            lines = [joints[k] for j in mine if PARENTS[j] >= 0 for k in (PARENTS[j], j)]
            program.uniform_float("color", color)
            if lines:
                batch_for_shader(program, "LINES", {"pos": lines}).draw(program)
            batch_for_shader(program, "POINTS", {"pos": [joints[j] for j in mine]}).draw(program)
    gpu.state.line_width_set(1.0)
    gpu.state.point_size_set(1.0)


def _side(name: str) -> str:
    return next((s for s in ("left", "right") if name.startswith(s)), "")


def shader() -> Any:
    """The program that draws labels, compiled once."""
    global _shader
    if _shader is None:
        info = gpu.types.GPUShaderCreateInfo()
        info.push_constant("MAT4", "project")
        for axis in "xyz":
            info.push_constant("VEC4", f"view_{axis}")
        info.push_constant("VEC2", "range")
        info.push_constant("INT", "mode")
        info.vertex_in(0, "VEC3", "pos")
        info.vertex_in(1, "VEC3", "nrm")
        info.vertex_in(2, "VEC3", "color")
        between = gpu.types.GPUStageInterfaceInfo("vivant_labels")
        between.smooth("VEC3", "n")
        between.smooth("FLOAT", "z")
        between.flat("VEC3", "c")
        info.vertex_out(between)
        info.fragment_out(0, "VEC4", "out_color")
        info.vertex_source(_VERTEX)
        anchors = ", ".join("vec3({:.4f}, {:.4f}, {:.4f})".format(*row) for row in ramp(np.linspace(0.0, 1.0, 7)))
        info.fragment_source(_FRAGMENT % anchors)
        _shader = gpu.shader.create_from_info(info)
    return _shader


def register() -> None:
    """Follow loaded files."""
    bpy.app.handlers.load_post.append(after_load)


def unregister() -> None:
    """Stop drawing."""
    global _shader
    stop()
    _shader = None
    if after_load in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(after_load)
