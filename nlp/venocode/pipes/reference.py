"""Reference: which veins an act without a vein in its clause speaks of."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from venocode.anatomy import CENTRALITY, OPPOSITE
from venocode.pipes.analysis import Analysis, Sentence
from venocode.pipes.numbers import UNITS
from venocode.pipes.states import GENERIC

Vein = tuple[str, str]
PLURAL = frozenset({"both", "each", "all", "these", "they", "those", "every", "either"})
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "2": 2, "3": 3, "4": 4}
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "former": -2, "latter": -1, "last": -1, "1st": 0, "2nd": 1,
            "3rd": 2}  # fmt: skip
CENTRAL = frozenset({"central", "centrally"})
PERIPHERAL = frozenset({"peripheral", "peripherally"})
UPPER = frozenset({"upper", "cranial", "top", "uppermost"})
LOWER = frozenset({"lower", "caudal", "bottom", "lowest"})
ARM = frozenset(
    {"superior_vena_cava", "brachiocephalic_vein", "subclavian_vein", "axillary_vein", "internal_jugular_vein"}
)
LEG = frozenset({"inferior_vena_cava", "iliac_vein", "common_iliac_vein", "external_iliac_vein", "common_femoral_vein", "femoral_vein",
                 "popliteal_vein", "deep_femoral_vein"})  # fmt: skip
ADJECTIVES = {
    "caval": ("inferior_vena_cava", "superior_vena_cava"), "mesenteric": ("superior_mesenteric_vein",), "splenic": ("splenic_vein",),
    "portal": ("portal_vein",), "hepatic": ("hepatic_vein", "middle_hepatic_vein"), "renal": ("renal_vein",),
    "iliac": ("common_iliac_vein", "external_iliac_vein", "iliac_vein"), "femoral": ("femoral_vein", "common_femoral_vein"),
    "subclavian": ("subclavian_vein",), "jugular": ("internal_jugular_vein",), "innominate": ("brachiocephalic_vein",),
    "axillary": ("axillary_vein",), "popliteal": ("popliteal_vein",), "external": ("external_iliac_vein",),
}  # fmt: skip
WEAK = GENERIC | frozenset(
    "balloon was were dilated inflated atm atmospheres minutes then same treated min conquest atlas mustang dorado residual under guidance "
    "fluoroscopy twice again seconds used each up down taken her his she he we i its balloons inflation inflations waist high pressure "
    "angioplasty venoplasty performed long first after before now here good only over using guidewire wire sheath stiff short focal found "
    "cutting non compliant noncompliant advanced positioned placed across".split()
)


@dataclass(slots=True)
class Lesion:
    """A diseased vein with the words that told it."""

    vein: Vein
    sentence: int
    order: int
    words: set[str] = field(default_factory=set)
    excluded: bool = False
    past: bool = False
    strong: bool = False


LABEL = re.compile(r"[a-z]|ii|iii|iv|vi|\d{1,2}")
LABELLED = frozenset(
    "lesion lesions row rows number numbers site sites no nos stenosis stenoses segment segments item items line lines at "
    "spots spot #".split()
)


def line_label(words: list[str], capital: bool = False) -> str:
    """The letter or number a list line begins with: "(a)", "2.", "B:", "3 IVC", "iv)"; ``capital``: it is "A"."""
    head = [
        w for w in words[:6] if w not in ("(", "#", "*", "-", "lesion", "row", "no", "at", "stent", "site", "stenosis")
    ]
    if len(head) < 2 or not LABEL.fullmatch(head[0]):
        return ""
    if head[0] in ("l", "r") and head[1] not in (")", ".", ":"):
        return ""  # a side
    marked = head[1] in (")", ".", ":", "=", ",") or words[:1] in (["("], ["#"]) or capital
    return head[0] if marked else ""


@dataclass(slots=True)
class Lesions:
    """The diseased veins of the note, in the order told."""

    items: dict[Vein, Lesion] = field(default_factory=dict)
    labels: dict[str, list[Vein]] = field(default_factory=dict)

    def name(self, label: str, veins: list[Vein]) -> None:
        """Note the letter or number under which a list tells of a vein; the first list keeps it."""
        self.labels.setdefault(label, veins)

    def labelled(self, words: list[str], capital: bool) -> list[Vein]:
        """Veins named by their letter or number: "B: 10 x 40", "lesions 2 and 3", "rows 1-6", "A through E"."""
        if len(self.labels) < 2:
            return []
        if capital and words[1:2] in (["through"], ["to"], ["and"], [","], ["-"]):
            found = self._listed(words)
            if len(found) > 1:
                return found
        label = line_label(words, capital)
        if label in self.labels:
            return list(self.labels[label])
        for i, w in enumerate(words):
            if w in self.labels and words[i - 1 : i] == ["("] and words[i + 1 : i + 2] == [")"]:
                return list(self.labels[w])
            if (
                w in LABELLED or (w in ("of", "all") and words[i + 2 : i + 3] in ([","], ["and"], ["through"]))
            ) and i + 1 < len(words):
                found = self._listed(words[i + 1 : i + 12])
                if found:
                    return found
        return []

    def _listed(self, words: list[str]) -> list[Vein]:
        out: list[str] = []
        order = list(self.labels)
        span = False
        for w in words:
            if w == "l" and "1" in self.labels:
                w = "1"
            if w in self.labels:
                if span and out:
                    out += order[order.index(out[-1]) + 1 : order.index(w)]
                out.append(w)
                span = False
            elif w in ("-", "through", "to", "thru"):
                span = True
            elif w not in (",", "and", "&", "(", ")", "no", ".", "#"):
                break
        return [v for label in out for v in self.labels[label]]

    def add(
        self, vein: Vein, sentence: int, words: set[str], order: int, *, past: bool = False, strong: bool = True
    ) -> None:
        """Note a lesion, or further words about one; today's findings outweigh the history's."""
        found = self.items.get(vein)
        if found is None or (found.past and not past):
            self.items[vein] = Lesion(
                vein, sentence, order, set(words) | (found.words if found else set()), past=past, strong=strong
            )
        else:
            found.words |= words
            found.strong = found.strong or strong
            found.sentence = sentence

    def exclude(self, vein: Vein) -> None:
        """The note says that the vein was left alone."""
        if vein in self.items:
            self.items[vein].excluded = True

    def candidates(self, drop: list[Vein], treated: Collection[Vein] = ()) -> list[Lesion]:
        """Lesions an act may speak of, sided ones before their unsided or unspecified doubles, plain ones before scars."""
        found = [x for x in self.items.values() if not x.excluded and x.vein not in drop]
        if any(not x.past for x in found):
            found = [x for x in found if not x.past]
        if any(x.strong and x.vein not in treated for x in found):
            found = [x for x in found if x.strong]
        sided = {x.vein[0] for x in found if x.vein[1] in ("left", "right")}
        iliac = any(x.vein[0] in ("common_iliac_vein", "external_iliac_vein") for x in found)
        return [
            x
            for x in found
            if not (x.vein[1] == "unknown" and x.vein[0] in sided) and not (x.vein[0] == "iliac_vein" and iliac)
        ]


def resolve(
    analysis: Analysis, sentence: Sentence, clause: tuple[int, int], lesions: Lesions, context: dict[str, list[Vein]]
) -> list[Vein]:
    """The veins an act without a vein speaks of, most certain kind of reference first; empty when none fits."""
    words = analysis.norms[clause[0] : clause[1]]
    labelled = lesions.labelled(words, clause[0] in analysis.facts["capital"])
    if labelled:
        return labelled
    balloon = any(analysis.has(k, sentence.start, clause[0]) for k in ("balloon", "balloon_brand"))
    if context["before"] and _pronoun(words, subject=not balloon):
        return context["before"]
    candidates = lesions.candidates(context["stented"], context["treated"])
    side = _side(analysis, clause, words, context)
    if side:
        sided = [x for x in candidates if x.vein[1] == side]
        mirrored = [(v, side) for v, s in context["last"] if s == OPPOSITE[side]]
        contrast = [(v, side) for v, s in context["beside"] if s == OPPOSITE[side]]
        if contrast and not sided and {"the", side} <= set(words[:4]):
            return contrast
        alike = [v for v in mirrored if any(x.vein == v for x in sided)]
        if alike and {"same", "likewise", "similarly", "identical", "ditto"} & set(words):
            return alike
        if sided and not _more_than(words, sided):
            candidates = sided
        elif mirrored:
            return mirrored
    if not side:
        both = _both_sides(analysis, clause, candidates, context)
        if both:
            return both
    number = next((NUMBERS[w] for w in words[:20] if w in NUMBERS and _counts_lesions(words, w)), None)
    if _speaks_of_several(words[:20]) or number:
        plain = [x for x in candidates if x.strong]
        candidates = plain or candidates
        if number and len(candidates) < number:
            candidates = [
                x for x in lesions.items.values() if not (x.excluded or x.past or x.vein in context["stented"])
            ]
        group = _group(candidates, number, words, context)
        if group:
            return group
    if side and len(candidates) == 1:
        return [candidates[0].vein]
    distributed = _distributed(candidates, words)
    if distributed:
        return distributed
    if {"former", "latter"} <= set(words) and len(candidates) > 1:
        return [x.vein for x in sorted(candidates, key=lambda x: x.order)[-2:]]
    pair = _one_of_pair(words, context["pair"]) if {x.vein for x in candidates} & set(context["pair"]) else []
    if pair:
        return pair
    ordinal = _ordinal(words)
    if ordinal is not None and len(candidates) > 1:
        ordered = sorted(candidates, key=lambda x: x.order)
        if -len(ordered) <= ordinal < len(ordered):
            return [ordered[ordinal].vein]
    positional = _positional(candidates, words)
    if len(positional) > 1:
        return positional
    topic = [v for v in context["topic"] if v not in context["normal"]]
    if topic and not side and words[:1] != ["the"]:
        return topic
    spoken = analysis.norms[sentence.start : clause[1]]
    described = _in_old_stent(candidates, context["old_stents"], side, spoken) or described_lesion(candidates, words)
    if described:
        return described
    if positional:
        return positional
    if topic and not side:
        return topic
    known = {x.vein for x in candidates}
    focus = [v for v in context["focus"] if v in known]
    if focus:
        return focus[:2]
    if len(candidates) == 1:
        return [candidates[0].vein]
    titled = [x for x in candidates if x.vein in context["titled"]]
    pool = titled or candidates
    recent = [x for x in pool if x.sentence >= sentence.index - 8] or pool
    untreated = [x for x in recent if x.vein not in context["treated"]] or recent
    if untreated:
        return [max(untreated, key=lambda x: (x.sentence, x.order)).vein]
    bare = [v for v in context["focus"] if v not in context["normal"] and (not side or v[1] in (side, "none"))]
    if bare and not context["foreign"]:
        return bare[:2]
    if len(set(context["titled"])) == 1:
        return context["titled"][:1]
    return [] if context["foreign"] else context["common"][:1]


def _pronoun(words: list[str], *, subject: bool) -> bool:
    """ "It was dilated", "a 16 x 60 stent across it"; a subject "it" after a balloon is the balloon."""
    first = next((w for w in words if w not in LEADING), "")
    return (subject and first in PRONOUNS) or any(
        w in PRONOUNS and words[i - 1] in ACROSS for i, w in enumerate(words) if i
    )


PRONOUNS = frozenset("it this".split())
LEADING = frozenset("and then next , so".split())
ACROSS = frozenset("across in within over through inside into".split())


def _side(analysis: Analysis, clause: tuple[int, int], words: list[str], context: dict[str, list[Vein]]) -> str:
    if any(w in ("contralateral", "opposite") for w in words) or any(
        words[i] == "other" and words[i + 1 : i + 2] in (["side"], ["leg"], ["arm"]) for i in range(len(words))
    ):
        sides = [s for _, s in context["last"] if s in OPPOSITE]
        return OPPOSITE[sides[-1]] if sides else ""
    cues = [
        a.value for a in analysis.within("side", *clause) if a.value in OPPOSITE and not _route_side(analysis, a.end)
    ]
    return cues[0] if len(set(cues)) == 1 else ""


def _both_sides(
    analysis: Analysis, clause: tuple[int, int], candidates: list[Lesion], context: dict[str, list[Vein]]
) -> list[Vein]:
    """ "Brought up on the left, with venoplasty repeated on the right": the pair told last that is not treated yet."""
    on = {
        a.value
        for a in analysis.within("side", *clause)
        if analysis.norms[a.start - 2 : a.start] == ["on", "the"] and not _route_side(analysis, a.end)
    }
    if on != {"left", "right"}:
        return []
    open_ones = [x for x in candidates if x.vein not in context["treated"]]
    for lesion in sorted(open_ones, key=lambda x: -x.order):
        pair = [(lesion.vein[0], side) for side in ("left", "right")]
        if all(any(x.vein == v for x in open_ones) for v in pair):
            return pair
    return []


def _more_than(words: list[str], sided: list[Lesion]) -> bool:
    """ "Each of the three": more lesions than one side has, so that a side word does not narrow them down."""
    return any(w in NUMBERS and NUMBERS[w] > len(sided) and _counts_lesions(words, w) for w in words[:20])


def _route_side(analysis: Analysis, end: int) -> bool:
    """ "from the left groin", "left femoral sheath": the side of the route, not of the lesion."""
    return any(w in ("groin", "sheath", "access", "puncture", "atrium", "alone") for w in analysis.norms[end : end + 3])


def _speaks_of_several(words: list[str]) -> bool:
    """A word for several lesions; in "2 min each" it counts inflations."""
    return any(
        w in PLURAL and not (w == "each" and words[i - 1 : i] and words[i - 1] in TIMES) for i, w in enumerate(words)
    )


TIMES = frozenset("min mins minute minutes s sec secs seconds atm atmospheres".split())


def _counts_lesions(words: list[str], number: str) -> bool:
    i = words.index(number)
    after = words[i + 1 : i + 4]
    if after[:1] in (["minutes"], ["minute"], ["min"], ["inflations"], ["balloons"], ["times"], ["mm"], ["x"], ["overlapping"], ["steps"],
                     ["positions"], ["seconds"], ["passes"], ["atm"], ["cm"], ["sites"], ["%"], ["cycles"], ["beats"]):  # fmt: skip
        return False
    return number.isalpha()


def _group(
    candidates: list[Lesion], number: int | None, words: list[str], context: dict[str, list[Vein]]
) -> list[Vein]:
    if any(w in ("remaining", "rest", "other", "others") for w in words):
        left = [x for x in candidates if x.vein not in context["treated"]]
        candidates = left or candidates
    if number is None and "both" in words[:16]:
        number = 2
    ordered = sorted(candidates, key=lambda x: x.order)
    if number is None:
        return [x.vein for x in ordered] if len(ordered) > 1 else []
    if len(ordered) == number:
        return [x.vein for x in ordered]
    if len(ordered) > number:
        together = [s for s in {x.sentence for x in ordered} if sum(x.sentence == s for x in ordered) == number]
        if {"former", "first"} & set(words):
            return [x.vein for x in ordered[:number]]
        if together:  # "the three tight spots": those that one sentence listed
            return [x.vein for x in ordered if x.sentence == max(together)]
        ranked = sorted(ordered, key=lambda x: CENTRALITY.get(x.vein[0], 4))
        below = any(x.vein[0] in LEG for x in ranked)
        if set(words) & (LOWER if below else UPPER):
            return [x.vein for x in sorted(ranked[:number], key=lambda x: x.order)]
        if set(words) & (UPPER if below else LOWER):
            return [x.vein for x in sorted(ranked[-number:], key=lambda x: x.order)]
        latest = sorted(ordered, key=lambda x: x.sentence)[-number:]
        return [x.vein for x in latest]
    return []


def _distributed(candidates: list[Lesion], words: list[str]) -> list[Vein]:
    """ "The web had an 8 mm balloon, the thread a 6 mm, and the shelf a 10 mm": one lesion for each part of the list."""
    found: list[Vein] = []
    part: list[str] = []
    for word in [*words, ","]:
        if word in (",", ";", "and"):
            if "the" in part[:4] and any(w[0].isdecimal() or w in UNITS for w in part):
                found += described_lesion(candidates, part[part.index("the") :][:6])
            part = []
        else:
            part.append(word)
    found = list(dict.fromkeys(found))
    return found if len(found) > 1 else []


ORDERED = frozenset("was lesion stenosis i we one narrowing of site web stricture by with to focal area , a".split())


def _one_of_pair(words: list[str], pair: list[Vein]) -> list[Vein]:
    """ "The former": of the two veins that the note told of together."""
    spoken = [w for w in words[:12] if w in ("former", "latter")]
    return [pair[ORDINALS[spoken[0]]]] if len(pair) == 2 and len(set(spoken)) == 1 else []


def _ordinal(words: list[str]) -> int | None:
    for i, w in enumerate(words[:12]):
        if w in ORDINALS:
            after = words[i + 1 : i + 3]
            before = words[i - 1] if i else ""
            if w in ("former", "latter"):
                return ORDINALS[w]
            if before in ("the", "for") and after and after[0] in ORDERED:
                return ORDINALS[w]
    return None


def _in_old_stent(candidates: list[Lesion], old: list[Vein], side: str, words: list[str]) -> list[Vein]:
    """ "In the old stent": the one diseased vein told to hold a stent, else the veins that the history says were stented."""
    spoken = [w for i, w in enumerate(words) if i and w in ("stent", "stents") and words[i - 1] in KNOWN_STENT]
    found = [x.vein for x in candidates if {"stent", "stents", "stented"} & x.words]
    if not spoken or len(found) == 1:
        return found if spoken else []
    sided = [v for v in old if not side or v[1] == side]
    return sided if "stents" in spoken and not found and len(sided) > 1 else []


KNOWN_STENT = frozenset(
    "old existing previous prior indwelling earlier original first occluded narrowed restenosed".split()
)


def described_lesion(candidates: list[Lesion], words: list[str]) -> list[Vein]:
    """The lesion whose own words the clause repeats ("the web", "at the costoclavicular site", "the caval lesion")."""
    content = {w for w in words if w not in WEAK and w not in UNITS and w.isalpha() and len(w) > 2}
    for adjective, veins in ADJECTIVES.items():
        if adjective in content and words[words.index(adjective) + 1 :][:1] not in BODY_PARTS:
            fits = [x.vein for x in candidates if x.vein[0] in veins]
            if len(fits) == 1:
                return fits
    stems = {w[:5] for w in content}
    scores = sorted(((len(stems & {w[:5] for w in x.words}), x) for x in candidates), key=lambda p: -p[0])
    if scores and scores[0][0] and (len(scores) == 1 or scores[1][0] < scores[0][0]):
        return [scores[0][1].vein]
    return []


BODY_PARTS = (
    ["head"],
    ["neck"],
    ["nerve"],
    ["artery"],
    ["condyle"],
    ["crease"],
    ["fossa"],
    ["sheath"],
    ["access"],
    ["approach"],
)
PLACED_AT = frozenset("lesion stenosis one was of narrowing stricture part lesions with by ,".split())


def _positional(candidates: list[Lesion], words: list[str]) -> list[Vein]:
    if len(candidates) < 2:
        return []
    last = max(x.sentence for x in candidates)
    latest = [x for x in candidates if x.sentence == last]
    pool = latest if len(latest) == 2 else candidates
    ranked = sorted(pool, key=lambda x: CENTRALITY.get(x.vein[0], 4))
    below = any(x.vein[0] in LEG for x in ranked) and not any(x.vein[0] in ARM for x in ranked)
    central = CENTRAL | (UPPER if below else LOWER)
    peripheral = PERIPHERAL | (LOWER if below else UPPER)
    found: list[Vein] = []
    for i, w in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else "one"
        if following in PLACED_AT and w in central:
            found.append(ranked[-1].vein)
        elif following in PLACED_AT and w in peripheral:
            found.append(ranked[0].vein)
    return list(dict.fromkeys(found))
