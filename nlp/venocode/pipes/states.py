"""What a sentence says of each vein it names: how it is reached, and whether it is diseased, normal or left alone."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from venocode.pipes.analysis import Analysis, Sentence, VeinMention
from venocode.pipes.numbers import number_before

NEGATIONS = frozenset({"no", "not", "free", "without", "nor", "neither", "never"})
GENERIC = frozenset(
    "stenosis stenoses lesion lesions narrowing narrowings narrowed stenosed stenotic disease diseased tight severe percent % the a of "
    "in at is was with and to by about over on mm cm its it has had there an this that per cent from for as be were are shows showed "
    "area vein veins left right both which where second first one two also another but not or between into".split()
)


#: Lesion words that alone do not make a vein one that is treated.
WEAK_LESION = frozenset("scar scarred scarring disease diseased irregular thickened kink cord flattened severe critical tight tightly cord "
                        "closed tapered tapering narrow".split())  # fmt: skip
OCCLUDED = frozenset("occluded occlusion web webs membrane subtotal string atretic".split())


@dataclass(slots=True)
class State:
    """Reading of one vein mention in its sentence."""

    relation: str = "plain"
    lesion: bool = False
    normal: bool = False
    minor: bool = False
    strong: bool = False
    untouched: bool = False
    words: set[str] = field(default_factory=set)


def read_state(
    analysis: Analysis, m: VeinMention, sentence: Sentence, clause: tuple[int, int], names: list[VeinMention]
) -> State:
    """Read the words around a vein mention."""
    before_end = max([o.end for o in names if o.end <= m.start] + [clause[0]])
    after_start = min([o.start for o in names if o.start >= m.end] + [clause[1]])
    resumed = _resumed(analysis, m, names, clause)
    if any(o.start < m.start and m.end <= _resumed(analysis, o, names, clause)[0] for o in names):
        after_start = min([after_start, *(i for i in range(m.end, after_start) if analysis.norms[i] == ",")])
    state = State(relation_of(analysis, m, sentence, clause))
    state.lesion, denied = _lesion(analysis, m, before_end, after_start)
    state.minor = _minor(analysis, m, after_start)
    state.strong = strong_lesion(analysis, before_end, after_start) or _half(analysis, m.start, after_start)
    state.strong = state.strong or _half_before(analysis, m, before_end)
    shared = _shared_predicate(analysis, m, names, clause)
    normal_end = shared if shared > after_start else after_start
    state.normal = not state.lesion and (denied or analysis.has("normal", m.end, normal_end))
    if not state.lesion and normal_end > after_start:
        state.lesion, _ = _lesion(analysis, m, m.start, normal_end)
        state.lesion = state.lesion and not state.normal
        state.strong = state.strong or (state.lesion and strong_lesion(analysis, m.end, normal_end))
    if resumed[0] and not state.lesion and not denied and analysis.has("lesion", *resumed):
        state.lesion = not NEGATIONS & set(analysis.norms[resumed[0] : resumed[1]])
        state.normal = state.normal and not state.lesion
        state.strong = state.lesion and strong_lesion(analysis, *resumed)
    told = bool(analysis.within("untouched", m.end, clause[1])) or _not_treated(analysis.norms[m.end : clause[1]])
    state.untouched = told and not _later_act(analysis, m, clause)
    state.words = {
        w for w in analysis.norms[before_end:after_start] if w not in GENERIC and (len(w) > 2 or w.isdecimal())
    }
    return state


def _not_treated(words: list[str]) -> bool:
    """ "was not crossed or treated", "never entered nor touched": a denied verb of treatment, others beside it."""
    for i, word in enumerate(words):
        if word in ("not", "never", "neither"):
            for following in words[i + 1 : i + 7]:
                if following in TREATED_VERBS:
                    return True
                if not (
                    following.endswith("ed") or following in ("or", "nor", "and", ",", "been", "otherwise", "itself")
                ):
                    break
    return False


TREATED_VERBS = frozenset("treated touched addressed intervened approached".split())
RESUMING = frozenset("was were is are had has showed shows".split())


def _resumed(analysis: Analysis, m: VeinMention, names: list[VeinMention], clause: tuple[int, int]) -> tuple[int, int]:
    """ "the iliac vein, which receives the internal iliac, was occluded": where the predicate of an interrupted subject stands.

    (0, 0) where nothing interrupts it, or no other vein stands in the interruption.
    """
    norms = analysis.norms
    if norms[m.end : m.end + 1] != [","] or any(o.start <= m.end + 2 and o.start > m.end for o in names):
        return 0, 0
    for i in range(m.end + 2, clause[1] - 1):
        if norms[i] == "," and norms[i + 1] in RESUMING:
            inserted = [o for o in names if m.end < o.start < i]
            stop = min([o.start for o in names if o.start > i] + [clause[1]])
            return (i, stop) if inserted and not RESUMING & set(norms[m.end : m.end + 2]) else (0, 0)
    return 0, 0


def _later_act(analysis: Analysis, m: VeinMention, clause: tuple[int, int]) -> bool:
    first = next(iter(analysis.within("untouched", m.end, clause[1])), None)
    return first is not None and any(a.assertion == "performed" for a in analysis.acts_between(m.end, first.start))


def _shared_predicate(analysis: Analysis, m: VeinMention, names: list[VeinMention], clause: tuple[int, int]) -> int:
    """ "axillary, subclavian and innominate are patent": the predicate of the last name counts for all."""
    end = m.end
    ordered = sorted((o for o in names if o.start >= m.end), key=lambda o: o.start)
    for other in ordered:
        between = analysis.norms[end : other.start]
        if (
            any(w not in (",", "and", "the", "&", "/", "-", "+", "as", "well", "its") for w in between)
            or len(between) > 4
        ):
            return end
        end = other.end
    return min([o.start for o in ordered if o.start >= end] + [clause[1]]) if end != m.end else m.end


def _lesion(analysis: Analysis, m: VeinMention, start: int, stop: int) -> tuple[bool, bool]:
    """Whether a lesion is told, and whether one is denied, between the neighbouring names."""
    denied = False
    norms = analysis.norms
    if _minor(analysis, m, stop):
        return False, True
    first_normal = next((a.start for a in analysis.within("normal", m.end, stop)), stop)
    for atom in analysis.within("lesion", m.end, stop):
        if any(w in NEGATIONS for w in norms[max(m.end, atom.start - 4) : atom.start]):
            denied = True
            continue
        if MILD & set(norms[max(m.end, atom.start - 2) : atom.start]):
            continue
        if (
            atom.start > first_normal
            and norms[first_normal] not in ("clear", "open", "smooth")
            and not TURNING & set(norms[first_normal : atom.start])
        ):
            continue
        return True, False
    if _half(analysis, m.end, min(stop, m.end + 16)):
        return True, False
    if _half_before(analysis, m, start) or _bare_percent(analysis, m):
        return True, False
    for atom in reversed(analysis.within("lesion", max(start, m.start - 3), m.start)):
        if atom.end == m.start or norms[atom.end : m.start] in (["mid"], ["distal"], ["proximal"], ["native"]):
            before = norms[max(start, atom.start - 3) : atom.start]
            if not any(w in NEGATIONS for w in before):
                return True, False
    for atom in reversed(analysis.within("lesion", start, m.start)):
        between = norms[atom.end : m.start]
        own = between[max((i for i, w in enumerate(between) if w == ","), default=-1) + 1 :]
        if len(between) > 9 or not any(
            w in ("of", "in", "at", "across", "involving", "within", "along", "over", ":") for w in own
        ):
            continue
        if any(w in NEGATIONS for w in norms[max(start, atom.start - 4) : atom.start]):
            denied = True
            continue
        return True, False
    return False, denied


def _bare_percent(analysis: Analysis, m: VeinMention) -> bool:
    """ "CFV - 60-70, web", "EIV: 50+": in a list a number from 50 to 100 behind the name, without a unit, is a percentage."""
    norms = analysis.norms
    if norms[m.end : m.end + 1] not in (["-"], [":"], ["|"], ["="], ["~"]):
        return False
    number, after = norms[m.end + 1 : m.end + 2], norms[m.end + 2 : m.end + 3]
    bare = bool(number) and number[0].isdecimal() and len(number[0]) < 4 and 50 <= int(number[0]) <= 100
    return (
        bare and after in ([","], ["+"], ["-"], [";"], ["."], ["|"], ["at"]) and bool(analysis.by_kind.get("percent"))
    )


MILD = frozenset("mild minimal minor slight trivial insignificant nonsignificant".split())
#: "normal at the confluence, then an 80% stenosis"
TURNING = frozenset("but then except until apart save although before".split())


def _half_before(analysis: Analysis, m: VeinMention, start: int) -> bool:
    """ "80% in the right, 70% in the left": half or more of a vein's width, told before its name."""
    for atom in analysis.within("percent", max(start, m.start - 8), m.start):
        value = number_before(analysis.norms, atom.start)
        between = analysis.norms[atom.end : m.start]
        beside = not between or bool({"of", "in", "on"} & set(between))
        if value is not None and value >= 50 and beside and "," not in between:
            return True
    return False


def strong_lesion(analysis: Analysis, start: int, stop: int) -> bool:
    """Whether a lesion is told in words that mean one (stenosis, occlusion, web), not just scar or disease."""
    return any(analysis.norms[a.start] not in WEAK_LESION for a in analysis.within("lesion", start, stop))


DEFINITE = frozenset("the this that these those its each both".split())
BROUGHT_IN = frozenset("a an there showed shows revealed demonstrated focal % second third another further".split())
COUNTED = frozenset("two three four several multiple one both".split())
PREDICATES = frozenset("was were is are appeared looked remained seemed".split())


def introduces_lesion(analysis: Analysis, start: int, stop: int) -> bool:
    """Whether a stretch brings in a narrowing ("a web", "was 90% narrowed") rather than speaks of a known one ("the web")."""
    norms = analysis.norms
    for atom in analysis.within("lesion", start, stop):
        before = norms[max(start, atom.start - 5) : atom.start]
        if norms[atom.start] in WEAK_LESION or set(before) & (NEGATIONS | COUNTED):
            continue
        marks = [w for w in before if w in DEFINITE or w in BROUGHT_IN or w in PREDICATES]
        if marks[-1:] and marks[-1] in ("second", "third", "further"):
            marks = marks[-2:-1] or marks  # "the second stenosis"
        if marks and marks[-1] not in DEFINITE:
            return True
    return False


def _half(analysis: Analysis, start: int, stop: int) -> bool:
    """A percentage of at least half."""
    values = [
        number_before(analysis.norms, a.start)
        for a in analysis.within("percent", start, stop)
        if not analysis.has("residual", max(start, a.start - 4), a.end + 3)
    ]
    return any(v is not None and v >= 50 for v in values)


def _minor(analysis: Analysis, m: VeinMention, stop: int) -> bool:
    """A narrowing told as less than half is none that is treated ("flattened by 44 %")."""
    found = [number_before(analysis.norms, a.start) for a in analysis.within("percent", m.end, min(stop, m.end + 16))]
    values = [v for v in found if v is not None]
    if not values:
        return False
    told = analysis.has("residual", m.end, stop) or analysis.has("pressure", m.end, stop)
    closed = not OCCLUDED.isdisjoint(analysis.norms[m.end : stop])
    return max(values) < 50 and not told and not closed


def relation_of(analysis: Analysis, m: VeinMention, sentence: Sentence, clause: tuple[int, int]) -> str:
    """How the vein is reached by its clause: plain, source (route), dest (of a wire) or landmark."""
    norms = analysis.norms
    lead = max(sentence.start, m.start - 4)
    before = norms[lead : m.start]
    while before and before[-1] in (
        "the",
        "a",
        "an",
        "its",
        "his",
        "her",
        "mid",
        "lower",
        "upper",
        "proximal",
        "distal",
        "native",
    ):
        before = before[:-1]
    last = before[-1] if before else ""
    at = lead + len(before)
    if _ends_with(analysis, "landmark", sentence.start, at) or (last in ("to", "-", "/") and _joint(norms, m)):
        return "landmark"
    if last in ("from", "through", "via", "thru") and _range(norms, m):
        return "plain"
    if last in ("from", "through", "via", "thru") or before[-2:] == ["way", "of"]:
        after = norms[m.end : m.end + 4]
        moved = any(
            w in ("sheath", "access", "approach", "route", "tract", "groin", "puncture", "venotomy", "wire")
            for w in after
        )
        if last == "from":
            return "source"
        if moved or last != "through" or not _balloon_before(analysis, clause[0], m.start):
            return "source"
    if last in ("into", "to", "in", "within", "at") or before[-2:] == ["up", "to"]:
        mover = _last(analysis, "mover", clause[0], at)
        balloon = max(
            _last(analysis, "balloon", clause[0], at),
            _last(analysis, "balloon_brand", clause[0], at),
            _last_size(analysis, clause[0], at),
        )
        act = max((a.start for a in analysis.acts_between(clause[0], m.start)), default=-1)
        lesion = _last(analysis, "lesion", clause[0], at)
        if mover > max(balloon, act, lesion) and last in ("into", "to", "in", "within"):
            return "dest"
        if last == "to" and lesion < 0 and balloon < 0 and act < 0 and not _verb_to(norms, at):
            return "dest"
    return "plain"


def _joint(norms: list[str], m: VeinMention) -> bool:
    """ "hepatic vein to IVC anastomosis": the joint is named for the vein before."""
    return any(w.startswith(("anastomo", "junction", "confluence")) for w in norms[m.end : m.end + 2])


def _verb_to(norms: list[str], at: int) -> bool:
    return any(
        w
        in (
            "attention",
            "turned",
            "moved",
            "directed",
            "returned",
            "applied",
            "angioplasty",
            "venoplasty",
            "treatment",
            "drawn",
            "pulled",
            "withdrawn",
        )
        for w in norms[max(0, at - 5) : at]
    )


def _range(norms: list[str], m: VeinMention) -> bool:
    """ "from the popliteal to the common femoral vein"."""
    return norms[m.end : m.end + 1] == ["to"] or norms[m.end : m.end + 2] in (
        ["up", "to"],
        ["down", "to"],
        ["through", "the"],
    )


def _balloon_before(analysis: Analysis, start: int, end: int) -> bool:
    return max(_last(analysis, "balloon", start, end), _last(analysis, "balloon_brand", start, end)) >= 0


def _last(analysis: Analysis, kind: str, start: int, end: int) -> int:
    found = analysis.within(kind, start, end)
    return found[-1].start if found else -1


def _last_size(analysis: Analysis, start: int, end: int) -> int:
    return _last_at(analysis.facts["sizes"], start, end)


def _last_at(found: list[int], start: int, end: int) -> int:
    at = bisect_left(found, end) - 1
    return found[at] if at >= 0 and found[at] >= start else -1


def _ends_with(analysis: Analysis, kind: str, start: int, end: int) -> bool:
    found = analysis.within(kind, max(start, end - 6), end)
    return bool(found) and any(a.end == end for a in found)
