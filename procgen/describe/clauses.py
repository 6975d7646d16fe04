"""What each part of a description does once its head is known: people, what they wear, have and do, and the scene."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import registry
from ..people.garments.wardrobe import PATTERN_WORDS, words_of
from .agreement import conflict, joined
from .cast import Cast
from .description import GarmentWish, Phrase
from .lexicon import DONE_TOGETHER
from .modifiers import Pending, age_changes, change_of, hair_changes, in_words, kinds_of, nearest_kinds, person_changes
from .reading import FITTING, OF_ONE, Item
from .vocabulary import Sense, Vocabulary


@dataclass
class Clauses:
    """A text while it is read.

    Attributes:
        words: The vocabulary.
        cast: The people.
        pending: Modifiers that wait for their head.
        scene: Place, weather, light, shot, angle.
        negated: After "without", up to the end of the list.
        dressed: After "in": a colour by itself is that of the clothes.
        mark: "," or "and" between the last person who was named and what comes now, if nothing else was said.
    """

    words: Vocabulary
    cast: Cast = field(default_factory=Cast)
    pending: Pending = field(default_factory=list)
    scene: dict[str, Any] = field(default_factory=dict)
    negated: bool = False
    dressed: bool = False
    mark: str = ""
    following: str = ""
    one_does: bool = False
    understood: list[Phrase] = field(default_factory=list)
    missed: list[Phrase] = field(default_factory=list)

    # -- people and what they have ------------------------------------------------------------------------------------------
    def _on_person(self, item: Item, sense: Sense) -> None:
        gender, age, plural = sense.value
        changes, number = person_changes(self.pending)
        new = age_changes(age) | ({"gender": gender} if gender else {})
        if age == "child" and changes.get("age_group") in ("teenager", "young adult", "baby", "toddler"):
            # "a teenage boy", "a young girl": the adjective tells the age, and a young child is a child.
            new = {k: v for k, v in new.items() if k != "age_group"}
            if changes["age_group"] == "young adult":
                changes["age_group"] = "child"
        whom = self.cast.name({**changes, **joined(changes, new)}, number, plural)
        self.cast.line_up(whom, self.mark)
        self._note([*self._use(), item], f"{self.cast.label(whom)}: {in_words({**changes, **new}) or 'anybody'}")

    def _on_haired(self, item: Item, sense: Sense) -> None:
        changes, number = person_changes(self.pending)
        whom = self.cast.name({**changes, "hair_color": sense.value}, number, False)
        self._note([*self._use(), item], f"{self.cast.label(whom)}: hair {sense.value}")

    def _on_group(self, item: Item, sense: Sense) -> None:
        changes, number = person_changes(self.pending)
        spec: Any = registry.groups.get(sense.value).spec
        # "five people in a queue" against "a queue", which brings its own people.
        formed = len(self.cast.current) > 1 and spec.formed and number is None
        if formed:
            members = list(self.cast.current)
        elif self.cast.announced is not None:
            members = self.cast.announced
        else:
            members = self.cast.add(spec.usual)
        for index in members:
            self.cast.set(index, changes)
        made = self.cast.group(sense.value, members)
        self.cast.open = made if self.following == "of" else None
        self.cast.current = self.cast.block = made.members
        self._note([*self._use(), item], f"group: {sense.value}")

    def _on_gathering(self, item: Item, sense: Sense) -> None:
        if self.following == "of":
            self.cast.gathered = True
        else:
            self.cast.name({}, 4, True)
        self._note([item], "several people")

    def _on_number(self, item: Item, sense: Sense) -> None:
        if self.cast.open is None:
            self._miss(item, "how many of what?")
            return
        members = self.cast.resize(self.cast.open, int(sense.value))
        self.cast.current = self.cast.block = members
        self._note([item], f"{len(members)} people")

    def _on_garment(self, item: Item, sense: Sense) -> None:
        asked = kind = str(sense.value)
        if kind not in registry.garments.names():
            near = nearest_kinds(kind)
            if not near or self.negated:
                self._use()
                self._note([item], "nobody has one") if self.negated else self._miss(
                    item, "there is no such garment yet"
                )
                return
            kind = near[0]
        wish = self._garment(kind, item.word if asked != kind else "")
        used = self._use()
        if not self._somebody(item):
            return
        for index in self.cast.current:
            self._wear(index, wish, item.word)
        name = words_of(kind).noun + (f", the nearest there is to {item.word!r}" if wish.asked else "")
        look = (" and ".join(wish.colors), PATTERN_WORDS.get(wish.pattern or "", ""), wish.fabric or "", name)
        what = "without " + name if self.negated else " ".join(w for w in look if w)
        self._note([*used, item], f"{self.cast.label(self.cast.current)}: {what}")

    def _garment(self, kind: str, asked: str = "") -> GarmentWish:
        values = {s.role: s.value for _, s in self.pending if s.role != "color"}
        colors = tuple(s.value for _, s in self.pending if s.role == "color")
        return GarmentWish(
            kind=kind, colors=colors, pattern=values.get("pattern"), fabric=values.get("fabric"), asked=asked
        )

    def _wear(self, index: int, wish: GarmentWish, word: str) -> None:
        person = self.cast.people[index]
        worn, bare = person.get("wears", ()), person.get("without", ())
        if self.negated:
            conflict(any(g.kind == wish.kind for g in worn), f"with and without {word}")
            person["without"] = (*bare, wish.kind)
        else:
            conflict(wish.kind in bare, f"with and without {word}")
            person["wears"] = (*worn, wish)

    def _on_slot(self, item: Item, sense: Sense) -> None:
        kinds = kinds_of(sense.value)
        wish = self._garment(kinds[0] if kinds else "", item.word)
        used = self._use()
        if not self._somebody(item):
            return
        whom = self.cast.current
        if sense.value == "any" and wish.colors and not self.negated:
            self._tell([*used, item], {"dressed_in": wish.colors})
        elif kinds and self.negated:
            self._tell([*used, item], {"without": tuple(kinds)})
        elif kinds:
            for index in whom:
                self._wear(index, wish, item.word)
            self._note(
                [*used, item], f"{self.cast.label(whom)}: {' and '.join((*wish.colors, words_of(kinds[0]).noun))}"
            )
        else:
            self._miss(item)

    def _on_hair(self, item: Item, sense: Sense) -> None:
        changes = hair_changes((s.role, s.value) for _, s in self.pending) or ({"hair": "bald"} if self.negated else {})
        used = self._use()
        if changes:
            self._tell([*used, item], changes)
        else:
            self._miss(item, "say its style or colour")

    def _on_hairdo(self, item: Item, sense: Sense) -> None:
        color = hair_changes((s.role, s.value) for _, s in self.pending if s.role == "hair_color")
        self._tell([*self._use(), item], {"hair": sense.value, **color})

    def _on_skin(self, item: Item, sense: Sense) -> None:
        self._of_pending(item, "tone", "skin", "say the tone, for example light, olive, brown or dark brown skin")

    def _on_eyes(self, item: Item, sense: Sense) -> None:
        self._of_pending(item, "iris", "eyes", "say their colour")

    def _of_pending(self, item: Item, role: str, name: str, why: str) -> None:
        value = next((s.value for _, s in self.pending if s.role == role), None)
        used = self._use()
        if value is None:
            self._miss(item, why)
        else:
            self._tell([*used, item], {name: value})

    def _on_beard(self, item: Item, sense: Sense) -> None:
        color = hair_changes((s.role, s.value) for _, s in self.pending if s.role == "hair_color")
        self._tell([*self._use(), item], {"beard": "none"} if self.negated else {"beard": sense.value, **color})

    def _on_pose(self, item: Item, sense: Sense) -> None:
        if self.negated:
            self._miss(item, "say what somebody does, not what they do not do")
            return
        self._mean_all_joined()
        if item.word in DONE_TOGETHER and len(self.cast.current) > 1:
            self._on_together(item, Sense("together", (DONE_TOGETHER[item.word], None)))
        else:
            self._tell([item], change_of(item, sense))

    def _on_expression(self, item: Item, sense: Sense) -> None:
        self._mean_all_joined()
        self._tell([item], {"expression": "neutral" if self.negated else sense.value})

    def _mean_all_joined(self) -> None:
        """ "a woman and a man, waving": both of them."""
        if self.cast.joint:
            self.cast.current = list(self.cast.joint)

    def _on_gaze(self, item: Item, sense: Sense) -> None:
        if sense.value == "each other":
            self.cast.current = self.cast.together()
        self._tell([item], {"gaze": "away" if self.negated and sense.value == "camera" else sense.value})

    def _on_freckles(self, item: Item, sense: Sense) -> None:
        self._tell([item], {"freckles": not self.negated})

    def _on_barefoot(self, item: Item, sense: Sense) -> None:
        self._tell([item], {"without": tuple(kinds_of("feet"))})

    def _on_ancestry(self, item: Item, sense: Sense) -> None:
        if item.sense("color"):
            self._on_color(item, sense)
        else:
            self._tell([item], change_of(item, sense))

    def _on_plain(self, item: Item, sense: Sense) -> None:
        self._tell([item], change_of(item, sense))

    _on_years = _on_age = _on_metres = _on_stature = _on_build = _on_bald = _on_plain

    def _on_color(self, item: Item, sense: Sense) -> None:
        color = item.sense("color")
        if self.dressed and self.cast.current and color is not None:
            before = self.cast.people[self.cast.current[0]].pop("dressed_in", ())
            self._tell([item], {"dressed_in": (*before, color.value)})
        else:
            self._miss(item, "a colour of what?")

    def _on_together(self, item: Item, sense: Sense) -> None:
        kind, contact = sense.value
        members = self.cast.together()
        if len(members) < 2:
            self._miss(item, "that takes two people")
            return
        self.cast.group(kind, members, "none" if self.negated else contact)
        self._note([item], f"{self.cast.label(members)}: {item.word}")

    # -- the scene ------------------------------------------------------------------------------------------------------------
    def _on_place(self, item: Item, sense: Sense) -> None:
        kind, fields = sense.value
        old, before = self.scene.get("place"), self.scene.get("place_fields", {})
        conflict(old is not None and old != kind, f"in two places, {old} and {kind}")
        for name, value in fields.items():
            conflict(before.get(name, value) != value, f"in two places, {before.get(name)} and {value}")
        self.scene |= {"place": kind, "place_fields": {**before, **fields}}
        self._note([item], f"place: {', '.join((kind, *map(str, fields.values())))}")

    def _set_scene(self, item: Item, name: str, value: str) -> None:
        old = self.scene.get(name)
        conflict(old is not None and old != value, f"{old} and {value}")
        self.scene[name] = value
        self._note([item], f"{name}: {value}")

    def _on_weather(self, item: Item, sense: Sense) -> None:
        self._set_scene(item, "weather", sense.value)

    def _on_light(self, item: Item, sense: Sense) -> None:
        self._set_scene(item, "light", sense.value)

    def _on_shot(self, item: Item, sense: Sense) -> None:
        if sense.value != "empty":
            self._set_scene(item, "shot", sense.value)

    def _on_angle(self, item: Item, sense: Sense) -> None:
        self._set_scene(item, "angle", sense.value)

    def _on_nobody(self, item: Item, sense: Sense) -> None:
        conflict(bool(self.cast.people), "with and without people")
        self.cast.nobody = True
        self._note([item], "no people")

    def _on_beyond(self, item: Item, sense: Sense) -> None:
        self._miss(item, sense.value)

    # -- words that steer -----------------------------------------------------------------------------------------------------
    def _on_not(self, item: Item, sense: Sense) -> None:
        self.negated = True

    def _on_in(self, item: Item, sense: Sense) -> None:
        self.negated, self.dressed = False, True

    _on_dressed = _on_in

    def _on_link(self, item: Item, sense: Sense) -> None:
        self.negated = self.negated and item.word in ("and", "or")
        self.mark = "and" if item.word == "and" else ""

    def _on_everyone(self, item: Item, sense: Sense) -> None:
        self.cast.current = list(range(len(self.cast.people)))

    def _on_pronoun(self, item: Item, sense: Sense) -> None:
        fitting = [i for i, p in enumerate(self.cast.people) if p.get("gender") in (None, sense.value)]
        self.cast.current = fitting[-1:] or self.cast.current

    def _on_ordinal(self, item: Item, sense: Sense) -> None:
        if sense.value < len(self.cast.block):
            self.cast.current, self.cast.singled = [self.cast.block[sense.value]], True
        else:
            self._miss(item, "of whom?")

    def _on_other(self, item: Item, sense: Sense) -> None:
        if self._of_one():
            self.cast.next_of_block()

    def _of_one(self) -> bool:
        """Whether "one" or "the other" is somebody of the plural that was named last, and not a number."""
        return bool(self.cast.block) and (self.one_does or self.following.split(" ")[0] in OF_ONE)

    # -- small things ---------------------------------------------------------------------------------------------------------
    def _adjective(self, item: Item, sense: Sense) -> None:
        """ "dark-haired": what was said of the hair becomes one modifier of the person who follows."""
        roles = FITTING[sense.role]
        taken = [(i, s) for i, s in self.pending if s.role in roles]
        self.pending = [p for p in self.pending if p not in taken]
        text = " ".join([*(i.text for i, _ in taken), item.text])
        value = tuple((s.role, s.value) for _, s in taken)
        self.pending.append((Item(text, item.senses, item.word), Sense(sense.role, value)))

    def _on_hair_adj(self, item: Item, sense: Sense) -> None:
        self._on_hair(item, sense)

    def _on_skin_adj(self, item: Item, sense: Sense) -> None:
        self._on_skin(item, sense)

    def _on_eyes_adj(self, item: Item, sense: Sense) -> None:
        self._on_eyes(item, sense)

    def _use(self) -> list[Item]:
        used, self.pending = [i for i, _ in self.pending], []
        return used

    def _forget_pending(self, last: bool = True) -> None:
        # "Smiling, a woman …": before anybody is named, modifiers wait on.
        if last or self.cast.people:
            for item in self._use():
                self._miss(item)

    def _somebody(self, item: Item) -> bool:
        if not self.cast.current:
            self._miss(item, "of whom? name somebody first")
        return bool(self.cast.current)

    def _tell(self, items: list[Item], changes: dict[str, Any]) -> None:
        waiting = next((s for role in FITTING["person"] if (s := items[0].sense(role))), None)
        if not self.cast.people and len(items) == 1 and waiting is not None:
            self.pending.append((items[0], waiting))
        elif self._somebody(items[-1]):
            for index in self.cast.current:
                self.cast.set(index, changes)
            self._note(items, f"{self.cast.label(self.cast.current)}: {in_words(changes)}")

    def _note(self, items: list[Item], meaning: str) -> None:
        self.understood.append(Phrase(text=" ".join(i.text for i in items), meaning=meaning))

    def _miss(self, item: Item, why: str = "") -> None:
        self.missed.append(Phrase(text=item.text, meaning=why))
