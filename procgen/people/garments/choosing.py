"""Choosing an outfit: what goes together by age, occasion and season, in colours that match, honouring what is wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ... import registry
from ...errors import SpecError, unknown_name
from ...spec import FabricSpec, GarmentSpec, replace
from ..shape import Phenotype
from .palette import Color, sample_named, sample_palette
from .wardrobe import FABRIC_WORDS, PATTERN_WORDS, WORDS, Slot, words_of

Season = Literal["auto", "warm", "mild", "cold"]
Occasion = Literal["auto", "casual", "smart", "sport", "rain"]
SLOTS: tuple[str, ...] = tuple(dict.fromkeys(w.slot for w in WORDS.values()))
# How often somebody of 14 or more is dressed for each occasion, by eye.
OCCASIONS = {"casual": 0.66, "smart": 0.2, "sport": 0.08, "rain": 0.06}
SEASONS = {"warm": 0.32, "mild": 0.40, "cold": 0.28}


@dataclass(frozen=True)
class WantedGarment:
    """One garment that an outfit must hold; what is None is chosen to go with the rest.

    Attributes:
        kind: A registered garment, e.g. "raincoat"; `wardrobe.WORDS` has the words for each.
        color, color2: Plain colour names of `color_names.COLORS`.
        pattern: "plain" or a key of `wardrobe.PATTERN_WORDS`.
        fabric: A registered fabric, a key of `wardrobe.FABRIC_WORDS`.
        measures: Further fields of the garment's spec, e.g. {"sleeve": 0.95}.
    """

    kind: str
    color: str | None = None
    color2: str | None = None
    pattern: str | None = None
    fabric: str | None = None
    measures: dict[str, object] = field(default_factory=dict)


def sample_outfit(
    rng: np.random.Generator,
    phenotype: Phenotype,
    season: Season = "auto",
    wanted: Sequence[WantedGarment] = (),
    occasion: Occasion = "auto",
    without: Collection[str] = (),
) -> tuple[GarmentSpec, ...]:
    """Draw an outfit: a top and a bottom or a dress, shoes, and what the season and the occasion add.

    Args:
        rng: Source of randomness.
        phenotype: Age and sex steer the choice.
        season: "warm", "mild", "cold", or "auto" to draw it.
        wanted: Garments that must be worn as they are asked for; everything else is filled in to go with them.
        occasion: "casual", "smart", "sport", "rain", or "auto" to draw it.
        without: Slots of `SLOTS` to leave empty ("feet" = barefoot, "upper" = bare chest).
    Returns:
        Garments, innermost first.
    Raises:
        SpecError: an unknown kind, colour, pattern, fabric or slot, answered with the nearest one.
    """
    _check(wanted, without)
    chooser = _Chooser(rng, phenotype, season, wanted, occasion, frozenset(without))
    return chooser.dress()


def _check(wanted: Sequence[WantedGarment], without: Collection[str]) -> None:
    for w in wanted:
        registry.garments.get(w.kind)
        if w.pattern is not None and w.pattern not in ("plain", *PATTERN_WORDS):
            raise unknown_name("pattern", w.pattern, ("plain", *PATTERN_WORDS))
        if w.fabric is not None and w.fabric not in FABRIC_WORDS:
            raise unknown_name("fabric", w.fabric, FABRIC_WORDS)
    for slot in without:
        if slot not in SLOTS:
            raise unknown_name("slot", slot, SLOTS)
        if any(words_of(w.kind).slot == slot for w in wanted):
            raise SpecError(
                f"an outfit cannot both hold and leave out the slot {slot!r}", fix=f"drop {slot!r} from `without`"
            )


class _Chooser:
    """One drawing of an outfit; holds what the choices so far have in common."""

    def __init__(
        self,
        rng: np.random.Generator,
        phenotype: Phenotype,
        season: Season,
        wanted: Sequence[WantedGarment],
        occasion: Occasion,
        without: frozenset[str],
    ) -> None:
        self.rng, self.palette = rng, sample_palette(rng)
        self.age, self.woman = phenotype.age_years, phenotype.gender > 0.5
        self.known = set(registry.garments.names())
        self.wanted = {}
        for w in wanted:
            self.wanted.setdefault(words_of(w.kind).slot, []).append(w)
        self.without = without
        kinds = {w.kind for w in wanted}
        drawn_season, drawn_occasion = self.pick(SEASONS), self.pick(OCCASIONS)
        if kinds & {"coat", "scarf", "beanie"}:
            drawn_season = "cold"
        elif kinds & {"sandal", "shorts"}:
            drawn_season = "warm"
        if "raincoat" in kinds:
            drawn_occasion = "rain"
        elif kinds & {"blazer", "leather_shoe", "pump"}:
            drawn_occasion = "smart"
        self.season = drawn_season if season == "auto" else season
        self.occasion = drawn_occasion if occasion == "auto" else occasion
        if self.age < 14 and self.occasion == "smart" and occasion == "auto":
            self.occasion = "casual"
        if self.age > 70 and self.occasion == "sport" and occasion == "auto":
            self.occasion = "casual"

    # -- drawing ---------------------------------------------------------------------------------------------------------
    def pick(self, weights: dict[str, float]) -> str:
        """One name by weight."""
        names = [k for k, w in weights.items() if w > 0]
        p = np.array([weights[k] for k in names])
        return names[int(self.rng.choice(len(names), p=p / p.sum()))]

    def chance(self, p: float) -> bool:
        """True with probability `p`; always one draw."""
        return bool(self.rng.random() < p)

    def kind(self, weights: dict[str, float]) -> str:
        """A kind that is registered and fits the age."""
        ok = {k: w for k, w in weights.items() if w > 0 and k in self.known and words_of(k).since <= self.age}
        if not ok:
            slots = {words_of(k).slot for k in weights}
            ok = {k: 1.0 for k in sorted(self.known) if words_of(k).slot in slots and words_of(k).since <= self.age}
        return self.pick(ok)

    def garment(
        self, kind: str, ask: WantedGarment | None = None, color: Color | None = None, cloth: str | None = None
    ) -> GarmentSpec:
        """A garment in a fabric that suits it, or in the one given; what was asked for wins."""
        words, p = words_of(kind), self.palette
        cloth = cloth or self._cloth(words.fabrics)
        pattern = self.pick(dict(words.patterns))
        if cloth in ("denim", "leather", "corduroy"):
            pattern = "plain"
        scale, wear = round(float(self.rng.uniform(0.6, 1.8)), 3), round(float(self.rng.beta(2, 4)), 3)
        draw = np.random.default_rng(int(self.rng.integers(2**62)))
        if ask is not None:
            cloth, pattern = ask.fabric or cloth, ask.pattern or pattern
            if ask.color is not None and ask.pattern is None and ask.color2 is None:
                # "a red raincoat" is red all over.
                pattern = "plain"
        main = color or self._color(kind, cloth)
        second = p.contrast if kind != "skirt" else p.accent
        if ask is not None and ask.color is not None:
            main = sample_named(draw, ask.color, denim=cloth == "denim")
        if ask is not None and ask.color2 is not None:
            second = sample_named(draw, ask.color2)
        spec = FabricSpec(
            kind=cloth, color=main, color2=second, pattern=pattern, pattern_scale=scale, wear=wear, motif=int(draw.integers(6))  # type: ignore[arg-type]
        )  # fmt: skip
        made = registry.garments.get(kind).make(self.rng, spec)
        return replace(made, **ask.measures) if ask is not None and ask.measures else made

    def _cloth(self, fabrics: tuple[str, ...]) -> str:
        # The most usual half of the time, the others share the rest.
        rest = len(fabrics) - 1
        return self.pick({f: 1.0 if i == 0 else 0.9 / rest for i, f in enumerate(fabrics)})

    def _color(self, kind: str, cloth: str) -> Color:
        p = self.palette
        if cloth == "denim":
            return p.denim
        if kind == "sneaker":
            return p.shoe
        if cloth == "leather" and kind not in ("sneaker",):
            return p.leather
        if kind in ("shirt", "blouse"):
            return p.light if self.chance(0.5) else p.top
        if kind in ("coat", "blazer"):
            return p.coat
        if kind in ("raincoat", "hoodie", "backpack", "scarf", "beanie", "dress", "jacket", "cardigan"):
            return p.accent if self.age > 12 else p.bright
        if kind == "cap":
            return p.contrast if self.chance(0.5) else p.accent
        if kind == "hat":
            return p.straw if cloth == "straw" else p.coat
        if kind == "socks":
            return p.light if self.chance(0.55) else p.bottom
        if kind == "glasses":
            return p.frame
        if words_of(kind).slot == "lower":
            return p.bottom if self.age > 8 or self.chance(0.6) else p.bright
        return p.top if self.age > 8 or self.chance(0.5) else p.bright

    # -- the outfit ------------------------------------------------------------------------------------------------------
    def dress(self) -> tuple[GarmentSpec, ...]:
        """All garments, in the order in which they are put on."""
        out: list[GarmentSpec] = []
        frock = self._slot("dress") or self._maybe_dress()
        lower = self._slot("lower")
        if not lower and not frock and "lower" not in self.without:
            lower = [self.garment(self._bottom())]
        upper = self._slot("upper")
        if not upper and not frock and "upper" not in self.without:
            upper = self._tops()
        outer = self._apart(self._slot("outer") or self._outer(), [*frock, *upper])
        feet = self._slot("feet") or self._shoes(lower, frock)
        out = [*self._socks(feet, lower), *feet, *lower, *frock, *upper, *outer]
        out = self._tuck(out)
        out += self._accessories(out)
        # Stable: garments of one layer stay in the order in which they were asked for.
        return tuple(sorted(out, key=_order))

    def _slot(self, slot: Slot) -> list[GarmentSpec]:
        return [self.garment(w.kind, w) for w in self.wanted.get(slot, [])]

    def _maybe_dress(self) -> list[GarmentSpec]:
        asked = any(self.wanted.get(s) for s in ("upper", "lower"))
        wears = self.chance(0.26 if self.season == "warm" else 0.2 if self.occasion == "smart" else 0.12)
        ok = self.woman and self.age > 2 and self.occasion != "sport" and not asked and "dress" not in self.without
        return [self.garment("dress")] if wears and ok else []

    def _bottom(self) -> str:
        warm, cold = self.season == "warm", self.season == "cold"
        kinds = {"jeans": 0.46, "trousers": 0.28, "shorts": 0.3 if warm else 0.0}
        if self.woman:
            kinds |= {"leggings": 0.13 if self.age < 60 else 0.02, "skirt": 0.08 if cold else 0.17}
        if self.occasion == "smart":
            kinds = {"trousers": 0.85, "jeans": 0.08, "skirt": 0.3 if self.woman else 0.0}
        elif self.occasion == "sport":
            kinds = {"leggings": 0.6 if self.woman else 0.0, "trousers": 0.3, "shorts": 0.5 if not cold else 0.05}
        if self.age < 5:
            kinds = {"leggings": 0.35, "trousers": 0.45, "jeans": 0.2, "shorts": 0.4 if warm else 0.0}
        return self.kind(kinds)

    def _tops(self) -> list[GarmentSpec]:
        kinds = {"shirt": 0.2, "tshirt": 0.52, "jumper": 0.18, "vest": 0.0, "blouse": 0.14 if self.woman else 0.0}
        if self.season == "warm":
            kinds |= {"jumper": 0.0, "vest": 0.14}
        elif self.season == "cold":
            kinds |= {"jumper": 0.5}
        if self.occasion == "smart":
            kinds = {"shirt": 0.72, "blouse": 0.4 if self.woman else 0.0, "jumper": 0.16 if self.season != "warm" else 0.02}
        elif self.occasion == "sport":
            kinds = {"tshirt": 0.8, "vest": 0.25 if self.season == "warm" else 0.05}
        kind = self.kind(kinds)
        if kind == "shirt" and self.season == "cold" and self.chance(0.4) and "jumper" in self.known:
            # A collar under a pullover.
            return [
                self.garment("shirt", color=self.palette.light),
                replace(self.garment("jumper"), neck="crew" if self.chance(0.5) else "v"),
            ]
        made = self.garment(kind)
        # Deep necklines are cut for grown shoulders.
        return [replace(made, neck="crew") if self.age < 13 and hasattr(made, "neck") and kind != "vest" else made]

    def _outer(self) -> list[GarmentSpec]:
        if "outer" in self.without:
            return []
        p = {"warm": 0.0, "mild": 0.25, "cold": 0.62}[self.season]
        if self.occasion in ("smart", "rain"):
            p = max(p, 0.55 if self.occasion == "smart" else 1.0)
        if not self.chance(p):
            return []
        cold = self.season == "cold"
        kinds = {"jacket": 0.45, "hoodie": 0.3, "cardigan": 0.18 if self.woman else 0.06, "coat": 0.4 if cold else 0.0}
        if self.occasion == "smart":
            kinds = {"blazer": 1.0, "coat": 0.4 if cold else 0.0}
        elif self.occasion == "rain":
            kinds = {"raincoat": 1.0}
        elif self.occasion == "sport":
            kinds = {"hoodie": 0.7, "jacket": 0.3}
        if self.age < 13:
            kinds = {"hoodie": 0.5, "jacket": 0.3, "raincoat": 1.5 if self.occasion == "rain" else 0.15, "coat": 0.3 if cold else 0.0}
        return [self.garment(self.kind(kinds))]

    def _apart(self, outer: list[GarmentSpec], below: list[GarmentSpec]) -> list[GarmentSpec]:
        """Coats in another colour than what they are worn over; a colour that was asked for stays."""
        asked = {w.kind for w in self.wanted.get("outer", []) if w.color is not None}
        taken = {g.fabric.color for g in below}
        return [
            replace(g, fabric=replace(g.fabric, color=self.palette.coat))
            if g.fabric.color in taken and str(g.kind) not in asked
            else g
            for g in outer
        ]

    def _shoes(self, lower: list[GarmentSpec], frock: list[GarmentSpec]) -> list[GarmentSpec]:
        if "feet" in self.without:
            return []
        bare = any(g.kind in ("shorts", "skirt") for g in lower) or bool(frock)
        kinds = {"sneaker": 0.78, "leather_shoe": 0.1, "boot": 0.12 if self.season != "warm" else 0.02}
        if self.season == "warm":
            kinds |= {"sandal": 0.3 if bare else 0.1}
        if self.season == "cold":
            kinds |= {"boot": 0.35}
        if self.woman and bare and self.season != "cold":
            kinds |= {"pump": 0.25}
        if self.occasion == "smart":
            kinds = {"leather_shoe": 0.35 if self.woman else 1.0, "pump": 0.7 if self.woman else 0.0, "boot": 0.1}
        elif self.occasion == "sport":
            kinds = {"sneaker": 1.0}
        elif self.occasion == "rain":
            kinds = {"boot": 0.7, "sneaker": 0.3}
        return [self.garment(self.kind({"sneaker": 0.02} | kinds))]

    def _socks(self, feet: list[GarmentSpec], lower: list[GarmentSpec]) -> list[GarmentSpec]:
        asked = self._slot("hidden")
        bare = any(g.kind in ("sandal", "pump") for g in feet) or "hidden" in self.without or not feet
        if asked or "socks" not in self.known or bare or not self.chance(0.8 if self.season != "warm" else 0.6):
            return asked
        return [self.garment("socks")]

    def _tuck(self, out: list[GarmentSpec]) -> list[GarmentSpec]:
        kinds = {str(g.kind) for g in out}
        can = kinds & {"jeans", "trousers", "skirt", "shorts"}
        tuck = self.chance(0.8 if self.occasion == "smart" or kinds & {"blazer"} else 0.15)
        if "jumper" in kinds and "shirt" in kinds:
            tuck = True
        return [replace(g, tucked=True) if can and tuck and hasattr(g, "tucked") else g for g in out]

    def _accessories(self, out: list[GarmentSpec]) -> list[GarmentSpec]:
        kinds = {str(g.kind) for g in out}
        more: list[GarmentSpec] = []
        cold, warm, smart = self.season == "cold", self.season == "warm", self.occasion == "smart"
        tucked = any(getattr(g, "tucked", False) for g in out)
        chances: list[tuple[Slot, float, dict[str, float]]] = [
            # A belt under a pullover would be a lump in it and nothing else.
            ("waist", 0.85 * (tucked and not kinds & {"jumper", "hoodie"}) * bool(kinds & {"jeans", "trousers"}), {"belt": 1.0}),
            ("neck", 0.25 if cold else 0.0, {"scarf": 1.0}),
            ("wrist", 0.3 if self.age > 15 else 0.0, {"wristwatch": 1.0}),
            ("face", 0.08 if self.age < 40 else 0.28 if self.age < 60 else 0.5, {"glasses": 1.0}),
            ("head", 0.3 if cold and not smart else 0.14 if warm else 0.06,
             {"beanie": 1.0 if cold else 0.0, "cap": 0.1 if cold else 0.7, "hat": 0.1 if cold else 0.3 if self.age > 14 else 0.15}),
            ("bag", 0.14 if not smart else 0.2 * self.woman,
             {"backpack": 0.6 if not smart else 0.0, "shoulder_bag": 0.7 if self.woman else 0.1}),
        ]  # fmt: skip
        for slot, p, choice in chances:
            asked = self._slot(slot)
            wears = self.chance(p) and slot not in self.without
            ok = {k: w for k, w in choice.items() if w > 0 and k in self.known and words_of(k).since <= self.age}
            if asked:
                more += asked
            elif wears and ok and not (slot == "waist" and kinds & {"dress"}):
                kind = self.pick(ok)
                more.append(self.garment(kind, cloth="straw" if kind == "hat" and warm else None))
        return more


def _order(g: GarmentSpec) -> float:
    """Layer of a garment; a tucked top goes below the waistband."""
    layer = float(words_of(str(g.kind)).layer)
    return 2.5 if getattr(g, "tucked", False) else layer
