"""The seed tree: children are keyed by name, so that neighbours never disturb each other."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vivant.procgen.seeds import Seed

KEYS = st.lists(st.one_of(st.integers(0, 10**6), st.text(max_size=8)), max_size=4)


def first(seed: Seed) -> tuple[int, ...]:
    return tuple(int(x) for x in seed.rng().integers(0, 2**63, 2))


def test_siblings_do_not_collide() -> None:
    names = ["scene", "human", "hair", "skin", "pose", "place", "camera", ""]
    seeds = [Seed(root) for root in (0, 1, 7)]
    children = [s.child(n, i) for s in seeds for n in names for i in range(40)]
    children += [s.child(n) for s in seeds for n in names] + seeds
    drawn = [first(c) for c in children]
    assert len(set(drawn)) == len(drawn)


def test_depth_and_grouping_of_names_matter() -> None:
    variants = [
        ("a", "b"),
        ("ab",),
        ("b", "a"),
        ("a", "b", ""),
        ("a/b",),
        (1, 2),
        (12,),
        ("1", "2"),
        (1, "2"),
        ("1", 2),
    ]
    assert len({first(Seed(3).child(*v)) for v in variants}) == len(variants)


def test_order_of_use_does_not_matter() -> None:
    names = ["hair", "skin", "pose"]
    expected = {n: first(Seed(5).child("scene", 2, n)) for n in names}
    for order in itertools.permutations(names):
        scene = Seed(5).child("scene").child(2)
        assert {n: first(scene.child(n)) for n in order} == expected


def test_a_new_sibling_disturbs_nobody() -> None:
    scene = Seed(5).child("scene", 2)
    before = first(scene.child("hair"))
    scene.child("tattoos").rng().normal(size=1000)
    assert first(scene.child("hair")) == before


@given(st.integers(0, 2**70), KEYS, KEYS)
def test_different_paths_give_different_entropy(root: int, a: list, b: list) -> None:
    same = Seed(root).child(*a).entropy() == Seed(root).child(*b).entropy()
    assert same == ([(type(x), x) for x in a] == [(type(x), x) for x in b])


def test_numpy_integers_are_integers() -> None:
    assert first(Seed(1).child("scene", np.int64(4))) == first(Seed(1).child("scene", 4))


@pytest.mark.parametrize("bits", [1, 16, 31, 63])
def test_integer_fits_its_bits(bits: int) -> None:
    values = {Seed(9).child(i).integer(bits) for i in range(200)}
    assert all(0 <= v < 2**bits for v in values)
    assert len(values) > (1 if bits == 1 else 150)


def test_pinned_stream() -> None:
    """Datasets name their seed; a change of the tree would silently give other scenes for it."""
    assert Seed(7).child("scene", 0).entropy() % 10**12 == 972682797838


def test_the_public_names_are_where_documents_say():
    """`from vivant.procgen import …` works, and loads nothing before it is asked."""
    code = (
        "import sys, vivant.procgen; assert 'vivant.procgen.sample' not in sys.modules; "
        "from vivant.procgen import SceneSpec, Seed, sample_scene; assert sample_scene.__module__ == 'vivant.procgen.sample'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(ImportError, match="sample_scen"):
        from vivant.procgen import sample_scen  # noqa: F401
