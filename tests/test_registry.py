"""Registries: names, nearest names, collisions, and every registered generator's spec."""

from __future__ import annotations

import dataclasses
import json
import re

import jsonschema
import numpy as np
import pytest
from vivant.procgen.codec import Spec, json_schema
from vivant.procgen.errors import SpecError
from vivant.procgen.registry import REGISTRIES, Registry

ENTRIES = [(kind, entry) for kind, registry in REGISTRIES.items() for entry in registry]
WITH_SPEC = [(kind, entry) for kind, entry in ENTRIES if entry.spec is not None]


def ids(pairs: list) -> list[str]:
    return [f"{kind}-{entry.name}" for kind, entry in pairs]


def make_registry() -> Registry:
    return Registry("toy", "places", _scanned=True)


def test_unknown_name_is_answered_with_the_nearest() -> None:
    toys = make_registry()
    toys.register("rocket")(lambda rng: None)
    toys.register("robot")(lambda rng: None)
    with pytest.raises(SpecError, match=r"unknown toy 'rokcet'.*did you mean 'rocket'"):
        toys.get("rokcet")
    with pytest.raises(SpecError, match=r"one of: robot, rocket"):
        toys.get("zzzzzz")


def test_a_name_is_taken_once() -> None:
    toys = make_registry()

    def mine() -> None:
        """First."""

    def theirs() -> None:
        """Second."""

    theirs.__module__ = "another_plugin"
    toys.register("rocket")(mine)
    with pytest.raises(SpecError, match="two toys are called 'rocket'"):
        toys.register("rocket")(theirs)
    assert toys.get("rocket").make is mine


def test_names_are_sorted_whatever_the_order_of_registration() -> None:
    toys = make_registry()
    for name in ("c", "a", "b"):
        toys.register(name)(lambda rng: None)
    assert toys.names() == ("a", "b", "c")
    assert [e.name for e in toys] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", sorted(REGISTRIES))
def test_every_kind_has_entries(kind: str) -> None:
    assert REGISTRIES[kind].names(), f"no {kind} are registered"


@pytest.mark.parametrize(("kind", "entry"), ENTRIES, ids=ids(ENTRIES))
def test_names_and_documentation(kind: str, entry) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name), "names are what users type: lower case, digits, underscores"
    doc = getattr(entry.make, "doc", "") or entry.doc
    assert len(doc) > 5, f"{kind} {entry.name} needs a sentence that `vivant list {kind}` can show"


@pytest.mark.parametrize(("kind", "entry"), WITH_SPEC, ids=ids(WITH_SPEC))
def test_specs_are_frozen_documented_and_round_trip(kind: str, entry) -> None:
    assert issubclass(entry.spec, Spec)
    assert entry.spec.__dataclass_params__.frozen  # type: ignore[attr-defined]
    if entry.spec.registry is not None:
        assert entry.spec.kind == entry.name, "the spec's `kind` is what its JSON says; it must be the registered name"
    for f in dataclasses.fields(entry.spec):
        assert f.metadata.get("doc"), f"{entry.spec.__name__}.{f.name} has no sentence"
        low, high = f.metadata.get("low"), f.metadata.get("high")
        assert low is None or high is None or low <= high
    schema = json_schema(entry.spec)
    jsonschema.Draft202012Validator.check_schema(schema)
    required = [f for f in dataclasses.fields(entry.spec) if f.default is f.default_factory is dataclasses.MISSING]
    if not required:
        spec = entry.spec()
        assert entry.spec.from_json(spec.to_json()) == spec
        jsonschema.validate(json.loads(spec.to_json()), schema)


def samplers() -> list:
    """Generators that can be sampled from an rng alone."""
    import inspect

    found = []
    for kind, entry in WITH_SPEC:
        if not callable(entry.make):
            continue
        required = [
            p
            for p in inspect.signature(entry.make).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
        if len(required) == 1:
            found.append((kind, entry))
    return found


SAMPLERS = samplers()


@pytest.mark.parametrize(("kind", "entry"), SAMPLERS, ids=ids(SAMPLERS))
def test_sampling_is_deterministic_and_stays_in_bounds(kind: str, entry) -> None:
    state = np.random.get_state()[1].copy()
    for seed in range(5):
        spec = entry.make(np.random.default_rng(seed))
        assert isinstance(spec, entry.spec)
        assert spec == entry.make(np.random.default_rng(seed)), "the same rng must give the same spec"
        assert entry.spec.from_json(spec.to_json()) == spec, "what is sampled must survive JSON, bounds included"
    assert (np.random.get_state()[1] == state).all(), "the global generator was used"
