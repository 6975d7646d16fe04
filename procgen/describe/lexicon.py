"""The words for what a scene can hold, in both directions: captions are written with them and descriptions read by them.

Every table maps a meaning to its words; the first is what captions say, the others are understood as well.
"""

from __future__ import annotations

# -- people: (age group, gender) -> nouns, singular then plural -------------------------------------------------------------
# Age group -> years that it means. The borders are those of captions.
AGES: dict[str, tuple[float, float]] = {
    "baby": (0.3, 1.45), "toddler": (1.6, 3.9), "child": (4.5, 12.5), "teenager": (13.5, 18.8), "young adult": (19.5, 29.5),
    "adult": (30.5, 44.0), "middle-aged": (45.5, 63.0), "elderly": (65.0, 88.0),
}  # fmt: skip
AGE_BORDERS = (1.5, 4.0, 13.0, 19.0, 30.0, 45.0, 64.0)
# Adjectives of age before "man", "woman" or "person" (and, for teenagers, "boy" or "girl").
AGE_WORDS: dict[str, tuple[str, ...]] = {
    "teenager": ("teenage", "adolescent", "teenaged"),
    "young adult": ("young", "youthful"),
    "adult": ("grown", "grown up"),
    "middle-aged": ("middle aged",),
    "elderly": ("elderly", "old", "aged", "older", "senior", "very old"),
}
# Noun -> (plural, gender, age group or None for any grown-up, ancestor of a family or None).
NOUNS: dict[str, tuple[str, str | None, str | None]] = {
    "man": ("men", "male", None), "woman": ("women", "female", None), "person": ("people", None, None),
    "boy": ("boys", "male", "child"), "girl": ("girls", "female", "child"), "child": ("children", None, "child"),
    "baby": ("babies", None, "baby"), "toddler": ("toddlers", None, "toddler"), "teenager": ("teenagers", None,
    "teenager"),
    "adult": ("adults", None, "any adult"), "gentleman": ("gentlemen", "male", None), "lady": ("ladies",
    "female", None),
    "guy": ("guys", "male", None), "male": ("males", "male", None), "female": ("females", "female", None),
    "lad": ("lads", "male", "child"), "kid": ("kids", None, "child"), "infant": ("infants", None, "baby"),
    "teen": ("teens", None, "teenager"), "adolescent": ("adolescents", None, "teenager"),
    "friend": ("friends", None, None),
    "somebody": ("some people", None, None), "someone": ("humans", None, None), "human": ("humans", None, None),
    "pensioner": ("pensioners", None, "elderly"), "grandmother": ("grandmothers", "female", "elderly"),
    "grandma": ("grandmas", "female", "elderly"), "granny": ("grannies", "female", "elderly"),
    "grandfather": ("grandfathers", "male", "elderly"), "grandpa": ("grandpas", "male", "elderly"),
    "mother": ("mothers", "female", "parent"), "mum": ("mums", "female", "parent"), "mom": ("moms", "female", "parent"),
    "father": ("fathers", "male", "parent"), "dad": ("dads", "male", "parent"), "parent": ("parents", None, "parent"),
    "daughter": ("daughters", "female", "child"), "son": ("sons", "male", "child"), "husband": ("husbands",
    "male", None),
    "wife": ("wives", "female", None), "grandchild": ("grandchildren", None, "child"), "grandson": ("grandsons",
    "male", "child"),
    "granddaughter": ("granddaughters", "female", "child"), "brother": ("brothers", "male", None),
    "sister": ("sisters", "female", None), "colleague": ("colleagues", None, "any adult"),
}  # fmt: skip
# What "any adult" and "parent" mean in years; a plain "man" may be of any grown age.
GROWN = {"any adult": (19.5, 80.0), "parent": (26.0, 50.0)}
NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
ORDINALS = (
    ("first", "the first"),
    ("second", "the second"),
    ("third", "the third"),
    ("fourth", "the fourth"),
    ("fifth", "the fifth"),
)
COUNTS = {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "a couple of": 2, "a pair of": 2, "pair of": 2, "couple of": 2,
    "a few": 3, "several": 4, "a dozen": 12, "dozen": 12, "a lot of": 12, "many": 12, "zero": 0,
}  # fmt: skip
# Decades: "in her forties".
DECADES = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80}
STATURES: dict[str, tuple[str, ...]] = {
    "very tall": ("very tall", "huge", "towering"), "tall": ("tall",), "short": ("short", "small", "petite"),
    "very short": ("very short", "tiny"),
}  # fmt: skip
BUILDS: dict[str, tuple[str, ...]] = {
    "slim": ("slim", "thin", "slender", "lean", "skinny", "very thin", "slightly built"),
    "heavy": ("heavy", "overweight", "stout", "plump", "fat", "chubby", "obese", "heavyset", "heavily built", "big"),
    "muscular": ("muscular", "athletic", "strong", "sporty", "well built", "muscled"),
}
SKINS: dict[str, tuple[str, ...]] = {
    "very light": ("very light", "very fair", "very pale", "porcelain"), "light": ("light", "fair", "pale"),
    "medium": ("medium", "olive", "tan", "tanned"), "light brown": ("light brown",), "brown": ("brown",),
    "dark brown": ("dark brown", "dark"), "very dark": ("very dark", "black", "deep"),
}  # fmt: skip
ANCESTRY = {"african": 0, "asian": 1, "european": 2, "black": 0, "white": 2, "caucasian": 2}
EYES = {
    "brown": "brown",
    "dark": "dark",
    "hazel": "hazel",
    "green": "green",
    "blue": "blue",
    "grey": "grey",
    "gray": "grey",
}

# -- hair -----------------------------------------------------------------------------------------------------------------
# Style -> (caption with {c} for the colour, adjectives of "hair" that mean it, nouns that mean it).
HAIR: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "buzz": ("buzz-cut {c} hair", ("buzz cut", "shaved", "very short"), ("buzz cut", "crew cut")),
    "crop": ("cropped {c} hair", ("cropped", "close cropped"), ("crop",)),
    "short": ("short {c} hair", ("short",), ()),
    "balding": ("thinning {c} hair", ("thinning", "receding", "balding"), ()),
    "bob": ("a {c} bob", ("bobbed", "chin length", "shoulder length"), ("bob", "bob cut")),
    "long": ("long {c} hair", ("long", "straight", "long straight"), ()),
    "wavy": ("wavy {c} hair", ("wavy", "long wavy"), ("waves",)),
    "curly": ("curly {c} hair", ("curly", "long curly", "short curly"), ("curls",)),
    "coily": ("coily {c} hair", ("coily", "kinky", "frizzy"), ()),
    "afro": ("a {c} afro", ("afro",), ("afro",)),
    "ponytail": ("a {c} ponytail", (), ("ponytail", "pony tail")),
    "bun": ("a {c} bun", (), ("bun", "hair bun", "topknot")),
    "braids": ("{c} braids", ("braided",), ("braids", "plaits", "pigtails")),
    "locs": ("{c} locs", ("dreadlocked",), ("locs", "dreadlocks", "dreads")),
    "quiff": ("a {c} quiff", (), ("quiff", "pompadour")),
    "undercut": ("a {c} undercut", (), ("undercut",)),
    "pixie": ("a {c} pixie cut", ("pixie",), ("pixie cut", "pixie")),
}
BALD = ("a bald head", ("bald", "hairless"), ("bald head", "shaved head"))
# Colour -> words; what captions say first.
HAIR_COLORS: dict[str, tuple[str, ...]] = {
    "blond": ("blond", "blonde", "fair", "golden", "light"), "light brown": ("light brown", "sandy", "dark blond"),
    "brown": ("brown", "brunette", "chestnut"), "dark brown": ("dark brown", "dark"), "black": ("black", "jet black"),
    "red": ("red", "ginger"), "auburn": ("auburn", "dark red"), "grey": ("grey", "gray", "silver", "greying",
    "graying"),
    "white": ("white", "snow white"), "copper": ("copper",), "burgundy": ("burgundy", "wine red"),
    "platinum": ("platinum", "platinum blond", "bleached"), "blue": ("blue", "turquoise"), "pink": ("pink",),
    "green": ("green",), "violet": ("violet", "purple"),
}  # fmt: skip
# Noun of a person that says the hair: "a blonde", "a redhead".
HAIRED_NOUNS = {"redhead": "red", "blonde": "blond", "brunette": "brown"}
BEARDS: dict[str, tuple[str, ...]] = {
    "stubble": ("stubble", "a stubble", "three day beard", "designer stubble"),
    "a short beard": ("a short beard", "short beard", "trimmed beard"),
    "a full beard": ("a full beard", "full beard", "long beard", "bushy beard", "big beard", "thick beard"),
    "a moustache": ("a moustache", "moustache", "mustache"),
    "a goatee": ("a goatee", "goatee"),
    "a chin beard": ("a chin beard", "chin beard"),
}
ANY_BEARD = ("beard", "bearded", "facial hair")
SHAVEN = ("clean shaven", "shaven", "beardless", "smooth shaven")

# -- clothes --------------------------------------------------------------------------------------------------------------
# What garments are called is told by `wardrobe.WORDS`; these are further words for them.
GARMENTS: dict[str, tuple[str, ...]] = {
    "shirt": ("button down shirt", "polo shirt"), "trousers": ("sweatpants", "suit trousers"),
    "jacket": ("bomber", "bomber jacket", "down jacket", "puffer jacket", "parka"), "raincoat": ("rain coat",),
    "boot": ("ankle boots", "rubber boots"), "sneaker": ("sports shoes",), "glasses": ("sunglasses", "shades"),
    "dress": ("frock",), "skirt": ("miniskirt",), "blazer": ("business suit",), "wristwatch": ("wrist watch",), 
    "shorts": ("bermudas",), "vest": ("sleeveless shirt",),
}  # fmt: skip
# Asked for but not registered: the nearest kinds, best first.
NEAREST_GARMENT = {
    "coat": ("jacket",), "raincoat": ("coat", "jacket"), "blazer": ("jacket",), "cardigan": ("jumper",),
    "blouse": ("shirt",),
    "sandal": ("sneaker",), "pump": ("leather_shoe",), "beanie": ("hat",), "cap": ("hat",), "hat": ("cap", "beanie"),
    "backpack": ("shoulder_bag",), "shoulder_bag": ("backpack",),
}  # fmt: skip
# Plain names of whole slots: "shoes" is any of them.
SLOT_WORDS = {
    "shoes": "feet",
    "footwear": "feet",
    "headgear": "head",
    "clothes": "any",
    "outfit": "any",
    "clothing": "any",
}
# Further words for patterns and fabrics; `wardrobe` has the first ones.
PATTERNS: dict[str, tuple[str, ...]] = {
    "stripe": ("stripy", "pinstriped"), "plaid": ("tartan",), "check": ("checkered", "chequered", "gingham"),
    "dots": ("polka dotted", "dotted", "spotted"), "floral": ("flowery", "flowered"),
    "colour_block": ("two tone", "two coloured", "colour block", "color block"), "graphic": ("with a print", "graphic"),
    "plain": ("plain", "solid"),
}  # fmt: skip
FABRICS: dict[str, tuple[str, ...]] = {"knit": ("knitted", "woolly"), "nylon": ("waterproof",)}
COLORS: dict[str, tuple[str, ...]] = {
    "grey": ("gray", "silver"), "light grey": ("light gray",), "charcoal": ("dark grey", "dark gray", "anthracite"),
    "burgundy": ("dark red", "maroon", "wine red", "crimson"), "navy": ("dark blue", "navy blue"), "purple": ("violet",
    "dark purple"),
    "red": ("bright red", "scarlet"), "blue": ("bright blue", "royal blue"), "yellow": ("bright yellow",
    "light yellow"),
    "green": ("bright green",), "pink": ("light pink", "pale pink"), "hot pink": ("bright pink", "magenta"),
    "light blue": ("pale blue", "sky blue",
    "baby blue"), "light green": ("pale green", "lime"), "beige": ("sand", "ecru"), "cream": ("off white", "ivory"),
    "tan": ("light brown", "camel"), "orange": ("bright orange",), "turquoise": ("aqua", "cyan"),
    "lavender": ("light purple", "lilac", "pale purple"),
    "mustard": ("golden", "gold", "ochre"), "rust": ("terracotta",),
}  # fmt: skip
# -- faces and looks ------------------------------------------------------------------------------------------------------
# Expression preset -> words.
EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "neutral": ("with a neutral expression", "neutral expression", "expressionless", "straight faced"),
    "soft_smile": ("smiling softly", "smiling a little", "slight smile", "soft smile", "smiling slightly"),
    "smile": ("smiling", "happy", "cheerful", "grinning", "smile", "smiles", "happily"),
    "joy": ("beaming", "joyful", "overjoyed", "with a big smile", "smiling broadly"),
    "polite_smile": ("smiling politely", "polite smile"), "laugh": ("laughing", "laughs"),
    "surprise": ("surprised", "astonished", "looking surprised", "amazed"),
    "sadness": ("sad", "looking sad", "unhappy", "sadly"), "anger": ("angry", "looking angry", "furious", "frowning"),
    "disgust": ("disgusted", "looking disgusted"), "fear": ("afraid", "scared", "frightened", "fearful"),
    "contempt": ("contemptuous", "smirking"), "doubt": ("doubtful", "sceptical", "skeptical"),
    "interest": ("interested", "curious", "attentive"), "pain": ("in pain", "wincing"), "worried": ("worried", "anxious"),
    "thinking": ("thinking", "thoughtful", "pensive"), "tired": ("tired", "sleepy", "exhausted"), "squint": ("squinting",),
    "blink": ("with closed eyes", "eyes closed", "closed eyes", "blinking"), "wink": ("winking", "winks"),
    "pout": ("pouting", "kissing lips"), "concentration": ("concentrating", "serious", "concentrated", "focused"),
    "puff": ("puffing cheeks", "puffed cheeks"),
}  # fmt: skip
GAZES: dict[str, tuple[str, ...]] = {
    "camera": ("looking at the camera", "looking into the camera", "facing the camera", "looking at the viewer",
    "looking at camera",
               "looking into the lens", "looks at the camera"),
    "each other": ("looking at each other", "facing each other", "looking at one another", "facing one another"),
    "away": ("looking away", "not looking at the camera", "looking ahead", "looking to the side"),
}  # fmt: skip

# -- poses: what captions say comes from the poses themselves; these are further words ------------------------------------------
# Pose family (with fields of its spec) <- words.
POSE_WORDS: dict[str, tuple[tuple[str, dict[str, object]], ...]] = {
    "stand": (("standing", {}), ("stands", {}), ("upright", {})),
    "wave": (("waving", {}), ("waves", {}), ("greeting", {})),
    "walk": (("walking", {}), ("walks", {}), ("strolling", {}), ("on foot", {})),
    "run": (("running", {}), ("runs", {}), ("jogging", {}), ("sprinting", {})),
    "sit": (("sitting", {}), ("sits", {}), ("seated", {}), ("sitting down", {}), ("sitting on a chair", {}),
    ("sitting on a bench", {}),
            ("sitting at a table", {}), ("sitting on a sofa", {})),
    "sit_ground": (("sitting on the ground", {}), ("sitting on the floor", {}), ("sitting in the grass", {}),
    ("sitting cross legged", {})),
    "squat": (("squatting", {}), ("crouching", {})),
    "climb": (("climbing stairs", {"way": "up"}), ("going down stairs", {"way": "down"}), ("climbing the stairs", {"way": "up"}),
    ("going up stairs", {"way": "up"}), ("walking up stairs", {"way": "up"}), ("walking up the stairs", {"way": "up"}),
    ("going up the stairs", {"way": "up"}), ("going down the stairs", {"way": "down"}), ("walking down stairs", {"way": "down"}),
    ("walking down the stairs", {"way": "down"}), ("descending stairs", {"way": "down"}), ("on the stairs", {}),
    ("climbing steps", {"way": "up"})),
    "kneel": (("kneeling", {}), ("kneels", {})),
    "lie": (("lying down", {}), ("lying", {}), ("lying on the ground", {}), ("sleeping", {})),
    "reach": (("reaching", {}), ("reaching out", {}), ("reaching up", {"height": 2.3}), ("pointing", {})),
    "phone": (("using a phone", {}), ("talking on the phone", {"use": "call"}), ("on the phone", {"use": "call"}),
    ("phoning", {"use": "call"}),
              ("telephoning", {"use": "call"}), ("looking at a phone", {"use": "read"}),
              ("reading a phone", {"use": "read"}),
              ("texting", {"use": "read"}), ("with a phone", {"use": "read"})),
    "talk": (("talking and gesturing", {}), ("talking", {}), ("chatting", {}), ("speaking", {}), ("gesturing", {}),
    ("explaining", {}),
             ("discussing", {})),
    "carry": (("carrying a box", {"load": "box"}), ("carrying a bag", {"load": "bag_right"}),
    ("holding a box", {"load": "box"}),
              ("with a box", {"load": "box"}), ("carrying something", {})),
    "dance": (("dancing", {}), ("dances", {})),
    "yoga": (("doing yoga", {}), ("in a yoga pose", {}), ("practising yoga", {}), ("practicing yoga", {})),
    "arms_crossed": (("standing with crossed arms", {}), ("arms crossed", {}), ("crossed arms", {}),
    ("with crossed arms", {}),
                     ("with folded arms", {}), ("with arms crossed", {}), ("arms folded", {})),
    "hands_on_hips": (("standing with hands on hips", {}), ("hands on hips", {}), ("with hands on hips", {}),
    ("hands on her hips", {}),
                      ("hands on his hips", {}), ("hand on hip", {"sides": "right"}), ("with hands on the hips", {})),
    "hands_in_pockets": (("standing with hands in pockets", {}), ("hands in pockets", {}),
    ("with hands in pockets", {}),
                         ("hands in the pockets", {}), ("hands in his pockets", {}), ("hands in her pockets", {})),
}  # fmt: skip

# Further words for motions that are more than a pose.
MOTION_WORDS = {
    "jump": ("jumping", "jumps"),
    "turn": ("turning around", "turning"),
    "sit_stand": ("getting up", "standing up"),
}

# What several people do they do with each other: word -> group.
DONE_TOGETHER = {"talking": "conversation", "chatting": "conversation"}

# -- surroundings ---------------------------------------------------------------------------------------------------------
# Words of a place -> (kind, fields of its spec). The first entry of an equal meaning is what captions say.
PLACES: tuple[tuple[str, tuple[str, ...], str, dict[str, object]], ...] = (
    ("in a meadow", ("meadow", "field", "grass", "park", "countryside", "lawn", "pasture"), "meadow", {}),
    ("on a square", ("square", "plaza", "town square", "piazza"), "street", {"layout": "square"}),
    ("on a street", ("street", "pavement", "sidewalk", "city", "town", "road", "village"),
    "street", {"layout": "street"}),
    ("in a living room", ("living room", "lounge", "home", "flat", "apartment", "house"), "room", {"style": "living"}),
    ("in a café", ("cafe", "coffee shop", "restaurant", "bar"), "room", {"style": "cafe"}),
    ("in an office", ("office", "meeting room"), "room", {"style": "office"}),
    ("in a room", ("room", "indoors", "inside", "interior"), "room", {}),
)  # fmt: skip
# Place kinds that may be registered later keep their own words: "in a NAME" / "on a NAME".
ON_PLACES = ("beach", "pier", "playground", "bridge", "terrace", "rooftop", "platform")
TIMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dusk": ("at dusk", ("dusk", "at dusk", "twilight", "after sunset", "nightfall", "at dawn", "dawn",
    "before sunrise")),
    "golden hour": ("in golden evening light", ("in golden evening light", "sunset", "at sunset", "golden hour",
    "evening", "evening light",
                    "golden light", "sunrise", "at sunrise", "early morning", "late afternoon", "in warm light",
                    "low sun", "warm evening light")),
    "day": ("", ("day", "daytime", "noon", "midday", "morning", "afternoon", "daylight", "by day", "at noon",
    "broad daylight")),
}  # fmt: skip
WEATHERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "clear": ("under a clear sky", ("clear sky", "sunny", "clear weather", "cloudless", "blue sky", "sunshine",
    "bright sunshine", "clear")),
    "partly cloudy": ("under a partly cloudy sky", ("partly cloudy sky", "partly cloudy", "a few clouds",
    "scattered clouds", "fair weather")),
    "hazy": ("under a hazy sky", ("hazy sky", "hazy", "cloudy", "misty", "haze", "veiled sun", "cloudy sky")),
    "overcast": ("under an overcast sky", ("overcast sky", "overcast", "grey sky", "gray sky", "dull light",
    "dull weather")),
}  # fmt: skip
SHOTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "empty": ("A photo", ("photo", "photograph", "picture", "image", "shot")),
    "wide": ("A wide shot", ("wide shot", "wide view", "wide angle", "wide photo", "long shot", "wide",
    "wide angle shot", "from afar")),
    "full-body": ("A full-body photo", ("full body photo", "full body", "full length", "full body shot", "full figure",
    "full length photo", "head to toe")),
    "three-quarter": ("A three-quarter photo", ("three quarter photo", "three quarter shot", "american shot",
    "knee shot")),
    "half-length": ("A half-length photo", ("half length photo", "half length", "portrait", "portrait photo",
    "head and shoulders", "upper body", "waist up",
                    "medium shot", "portrait of")),
    "close-up": ("A close-up portrait", ("close up portrait", "close up", "closeup", "headshot", "head shot",
    "face shot", "close portrait")),
}  # fmt: skip
ANGLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "high": ("from above", ("from above", "high angle", "bird s eye view", "from a high angle", "surveillance camera",
    "overhead")),
    "low": ("from below", ("from below", "low angle", "from a low angle", "worm s eye view")),
    "eye level": ("", ("eye level", "at eye level")),
}  # fmt: skip
# Which camera sampler makes a shot.
SAMPLERS = {
    "wide": "wide",
    "full-body": "full_body",
    "three-quarter": "portrait",
    "half-length": "portrait",
    "close-up": "portrait",
}

# Known wishes that nothing can fulfil yet, with what to say instead; named as not understood and never half done.
BEYOND = {
    "night": "there is no night yet; try dusk", "at night": "there is no night yet; try dusk",
    "rain": "there is no rain yet; try overcast",
    "raining": "there is no rain yet; try overcast", "rainy": "there is no rain yet; try overcast",
    "snow": "there is no snow yet",
    "snowing": "there is no snow yet", "fog": "there is no fog yet; try hazy", "foggy": "there is no fog yet; try hazy",
    "naked": "people are always dressed", "nude": "people are always dressed", "shirtless": "people are always dressed",
    "topless": "people are always dressed", "umbrella": "nobody carries one yet", "dog": "there are no animals yet",
    "cat": "there are no animals yet", "bicycle": "nobody rides yet", "tattoo": "there are no tattoos yet",
}  # fmt: skip
# Words that bind or carry nothing by themselves.
FILLER = frozenset(
    "a an the of is are be being that who which whose there here his her their its this these those it to very some it's and "
    "i want show me please make create generate give scene showing at on in into by during as have has having while also just both "
    "dressed clothed weather light sky day time style looking background front of photo picture s".split()
)


def hair_phrase(style: str) -> str:
    """Caption words of a hair style with {c} for its colour."""
    return HAIR.get(style, ("{c} hair in a " + style.replace("_", " "), (), ()))[0]


def place_phrase(kind: str, fields: dict[str, object]) -> str:
    """ "in a meadow": the words of a place with these spec fields."""
    for words, _, name, wanted in PLACES:
        if name == kind and all(fields.get(k) == v for k, v in wanted.items()):
            return words
    noun = kind.replace("_", " ")
    article = "an" if noun[:1] in "aeiou" else "a"
    return f"{'on' if kind in ON_PLACES else 'in'} {article} {noun}"
