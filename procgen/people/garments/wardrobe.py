"""What garments are called and where on a person they belong: one table for captions, descriptions and outfits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Slot = Literal[
    "upper", "outer", "dress", "lower", "feet", "hidden", "head", "face", "neck", "waist", "wrist", "bag"
]  # fmt: skip


@dataclass(frozen=True)
class Words:
    """How a kind of garment is spoken of.

    Attributes:
        noun: What captions call it.
        slot: Which place of an outfit it takes; a slot is filled once, except that a jumper goes over a shirt.
        layer: Order of dressing; what has the larger number lies outside.
        plural: "jeans" rather than "a shirt".
        other: Further words that mean it, for those who read descriptions.
        fabrics: What it is usually made of, the most usual first.
        patterns: Patterns that suit it, with how often each is drawn.
        since: Youngest age in years that wears it.
    """

    noun: str
    slot: Slot
    layer: int
    plural: bool = False
    other: tuple[str, ...] = ()
    fabrics: tuple[str, ...] = ("woven",)
    patterns: tuple[tuple[str, float], ...] = (("plain", 1.0),)
    since: float = 0.0


_PRINTS = (("plain", 0.58), ("stripe", 0.17), ("graphic", 0.13), ("dots", 0.04), ("floral", 0.03), ("colour_block", 0.05))
_KNITS = (("plain", 0.74), ("stripe", 0.2), ("colour_block", 0.06))
_SHIRTS = (("plain", 0.55), ("stripe", 0.13), ("plaid", 0.18), ("check", 0.1), ("dots", 0.04))
_DRESSY = (("plain", 0.4), ("floral", 0.33), ("dots", 0.13), ("stripe", 0.08), ("check", 0.06))

_SKIRTS = (("plain", 0.66), ("floral", 0.14), ("plaid", 0.12), ("check", 0.08))
_SUITINGS = (("plain", 0.85), ("check", 0.15))

# Kind -> words. Kinds as they are registered; a kind without an entry is named by its kind and counts as upper clothes.
WORDS: dict[str, Words] = {
    "socks": Words("socks", "hidden", 0, True, ("sock", "stockings"), ("knit",)),
    "sneaker": Words("sneakers", "feet", 1, True, ("sneaker", "trainers", "trainer", "running shoes", "shoes"), ("woven", "leather")),
    "leather_shoe": Words("leather shoes", "feet", 1, True, ("loafers", "oxfords", "dress shoes", "brogues"), ("leather",), since=13),
    "boot": Words("boots", "feet", 1, True, ("boot", "wellingtons", "rain boots"), ("leather",)),
    "sandal": Words("sandals", "feet", 1, True, ("sandal", "flip-flops"), ("leather",)),
    "pump": Words("pumps", "feet", 1, True, ("ballet flats", "flats", "heels", "high heels"), ("leather",), since=13),
    "tshirt": Words("T-shirt", "upper", 5, False, ("t-shirt", "tee", "tee shirt", "top", "tshirt"), ("jersey",), _PRINTS),
    "vest": Words("sleeveless top", "upper", 5, False, ("tank top", "vest", "singlet"), ("jersey",), _KNITS),
    "shirt": Words("shirt", "upper", 5, False, ("button-down", "dress shirt"), ("woven", "denim"), _SHIRTS),
    "blouse": Words("blouse", "upper", 5, False, ("tunic",), ("satin", "woven"), _DRESSY, 13),
    "jumper": Words("sweater", "upper", 6, False, ("jumper", "pullover", "turtleneck", "sweatshirt"), ("knit", "fleece"), _KNITS),
    "cardigan": Words("cardigan", "outer", 7, False, (), ("knit",), _KNITS),
    "hoodie": Words("hoodie", "outer", 7, False, ("hooded sweatshirt", "hoody"), ("fleece",)),
    "jacket": Words("jacket", "outer", 7, False, ("windbreaker",), ("denim", "leather", "nylon", "corduroy")),
    "blazer": Words("blazer", "outer", 7, False, ("suit jacket", "sports jacket", "suit"), ("wool", "woven"), _SUITINGS, 13),
    "coat": Words("coat", "outer", 8, False, ("overcoat", "trench coat", "winter coat"), ("wool",)),
    "raincoat": Words("raincoat", "outer", 8, False, ("rain jacket", "anorak", "mac"), ("nylon",)),
    "jeans": Words("jeans", "lower", 3, True, ("denims",), ("denim",)),
    "trousers": Words("trousers", "lower", 3, True, ("pants", "chinos", "slacks", "joggers"), ("woven", "wool", "fleece", "corduroy")),
    "leggings": Words("leggings", "lower", 3, True, ("tights",), ("jersey",)),
    "shorts": Words("shorts", "lower", 3, True, (), ("woven", "denim", "fleece")),
    "skirt": Words("skirt", "lower", 3, False, (), ("woven", "denim", "satin", "corduroy"), _SKIRTS),
    "dress": Words("dress", "dress", 5, False, ("gown", "sundress"), ("woven", "satin", "jersey"), _DRESSY),
    "belt": Words("belt", "waist", 4, False, (), ("leather",)),
    "scarf": Words("scarf", "neck", 9, False, ("shawl",), ("knit", "wool"), (("plain", 0.5), ("stripe", 0.25), ("plaid", 0.25))),
    "wristwatch": Words("wristwatch", "wrist", 9, False, ("watch",), ("leather",), since=8),
    "cap": Words("cap", "head", 10, False, ("baseball cap",), ("woven",)),
    "beanie": Words("beanie", "head", 10, False, ("woolly hat", "knit cap", "bobble hat"), ("knit",), _KNITS),
    "hat": Words("hat", "head", 10, False, ("sun hat", "fedora", "brimmed hat", "straw hat"), ("straw", "felt")),
    "glasses": Words("glasses", "face", 10, True, ("spectacles", "eyeglasses"), ("plastic",), since=5),
    "shoulder_bag": Words("shoulder bag", "bag", 11, False, ("handbag", "bag", "purse", "satchel"), ("leather", "woven"), since=13),
    "backpack": Words("backpack", "bag", 11, False, ("rucksack", "school bag"), ("nylon", "woven"), since=4),
}  # fmt: skip

# Pattern -> adjective before the noun; "plain" has none.
PATTERN_WORDS: dict[str, str] = {
    "stripe": "striped", "plaid": "plaid", "check": "checked", "dots": "polka-dot", "floral": "floral",
    "colour_block": "two-tone", "graphic": "printed",
}  # fmt: skip
# Fabric -> words that mean it.
FABRIC_WORDS: dict[str, tuple[str, ...]] = {
    "jersey": ("jersey", "cotton"), "knit": ("knitted", "knit"), "woven": ("woven", "linen"), "denim": ("denim",),
    "leather": ("leather",), "fleece": ("fleece",), "wool": ("wool", "woollen", "woolen", "tweed"),
    "corduroy": ("corduroy",), "satin": ("satin", "silk", "silky"), "nylon": ("nylon", "technical"), "felt": ("felt",),
    "straw": ("straw",), "plastic": ("plastic",),
}  # fmt: skip


def words_of(kind: str) -> Words:
    """Words of a kind of garment; one that is not listed is called by its kind."""
    return WORDS.get(kind, Words(kind.replace("_", " "), "upper", 5))
