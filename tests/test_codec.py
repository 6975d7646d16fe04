"""Specs to JSON and back: exact round trips, and errors that name the field."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vivant.procgen import registry
from vivant.procgen.codec import Spec, json_schema, param
from vivant.procgen.errors import SpecError
from vivant.procgen.spec import CameraSpec, RenderSpec, SceneSpec, SkySpec, canonical


@dataclass(frozen=True)
class Inner(Spec):
    """A nested spec."""

    weight: float = param(1.0, low=0.0, unit="kg", doc="Weight.")


@dataclass(frozen=True)
class Outer(Spec):
    """One of everything that the codec knows."""

    number: float = param(0.5, low=-1.0, high=1.0, unit="m", doc="A number.")
    count: int = param(2, low=0, high=10, doc="A count.")
    flag: bool = param(False, doc="A switch.")
    name: str = param("x", doc="A name.")
    choice: Literal["red", "green", "blue"] = param("red", doc="A colour.")
    maybe: float | None = param(None, doc="Perhaps.")
    pair: tuple[float, float] = param((0.0, 1.0), low=0.0, high=1.0, doc="Two numbers.")
    many: tuple[Inner, ...] = param((), doc="Nested.")
    table: dict[str, float] = param(factory=dict, low=0.0, high=1.0, doc="A table.")
    inner: Inner = param(factory=Inner, doc="Nested.")


@dataclass(frozen=True)
class OpenBase(Spec):
    """An open spec; its subclasses register."""

    registry: ClassVar[str | None] = "test_kinds"


@dataclass(frozen=True)
class Ball(OpenBase):
    """A ball."""

    kind: ClassVar[str | None] = "ball"

    radius: float = param(1.0, low=0.0, doc="Radius.")


finite = st.floats(allow_nan=False, allow_infinity=False)
unit = st.floats(0.0, 1.0)
outers = st.builds(
    Outer,
    number=st.floats(-1.0, 1.0),
    count=st.integers(0, 10),
    flag=st.booleans(),
    name=st.text(),
    choice=st.sampled_from(["red", "green", "blue"]),
    maybe=st.none() | finite,
    pair=st.tuples(unit, unit),
    many=st.lists(st.builds(Inner, weight=st.floats(0.0, 1e300)), max_size=3).map(tuple),
    table=st.dictionaries(st.text(), unit, max_size=4),
    inner=st.builds(Inner),
)


@pytest.fixture
def test_kinds(monkeypatch: pytest.MonkeyPatch) -> registry.Registry:
    found = registry.Registry("test kind", "places", _scanned=True)
    found.register("ball", spec=Ball)(lambda rng: Ball())
    monkeypatch.setitem(registry.REGISTRIES, "test_kinds", found)
    return found


@given(outers)
def test_round_trip_is_exact(spec: Outer) -> None:
    text = spec.to_json()
    again = Outer.from_json(text)
    assert again == spec
    assert again.to_json() == text
    jsonschema.validate(json.loads(text), json_schema(Outer))


def test_open_spec_finds_its_kind(test_kinds: registry.Registry) -> None:
    ball = Ball(radius=2.5)
    assert json.loads(ball.to_json()) == {"kind": "ball", "radius": 2.5}
    assert OpenBase.from_json(ball.to_json()) == ball
    with pytest.raises(SpecError, match=r"did you mean 'ball'"):
        OpenBase.from_dict({"kind": "bal"})
    with pytest.raises(SpecError, match="kind is missing"):
        OpenBase.from_dict({"radius": 1.0})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"numbr": 1.0}, ["Outer", "unknown field 'numbr'", "did you mean 'number'"]),
        ({"number": 2.0}, ["Outer.number", "out of range", "-1.0 to 1.0 m", "got 2.0"]),
        ({"number": "2"}, ["Outer.number", "wrong type", "float", '"2"']),
        ({"number": True}, ["Outer.number", "wrong type"]),
        ({"count": 2.5}, ["Outer.count", "wrong type"]),
        ({"count": 11}, ["Outer.count", "out of range"]),
        ({"flag": 1}, ["Outer.flag", "wrong type"]),
        ({"choice": "gren"}, ["Outer.choice", "'red'", "did you mean 'green'"]),
        ({"pair": [0.0]}, ["Outer.pair", "wrong length", "expected 2", "got 1"]),
        ({"pair": [0.0, 3.0]}, ["Outer.pair[1]", "out of range"]),
        ({"many": [{}, {"weight": -1}]}, ["Outer.many[1].weight", "out of range"]),
        ({"table": {"smile": 2}}, ["Outer.table['smile']", "out of range"]),
        ({"inner": []}, ["Outer.inner", "wrong type", "object"]),
        ([], ["Outer", "wrong type", "object"]),
    ],
)
def test_errors_name_the_field(data: object, words: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        Outer.from_dict(data)
    line = str(caught.value)
    assert "\n" not in line
    assert [w for w in words if w not in line] == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_only_finite_numbers(value: float) -> None:
    with pytest.raises(SpecError, match=r"Outer\.number is not a finite number"):
        Outer(number=value)
    with pytest.raises(SpecError, match="finite"):
        Outer.from_json(f'{{"number": {json.dumps(value)}}}')


@pytest.mark.parametrize("text", ["", "{", '{"number": 1,}', "[" * 100000, "\x00", "nul", '{"number": 1e999}'])
def test_malformed_text_is_one_clear_error(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Outer.from_json(text)
    assert "\n" not in str(caught.value)


def test_huge_integers_do_not_overflow() -> None:
    with pytest.raises(SpecError, match="finite"):
        Outer.from_dict({"maybe": 10**400})


def test_numpy_scalars_are_written_as_plain_numbers() -> None:
    spec = Outer(number=np.float64(0.25), count=np.int64(3))  # type: ignore[arg-type]
    assert Outer.from_json(spec.to_json()) == Outer(number=0.25, count=3)


def test_newer_schema_is_named_as_such() -> None:
    with pytest.raises(SpecError, match=r"newer Vivant.*schema_version <= 1.*got 99"):
        SceneSpec.from_dict({"schema_version": 99, "something": "new"})


def test_camera_that_looks_at_itself_is_refused() -> None:
    with pytest.raises(SpecError, match="eye and target coincide"):
        CameraSpec(eye=(1.0, 2.0, 3.0), target=(1.0, 2.0, 3.0))


@given(st.builds(SkySpec, sun_elevation=st.floats(-0.1, 1.5), sun_azimuth=finite, cloudiness=unit))
def test_canonical_text_decides_equality(sky: SkySpec) -> None:
    other = SkySpec.from_json(sky.to_json())
    assert canonical(other) == canonical(sky)
    assert canonical(sky) != canonical(RenderSpec())


def test_schema_refuses_what_the_codec_refuses() -> None:
    schema = json_schema(Outer)
    jsonschema.Draft202012Validator.check_schema(schema)
    for data in ({"number": 2.0}, {"numbr": 1}, {"choice": "gren"}, {"pair": [0.0]}, {"many": [{"weight": -1}]}):
        with pytest.raises(SpecError):
            Outer.from_dict(data)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data, schema)
