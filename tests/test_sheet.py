"""Contact sheets: what is drawn where, in which colours, and the lettering."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from vivant.procgen.channels.classes import COLORS, class_id
from vivant.procgen.dataset import Dataset, palette
from vivant.procgen.dataset.drawing import Canvas, bones, outline, resize
from vivant.procgen.dataset.lettering import fit, strokes, text_strokes, text_width
from vivant.procgen.dataset.png import read_png
from vivant.procgen.dataset.sheet import SheetLayout, _grid, command_of, sheet, verdict
from vivant.procgen.dataset.store import Header
from vivant.procgen.dataset.tiles import TILES, available, tile
from vivant.procgen.errors import DatasetError, SpecError
from vivant.procgen.people.keypoints import keypoint_names
from vivant.tests import verify_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return verify_dataset.build(tmp_path_factory.mktemp("sheet") / "ds")


def test_a_sheet_has_the_picture_and_its_labels_where_they_belong(dataset, tmp_path):
    layout = SheetLayout(tile=88, gutter=4, margin=10, radius=0.0)
    labels = available(Dataset(dataset)["000000_00"])[:8]
    path = sheet(dataset, tmp_path / "s.png", frames=["000000_00"], layout=layout, labels=labels)
    page = read_png(path)
    picture = read_png(dataset / "frames" / "000000_00" / "rgb.png")
    top = layout.margin + 58
    hero = page[top : top + 244, 10 : 10 + 180].astype(float)
    expected = resize(picture / 255.0, 180, 244) * 255
    assert np.abs(hero - expected).max() <= 1
    # Tiles of the image's own size show the colours exactly, away from the pill.
    classes = page[top : top + 90, 10 + 184 + 2 * 92 : 10 + 184 + 2 * 92 + 88]
    semantic = Dataset(dataset)["000000_00"]["semantic"][:90]
    assert (classes[semantic == class_id("terrain")] == COLORS[class_id("terrain")]).all()
    assert (classes[semantic == 0] == palette.NOTHING).all()
    assert (page[:8] == palette.PAGE).all()


def test_frames_of_every_format_fill_the_page_and_weigh_about_the_same(dataset):
    frame, layout = Dataset(dataset)["000000_00"], SheetLayout()
    room = (layout.columns + 2) * (layout.tile + layout.gutter) - layout.gutter
    heights, areas = {}, {}
    for width, height in ((512, 512), (416, 624), (384, 680), (680, 384), (584, 440)):
        shown = SimpleNamespace(camera=replace(frame.camera, width=width, height=height))
        grid = _grid(shown, 12, layout.columns, room, layout, False)
        used = (grid.columns + 2) * (grid.width + layout.gutter) - layout.gutter
        assert room - 8 < used <= room
        assert abs(grid.width / grid.height - width / height) < 0.02
        heights[width, height], areas[width, height] = grid.height, grid.width * grid.height
    assert heights[512, 512] == layout.tile
    assert max(areas.values()) < 1.35 * min(areas.values())


def test_the_same_sheet_twice_is_the_same_file(dataset, tmp_path):
    a, b = (sheet(dataset, tmp_path / n, frames=1) for n in ("a.png", "b.png"))
    assert a.read_bytes() == b.read_bytes()


def test_default_place_and_frames_of_every_scene(dataset):
    path = sheet(dataset, frames=2)
    assert path == dataset / "sheet.png"
    path.unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out": "x.jpg"}, "png or .html"),
        ({"frames": ["nope"]}, "no frame 'nope'"),
        ({"labels": ["depht"]}, "depth"),
    ],
)
def test_what_cannot_be_drawn_is_said(dataset, tmp_path, arguments, message):
    arguments = {"out": "s.png"} | arguments
    arguments["out"] = tmp_path / arguments["out"]
    with pytest.raises((DatasetError, SpecError), match=message):
        sheet(dataset, **arguments)


def test_every_tile_can_be_drawn(dataset):
    frame = Dataset(dataset)["000001_00_0000"]
    names = available(frame)
    assert set(names) == set(TILES)
    assert names.index("flow") < 8  # sequences show their flow
    for name in names:
        picture = tile(frame, name, 60, 80)
        assert picture.shape == (80, 60, 3)
        assert np.isfinite(picture).all()
        assert picture.std() > 0.01, name


def test_the_page_links_what_exists(dataset, tmp_path):
    path = sheet(dataset, tmp_path / "out" / ".." / "page.html", frames=2)
    text = path.read_text()
    sources = re.findall(r'src="([^"]+)"', text)
    assert len(sources) == 2 * 9
    assert all((path.parent / s).is_file() for s in sources)
    assert "<script" not in text
    inside = sheet(dataset, dataset / "page.html", frames=1)
    assert 'src="frames/000000_00/rgb.png"' in inside.read_text()


def test_the_command_that_made_a_dataset():
    header = Header(
        "0.1.0", 7, {"scenes": 8, "views": 1, "people": [1, 3], "place": "meadow", "width": 640, "height": 480}
    )
    assert command_of(header) == "vivant generate OUT --scenes 8 --people 1-3 --place meadow --size 640x480 --seed 7"
    header = replace(header, arguments={**header.arguments, "width": 384, "height": 384, "format": "auto"})
    assert "--size auto:384 --seed 7" in command_of(header)
    assert command_of(Header("0.1.0", None, {"scene": "{}"})) == "vivant generate OUT --spec SCENE.json"


def test_the_verdict_of_verify(tmp_path):
    assert verdict(tmp_path)[0] == ""
    (tmp_path / "verify.json").write_text('{"checks": [{}, {}], "breaches": []}')
    assert "2 checks" in verdict(tmp_path)[0]
    (tmp_path / "verify.json").write_text('{"checks": [{}], "breaches": [{}]}')
    assert verdict(tmp_path)[0] == "1 breach"
    (tmp_path / "verify.json").write_text("[")
    assert verdict(tmp_path)[0] == ""


def test_near_is_bright():
    depth = np.linspace(1, 50, 64).reshape(8, 8)
    light = palette.depth_colors(depth).mean(-1).ravel()
    assert (np.diff(light) < 1e-6).all()
    assert np.allclose(palette.depth_colors(np.full((2, 2), np.inf)), np.array(palette.NOTHING) / 255)


def test_the_ramp_is_even_in_lightness():
    colors = palette.ramp(np.linspace(0, 1, 64))
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(linear @ np.array([[0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
                                     [0.0514459929, 0.1073969566, 0.6299787005]]))  # fmt: skip
    lightness = lms @ [0.2104542553, 0.7936177850, -0.0040720468]
    assert (np.diff(lightness) > 0).all()
    assert np.diff(lightness).max() < 3 * np.diff(lightness).min()


def test_ids_are_told_apart():
    colors = palette.id_colors(np.arange(1, 29)[None])[0]
    gaps = np.linalg.norm(colors[:, None] - colors[None], axis=-1) + np.eye(28)
    assert gaps.min() > 0.03
    assert np.linalg.norm(np.diff(colors, axis=0), axis=1).min() > 0.3


def test_left_and_right_have_their_colours():
    for name in ("smplx", "coco17"):
        names = keypoint_names(name)
        found = bones(names)
        assert len(found) >= 12
        for a, b, color, _ in found:
            side = {n.split("_")[0] for n in (names[a], names[b])} & {"left", "right"}
            if side == {"left"} and color != (238, 240, 245):
                assert color[0] > color[2]
            if side == {"right"} and color != (238, 240, 245):
                assert color[2] > color[0]


def test_resizing_keeps_the_mean_and_reproduces_its_own_size(rng):
    picture = rng.random((30, 40, 3))
    assert np.allclose(resize(picture, 40, 30), picture, atol=1e-6)
    small = resize(picture, 10, 6)
    assert abs(small.mean() - picture.mean()) < 0.01
    assert small.std() < picture.std()


def test_lines_discs_and_panels_cover_their_area():
    canvas = Canvas.blank(60, 60, (0, 0, 0))
    canvas.disc((30, 30), 10, (255, 255, 255))
    assert abs(canvas.image[..., 0].sum() - np.pi * 100) < 3
    canvas = Canvas.blank(60, 60, (0, 0, 0))
    canvas.line((10, 20.3), (50, 20.3), 3, (255, 255, 255))
    assert abs(canvas.image[..., 0].sum() - (40 * 3 + np.pi * 1.5**2)) < 3
    canvas = Canvas.blank(60, 60, (0, 0, 0))
    canvas.panel((10.5, 10, 30, 20), (255, 255, 255), 4)
    assert abs(canvas.image[..., 0].sum() - (195 - (4 - np.pi) * 16)) < 3
    canvas.line((-500, 3), (900, 80), 2, (255, 0, 0))  # outside is no error
    canvas.disc((np.nan, 3), 2, (255, 0, 0))


def test_an_outline_has_the_length_of_the_border():
    mask = np.zeros((9, 9), bool)
    mask[2:5, 3:8] = True
    assert len(outline(mask)) == 2 * (3 + 5)
    assert len(outline(np.ones((4, 4), bool))) == 16


def test_every_printable_character_has_its_own_glyph():
    unknown = strokes("?")[1]
    for c in map(chr, range(33, 127)):
        if c != "?":
            pieces = strokes(c)[1]
            assert len(pieces), c
            assert pieces.shape != unknown.shape or not np.allclose(pieces, unknown), c
            assert pieces[..., 1].min() > -1
            assert pieces[..., 1].max() < 10


def test_text_fits():
    assert text_width("wide", 26) == pytest.approx(2 * text_width("wide", 13))
    assert text_strokes("ab", 13)[..., 0].max() <= text_width("ab", 13) + 1
    short = fit("a caption that is far too long", 13, 90)
    assert short.endswith("…")
    assert text_width(short, 13) <= 90
    assert fit("ok", 13, 90) == "ok"
