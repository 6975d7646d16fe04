"""Drawing what people look like: skin, eyes and hair that go with ancestry, age and sex."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from .. import registry
from ..materials.skin import albedo
from .look_spec import EyeSpec, HairSpec, SkinSpec
from .shape import Phenotype

# Individual typology angle (degrees) of the darkest and the lightest skin that is drawn.
_MELANIN = np.linspace(0.08, 1.0, 93)
_TONE_RANGE = (0.10, 0.95)
# Frequencies of iris colours by ancestry (African, Asian, European); after Katsara & Nothnagel 2019, rounded.
_IRIS = ("dark", "brown", "hazel", "green", "blue", "grey")
_IRIS_SHARE = np.array(
    [(0.74, 0.24, 0.02, 0.0, 0.0, 0.0), (0.62, 0.36, 0.02, 0.0, 0.0, 0.0), (0.05, 0.31, 0.17, 0.12, 0.27, 0.08)]
)


def skin_ita(melanin: np.ndarray | float, redness: np.ndarray | float) -> np.ndarray:
    """Individual typology angle of skin, degrees: above 55 very light, below -30 dark (Chardon et al. 1991)."""
    rgb = albedo(melanin, redness)
    xyz = rgb @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    f = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16.0 / 116.0)
    light, yellow = 116.0 * f[..., 1] - 16.0, 200.0 * (f[..., 1] - f[..., 2])
    return np.degrees(np.arctan2(light - 50.0, yellow))


def ita_range(redness: float = 0.5) -> tuple[float, float]:
    """Typology angles of the darkest and lightest skin that `sample_skin` draws."""
    return float(skin_ita(_TONE_RANGE[1], redness)), float(skin_ita(_TONE_RANGE[0], redness))


def _ancestry(person: Phenotype) -> np.ndarray:
    a = np.asarray(person.ancestry, float)
    return a / a.sum()


def _lineage(person: Phenotype) -> np.ndarray:
    """(3,) one-hot: the ancestry that shows in skin, eyes and hair of a person of several.

    Skin, eyes and hair are drawn from streams of their own; a number that depends on the person alone makes them agree.
    """
    mark = (
        person.height_m * 977.13 + person.weight_kg * 31.77 + person.muscle * 613.91 + person.proportions * 251.3
    ) % 1.0
    return np.eye(3)[int(np.searchsorted(np.cumsum(_ancestry(person))[:2], mark, side="right"))]


def _tone(rng: Generator, ancestry: np.ndarray) -> float:
    """Position between darkest (0) and lightest (1).

    Each ancestry has a density over tones; the three densities add up to the same everywhere, so that a population drawn
    evenly from the three shows every tone equally often, while the tones of each remain its own and overlap.
    """
    group = rng.choice(3, p=ancestry)
    # Partition of unity by two smooth steps at 1/3 and 2/3, each 0.3 wide; sampled by rejection with a fixed budget.
    tries, accept = rng.random(64), rng.random(64)
    low = _smooth((tries - (1 / 3 - 0.15)) / 0.30)
    high = _smooth((tries - (2 / 3 - 0.15)) / 0.30)
    density = (1 - low, low * (1 - high), high)[group]
    hit = np.flatnonzero(accept < density)
    return float(tries[hit[0]] if len(hit) else (1 / 6, 1 / 2, 5 / 6)[group])


def _smooth(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def sample_skin(rng: Generator, person: Phenotype) -> SkinSpec:
    """Skin of a person: tones evenly over the human range, age spots and freckles where they belong."""
    age = person.age_years
    tone = _tone(rng, _lineage(person))
    baby = float(np.clip((3.0 - age) / 3.0, 0.0, 1.0))
    redness = float(np.clip(rng.normal(0.48 + 0.12 * baby + 0.05 * (age > 60), 0.13), 0.15, 1.0))
    dark, light = ita_range(redness)
    # Typology falls with melanin, so that the table is read backwards.
    table = skin_ita(_MELANIN, redness)
    melanin = float(np.interp(-(dark + tone * (light - dark)), -table, _MELANIN))
    freckled = rng.random() < 0.45 * np.clip((0.45 - melanin) / 0.3, 0, 1) * (age > 4)
    return SkinSpec(
        melanin=float(np.clip(melanin, 0.0, 1.0)),
        redness=redness,
        freckles=float(rng.uniform(0.2, 1.0)) if freckled else 0.0,
        moles=float(rng.beta(1.6, 4.0) * np.interp(age, (2.0, 25.0), (0.1, 1.0))),
        roughness=float(np.clip(rng.normal(0.48 + 0.05 * np.clip((age - 50) / 30, 0, 1), 0.035), 0.36, 0.62)),
        age_marks=float(np.clip((age - 32.0) / 48.0 + rng.normal(0, 0.08), 0.0, 1.0) if age > 25 else 0.0),
        variation=float(rng.uniform(0.0, 100.0)),
    )


def sample_eyes(rng: Generator, person: Phenotype) -> EyeSpec:
    """Eyes of a person: colour by ancestry, pupils that shrink with age, lids that droop with it."""
    age = person.age_years
    share = (0.85 * _lineage(person) + 0.15 * _ancestry(person)) @ _IRIS_SHARE
    old = float(np.clip((age - 45) / 40, 0, 1))
    # The pupil's middle lies about 4 mm below the edge of the upper lid, less in Asians (after Murchison et al. 2009).
    cover = 0.0015 + 0.0006 * _ancestry(person)[1] + 0.0007 * old - 0.0005 * (age < 8)
    return EyeSpec(
        iris=_IRIS[int(rng.choice(len(_IRIS), p=share / share.sum()))],  # type: ignore[arg-type]
        pupil=float(np.clip(rng.normal(0.40 - 0.0012 * age, 0.045), 0.24, 0.52)),
        variation=float(rng.uniform(0.0, 100.0)),
        veins=float(np.clip(rng.beta(2, 5) + 0.25 * old, 0, 1)),
        lid_cover=float(np.clip(rng.normal(cover, 0.0005), 0.0003, 0.0040)),
        lid_asymmetry=float(np.clip(rng.normal(0, 0.00022), -0.0006, 0.0006)),
    )


def sample_hair(rng: Generator, person: Phenotype) -> HairSpec | None:
    """Hair of a person, with brows and beard; None for a shaven or bald head is never drawn: that is `BuzzHair`."""
    age, woman = person.age_years, person.gender > 0.5
    ancestry = 0.85 * _lineage(person) + 0.15 * _ancestry(person)
    base = _color(rng, ancestry, age)
    receding = 0.0 if woman else _receding(rng, ancestry, age)
    if woman and age > 55:
        receding = float(np.clip(rng.normal(0.1, 0.1), 0, 0.4))
    dyed = woman and 30 < age < 80 and rng.random() < 0.4
    # Fair hair bleaches most; babies' and old people's hair is fine and sparse.
    base |= {
        "hairline": float(np.clip(rng.normal(-0.10 if woman else 0.10, 0.42), -1.0, 1.0)),
        "fineness": float(np.clip(np.interp(age, [0.2, 1.0, 3.0, 55.0, 95.0], [0.95, 0.6, 0.15, 0.05, 0.6]) + rng.normal(0, 0.10), 0, 1)),
        "bleach": float(np.clip(rng.beta(1.6, 4.0) * (1.25 - 0.9 * base["melanin"]), 0.0, 1.0)),
        "dye": _dye(rng, age, woman),
    }
    base |= {
        "grey": 0.0 if dyed else _grey(rng, ancestry, age),
        "receding": float(receding),
        "variation": int(rng.integers(0, 2**31 - 1)),
        "brow_thickness": float(
            np.clip(rng.normal(0.85 if woman else 1.2, 0.18) * np.interp(age, [1, 12], [0.5, 1]), 0.3, 2)
        ),
    }
    base |= _beard(rng, age, woman, ancestry)
    group = "baby" if age < 1.5 else ("girl" if woman else "boy") if age < 13 else "woman" if woman else "man"
    if receding > 0.72:
        group = "bald" if rng.random() < 0.75 else "man"
    styles = [
        (e, s.worn_by.get(group, 0.0) * float(ancestry @ np.array(s.hair_types)))
        for e in registry.hair
        if (s := e.spec) is not None
    ]
    weight = np.array([w for _, w in styles])
    if age > 60 and woman:
        # Older women wear it shorter.
        weight = weight * [
            0.25 if e.name in ("long", "wavy", "ponytail") else 2.0 if e.name in ("short", "crop") else 1
            for e, _ in styles
        ]
    entry = styles[int(rng.choice(len(styles), p=weight / weight.sum()))][0]
    return entry.make(rng, base)


def _color(rng: Generator, ancestry: np.ndarray, age: float) -> dict[str, Any]:
    if rng.random() < ancestry[2]:
        kind = rng.choice(4, p=[0.16, 0.38, 0.42, 0.04])  # blond, light brown, dark brown, red
        melanin = (rng.uniform(0.18, 0.40), rng.uniform(0.45, 0.68), rng.uniform(0.70, 0.94), rng.uniform(0.42, 0.60))[
            kind
        ]
        redness = (rng.uniform(0.10, 0.30), rng.uniform(0.15, 0.40), rng.uniform(0.10, 0.35), rng.uniform(0.80, 1.0))[
            kind
        ]
        # Fair children darken as they grow.
        melanin *= np.interp(age, [0, 3, 16], [0.65, 0.7, 1.0])
    else:
        melanin, redness = rng.uniform(0.90, 0.985), rng.uniform(0.05, 0.25)
        melanin -= 0.10 * (age < 2)
    return {"melanin": float(np.clip(melanin, 0.1, 0.99)), "redness": float(redness)}


def _dye(rng: Generator, age: float, woman: bool) -> str:
    """Mostly none; reds and platinum now and then, loud colours rarely."""
    chance = (0.09 if woman else 0.02) * float(14 < age < 70)
    if rng.random() >= chance:
        return "none"
    kinds = ("copper", "burgundy", "platinum", "blue", "pink", "green", "violet")
    loud = 0.30 if age < 35 else 0.08
    return str(rng.choice(kinds, p=[(1 - loud) * w for w in (0.35, 0.30, 0.35)] + [loud * w for w in (0.3, 0.35, 0.1, 0.25)]))


def _grey(rng: Generator, ancestry: np.ndarray, age: float) -> float:
    """Share of white hair. Onset by ancestry after Panhard et al. 2012: half of people have some grey at fifty."""
    onset = rng.normal(float(ancestry @ [42.0, 39.0, 36.0]), 7.0)
    return float(np.clip((age - onset) / rng.uniform(24, 42), 0.0, 1.0) ** 1.2)


def _receding(rng: Generator, ancestry: np.ndarray, age: float) -> float:
    """Hairline of men; half are affected at fifty, fewer of African and Asian ancestry."""
    if age < 20:
        return 0.0
    prone = rng.random() < 0.45 + 0.25 * ancestry[2]
    speed = rng.uniform(0.008, 0.026) if prone else rng.uniform(0.0, 0.005)
    return float(np.clip(speed * (age - 20.0), 0.0, 1.0))


def _beard(rng: Generator, age: float, woman: bool, ancestry: np.ndarray) -> dict[str, Any]:
    """Beard of grown men; a close shave leaves a trace of dark stubble."""
    if woman or age < 16:
        return {"beard": 0.0}
    growth = float(np.clip((age - 15) / 6, 0.15, 1)) * float(ancestry @ [0.85, 0.55, 1.0])
    kind = rng.choice(4, p=[0.46, 0.27, 0.17, 0.10])
    density = float(
        (rng.uniform(0.05, 0.22), rng.uniform(0.45, 0.85), rng.uniform(0.7, 1.0), rng.uniform(0.85, 1.0))[kind]
    )
    length = float(
        (rng.uniform(0.0005, 0.0009), rng.uniform(0.0012, 0.003), rng.uniform(0.006, 0.014), rng.uniform(0.018, 0.045))[
            kind
        ]
    )
    style = "full"
    if kind == 2 and rng.random() < 0.55:
        style = str(rng.choice(["goatee", "moustache", "chin"], p=[0.5, 0.35, 0.15]))
    return {"beard": float(np.clip(density * growth, 0, 1)), "beard_length": length, "beard_style": style}
