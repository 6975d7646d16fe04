"""EXR and PNG files as this Blender writes them, read by us and by the OpenEXR library and Pillow."""

import bpy
import numpy as np
import pytest
from vivant.procgen.dataset.exr import exr_parts, read_exr
from vivant.procgen.dataset.png import read_png


@pytest.fixture
def scene():
    """A square 4 m before a camera, 40 x 30 pixels, one sample."""
    scene = bpy.data.scenes.new("files")
    mesh = bpy.data.meshes.new("cube")
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [], [(0, 1, 2, 3)])
    thing = bpy.data.objects.new("thing", mesh)
    thing.pass_index = 3
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0.3, 0.2, 4)
    for item in (thing, camera):
        scene.collection.objects.link(item)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 40, 30, 100
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    return scene


def _render(scene, path):
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return path


@pytest.mark.parametrize("depth", ["16", "32"])
@pytest.mark.parametrize("codec", ["NONE", "ZIP", "ZIPS"])
def test_multilayer(scene, tmp_path, codec, depth):
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", depth, codec
    path = _render(scene, tmp_path / "a.exr")
    got = read_exr(path)
    index = next(v for n, v in got.items() if "Index" in n)
    assert set(np.unique(index)) == {0.0, 3.0}
    far = next(v for n, v in got.items() if ".Depth." in n)
    # Planar depth of a plane that faces the camera, 4 m away.
    assert np.abs(far[index == 3] - 4.0).max() < 1e-3 and far[index == 0].min() > 1e9
    library = pytest.importorskip("OpenEXR")
    with library.File(str(path), separate_channels=True) as f:
        theirs = {n: c.pixels for p in f.parts for n, c in p.channels.items()}
    assert theirs.keys() == got.keys() and len(got) == sum(len(p.channels) for p in exr_parts(path))
    for name, pixels in theirs.items():
        assert got[name].dtype == pixels.dtype and got[name].tobytes() == pixels.tobytes()


@pytest.mark.parametrize("mode, depth", [("RGB", "8"), ("RGBA", "8"), ("RGB", "16"), ("BW", "8")])
def test_png(scene, tmp_path, mode, depth):
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "IMAGE"
    image.file_format, image.color_mode, image.color_depth = "PNG", mode, depth
    got = read_png(_render(scene, tmp_path / "a.png"))
    channels = {"RGB": 3, "RGBA": 4, "BW": 1}[mode]
    assert got.shape == ((30, 40) if channels == 1 else (30, 40, channels)) and got.dtype == f"uint{depth}"
    pillow = pytest.importorskip("PIL.Image")
    if depth == "8":
        assert np.array_equal(np.asarray(pillow.open(tmp_path / "a.png")), got)
