"""Pipe ``venocode_mentions``: balloon dilation, fluoroscopy and vascular access."""

from __future__ import annotations

import re
from functools import lru_cache

from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import AccessMention, Act, Analysis, Atom, Sentence, analysis_of
from venocode.pipes.lexer import ptv_is_venoplasty
from venocode.pipes.numbers import UNITS, word_number
from venocode.rules import load_rules

BALLOON_KINDS = ("balloon", "balloon_brand")


@Language.component("venocode_mentions")
def mentions(doc: Doc) -> Doc:
    """Find the mentions of the three kinds that are no vein."""
    analysis = analysis_of(doc)
    analysis.facts["pairs"], analysis.facts["sizes"] = _sizes(analysis)
    analysis.facts["balloon_note"] = any(analysis.by_kind.get(k) for k in BALLOON_KINDS) or any(
        a.value in ("act", "pta", "around") for a in analysis.by_kind.get("angioplasty", ())
    )
    analysis.acts = _acts(analysis)
    analysis.fluoroscopy = _fluoroscopy(doc, analysis)
    analysis.access = _access(analysis)
    return doc


def _sizes(analysis: Analysis) -> tuple[list[int], list[int]]:
    """Tokens where a balloon-like size begins.

    First the pairs ("12 x 40", "12 by 40"), then pairs and single diameters ("14 mm"), which may be a vein's.
    """
    found = []
    pairs = []
    norms, where = analysis.norms, analysis.where
    n = len(norms)
    for i in sorted(i for word in where if word[0].isdecimal() or word in UNITS for i in where[word]):
        word = norms[i]
        if (
            word in UNITS
            and norms[i + 1 : i + 2] in (["by"], ["x"])
            and i + 2 < n
            and norms[i + 2] != word  # "one by one"
            and word_number(norms[i + 2]) is not None
        ):
            found.append(i)
            pairs.append(i)
        if not word[0].isdecimal() or (i and norms[i - 1] == "/" and norms[i - 2 : i - 1] != ["w"]):
            continue
        if word.replace(".", "").isdecimal():
            number = float(word)
            j = i + 1
            if j < n and norms[j] == "-":
                j += 1
            unit = j < n and norms[j] in ("mm", "millimeter", "millimetre", "millimeters", "millimetres")
            if unit:
                j += 1
            times = j + 1 < n and norms[j] in ("x", "×", "by", "*") and norms[j + 1][0].isdecimal()
            glued = j < n and norms[j][0] == "x" and norms[j][1:2].isdecimal()
            if (times or glued) and 1.5 <= number <= 30:
                pairs.append(i)
            if ((times or glued) and 1.5 <= number <= 30) or (unit and 2 <= number <= 28):
                found.append(i)
        elif "x" in word:
            first, _, rest = word.partition("x")
            if (
                first.replace("mm", "").isdecimal()
                and rest[:1].isdecimal()
                and 1.5 <= float(first.replace("mm", "")) <= 30
            ):
                found.append(i)
                pairs.append(i)
        elif word.endswith("mm") and word[:-2].isdecimal() and 2 <= float(word[:-2]) <= 28:
            found.append(i)
    return pairs, found


# --- balloon dilation ------------------------------------------------------------------------------------------------


def _acts(analysis: Analysis) -> list[Act]:
    acts: list[Act] = []
    atoms = analysis.by_kind.get("angioplasty", [])
    blocked = analysis.by_kind.get("not_angioplasty", ())
    strong: set[int] = set()
    weak: list[tuple[Atom, Sentence]] = []
    for atom in atoms:
        sentence = analysis.sentence_at(atom.start)
        if any(
            b.start < atom.end and atom.start < b.end and not _balloon_track(analysis, b, sentence) for b in blocked
        ):
            continue
        if atom.value == "inflate":
            weak.append((atom, sentence))
            continue
        if atom.value == "pta" and not _is_pta(analysis, atom, sentence):
            continue
        if atom.value == "dilate" and not _is_dilation(analysis, atom, sentence):
            continue
        strong.add(sentence.index)
        start = analysis.norms.index("balloon", atom.start) if atom.rule == "ANG-012" else atom.start
        acts.append(Act(start, atom.end, str(atom.value), atom.rule, sentence.index))
    for atom, sentence in weak:
        if sentence.index in strong or not _is_inflation(analysis, atom, sentence):
            continue
        acts.append(Act(atom.start, atom.end, "inflate", atom.rule, sentence.index))
    acts.sort(key=lambda a: a.start)
    return acts


def _numbered(before: list[str]) -> bool:
    """An act in a list of acts ("5. PTA 20 %")."""
    return before[-1:] == ["and"] or before[-1:] == ["post"]


PTA_TIME = frozenset("wks weeks days months pta alone independent independently ambulatory baseline walking".split())
NOT_PTA_BEFORE = frozenset("medications meds list med runoff pulse signal patent is occluded to".split())


def _is_pta(analysis: Analysis, atom: Atom, sentence: Sentence) -> bool:
    """PTA as angioplasty, not prior to admission and not the posterior tibial artery."""
    norms = analysis.norms
    before = norms[max(sentence.start, atom.start - 3) : atom.start]
    after = norms[atom.end : min(sentence.end, atom.end + 4)]
    if atom.end - atom.start > 1:
        return True
    if norms[atom.start] == "ptv":
        return ptv_is_venoplasty(analysis, atom.start)
    if (after and after[0] in NOT_PTA_BEFORE) or (before and before[-1] in PTA_TIME):
        return False
    if (after[:1] == ["-"] and after[1:2] in (["l"], ["r"])) or ("%" in after[:3] and not _numbered(before)):
        return False
    if after[:1] == ["("] and {"posterior", "post", "prior"} & set(after):
        return False
    if before[-1:] in (["the"], ["on"], ["home"], ["his"], ["her"]) and after[:1] not in (
        ["balloon"],
        ["of"],
        ["was"],
        ["with"],
    ):
        return False
    if before[-2:] in (["at", "and"], ["ata", "and"], ["at", ","]) or (after[:1] == ["+"] and after[1:2] == ["at"]):
        return False
    if before[-2:] == ["of", "the"] and norms[atom.start - 3 : atom.start - 2] == ["pta"]:
        return False
    window = norms[max(sentence.start, atom.start - 8) : min(sentence.end, atom.end + 8)]
    return not any(w in ("aspirin", "lisinopril", "metformin", "apixaban", "mobility", "ambulatory", "nursing", "baseline")
                   for w in window)  # fmt: skip


@lru_cache(maxsize=1)
def _dilator_words() -> frozenset[str]:
    return frozenset(w for w in load_rules()["angioplasty"]["dilator_words"] if " " not in w)


def _is_dilation(analysis: Analysis, atom: Atom, sentence: Sentence) -> bool:
    """Dilation by a balloon: the note has balloons, and nothing near says dilator, tract or widened by disease (P13)."""
    if not analysis.facts["balloon_note"]:
        return False
    norms = analysis.norms
    before = norms[max(sentence.start, atom.start - 7) : atom.start]
    after = norms[atom.end : min(sentence.end, atom.end + 7)]
    balloon = any(analysis.has(k, sentence.start, sentence.end) for k in (*BALLOON_KINDS, "pressure", "waist"))
    sized = analysis.sized(sentence.start, sentence.end)
    if any(w in _dilator_words() for w in before[-6:]) and not (balloon or sized):
        return False
    if (
        any(
            w in ("forceps", "dilator", "dilators", "garrett")
            for w in norms[atom.end : min(sentence.end, atom.end + 9)]
        )
        and not balloon
    ):
        return False
    listed = next((i for i, w in enumerate(norms[atom.end : sentence.end]) if not _of_a_list(w)), 0)
    after = norms[atom.end : min(sentence.end, atom.end + max(7, listed + 2))]
    if any(w in ("fr", "french", "f", "dilators", "dilator", "hegar") for w in after[: max(5, listed + 2)]) or _french(
        after[: max(5, listed + 1)]
    ):
        return False
    if norms[atom.start] in ("dilating", "dilates") and not (balloon or sized):
        return False
    if norms[atom.start] == "dilated" and after[:1] == ["("] and not balloon:
        return False
    if (
        norms[atom.start] == "dilated"
        and before[-1:] in (["it"], ["vein"], ["veins"], ["which"])
        and not (balloon or (sized and after[:1] not in (["upto"], ["up"])) or (after[:1] and after[0] in LIKEWISE))
    ):
        return False
    adjectival = (before[-1:] and before[-1] in ADJECTIVAL) or (after[:1] and after[0] in WIDE_NOUNS)
    wide = before[-1:] and before[-1] in BEFORE_WIDE and WIDE_NOUNS & set(after[:5])
    return not (norms[atom.start] == "dilated" and (adjectival or wide))


BEFORE_WIDE = frozenset("with and of the through via no many tortuous into , large".split())
LIKEWISE = frozenset({"too", "also", "likewise", "similarly", "next", "twice", "again", "ditto"})
ADJECTIVAL = frozenset(
    "markedly severely grossly hugely enormously greatly slightly diffusely aneurysmally chronically considerably extremely very "
    "a an the large tortuous several multiple moderately mildly massively some many two three".split()
)
WIDE_NOUNS = frozenset(
    "tributaries varices veins collaterals loops trunk branches vessels ventricle atrium aorta bowel pelvis".split()
)


def _balloon_track(analysis: Analysis, block: Atom, sentence: Sentence) -> bool:
    """A tract dilated by a balloon (TIPS, transseptal recanalisation) is marked; by a dilator it is not."""
    if block.rule != "ANG-N06":
        return False
    return any(analysis.has(k, sentence.start, sentence.end) for k in (*BALLOON_KINDS, "pressure", "waist"))


def _french(after: list[str]) -> bool:
    return any(w.endswith(("fr", "french", "f")) and w[0].isdecimal() for w in after)


def _of_a_list(word: str) -> bool:
    """ "with 5, 6, 7 and 8F": what a list of sizes is made of."""
    return word in ("with", "to", "by", "up", "and", ",", "then", "-", "serially") or word[:1].isdecimal()


def _is_inflation(analysis: Analysis, atom: Atom, sentence: Sentence) -> bool:
    """An inflated balloon that widens: no occlusion, sizing, maceration or fibrin work in reach (P13)."""
    if analysis.has("other_balloon", sentence.start, sentence.end) or not analysis.facts["balloon_note"]:
        return False
    norms = analysis.norms
    nearby = range(max(0, sentence.index - 1), sentence.index + 1)
    for index in nearby:
        s = analysis.sentences[index]
        if (
            index != sentence.index
            and s.paragraph == sentence.paragraph
            and analysis.has("other_balloon", s.start, s.end)
        ):
            return False
    if norms[atom.start] in ("expanded", "was", "were") and norms[atom.end - 1] == "expanded":
        return any(analysis.has(k, sentence.start, sentence.end) for k in BALLOON_KINDS)
    before = norms[max(0, atom.start - 2) : atom.start]
    if (
        before[-1:] in (["half"], ["was"], ["an"], ["the"], ["-"])
        and norms[atom.start] == "inflated"
        and before[-1:] != ["was"]
    ):
        return False
    balloon = any(analysis.has(k, sentence.start, sentence.end) for k in (*BALLOON_KINDS, "pressure", "waist"))
    sized = analysis.sized(sentence.start, sentence.end)
    return balloon or sized or norms[sentence.start] in ("it", "this")


# --- fluoroscopy -------------------------------------------------------------------------------------------------------


def _fluoroscopy(doc: Doc, analysis: Analysis) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    dose = frozenset(load_rules()["fluoroscopy"]["dose_words"])
    for atom in analysis.by_kind.get("fluoroscopy", ()):
        if atom.value == "dose":
            after = analysis.norms[atom.end : atom.end + 4]
            text = doc[atom.start].text
            if not text.isupper() or not any(w in dose or w.replace(".", "").isdecimal() for w in after):
                continue
            if text == "FT" and analysis.norms[max(0, atom.start - 1)][-1].isdecimal():
                continue
            if text == "II" and after[:1] not in (["in"], ["("], ["control"]) and "fluoro" not in after:
                continue
        found.append((atom.start, atom.end, atom.rule))
    return found


# --- access -------------------------------------------------------------------------------------------------------------


def _access(analysis: Analysis) -> list[AccessMention]:
    out: list[AccessMention] = []
    blocked = analysis.by_kind.get("not_access", ())
    circuit_words = {a.start for a in analysis.by_kind.get("circuit", ())}
    if analysis.by_kind.get("dialysis"):
        circuit_words |= {a.start for a in analysis.by_kind.get("graft_word", ())}
    for atom in analysis.by_kind.get("access", ()):
        if any(b.start < atom.end and atom.start < b.end for b in blocked):
            continue
        kind, approach = atom.value
        sentence = analysis.sentence_at(atom.start)
        vessels = access_vessels(analysis, atom, sentence, circuit_words)
        if not _is_access(analysis, atom, kind, sentence, vessels):
            continue
        if not _access_negated(analysis, atom, sentence):
            out.append(AccessMention(atom.start, atom.end, approach, atom.rule, sentence.index, vessels))
    out += _sized_entries(analysis, {v for x in out for v in x.vessels})
    out.sort(key=lambda x: x.start)
    return _one_a_site(out)


def _sized_entries(analysis: Analysis, known: set[tuple[str, str]]) -> list[AccessMention]:
    """ "R fem v 7F in", "8F sheath R CFV": telegraphic notes tell an access by the size of its sheath."""
    out = []
    for m in [*analysis.veins, *analysis.arteries]:
        section = analysis.sentences[m.sentence].section
        vessels = [v for v in m.veins if _enterable(v[0]) and v not in known]
        if section.kind not in ("body", "preamble") or not vessels:
            continue
        place = _size_after(analysis, m.end) or _size_before(analysis, m.start)
        if place is not None:
            out.append(AccessMention(*place, "percutaneous", "ACC-007", m.sentence, vessels))
            known |= set(vessels)
    return out


def _french_at(norms: list[str], i: int) -> int:
    """The end of a French size at a token ("8F", "8 Fr"), or 0."""
    word = norms[i] if i < len(norms) else ""
    if FRENCH_SIZE.fullmatch(word):
        return i + 1
    return i + 2 if word.replace(".", "").isdecimal() and norms[i + 1 : i + 2] in (["f"], ["fr"], ["french"]) else 0


def _size_after(analysis: Analysis, end: int) -> tuple[int, int] | None:
    norms = analysis.norms
    start = end + (norms[end : end + 1] in ([","], ["("], [":"], ["-"], ["="]))
    stop = _french_at(norms, start)
    if not stop or CATHETERS & set(norms[stop : stop + 2]):
        return None
    return (stop, stop + 1) if norms[stop : stop + 1] and norms[stop] in PLACED_IN else (start, stop)


def _size_before(analysis: Analysis, start: int) -> tuple[int, int] | None:
    norms = analysis.norms
    i = start
    while i > start - 6 and norms[i - 1] in BESIDE_SIZE:
        i -= 1
    if not {"sheath", "sheaths"} & set(norms[i:start]):
        return None
    for first in (i - 1, i - 2):
        if first >= 0 and _french_at(norms, first) == i:
            return first, i
    return None


FRENCH_SIZE = re.compile(r"\d+(?:\.\d)?(?:f|fr|french)")
CATHETERS = frozenset("catheter catheters cobra pigtail multipurpose mpa glidecath wedge".split())
PLACED_IN = frozenset("in sheath obtained placed inserted".split())
BESIDE_SIZE = frozenset("sheath sheaths short in into via the , : - to".split())


def _one_a_site(found: list[AccessMention]) -> list[AccessMention]:
    """ "percutaneous access ... puncture" beside each other tell one access: the first is kept."""
    out: list[AccessMention] = []
    for mention in found:
        beside = out and mention.start - out[-1].end < 3 and mention.sentence == out[-1].sentence
        if not (beside and set(mention.vessels) <= set(out[-1].vessels)):
            out.append(mention)
    return out


EXPOSED = frozenset(
    "dissected exposed isolated free freed looped loops slung slings controlled slooped tense opened encircled".split()
)


def _exposed_vessel(analysis: Analysis, sentence: Sentence) -> list[tuple[str, str]]:
    """The vein that the sentences before a venotomy laid bare."""
    for index in range(sentence.index, max(-1, sentence.index - 5), -1):
        other = analysis.sentences[index]
        if EXPOSED & set(analysis.norms[other.start : other.end]):
            mentions = [*analysis.veins_in(index), *analysis.arteries_in(index)]
            veins = [v for m in sorted(mentions, key=lambda m: m.start) for v in m.veins if _enterable(v[0])]
            if veins:
                return veins[:1]
    return []


def _likewise_vessels(analysis: Analysis, atom: Atom, sentence: Sentence) -> list[tuple[str, str]]:
    """Vessels entered "likewise", "ditto" or "as was the artery" after the access word."""
    out = []
    for m in [
        *analysis.veins_in(sentence.index),
        *analysis.arteries_in(sentence.index),
    ]:
        near = analysis.norms[max(atom.end, m.start - 4) : m.end + 3] if m.start >= atom.end else []
        if {"likewise", "ditto", "similarly", "another", "also"} & set(near) and "to" not in near[:3]:
            out += [v for v in m.veins if _enterable(v[0])]
    return out


def access_vessels(analysis: Analysis, atom: Atom, sentence: Sentence, circuit: set[int]) -> list[tuple[str, str]]:
    """The vessels an access word names: the nearest in its sentence, else those of the sentence before."""
    found = _near_vessels(analysis, atom, sentence, circuit)
    if atom.value[0] == "open" and not found:
        found = _exposed_vessel(analysis, sentence)
    if found:
        return list(dict.fromkeys([*found, *_likewise_vessels(analysis, atom, sentence)]))
    section = sentence.section.name
    for step in (-1, -2, 1):
        index = sentence.index + step
        if 0 <= index < len(analysis.sentences):
            other = analysis.sentences[index]
            if other.section.name == section and other.paragraph == sentence.paragraph:
                veins = [v for m in analysis.veins_in(other.index) for v in m.veins if _enterable(v[0])]
                if veins and ((step < 0 and _pronoun(analysis, sentence)) or (step == -1 and len(veins) == 1)):
                    return veins[-2:] if len(set(veins)) <= 2 else veins[-1:]
    return []


def _pronoun(analysis: Analysis, sentence: Sentence) -> bool:
    return analysis.norms[sentence.start] in ("it", "this", "each", "both", "accessed", "these")


def _near_vessels(analysis: Analysis, atom: Atom, sentence: Sentence, circuit: set[int]) -> list[tuple[str, str]]:
    candidates: list[tuple[int, tuple[int, int], list[tuple[str, str]]]] = []
    for m in [*analysis.veins_in(sentence.index), *analysis.arteries_in(sentence.index)]:
        veins = [v for v in m.veins if _enterable(v[0])]
        if not veins:
            continue
        between = analysis.norms[m.end : atom.start] if m.end <= atom.start else analysis.norms[atom.end : m.start]
        distance = len(between) + 6 * sum(w in (";", "and", ".") for w in between)
        if m.start > atom.end and analysis.norms[m.start - 1 : m.start] in (["to"], ["into"], ["toward"]):
            distance += 15
        if m.start < atom.start and any(
            w in ("to", "into", "toward", "towards") for w in analysis.norms[max(0, m.start - 3) : m.start]
        ):
            distance += 15
        candidates.append((distance, (m.start, m.end), veins))
    for start in circuit:
        if sentence.start <= start < sentence.end:
            gap = max(start, atom.start) - min(start, atom.end)
            word = analysis.norms[start]
            vessel = (
                "graft"
                if ("g" in word[-3:] and word in ("avg", "avgs"))
                or "graft" in " ".join(analysis.norms[start : start + 3])
                else "fistula"
            )
            if word in ("fistulogram", "fistulagram", "fistulography", "shuntogram", "graftogram"):
                continue
            candidates.append((max(gap, 0), (start, start + 1), [(vessel, circuit_side(analysis))]))
    if not candidates:
        return []
    best = min(distance for distance, _, _ in candidates)
    if best > 40:
        return []
    ordered = sorted(candidates, key=lambda c: c[1])
    chosen = next(i for i, c in enumerate(ordered) if c[0] == best)
    near = list(ordered[chosen][2])
    for step in (-1, 1):
        i = chosen
        while 0 <= i + step < len(ordered) and _coordinated(
            analysis.norms, ordered[min(i, i + step)][1], ordered[max(i, i + step)][1]
        ):
            i += step
            near += ordered[i][2]
    return list(dict.fromkeys(near))


def _coordinated(norms: list[str], first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Two vessel names joined by nothing but "and the"."""
    between = norms[first[1] : second[0]]
    loose = [w for w in between if not w[0].isdecimal() and w not in BESIDE]
    return bool({"and", "&", "+"} & set(between)) and not loose


BESIDE = frozenset("and the & both , ( ) f fr french sheath ; +".split())


def circuit_side(analysis: Analysis) -> str:
    """The side of the dialysis circuit: the side word nearest to its first mention."""
    circuits = analysis.by_kind.get("circuit", ())
    best: tuple[int, str] = (10**9, "unknown")
    for c in circuits[:6]:
        for s in analysis.by_kind.get("side", ()):
            if s.value == "bilateral":
                continue
            gap = c.start - s.end if s.end <= c.start else s.start - c.end + 3
            if 0 <= gap < 12 and gap < best[0]:
                best = (gap, s.value)
    if best[1] == "unknown":
        sides = [str(s.value) for s in analysis.by_kind.get("side", ()) if s.value != "bilateral"]
        if sides:
            return max(set(sides), key=sides.count)
    return best[1]


@lru_cache(maxsize=1)
def _not_entered() -> frozenset[str]:
    return frozenset(load_rules()["access"]["not_entered"])


def _enterable(vessel: str) -> bool:
    return vessel not in _not_entered() and vessel not in (
        "aorta",
        "coronary_artery",
        "pulmonary_artery",
        "renal_artery",
    )


def _is_access(analysis: Analysis, atom: Atom, kind: str, sentence: Sentence, vessels: list[tuple[str, str]]) -> bool:
    norms = analysis.norms
    words = norms[sentence.start : sentence.end]
    section = sentence.section
    if section.kind in ("past", "plan", "consent") and section.name not in ("access",):
        return False
    if (
        norms[atom.start] == "micropuncture"
        and atom.end - atom.start == 1
        and (
            norms[atom.end : atom.end + 1]
            in (["set"], ["needle"], ["kit"], ["sheath"], ["system"], ["technique"], ["catheter"], ["wire"])
            or any(
                a.start != atom.start and a.value[0] == "verb"
                for a in analysis.within("access", sentence.start, sentence.end)
            )
        )
    ):
        return False
    if kind == "phrase":
        return True
    if kind == "open":
        closed = any(
            w in ("closed", "closure", "repaired", "sutured", "suture") for w in norms[atom.end : atom.end + 4]
        )
        through = norms[max(0, atom.start - 3) : atom.start]
        return not closed and not (
            "the" in through and any(w in ("in", "through", "below", "about", "at") for w in through)
        )
    if kind == "reuse":
        return bool(vessels) or "sheath" in words
    if kind == "weak":
        return _weak_access(analysis, atom, sentence, vessels)
    if norms[atom.start] in ("entered", "cannulated", "accessed") and not vessels:
        return False
    if (
        any(v[0] == "portal_vein" for v in vessels)
        and any(w in ("needle", "pass", "colapinto") for w in words)
        and "tips" in norms
    ):
        return False
    if vessels and all(v[0] in DEEP for v in vessels):
        return bool(NEEDLE & set(words)) or norms[atom.start].startswith("punctur")
    if vessels:
        return True
    return (
        (section.name == "access" and kind in ("noun", "verb"))
        or "ultrasound" in words
        or ("us" in words and kind == "noun")
    )


#: Veins that are entered only through the organ, with a needle; otherwise a catheter that finds them has come from elsewhere.
DEEP = frozenset({"hepatic_vein", "middle_hepatic_vein", "portal_vein", "splenic_vein", "brachiocephalic_vein"})
NEEDLE = frozenset(
    "transhepatic transsplenic percutaneous percutaneously needle chiba ultrasound us usg uss sonographic gauge g micropuncture "
    "puncture punctured stick neff accustick 21g 22g 18g".split()
)


def _weak_access(analysis: Analysis, atom: Atom, sentence: Sentence, vessels: list[tuple[str, str]]) -> bool:
    norms = analysis.norms
    after = norms[atom.end : atom.end + 5]
    before = norms[max(sentence.start, atom.start - 4) : atom.start]
    if sentence.section.start <= atom.start < sentence.section.body_start:
        return False
    named = [*analysis.veins_in(sentence.index), *analysis.arteries_in(sentence.index)]
    if vessels and sentence.section.kind == "body" and any(m.end == atom.start for m in named):
        return True
    if (
        after[:2] in (["was", "obtained"], ["was", "gained"], ["was", "achieved"], ["via", "the"], ["in", "the"])
        and vessels
    ):
        return True
    if before[-1:] in (["guided"], ["obtained"], ["gained"], ["venous"], ["retrograde"], ["antegrade"], ["ultrasound"], ["us"],
                       ["artery"], ["vein"], ["arterial"]) and vessels:  # fmt: skip
        return True
    return bool(vessels) and any(
        w in ("maintained", "retained", "kept", "obtained", "gained", "preserved")
        for w in norms[atom.start : sentence.end]
    )


NEGATORS = frozenset({"no", "not", "neither", "never", "without", "avoided", "nor"})


def _access_negated(analysis: Analysis, atom: Atom, sentence: Sentence) -> bool:
    before = analysis.norms[max(sentence.start, atom.start - 4) : atom.start]
    after = analysis.norms[atom.end : atom.end + 4]
    neither = "neither" in analysis.norms[max(sentence.start, atom.start - 7) : atom.start]
    if (neither or any(w in NEGATORS for w in before[-3:])) and "difficulty" not in before:
        return True
    return after[:3] in (["was", "not", "needed"], ["was", "not", "required"]) or after[:2] == ["not", "needed"]
