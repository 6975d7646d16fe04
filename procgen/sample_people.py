"""The people of a scene: who they are, who belongs together, where they stand, what they wear and do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import registry
from .describe.description import Description, PersonWish
from .describe.fulfil import (
    wished_body,
    wished_expression,
    wished_eyes,
    wished_hair,
    wished_outfit,
    wished_pose,
    wished_ranges,
    wished_skin,
)
from .geometry import PlaceGeometry
from .groups.formation import Formation, Stand
from .groups.joining import join_hands
from .groups.planning import draw_bodies, plan_groups
from .layout import Placement, place_people
from .people.expression import sample_expression
from .people.garments.choosing import SEASONS, Season
from .people.hands import resting_hand
from .people.look import sample_eyes, sample_hair, sample_skin
from .people.moving import families_for, moving, wants_seat
from .people.shape import Phenotype, PhenotypeRanges, sample_phenotype
from .seeds import Seed
from .spec import GroupSpec, HandSpec, HumanSpec, replace

# How often each pose family is drawn for someone on their feet, and indoors or outdoors where that matters (by eye).
STANDING = {
    "contrapposto": 5.0, "stand": 3.0, "talk": 4.0, "walk": 4.0, "wave": 2.0, "phone": 2.5, "hands_in_pockets": 2.5,
    "hands_on_hips": 1.5, "arms_crossed": 2.0, "carry": 0.5, "reach": 1.0, "squat": 0.6, "kneel": 0.5, "dance": 0.8,
    "yoga": 0.5, "run": 0.8, "sit_ground": 0.5, "climb": 0.4,
}  # fmt: skip
NOT_INDOORS = ("run", "yoga", "sit_ground", "climb")
SEATED = ("sit",)
# How often somebody sits, if there is a seat.
SIT_SHARE = 0.35
# Age bands in years and how often they are drawn.
AGES = {
    (1.5, 4.0): 0.03,
    (4.0, 12.0): 0.09,
    (12.0, 18.0): 0.08,
    (18.0, 40.0): 0.40,
    (40.0, 65.0): 0.26,
    (65.0, 88.0): 0.14,
}
NO_WISH = PersonWish()


def sample_people(
    seed: Seed,
    place: PlaceGeometry,
    count: int,
    frames: int,
    described: Description | None = None,
    motion: str = "auto",
    cast: Sequence[HumanSpec] = (),
) -> tuple[list[HumanSpec], list[GroupSpec]]:
    """Draw the people of a scene and their groups.

    Args:
        seed: The scene's seed.
        place: The built place.
        count: Number of people.
        frames: Consecutive frames; more than one gives motions.
        described: What was asked for, or None.
        motion: Name of a motion or a motion file for everybody, or "auto" for what suits each pose.
        cast: People who are known, the first of the count: body, face, hair and clothes are theirs, and where they are and what
            they do is drawn.
    """
    wishes = list(described.people) if described is not None and described.people else [NO_WISH] * count
    groups = plan_groups(seed, count, described)
    bodies = draw_bodies(seed, count, groups, wishes, sample_anybody)
    bodies[: len(cast)] = [known.phenotype for known in cast]
    formations = [_formation(g, [bodies[i] for i in g.members]) for g in groups]
    wants = [_wants_seat(seed.child("human", i, "seated"), place, p, wishes[i], motion) for i, p in enumerate(bodies)]
    shaped = [(g.members, f) for g, f in zip(groups, formations, strict=True)]
    placements = place_people(seed.child("layout").rng(), place, wants, formations=shaped)
    stands = {i: s for members, f in shaped for i, s in zip(members, f.stands, strict=True)}
    eyes = [_eye_height(p, where, place) for p, where in zip(bodies, placements, strict=True)]
    season = _season(seed.child("season").rng(), place)
    humans = [
        sample_human(
            seed.child("human", i), body, where, place, frames, None if where.watches is None else eyes[where.watches],
            wish=wishes[i], season=season, stand=stands.get(i),
        )
        for i, (body, where) in enumerate(zip(bodies, placements, strict=True))
    ]  # fmt: skip
    humans[: len(cast)] = [_played(known, part) for known, part in zip(cast, humans, strict=False)]
    humans = _share_strides(humans, groups, formations)
    humans, groups = join_hands(humans, groups, formations, place)
    return [_held(h, humans, i) for i, h in enumerate(humans)], groups


def sample_anybody(seed: Seed, wish: PersonWish = NO_WISH) -> Phenotype:
    """A phenotype of any age; mostly adults, as in a street."""
    bands = list(AGES)
    share = np.array([AGES[b] for b in bands])
    band = bands[int(seed.child("age").rng().choice(len(bands), p=share / share.sum()))]
    ranges = wished_ranges(wish, PhenotypeRanges(age_years=band))
    return wished_body(
        seed.child("wished", "body").rng(), wish, sample_phenotype(seed.child("phenotype").rng(), ranges)
    )


def _played(known: HumanSpec, part: HumanSpec) -> HumanSpec:
    """A drawn part with somebody who is known in it; their own expression stays, if they have one."""
    expression = known.expression or part.expression
    own = {name: getattr(known, name) for name in ("skin", "eyes", "hair", "outfit", "looks")}
    return replace(part, **own, expression=expression)


def _formation(group: GroupSpec, people: Sequence[Phenotype]) -> Formation:
    build = registry.groups.get(str(group.kind)).build
    assert build is not None
    return build(group, people)


def _season(rng: np.random.Generator, place: PlaceGeometry) -> Season:
    """One season for everybody who is out together; indoors each as they like."""
    names = list(SEASONS)
    share = np.array([SEASONS[n] for n in names])
    drawn = names[int(rng.choice(len(names), p=share / share.sum()))]
    return "auto" if place.indoor else drawn  # type: ignore[return-value]


def _wants_seat(seed: Seed, place: PlaceGeometry, body: Phenotype, wish: PersonWish, motion: str) -> bool:
    if not place.seats or body.age_years < 3:
        return False
    asked = wants_seat(wish.motion or motion)
    if wish.pose is not None or asked is not None:
        return bool(asked) or wish.pose in SEATED
    return seed.rng().random() < SIT_SHARE


def _eye_height(person: Phenotype, where: Placement, place: PlaceGeometry) -> float:
    """About where a person's eyes are before the pose is known, metres above the ground; a sitter's over the seat."""
    seat = next((s for s in place.seats if s.name == where.seat), None)
    if seat is None:
        return 0.93 * person.height_m
    ground = float(np.asarray(place.height(seat.position[:1], seat.position[1:2]))[0])  # type: ignore[operator]
    return float(seat.position[2]) - ground + 0.45 * person.height_m


def sample_human(
    seed: Seed,
    phenotype: Phenotype,
    where: Placement,
    place: PlaceGeometry,
    frames: int,
    gaze_height: float | None = None,
    motion: str = "auto",
    *,
    wish: PersonWish = NO_WISH,
    season: Season = "auto",
    stand: Stand | None = None,
) -> HumanSpec:
    """Draw one person who stands or sits at a given spot of a place.

    Args:
        gaze_height: Height above the ground of the eyes that are looked at, metres.
        motion: Name of a motion or a motion file, or "auto" for what suits the pose in a sequence.
        wish: What was asked for.
        season: Season to dress for.
        stand: The person's part in a group.
    """
    asked_motion = wish.motion or motion
    family = _pose_family(seed, where, place, phenotype, wish, stand, families_for(asked_motion))
    gaze = None
    if where.gaze is not None and wish.gaze not in ("away", "camera"):
        z = float(np.asarray(place.height(np.array([where.gaze[0]]), np.array([where.gaze[1]])))[0])  # type: ignore[operator]
        gaze = (where.gaze[0], where.gaze[1], z + (1.5 if gaze_height is None else gaze_height))
    asked = seed.child("wished").rng()
    human = HumanSpec(
        phenotype=phenotype,
        skin=wished_skin(asked, wish, sample_skin(seed.child("skin").rng(), phenotype)),
        eyes=wished_eyes(wish, sample_eyes(seed.child("eyes").rng(), phenotype)),
        hair=wished_hair(asked, wish, sample_hair(seed.child("hair").rng(), phenotype)),
        outfit=wished_outfit(seed.child("outfit").rng(), wish, phenotype, season),
        pose=wished_pose(seed.child("pose").rng(), wish, family, phenotype),
        expression=wished_expression(asked, wish, sample_expression(seed.child("expression").rng())),
        gaze=gaze,
        position=where.position,
        heading=where.heading,
        seat=where.seat,
    )
    return moving(seed, _with_pose_hands(human, seed.child("hands").rng()), frames, asked_motion)


def _with_pose_hands(human: HumanSpec, rng: np.random.Generator) -> HumanSpec:
    """Hands that belong to the pose (a phone is gripped); those that do nothing are each at rest in their own way."""
    hands = getattr(human.pose, "hand_specs", None)
    left, right = hands() if hands is not None else (HandSpec(), HandSpec())
    return replace(human, left_hand=resting_hand(rng, left), right_hand=resting_hand(rng, right))


def _pose_family(
    seed: Seed,
    where: Placement,
    place: PlaceGeometry,
    phenotype: Phenotype,
    wish: PersonWish,
    stand: Stand | None,
    wanted: tuple[str, ...] = (),
) -> str:
    rng = seed.child("pose", "family").rng()
    known = set(registry.poses.names())
    if where.seat is not None:
        return SEATED[int(rng.integers(len(SEATED)))]
    if wish.pose is not None:
        # Who was to sit and found no seat sits down on the ground.
        return "sit_ground" if wish.pose in SEATED else wish.pose
    table = {k: w for k, w in STANDING.items() if k in known and not (place.indoor and k in NOT_INDOORS)}
    if stand is not None and any(k in known for k in stand.poses):
        table = {
            k: float(stand.poses.count(k)) * STANDING.get(k, 1.0) ** 0.5
            for k in dict.fromkeys(stand.poses)
            if k in known
        }
    if phenotype.age_years < 2.0:
        table = {k: w for k, w in table.items() if k in ("stand", "sit_ground", "reach")} or {"stand": 1.0}
    elif phenotype.age_years > 70.0:
        table = {
            k: w for k, w in table.items() if k not in ("run", "yoga", "dance", "squat", "kneel", "sit_ground", "climb")
        } or {"stand": 1.0}
    if wanted:
        # A motion that was asked for starts from its own poses, whatever else would be likely here.
        table = {k: STANDING.get(k, 1.0) for k in wanted if k in known and k not in SEATED} or {"stand": 1.0}
    weights = np.array(list(table.values()))
    return list(table)[int(rng.choice(len(table), p=weights / weights.sum()))]


def _held(human: HumanSpec, people: Sequence[HumanSpec], index: int) -> HumanSpec:
    """Whoever touches or is touched stays where the hands are: they breathe, and no more."""
    touched = human.touches or any(t.whom == index for p in people for t in p.touches)
    if not touched or human.motion.kind in ("none", "idle"):
        return human
    return replace(human, motion=registry.motions.get("idle").spec())  # type: ignore[misc]


def _share_strides(
    humans: list[HumanSpec], groups: Sequence[GroupSpec], formations: Sequence[Formation]
) -> list[HumanSpec]:
    """People who walk together walk at one speed, nearly in step."""
    out = list(humans)
    for group, formation in zip(groups, formations, strict=True):
        for place, (index, stand) in enumerate(zip(group.members, formation.stands, strict=True)):
            if stand.lead is None or stand.lead == place:
                continue
            lead, own = out[group.members[stand.lead]], out[index]
            if own.pose.kind == lead.pose.kind == "walk":
                phase = (getattr(lead.pose, "phase", 0.0) + 0.5 * (place % 2) + 0.06 * place) % 1.0
                pose = replace(own.pose, speed=lead.pose.speed, phase=float(phase))  # type: ignore[attr-defined]
                out[index] = replace(own, pose=pose, motion=lead.motion)
    return out
