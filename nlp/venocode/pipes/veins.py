"""Pipe ``venocode_veins``: vein noun phrases, their coordination, arteries of the same name, and sides.

A phrase is read by a small grammar: units of [side] [qualifier] name [head], joined by commas, "and", slashes. A unit
without its own name borrows it ("common and external iliac veins"); a unit without a head shares the last one's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from venocode.anatomy import MIDLINE, OPPOSITE, SIDED, side_of
from venocode.pipes.analysis import Analysis, Atom, VeinMention, analysis_of
from venocode.pipes.lexer import ptv_is_venoplasty
from venocode.rules import load_rules

SKIP = frozenset({"the", "a", "an", "its", "his", "her"})
MODIFIERS = frozenset(
    "native mid proximal distal central entire whole adjacent transplant graft infrarenal suprarenal retrohepatic "
    "intrahepatic juxtarenal upper lower forearm peripheral adjoining main paired mediastinal patient arm small large".split()
)
LEG_WORDS = frozenset({"leg", "legs", "side", "sides", "arm", "arms", "limb", "limbs", "groin", "groins", "thigh", "thighs",
                       "calf", "calves", "extremity", "extremities", "lower", "upper"})  # fmt: skip
VENOUS = frozenset(
    "vein veins venous venogram venography venoplasty dvt phlebography cava caval venogram venograms".split()
)
ARTERIAL = frozenset(
    "artery arteries arterial arteriogram arteriography aortogram angiogram claudication ischemia ischaemia sfa cfa plaque "
    "calcified atherectomy runoff subintimal steal vertebral aorta atherosclerotic dissection radial aneurysm".split()
)
#: Kinds of atoms a phrase may begin with.
NAMING = frozenset({"side", "qualifier", "stem", "full", "artery"})
SIDE_WORDS = {"left": "left", "right": "right", "lt": "left", "rt": "right", "l": "left", "r": "right"}


@dataclass(slots=True)
class Unit:
    """One name of a phrase under construction."""

    start: int
    end: int
    side: str | None = None
    quals: list[str] = field(default_factory=list)
    stem: dict[str, Any] | None = None
    full: tuple[str, str | None, str] | None = None
    head: str | None = None
    rule: str = ""
    glue: str = ""
    borrowed: bool = False
    own_head: bool = False

    @property
    def named(self) -> bool:
        return self.stem is not None or self.full is not None


@lru_cache(maxsize=1)
def _not_after() -> frozenset[str]:
    return frozenset(load_rules()["veins"]["not_after"])


@Language.component("venocode_veins")
def veins(doc: Doc) -> Doc:
    """Find vein and artery phrases; artery phrases are kept apart."""
    analysis = analysis_of(doc)
    mentions = list(_phrases(doc, analysis))
    settle_arteries(analysis, mentions)
    analysis.arteries = [m for m in mentions if m.artery]
    analysis.veins = [m for m in mentions if not m.artery]
    resolve_sides(analysis)
    return doc


def _phrases(doc: Doc, analysis: Analysis) -> Iterator[VeinMention]:
    at: dict[int, dict[str, Atom]] = {}
    for kind in ("side", "qualifier", "stem", "full", "artery", "head"):
        for atom in analysis.by_kind.get(kind, ()):
            if analysis.norms[atom.start] in ("ptv", "ptvs") and ptv_is_venoplasty(analysis, atom.start):
                continue
            at.setdefault(atom.start, {})[kind] = atom
    _cephalic_arches(analysis, at)
    _short_pulmonary(analysis, at)
    done = 0
    for i in sorted(i for i, kinds in at.items() if not NAMING.isdisjoint(kinds)):
        sentence = analysis.sentence_at(i)
        if not max(done, sentence.start) <= i < sentence.end:
            continue
        units, stop = _parse(doc, analysis.norms, at, i, sentence.end)
        if units:
            yield from _mentions(analysis, units, sentence.index, sentence.end)
            done = max(stop, i + 1)


def _cephalic_arches(analysis: Analysis, at: dict[int, dict[str, Atom]]) -> None:
    """ "The arch" of a note that names the cephalic arch is that vein."""
    named = next((a for a in analysis.by_kind.get("full", ()) if a.rule == "VEIN-127"), None)
    if named is None:
        return
    for i, word in enumerate(analysis.norms):
        if word == "arch" and analysis.norms[i - 1 : i] not in (["aortic"], ["azygos"], ["cephalic"]):
            at.setdefault(i, {}).setdefault("full", Atom(i, i + 1, "full", named.value, named.rule))


def _short_pulmonary(analysis: Analysis, at: dict[int, dict[str, Atom]]) -> None:
    """ "The right upper had a shelf": a pulmonary vein by its place, in a note that names pulmonary veins."""
    norms = analysis.norms
    named = any(norms[i + 1 : i + 2] in (["vein"], ["veins"]) for i in analysis.where.get("pulmonary", ()))
    if not named and len(PULMONARY_SHORT & analysis.where.keys()) < 2:
        return
    for atom in analysis.by_kind.get("side", ()):
        place = norms[atom.end : atom.end + 1]
        if atom.value not in ("left", "right") or not place or place[0] not in PULMONARY_PLACES:
            continue
        end = atom.end + 1
        if norms[end : end + 1] in (["vein"], ["veins"], ["pv"], ["pvs"], ["v"]):
            end += 1
        elif norms[end : end + 1] and norms[end] not in CLOSES:
            continue
        vein = f"{atom.value}_{PULMONARY_PLACES[place[0]]}_vein"
        at.setdefault(atom.start, {})["full"] = Atom(atom.start, end, "full", (vein, None, "vein"), "VEIN-141")


def _parse(doc: Doc, norms: list[str], at: dict[int, dict[str, Atom]], i: int, end: int) -> tuple[list[Unit], int]:
    units: list[Unit] = []
    stop = i
    while i < end:
        unit, j = _unit(doc, norms, at, i, end)
        if unit is None:
            break
        units.append(unit)
        stop = j
        k, glue = _glue(norms, j, end)
        if not glue:
            break
        if unit.head == "artery" and at.get(k, {}).get("head") is not None and at[k]["head"].value == "vein":
            head = at[k]["head"]  # "the femoral artery and vein"
            units.append(Unit(head.start, head.end, unit.side, unit.quals, unit.stem, None, "vein", unit.rule, ","))
            stop = head.end
            break
        if NAMING.isdisjoint(at.get(k, ())):
            break
        unit.glue = glue
        i = k
    while units and not units[-1].named:
        units.pop()
        stop = units[-1].end if units else stop
    return (units, stop) if any(u.named for u in units) else ([], stop)


def _glue(norms: list[str], j: int, end: int) -> tuple[int, str]:
    glue: list[str] = []
    k = j
    while k < end and len(glue) < 4:
        word = norms[k]
        if word in ("and", "&", "/", "+", "or", ",", "-") or (word == "to" and glue and glue[-1] == "-"):
            glue.append(word)
        elif word in SKIP and glue:
            glue.append("the")
        elif word == "as" and norms[k : k + 4] in (["as", "well", "as"], ["as", "well", "as", "the"]):
            return k + 3 + (norms[k + 3 : k + 4] == ["the"]), "and the"
        else:
            break
        k += 1
    return k, " ".join(glue)


def _unit(doc: Doc, norms: list[str], at: dict[int, dict[str, Atom]], i: int, end: int) -> tuple[Unit | None, int]:
    unit = Unit(i, i)
    j = i
    while j < end:
        here = at.get(j, {})
        if (
            norms[j] == "pop"
            and here.get("full")
            and here["full"].end == j + 1
            and (doc[j].text != "POP" or (i and norms[i - 1] == "a"))
        ):
            break
        if "full" in here and not (unit.quals and "stem" in here):
            atom = here["full"]
            unit.full, unit.rule, j = atom.value, atom.rule, atom.end
            break
        if "artery" in here:
            atom = here["artery"]
            unit.full, unit.rule, unit.head, j = atom.value, atom.rule, "artery", atom.end
            break
        if "stem" in here:
            atom = here["stem"]
            unit.stem, unit.rule, j = atom.value, atom.rule, atom.end
            break
        if "side" in here and unit.side is None:
            if (norms[j] in ("l", "r") and (doc[j].text.islower() and unit.start != j)) or (
                doc[j].text == "b" and here["side"].end == j + 1
            ):
                break
            unit.side, j = here["side"].value, here["side"].end
            if j < end and norms[j] in (".", "the"):  # "Lt. common iliac"
                j += 1
            continue
        if "qualifier" in here:
            if here["qualifier"].value:
                unit.quals.append(here["qualifier"].value)
            j = here["qualifier"].end
            if j < end and norms[j] == "." and len(norms[j - 1]) < 5:
                j += 1
            continue
        if norms[j] == "-" and unit.quals and "stem" in at.get(j + 1, {}):
            j += 1
            continue
        if norms[j] in MODIFIERS and (unit.side is not None or unit.quals) and j > i:
            j += 1
            continue
        break
    if not unit.named and unit.side is None and not unit.quals:
        return None, i
    j = _strip(unit, norms, at, i, j)
    if unit.named and unit.head is None:
        j = _head(unit, norms, at, j, end)
    unit.end = j
    return unit, j


def _strip(unit: Unit, norms: list[str], at: dict[int, dict[str, Atom]], i: int, j: int) -> int:
    """An elliptic unit ends with its last side or qualifier word."""
    if unit.named:
        return j
    while j > i and not at.get(j - 1, {}).keys() & {"side", "qualifier"} and norms[j - 1] in MODIFIERS | {".", "the"}:
        j -= 1
    return j


def _head(unit: Unit, norms: list[str], at: dict[int, dict[str, Atom]], j: int, end: int) -> int:
    custom = unit.stem.get("head") if unit.stem else None
    if custom:
        if j < end and norms[j] in custom:
            unit.head = "vein"
            return j + 1
        return j
    head = at.get(j, {}).get("head")
    if head is None and j < end and norms[j] in ("venous", "vein's"):
        return j
    if head is None and norms[j : j + 1] == ["("] and norms[j + 1 : j + 2] == ["v"]:
        return j
    if head is None:
        return j
    word = norms[j]
    if head.value == "artery" and word in ("a", "aa", "art") and norms[j + 1 : j + 2] != ["."]:
        return j
    if word in ("vs", "v", "vn") and unit.full is not None and norms[j + 1 : j + 2] != ["."]:
        return j
    unit.head = head.value
    unit.own_head = True
    j = head.end
    if word in ("v", "vv", "vs", "a", "aa", "art") and norms[j : j + 1] == ["."]:
        j += 1
    if norms[j : j + 1] == ["branch"] and unit.head == "vein":
        j += 1
    return j


def _mentions(analysis: Analysis, units: list[Unit], sentence: int, end: int) -> Iterator[VeinMention]:
    _borrow(units)
    units = [u for u in units if u.named]
    if not units:
        return
    plural = analysis.norms[units[-1].end - 1] in ("veins", "vv", "vs") or analysis.norms[units[-1].end - 1] in PLURALS
    if len(units) > 1 and analysis.norms[units[0].start] == "both" and units[0].glue.startswith("and") and not plural:
        units[0].side = None  # "both the CIV and EIV"
    shared = next((u.head for u in reversed(units) if u.head), None)
    for index, unit in enumerate(units):
        if unit.head is None and unit.stem is not None:
            later = next((u for u in units[index + 1 :] if u.head), None)
            unit.head = later.head if later else None
        if unit.side is None and index and units[index - 1].side and _vein_name(unit) not in MIDLINE:
            unit.side = units[index - 1].side
    group: list[Unit] = []
    for index, unit in enumerate(units):
        group.append(unit)
        following = units[index + 1] if index + 1 < len(units) else None
        if following is None or not _joined(unit, following, shared):
            mention = _mention(analysis, group, sentence, end)
            if mention is not None:
                yield mention
            group = []


def _borrow(units: list[Unit]) -> None:
    for index, unit in enumerate(units):
        if unit.named:
            continue
        lender = next((u for u in units[index + 1 :] if u.named), None)
        if lender is None:
            continue
        if lender.stem is not None and all(q in lender.stem["names"] for q in unit.quals):
            unit.stem, unit.rule, unit.head = lender.stem, lender.rule, lender.head
            if not unit.quals:
                unit.quals = list(lender.quals)
        elif lender.full is not None and not unit.quals:
            unit.full, unit.rule, unit.head = (lender.full[0], None, lender.full[2]), lender.rule, lender.head
        unit.borrowed = unit.stem is not None or unit.full is not None


CAVAE = frozenset({"superior_vena_cava", "inferior_vena_cava", "cava"})


def _joined(first: Unit, second: Unit, shared: str | None) -> bool:
    """Whether two units are one mention: a borrowed name, a shared head, or a plain "and" between two short names."""
    glue = first.glue
    if (first.head == "artery") != (second.head == "artery"):
        return False
    if first.borrowed:
        return True
    if {_vein_name(first), _vein_name(second)} & CAVAE:
        return False
    if first.full is None and not first.own_head and shared == "vein":
        return "the" not in glue
    return glue in ("and", "&", "+", "/") and second.side is None and not first.own_head


def _vein_name(unit: Unit) -> str:
    if unit.full is not None:
        return unit.full[0]
    assert unit.stem is not None
    names = unit.stem["names"]
    for q in reversed(unit.quals):
        if q in names:
            return str(names[q])
    return str(names.get("", next(iter(names.values()))))


def _mention(analysis: Analysis, group: list[Unit], sentence: int, end: int) -> VeinMention | None:
    first, last = group[0], group[-1]
    artery = last.head == "artery"
    headed = last.head == "vein"
    norms = analysis.norms
    after = norms[last.end] if last.end < end else ""
    if after == "-" and last.end + 1 < end:
        after = norms[last.end + 1]
    if not artery and not headed and last.stem is not None:
        if last.stem["headless"] == "never" and not _short_form(analysis, last, first, after):
            return None
        jugular_line = (
            last.rule == "VEIN-003" and first.side is not None and after in ("catheter", "line", "permcath", "sheath")
        )
        clot = first.side is not None and after in ("thrombosis", "thrombus", "clot")
        if (after in _not_after() and not (jugular_line or clot)) or (
            first.start - 1 in analysis.facts["hyphens"] and first.side is None
        ):
            return None
    short = ""
    if last.full is not None and last.full[2] == "pulmonary":
        short = _short_pv(analysis, last)
        if not short:
            return None
    if last.full is not None and last.full[0] == "deep_femoral_vein" and after in ("artery", "arteries", "orifice"):
        artery = after.startswith("arter")
    names: list[tuple[str | None, str]] = []
    for unit in group:
        side = unit.side or (unit.full[1] if unit.full else None)
        names.extend(_named(side, short or _vein_name(unit)))
    start = first.start
    while start < last.end and norms[start] in SKIP:
        start += 1
    return VeinMention(start, last.end, names, headed or (last.full is not None and last.full[2] == "vein"), last.rule,
                       sentence, artery)  # fmt: skip


def _short_pv(analysis: Analysis, unit: Unit) -> str:
    """What "PV" means in this note: the portal vein, a pulmonary one by its position, or no vein."""
    words = set(analysis.norms)
    if words & PORTAL_NOTE and not words & PULMONARY_NOTE:
        return "portal_vein"
    if words & PULMONARY_NOTE and not words & PORTAL_NOTE:
        place = next((q for q in unit.quals if q in PULMONARY_PLACES), "")
        return PULMONARY_PLACES.get(place, "pulmonary_vein")
    return ""


PORTAL_NOTE = frozenset("portal portogram portography splenoportogram hepatic tips tipss portosystemic liver".split())
PULMONARY_NOTE = frozenset("pulmonary atrial atrium transseptal septostomy lspv rspv lipv ripv".split())
PULMONARY_SHORT = frozenset("lspv rspv lipv ripv lupv rupv llpv rlpv".split())
PULMONARY_PLACES = {"superior": "superior_pulmonary", "upper": "superior_pulmonary", "inferior": "inferior_pulmonary",
                    "lower": "inferior_pulmonary"}  # fmt: skip


#: What may follow a name that stands for itself ("the middle hepatic was ...").
CLOSES = frozenset("was were is are had has , . ; : ) ( at and to with by on in from then".split())


def _short_form(analysis: Analysis, unit: Unit, first: Unit, after: str) -> bool:
    """ "The middle hepatic was narrowed": a vein without its head, in a note that names its kind in full."""
    if not (first.side or unit.quals) or (after and after not in CLOSES):
        return False
    norms = analysis.norms
    word = norms[unit.end - 1]
    return any(w == word and norms[i + 1 : i + 2] in (["vein"], ["veins"], ["v"]) for i, w in enumerate(norms))


def _named(side: str | None, vein: str) -> list[tuple[str | None, str]]:
    if vein.endswith("_pulmonary"):
        if side in ("left", "right"):
            return [(side, f"{side}_{vein}_vein")]
        if side == "bilateral":
            return [("left", f"left_{vein}_vein"), ("right", f"right_{vein}_vein")]
        return [(side, "pulmonary_vein")]
    return [(side, vein)]


# --- arteries that share a name (policy P12) ---------------------------------------------------------------------


def settle_arteries(analysis: Analysis, mentions: list[VeinMention]) -> None:
    """Give headless shared names a venous or an arterial reading from the nearest clear words (policy P12)."""
    if not mentions:
        return
    where = analysis.where
    venous_doc = sum(len(where[word]) for word in VENOUS & where.keys())
    arterial_doc = sum(len(where[word]) for word in ARTERIAL & where.keys())
    tilt = 2 if venous_doc > 2 * arterial_doc else -2 if arterial_doc > 2 * venous_doc else 0
    tilt += 4 * (not _strong(analysis, ARTERIAL_CASE) or _strong(analysis, VENOUS_CASE)) - 4
    clear_vein = {v for m in mentions if m.headed and not m.artery for _, v in m.names}
    clear_artery = {v for m in mentions if m.artery for _, v in m.names}
    arteries = load_rules()["veins"]["artery_names"]
    for m in mentions:
        if not m.artery and not m.headed and _context_name(m):
            names = {v for _, v in m.names}
            score = 3 * _local(analysis, m) + tilt + 2 * bool(names & clear_vein) - 2 * bool(names & clear_artery)
            if analysis.norms[m.start : m.end].count("superficial") and not names & clear_vein:
                score -= 2
            m.artery = score < 0
        if m.artery:
            m.names = [(s, arteries.get(v, v)) for s, v in m.names]


ARTERIAL_CASE = frozenset(
    "atherectomy subintimal sfa runoff gangrene ischemic ischaemic claudication aneurysm endograft evar tibioperoneal "
    "atherosclerotic steal vertebral cto dorsalis aortic endoleak tevar atherosclerosis plaque abi endarterectomy aortogram "
    "arteriogram claudicant aortoiliac".split()
)
VENOUS_CASE = frozenset(
    "venoplasty dvt thurner thrombotic villalta cavogram iliocaval venography venogram thrombolysis phlegmasia venovo abre "
    "vici wallstent paget budd cava".split()
)


def _strong(analysis: Analysis, words: frozenset[str]) -> bool:
    """At least two different words that only such a case uses."""
    return len(words & analysis.where.keys()) >= 2


def _context_name(m: VeinMention) -> bool:
    return m.rule in _context_rules()


@lru_cache(maxsize=1)
def _context_rules() -> frozenset[str]:
    veins_file = load_rules()["veins"]
    return frozenset(
        [s["id"] for s in veins_file["stems"] if s["headless"] == "context"]
        + [f["id"] for f in veins_file["full"] if f.get("headless") == "context"]
    )


def _local(analysis: Analysis, m: VeinMention) -> float:
    """Venous against arterial words: 1 or -1 from the own sentence, a third of it from the nearest one around."""
    for step in (0, 1, -1, 2, -2, -3):
        index = m.sentence + step
        if not 0 <= index < len(analysis.sentences):
            continue
        s = analysis.sentences[index]
        words = analysis.norms[s.start : s.end]
        score = sum(w in VENOUS or w in _vein_abbreviations() for w in words) - sum(w in ARTERIAL for w in words)
        if score:
            return (1.0 if score > 0 else -1.0) / (1 if step == 0 else 3)
    return 0.0


@lru_cache(maxsize=1)
def _vein_abbreviations() -> frozenset[str]:
    words: set[str] = set()
    for full in load_rules()["veins"]["full"]:
        for w in full["words"]:
            if len(w) <= 4:
                words.update((w, f"l{w}", f"r{w}"))
    return frozenset(words)


# --- sides ---------------------------------------------------------------------------------------------------------


def resolve_sides(analysis: Analysis) -> None:
    """Give every vein its side: its own words, the sentence, the region, the paragraph, the same vein before."""
    settle_cava(analysis)
    sides = SideReader(analysis)
    for m in analysis.veins:
        m.veins = []
        after = side_after(analysis, m)
        plural = _plural(analysis, m)
        for side, vein in m.names:
            own = side or after
            if vein in MIDLINE or vein in SIDED or vein == "gastric_vein":
                named = own if vein in ("portal_vein", "gastric_vein") and own in ("left", "right") else None
                m.veins.append((vein, named or side_of(vein, "none")))
                continue
            if own is None:
                own = "bilateral" if plural else sides.infer(m, vein)
                m.inferred = not plural
            if own == "bilateral":
                m.veins += [(vein, "left"), (vein, "right")]
            else:
                m.veins.append((vein, own))
                sides.seen[vein] = own
        m.veins = list(dict.fromkeys(m.veins))
    for m in analysis.arteries:
        m.veins = []
        for side, name in m.names:
            own = side or side_after(analysis, m) or sides.infer(m, name)
            both = ("left", "right") if own == "bilateral" else (own,)
            m.veins += [(name, "none" if name in ("aorta", "pulmonary_artery") else s) for s in both]


MANY = frozenset({"brachial_vein", "tibial_vein", "anterior_tibial_vein", "posterior_tibial_vein", "peroneal_vein", "lumbar_vein",
                  "gastric_vein", "hepatic_vein", "other_vein", "portal_vein", "deep_femoral_vein", "cephalic_vein",
                  "basilic_vein"})  # fmt: skip


def _plural(analysis: Analysis, m: VeinMention) -> bool:
    """A plural of one paired name without a side means both sides ("the renal veins")."""
    if len({v for _, v in m.names}) != 1 or m.names[0][1] in MANY or m.names[0][0] is not None:
        return False
    sentence = analysis.sentences[m.sentence]
    before = analysis.norms[max(sentence.start, m.start - 6) : m.start]
    if before[-1:] == ["neither"] or _on_both_sides(before):
        return True
    lesions = analysis.norms[m.end : m.end + 1]
    if lesions and lesions[0] in PLURAL_LESIONS and not any(w in SIDE_WORDS for w in before):
        sides = {side for o in analysis.veins for side, vein in o.names if vein == m.names[0][1] and side}
        return len(sides) > 1 or "bilateral" in sides
    return analysis.norms[m.end - 1] in PLURALS and not any(w in SIDE_WORDS for w in before)


PLURAL_LESIONS = frozenset("lesions stenoses strictures narrowings rings segments stents limbs webs occlusions".split())
PLURALS = frozenset("veins iliacs innominates subclavians renals civs eivs cfvs jugulars ijvs".split())


def _on_both_sides(before: list[str]) -> bool:
    """ "On either side the common femoral vein": the words before a name that speak of both sides."""
    words = [w for w in before if w not in ("the", "a", ",")]
    return words[-1:] in (["side"], ["sides"]) and words[-2:-1] in (["either"], ["each"], ["both"])


def settle_cava(analysis: Analysis) -> None:
    """ "The cava" is the cava the note last named in full; the inferior one when it named none or the legs."""
    last = None
    first = None
    for m in analysis.veins:
        for _, v in m.names:
            if v in ("superior_vena_cava", "inferior_vena_cava") and first is None:
                first = v
    leg = any(v in LEG_VEINS for m in analysis.veins for _, v in m.names)
    arm = any(v in ARM_VEINS for m in analysis.veins for _, v in m.names)
    for m in analysis.veins:
        fixed: list[tuple[str | None, str]] = []
        for side, v in m.names:
            if v == "cava":
                v = last or first or ("superior_vena_cava" if arm and not leg else "inferior_vena_cava")
            elif v in ("superior_vena_cava", "inferior_vena_cava"):
                last = v
            fixed.append((side, v))
        m.names = fixed


LEG_VEINS = frozenset(
    "common_iliac_vein external_iliac_vein iliac_vein common_femoral_vein femoral_vein popliteal_vein renal_vein "
    "hepatic_vein".split()
)
ARM_VEINS = frozenset("brachiocephalic_vein subclavian_vein axillary_vein".split())


class SideReader:
    """Side words of a note with the region each speaks of, and the side a bare name takes from them."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.cues = side_cues(analysis)
        self.seen: dict[str, str] = {}
        self._fits: dict[str, tuple[list[int], list[str]]] = {}
        self.one_sided = _one_sided(analysis)
        self.majority = {region: self._majority(region) for region in ("leg", "arm", "neck")}
        self.overall = _only({side for _, side, _ in self.cues} - {"bilateral"})

    def _majority(self, region: str) -> str:
        sides = [side for _, side, r in self.cues if r in (region, "any") and side != "bilateral"]
        if not sides:
            return "unknown"
        left = sides.count("left")
        share = max(left, len(sides) - left) / len(sides)
        return ("left" if left * 2 > len(sides) else "right") if share >= MAJORITY else "unknown"

    def infer(self, m: VeinMention, vein: str) -> str:
        """The side of a bare name."""
        region = region_of(vein)
        if region == "other" and {"transplant", "allograft", "graft"} & set(
            self.analysis.norms[max(0, m.start - 1) : m.start + 1]
        ):
            region = "leg"
        sentence = self.analysis.sentences[m.sentence]
        here = self._before(m.start, sentence.start, region)
        if here:
            return here
        if vein in self.one_sided:
            return self.one_sided[vein]
        if self.overall:
            return self.overall
        if self.majority.get(region, "unknown") != "unknown":
            return self.majority[region]
        near = self._before(m.start, self.analysis.paragraph_start(sentence), region)
        if near:
            return near
        if vein in self.seen:
            return self.seen[vein]
        return self._only_before(m.start, region)

    def _fitting(self, region: str) -> tuple[list[int], list[str]]:
        """Positions and sides of the cues that speak of a region."""
        if region not in self._fits:
            fits = [(at, side) for at, side, r in self.cues if side != "bilateral" and r in ("any", region)]
            self._fits[region] = ([at for at, _ in fits], [side for _, side in fits])
        return self._fits[region]

    def _before(self, end: int, start: int, region: str) -> str:
        """The last side told of a region in [start, end)."""
        places, sides = self._fitting(region)
        at = bisect_left(places, end) - 1
        return sides[at] if at >= 0 and places[at] >= start else ""

    def _only_before(self, end: int, region: str) -> str:
        """The side of everything told of a region so far, when it is one side only."""
        places, sides = self._fitting(region)
        at = bisect_left(places, end)
        changed = next((i for i, side in enumerate(sides) if side != sides[0]), len(sides))
        return sides[0] if 0 < at <= changed else "unknown"


MAJORITY = 0.66


def _only(sides: set[str]) -> str:
    return next(iter(sides)) if len(sides) == 1 else ""


def side_cues(analysis: Analysis) -> list[tuple[int, str, str]]:
    """Side words of the note as (token, side, region): leg, arm, neck, any (no region named) or other."""
    owner: dict[int, str] = {}
    for m in analysis.veins:
        for token in range(m.start, m.end):
            owner[token] = region_of(m.names[0][1])
    for m in analysis.arteries:
        for token in range(m.start, m.end):
            owner[token] = "artery"
    cues = []
    norms = analysis.norms
    old = _old_sentences(analysis)
    for atom in analysis.by_kind.get("side", ()):
        if analysis.sentence_at(atom.start).index in old:
            continue
        word = norms[atom.start]
        following = norms[atom.end] if atom.end < len(norms) else ""
        if atom.value == "bilateral" and word in ("each", "either", "both"):
            continue
        if word in ("l", "r") and following in (",", ".", "waves", "wave", "x", "of"):
            continue
        if (following == "-" and norms[atom.end + 1 : atom.end + 2] in (["handed"], ["hand"])) or word == "b":
            continue
        if (word == "left" and _left_verb(norms, atom.start)) or following in NOT_BODY_SIDE:
            continue
        if word == "right" and (
            following in ADVERB or (following == "," and norms[atom.start - 1 : atom.start] == ["all"])
        ):
            continue
        cues.append((atom.start, atom.value, owner.get(atom.start) or _region_after(norms, atom.end)))
    return _with_other_sides(norms, cues)


def _with_other_sides(norms: list[str], cues: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """ "On the other side": a cue for the side opposite to the one told last."""
    if "side" not in norms:
        return sorted(cues)
    for i, word in enumerate(norms[:-1]):
        if word in ("other", "opposite", "contralateral") and norms[i + 1] == "side":
            before = [
                side for at, side, region in cues if at < i and side in OPPOSITE and region not in ("route", "artery")
            ]
            if before:
                cues.append((i, OPPOSITE[before[-1]], "any"))
    return sorted(cues)


def _old_sentences(analysis: Analysis) -> set[int]:
    """Sentences of a history that tell of a dated deed: the side of that deed is not today's."""
    return {
        s.index
        for s in analysis.sentences
        if s.section.kind == "past"
        and any(len(w) == 4 and w.isdecimal() and w[:2] in ("19", "20") for w in analysis.norms[s.start : s.end])
        and not {"stent", "stents", "now", "recurrent"} & set(analysis.norms[s.start : s.end])
    }


ADVERB = frozenset("where at behind under over above below after before as through away now beneath against".split())
NOT_BODY_SIDE = frozenset("atrium ventricle ventricular heart atrial bundle main lower lobe pulmonary kidney portal hepatic renal "
                          "lung chest upper handed hand".split())  # fmt: skip
REGION_WORDS = {
    "leg": frozenset(
        "leg legs limb thigh calf groin groins foot lower iliofemoral femoral iliac iliocaval popliteal hip knee".split()
    ),
    "arm": frozenset(
        "arm arms upper forearm hand shoulder subclavian brachiocephalic brachial antecubital sided-arm avf "
        "radiocephalic brachiobasilic avg wrist elbow".split()
    ),
    "neck": frozenset("neck jugular ij ijv".split()),
}


def _region_after(norms: list[str], at: int) -> str:
    if any(w in ("groin", "sheath", "sheaths", "access", "approach", "puncture") for w in norms[at : at + 2]):
        return "leg" if norms[at : at + 2] in (["groin", "."], ["groin", ":"]) else "route"
    for word in norms[at : at + 3]:
        for region, words in REGION_WORDS.items():
            if word in words:
                return region
    return "any"


BEFORE_LEFT = frozenset("was were i we be been % percent cent and is are nothing she he".split())
AFTER_LEFT = frozenset(
    "alone in as open it at untouched the out behind be for a to with without , . bare no there that over unstented".split()
)
LEFT_ALONE = frozenset("alone untouched it behind bare as in for open".split())


def _left_verb(norms: list[str], i: int) -> bool:
    """Whether "left" is the verb: "was left alone", "I left it", "20 % left", "left open"."""
    before = norms[i - 1] if i else ""
    after = norms[i + 1] if i + 1 < len(norms) else ""
    if before in ("s", "is", "was") and "what" in norms[max(0, i - 3) : i]:
        return True
    return (before in BEFORE_LEFT and after in AFTER_LEFT) or after in LEFT_ALONE


def side_after(analysis: Analysis, m: VeinMention) -> str | None:
    """A side that follows the phrase: "of both legs", "on the left", "(right)", ", left"."""
    n = analysis.norms[m.end : m.end + 5]
    if not n:
        return None
    if n[0] == "bilaterally":
        return "bilateral"
    if n[0] in ("of", "on", "in", "at", "behind") and len(n) > 2:
        words = [w for w in n[1:4] if w not in SKIP]
        if len(words) > 1 and words[0] in ("both", "either") and words[1] in LEG_WORDS:
            return "bilateral"
        if words and words[0] in SIDE_WORDS and n[0] in ("of", "on", "behind") and (len(words) < 2 or words[1] in LEG_WORDS
                                                                         or words[1] in (",", ".", ";", "and", "was", "with")):  # fmt: skip
            return SIDE_WORDS[words[0]]
    if (
        n[0] in ("(", ",")
        and len(n) > 2
        and n[1] in SIDE_WORDS
        and n[2] in (")", ".", ",", ";")
        and n[1] not in ("l", "r")
    ):
        return SIDE_WORDS[n[1]]
    if n[0] == "(" and len(n) > 2 and n[1] in ("l", "r") and n[2] == ")":
        return SIDE_WORDS[n[1]]
    return None


def _one_sided(analysis: Analysis) -> dict[str, str]:
    """Veins that the note names with one side only."""
    sides: dict[str, set[str]] = {}
    told = [m for m in analysis.veins if analysis.sentences[m.sentence].section.kind != "past"] or analysis.veins
    for m in told:
        after = side_after(analysis, m)
        for side, vein in m.names:
            own = side or after
            if own:
                sides.setdefault(vein, set()).add(own)
    return {v: next(iter(s)) for v, s in sides.items() if len(s) == 1 and "bilateral" not in s}


def region_of(vessel: str) -> str:
    """The part of the body a vessel belongs to: sides are carried over within it."""
    if any(word in vessel for word in ("iliac", "femoral", "popliteal", "tibial", "peroneal", "saphenous")):
        return "leg"
    if any(word in vessel for word in ("subclavian", "axillary", "brachi", "basilic", "cephalic", "cubital", "radial")):
        return "arm"
    if "jugular" in vessel:
        return "neck"
    return "other"
