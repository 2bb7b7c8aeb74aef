"""Findings: what the note says was done to each vein, and the facts of the note the policy asks for.

This is the border between the pipes and the classifier: from here on everything is an immutable record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from venocode.anatomy import ARM_CIRCUIT, CENTRALITY, LEG_CIRCUIT, OPPOSITE, touches
from venocode.pipes.analysis import AccessMention, Analysis, Link, Sentence
from venocode.pipes.events import READ, is_title

Vein = tuple[str, str]
CIRCUIT_VESSELS = frozenset({"fistula", "graft"})
TREATING = ("treated", "around", "conclusion", "title")


@dataclass(frozen=True, slots=True)
class VeinFinding:
    """Everything the note says of one vein. ``counts`` counts links by event and way of saying.

    ``evidence`` holds the circumstances that ``classifier.evidence`` reads.
    """

    vein: Vein
    counts: dict[str, int]
    links: tuple[Link, ...]
    mentions: int
    route: str = "other"
    first: int = 0
    evidence: dict[str, float] = field(default_factory=dict)

    def n(self, *keys: str) -> int:
        """Sum of counts."""
        counts = self.counts
        if len(keys) == 1:  # the usual call, asked hundreds of times a note
            return counts.get(keys[0], 0)
        return sum([counts.get(k, 0) for k in keys])


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """Facts of the whole note, as flags with the tokens that show them."""

    flags: dict[str, tuple[int, int]] = field(default_factory=dict)
    access: tuple[tuple[Vein, str, tuple[int, int]], ...] = ()
    fluoroscopy: tuple[tuple[int, int], ...] = ()
    has_body: bool = True
    performed_acts: int = 0
    bridging: tuple[tuple[Vein, Vein], ...] = ()
    arteries: tuple[tuple[Vein, int, int], ...] = ()
    stent_told: bool = False
    evidence: dict[str, float] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the note shows the fact."""
        return name in self.flags


def vein_findings(analysis: Analysis) -> list[VeinFinding]:
    """One finding for each vein the note names or an act speaks of, in the order first named."""
    by_vein: dict[Vein, list[Link]] = {}
    first: dict[Vein, int] = {}
    mentions: Counter[Vein] = Counter()
    for m in analysis.veins:
        for v in m.veins:
            mentions[v] += 1
            first.setdefault(v, m.start)
            by_vein.setdefault(v, [])
    for link in analysis.links:
        if link.vein in first or link.event in TREATING:
            by_vein.setdefault(link.vein, []).append(link)
            first.setdefault(link.vein, link.start)
    for wrong, right in _corrected_sides(analysis, by_vein).items():
        by_vein[right] = [*by_vein.get(right, []), *by_vein.pop(wrong)]
        mentions[right] += mentions.pop(wrong, 0)
        first[right] = min(first.get(right, first[wrong]), first[wrong])
    _side_of_unknown(analysis, by_vein)
    merged = _merge_unspecified(by_vein, mentions)
    if any(_dilated(links) for v, links in merged.items() if v[0] != "unknown_vein"):
        merged = {v: links for v, links in merged.items() if v[0] != "unknown_vein"}
    routes = _routes(analysis)
    out = []
    for vein, links in merged.items():
        counts = Counter(f"{link.event}.{link.how}" for link in links)
        counts.update(link.event for link in links)
        treated = [link for link in links if link.event in ("treated", "around")]
        route = _route_at(routes, treated[0].sentence) if treated else _route_at(routes, 10**9)
        out.append(VeinFinding(vein, dict(counts), tuple(links), mentions[vein], route, first.get(vein, 0)))
    out.sort(key=lambda f: f.first)
    return out


CORRECTING = frozenset(
    "should correction corr corrected erratum error typo typed misstated amend amended read dictated".split()
)


def _corrected_sides(analysis: Analysis, known: Collection[Vein]) -> dict[Vein, Vein]:
    """ "Should read LEFT subclavian vein, not right": veins that the note itself moves to the other side."""
    moved: dict[Vein, Vein] = {}
    sided = ({analysis.sentence_at(i).index for i in analysis.where.get(side, ())} for side in OPPOSITE)
    for index in sorted(set.intersection(*sided)) if known else ():
        sentence = analysis.sentences[index]
        words = analysis.norms[sentence.start : sentence.end]
        wrong = _withdrawn_side(words)
        if not wrong or not (CORRECTING & set(words) or sentence.section.name == "addendum"):
            continue
        named = {name for m in analysis.veins_in(sentence.index) for name, _ in m.veins}
        for name, side in known:
            if side == wrong and (name in named or not named):
                moved[(name, side)] = (name, OPPOSITE[side])
    return moved


def _withdrawn_side(words: list[str]) -> str:
    """The side a correction takes back: "left, not right", "for right read left", "right should be left"."""
    sides = [(i, w) for i, w in enumerate(words) if w in OPPOSITE]
    if len({w for _, w in sides}) != 2:
        return ""
    for i, w in sides:
        if words[i - 1 : i] == ["not"] or (words[i - 1 : i] == ["for"] and "read" in words[i:]):
            return w
    first = sides[0]
    return first[1] if {"should", "is"} & set(words[first[0] : sides[1][0]]) and sides[1][1] != first[1] else ""


def _side_of_unknown(analysis: Analysis, by_vein: dict[Vein, list[Link]]) -> None:
    """An unnamed vein takes the side of a note that speaks of one side only."""
    unnamed = by_vein.get(("unknown_vein", "unknown"))
    sides = {a.value for a in analysis.by_kind.get("side", ())} - {"bilateral"}
    if unnamed and len(sides) == 1:
        by_vein[("unknown_vein", sides.pop())] = by_vein.pop(("unknown_vein", "unknown"))


def _merge_unspecified(by_vein: dict[Vein, list[Link]], mentions: Counter[Vein]) -> dict[Vein, list[Link]]:
    """Merge names that are one vein.

    A vein without a side is the sided vein of its name when there is only one of that name; an unspecified iliac vein
    is no vein of its own beside the common and external ones, unless it alone was dilated.
    """
    out = dict(by_vein)
    for vein in list(out):
        name, side = vein
        if side == "unknown":
            sided = [v for v in out if v[0] == name and v[1] in ("left", "right")]
            if len(sided) == 1:
                out[sided[0]] = out[sided[0]] + out.pop(vein)
                mentions[sided[0]] += mentions.pop(vein, 0)
    for side in ("left", "right", "unknown"):
        whole = ("iliac_vein", side)
        parts = [(part, side) for part in ("common_iliac_vein", "external_iliac_vein") if (part, side) in out]
        if whole not in out or not parts:
            continue
        told = any(_dilated(out[part]) for part in parts)
        narrowed = [part for part in parts if any(link.event == "lesion" for link in out[part])]
        if _dilated(out[whole]) and not told and len(narrowed) != 1:
            continue
        links = out.pop(whole)
        if _dilated(links) and not told:
            out[narrowed[0]] = out[narrowed[0]] + links
    return out


def _dilated(links: list[Link]) -> bool:
    return any(link.event in ("treated", "around", "conclusion") for link in links)


def _routes(analysis: Analysis) -> list[tuple[int, str]]:
    """Where each route begins: (sentence, "circuit" or "other")."""
    routes: list[tuple[int, str]] = []
    for a in analysis.access:
        if a.vessels:
            circuit = any(v[0] in CIRCUIT_VESSELS or _fistula_vein(analysis, a, v[0]) for v in a.vessels)
            routes.append((a.sentence, "circuit" if circuit else "other"))
    for atom in analysis.by_kind.get("circuit_touch", ()):
        words = analysis.norms[atom.start : atom.end]
        sentence = analysis.sentence_at(atom.start)
        if (
            sentence.section.kind in READ
            and words[0] in ("through", "via", "graft", "fistula", "graftotomy", "fistulotomy", "up", "into")
            and not _denied_at(analysis, sentence, atom.start)
        ):
            routes.append((sentence.index, "circuit"))
    routes.sort()
    return routes


def _fistula_vein(analysis: Analysis, access: AccessMention, vessel: str) -> bool:
    """The cephalic vein of a fistulogram, or a basilic one that its sentence calls the fistula, is the circuit."""
    if not analysis.by_kind.get("circuit_touch"):
        return False
    sentence = analysis.sentences[access.sentence]
    named = {"fistula", "transposition", "transposed", "avf"} & set(analysis.norms[sentence.start : sentence.end])
    return vessel == "cephalic_vein" or (vessel == "basilic_vein" and bool(named))


def _denied_at(analysis: Analysis, sentence: Sentence, token: int) -> bool:
    words = analysis.norms[max(sentence.start, token - 8) : token]
    return any(w in ("no", "not", "nothing", "never", "if", "then", "would", "could", "will") for w in words)


def _route_at(routes: list[tuple[int, str]], sentence: int) -> str:
    past = [kind for at, kind in routes if at <= sentence]
    if past:
        return past[-1]
    return routes[0][1] if routes else "none"


# --- facts ------------------------------------------------------------------------------------------------------------


def note_facts(analysis: Analysis) -> NoteFacts:
    """The facts of the whole note."""
    flags: dict[str, tuple[int, int]] = {}
    for name, finder in FACTS.items():
        found = finder(analysis)
        if found is not None:
            flags[name] = found
    performed = [
        a for a in analysis.acts if a.assertion == "performed" and _read(analysis, analysis.sentences[a.sentence])
    ]
    return NoteFacts(
        flags=flags,
        access=tuple(_access_sites(analysis)),
        fluoroscopy=tuple((s, e) for s, e, _ in analysis.fluoroscopy if not _no_fluoroscopy(analysis, s)),
        has_body=_has_body(analysis),
        performed_acts=len(performed) + _sized_dilations(analysis),
        bridging=tuple(_bridges(analysis)),
        arteries=tuple(_artery_acts(analysis)),
        stent_told=_stent_told(analysis),
    )


def _stent_told(analysis: Analysis) -> bool:
    """Whether the body speaks of a stent that is neither denied nor an old one."""
    old = {i for a in analysis.by_kind.get("stent_old", ()) for i in range(a.start, a.end)}
    return any(
        start not in old and not {"no", "not", "without", "old"} & set(analysis.norms[max(0, start - 3) : start])
        for start, _ in _body_atoms(analysis, "stent")
    )


def _sized_dilations(analysis: Analysis) -> int:
    """Dilations to a width in millimetres in a note that names no balloon: read as no act, but not passed in silence."""
    if analysis.facts["balloon_note"]:
        return 0
    found = [a for a in analysis.by_kind.get("angioplasty", ()) if a.value == "dilate"]
    return sum(
        analysis.sized(a.end, a.end + 3)
        and analysis.sentence_at(a.start).section.kind in READ
        and bool(analysis.veins_in(analysis.sentence_at(a.start).index))
        and not WIDENED & set(analysis.norms[max(0, a.start - 2) : a.start])
        for a in found
    )


WIDENED = frozenset(
    "is are remains remained appears appeared mildly moderately markedly severely massively not".split()
)


def _read(analysis: Analysis, sentence: Sentence) -> bool:
    return sentence.section.kind in READ and not is_title(analysis, sentence)


def _no_fluoroscopy(analysis: Analysis, start: int) -> bool:
    before = analysis.norms[max(0, start - 4) : start]
    after = analysis.norms[start + 1 : start + 5]
    return (
        any(w in ("no", "without") for w in before[-2:])
        or after[:3] == ["was", "not", "used"]
        or after[:2] == ["not", "used"]
    )


def _has_body(analysis: Analysis) -> bool:
    """Whether the note tells the procedure at all: an access, an act, venography, a lesion or a stent outside titles and history."""
    begun = [a.sentence for a in analysis.access] + [a.sentence for a in analysis.acts if a.assertion == "performed"]
    begun += [m.sentence for m in analysis.veins if _imaged(analysis, analysis.sentences[m.sentence])]
    if any(_read(analysis, analysis.sentences[i]) for i in begun):
        return True
    told = {
        "lesion",
        "normal",
        "treated",
        "around",
        "stent",
        "untouched",
        "access",
        "conclusion",
        "negated",
        "attempted",
    }
    return any(link.event in told and _read(analysis, analysis.sentences[link.sentence]) for link in analysis.links)


def _imaged(analysis: Analysis, sentence: Sentence) -> bool:
    return analysis.has("venography", sentence.start, sentence.end)


def _access_sites(analysis: Analysis) -> Iterable[tuple[Vein, str, tuple[int, int]]]:
    seen: dict[Vein, str] = {}
    for mention in analysis.access:
        if analysis.sentences[mention.sentence].section.kind in ("past", "plan", "consent"):
            continue
        for vessel in mention.vessels:
            if vessel not in seen:
                seen[vessel] = mention.approach
                yield vessel, mention.approach, (mention.start, mention.end)
    if not seen:
        yield from _listed_sites(analysis)


def _listed_sites(analysis: Analysis) -> Iterable[tuple[Vein, str, tuple[int, int]]]:
    """ "ACCESS: right common femoral vein": the first vessel line under a heading that says access."""
    for m in sorted([*analysis.veins, *analysis.arteries], key=lambda m: m.start):
        section = analysis.sentences[m.sentence].section
        if section.name == "access" and section.kind == "body" and m.start - section.body_start < 12:
            for vessel in m.veins:
                yield vessel, "percutaneous", (m.start, m.end)
            return


def _artery_acts(analysis: Analysis) -> Iterable[tuple[Vein, int, int]]:
    """Arteries beside a performed act."""
    performed = {a.sentence: a for a in analysis.acts if a.assertion == "performed"}
    for m in analysis.arteries:
        act = performed.get(m.sentence)
        if act is not None:
            for v in m.veins:
                yield v, act.start, act.end


def _bridges(analysis: Analysis) -> Iterable[tuple[Vein, Vein]]:
    """Neighbouring veins that the note calls one lesion (policy P5)."""
    bridging = analysis.by_kind.get("bridging", ())
    for atom in bridging:
        sentence = analysis.sentence_at(atom.start)
        if sentence.section.kind not in READ or _negated_near(analysis, atom.start):
            continue
        for index in (sentence.index, sentence.index - 1, sentence.index + 1, sentence.index - 2):
            if not 0 <= index < len(analysis.sentences):
                continue
            veins = [v for m in analysis.veins_in(index) for v in m.veins]
            pairs = [
                (a, b) for i, a in enumerate(veins) for b in veins[i + 1 :] if a[1] in (b[1], "none") or b[1] == "none"
            ]
            found = [(a, b) for a, b in pairs if touches(a[0], b[0])]
            if found:
                yield found[0]
                break
    yield from _ranged(analysis)


def _ranged(analysis: Analysis) -> Iterable[tuple[Vein, Vein]]:
    """ "From the innominate vein into the SVC": one lesion, unless each vein has a treatment of its own."""
    own: dict[Vein, set[int]] = {}
    for link in analysis.links:
        if link.event in ("treated", "around"):
            own.setdefault(link.vein, set()).add(link.sentence)
    for veins in analysis.facts["ranges"]:
        for a, b in pairwise(veins):
            together = own.get(a, set()) & own.get(b, set())
            if touches(a[0], b[0]) and together:
                yield a, b


def _negated_near(analysis: Analysis, token: int) -> bool:
    return any(
        w in ("not", "no", "never", "two", "separate", "discrete") for w in analysis.norms[max(0, token - 3) : token]
    )


def _body_atoms(analysis: Analysis, kind: str, kinds: Iterable[str] = READ) -> list[tuple[int, int]]:
    allowed = frozenset(kinds)
    return [
        (a.start, a.end)
        for a in analysis.by_kind.get(kind, ())
        if analysis.sentence_at(a.start).section.kind in allowed
    ]


def _circuit(analysis: Analysis) -> tuple[int, int] | None:
    for a in analysis.access:
        if any(v[0] in CIRCUIT_VESSELS for v in a.vessels):
            return a.start, a.end
    for atom in analysis.by_kind.get("circuit_touch", ()):
        sentence = analysis.sentence_at(atom.start)
        if sentence.section.kind in (*READ, "header") and not _denied_at(analysis, sentence, atom.start):
            if analysis.norms[atom.start] in ("maturation",) and not analysis.by_kind.get("circuit"):
                continue
            return atom.start, atom.end
    return None


def _old_access(analysis: Analysis) -> tuple[int, int] | None:
    """The circuit that was entered is out of use (P23)."""
    if _circuit(analysis) is None:
        return None
    for atom in analysis.by_kind.get("circuit_dead", ()):
        phrase = " ".join(analysis.norms[atom.start : atom.end])
        if phrase in ("not needled", "no dialysis since", "not in use", "no longer used", "no longer in use", "abandoned", "out of use",
                      "old fistula", "defunct", "not being used", "since transplant", "unused"):  # fmt: skip
            sentence = analysis.sentence_at(atom.start)
            window = analysis.norms[max(0, sentence.start - 30) : sentence.end + 10]
            if any(w in ("fistula", "graft", "access", "avf", "avg", "dialysis") for w in window):
                return atom.start, atom.end
    return None


def _lead(analysis: Analysis) -> tuple[int, int] | None:
    leads = _body_atoms(analysis, "lead", (*READ, "header"))
    done = _body_atoms(analysis, "lead_done")
    titled = _body_atoms(analysis, "lead", ("header",))
    told = (len(leads) >= 2 and len(done) >= 2) or (titled and len(leads) > len(titled) and done)
    return leads[0] if told else None


LINES = frozenset("catheter line permcath tdc hickman cuffed palindrome lumen port hemosplit cath".split())


OUT = frozenset("removed withdrawn withdrew freed out off backed pulled slid taken exchanged changed replaced".split())
PUT_IN = frozenset("new fresh another".split())


def _exchange(analysis: Analysis) -> tuple[int, int] | None:
    """A catheter exchange: said so, or the old catheter comes out and a new one goes in (P21)."""
    if not any(
        analysis.norms[s] not in ("catheter", "central")
        for s, _ in _body_atoms(analysis, "tunneled", (*READ, "header"))
    ):
        return None
    for start, end in _body_atoms(analysis, "exchange", (*READ, "header")):
        near = set(analysis.norms[max(0, start - 8) : end + 8])
        other = set(analysis.norms[max(0, start - 1) : end + 5])
        said = any(w.startswith(("exchang", "rewir", "replac", "chang")) for w in analysis.norms[start:end])
        if said and near & LINES and not other & {"balloon", "infusion", "lysis", "plasma", "transfusion"}:
            return start, end
    gone = _beside(analysis, OUT)
    placed = _beside(analysis, PUT_IN)
    return placed if gone and placed else None


def _beside(analysis: Analysis, words: frozenset[str]) -> tuple[int, int] | None:
    """The first line or catheter of the body with one of the words close by."""
    for i, word in enumerate(analysis.norms):
        told = word in LINES and words & set(analysis.norms[max(0, i - 9) : i + 7])
        if told and analysis.sentence_at(i).section.kind in READ:
            return i, i + 1
    return None


def _tips(analysis: Analysis) -> tuple[int, int] | None:
    found = _body_atoms(analysis, "tips", (*READ, "header"))
    denied = {a.start for a in analysis.by_kind.get("tips_not", ())}
    found = [
        f
        for f in found
        if f[0] not in denied
        and not any(w in ("no", "not", "if", "instead", "without") for w in analysis.norms[max(0, f[0] - 3) : f[0]])
    ]
    stented = any(link.event in ("stent", "title_stent") for link in analysis.links)
    titled = [f for f in found if _titled(analysis, f[0])]
    told = (
        stented
        or "viatorr" in analysis.norms
        or (len(found) > 1 and {"shunt", "portosystemic", "shuntogram"} & set(analysis.norms))
    )
    return (titled or found)[0] if titled or (found and told) else None


def _titled(analysis: Analysis, token: int) -> bool:
    """Whether the token stands in a title: a header section or one of the first lines."""
    sentence = analysis.sentence_at(token)
    return sentence.section.kind == "header" or (sentence.line_start and sentence.index < 3)


CREATED = frozenset(
    "fistula avf arteriovenous arterialization arterialisation dva limflow endoavf wavelinq ellipsys av".split()
)


def _creation(analysis: Analysis) -> tuple[int, int] | None:
    found = _body_atoms(analysis, "creation", (*READ, "header"))
    found = [f for f in found if CREATED & set(analysis.norms[f[0] : f[1] + 6])]
    return found[0] if found else None


def _baffle(analysis: Analysis) -> tuple[int, int] | None:
    for act in analysis.acts:
        if act.assertion == "performed" and analysis.sentences[act.sentence].section.kind in (*READ, "header"):
            s = analysis.sentences[act.sentence]
            atoms = analysis.within("baffle", s.start, s.end)
            if atoms and analysis.norms[atoms[0].start] not in ("rv",):
                return act.start, act.end
    return None


def _sclerosis(analysis: Analysis) -> tuple[int, int] | None:
    for atom in analysis.by_kind.get("ms", ()):
        if atom.end - atom.start > 1 or analysis.norms[atom.start] == "ccsvi":
            return atom.start, atom.end
        before = analysis.norms[atom.start - 1] if atom.start else ""
        if not before[-1:].isdecimal() and analysis.norms[atom.start + 1 : atom.start + 2] not in (
            [
                ".",
            ],
        ):
            return atom.start, atom.end
    return None


def _balloon_size(analysis: Analysis) -> tuple[int, int] | None:
    for i in analysis.facts["sizes"]:
        s = analysis.sentence_at(i)
        if s.section.kind not in (*READ, "header"):
            continue
        stent = analysis.within("stent", i, min(i + 8, s.end))
        if (
            stent
            and not any(analysis.has(k, s.start, s.end) for k in ("balloon", "balloon_brand"))
            and not bool(analysis.acts_in(s.index))
        ):
            continue
        balloonish = any(
            analysis.has(k, s.start, s.end)
            for k in ("balloon", "balloon_brand", "pressure", "waist", "inflate", "same")
        )
        if balloonish or bool(analysis.acts_in(s.index)) or _sized_pair(analysis.norms, i):
            return i, i + 1
    return None


def _sized_pair(norms: list[str], i: int) -> bool:
    return "x" in norms[i : i + 4] or "x" in norms[i] or "by" in norms[i + 1 : i + 3]


GONE = frozenset(
    "gone abolished resolved disappeared effaced broke broken obliterated gave released yielded effacement expansion left "
    "disappearing no".split()
)


def _result(analysis: Analysis) -> tuple[int, int] | None:
    for kind in ("residual",):
        for start, end in _body_atoms(analysis, kind):
            return start, end
    for start, end in _body_atoms(analysis, "waist"):
        after = analysis.norms[start : end + 6]
        if GONE & set(after):
            return start, end
    acts = [a for a in analysis.acts if a.assertion == "performed" and _read(analysis, analysis.sentences[a.sentence])]
    if acts:
        for start, end in _body_atoms(analysis, "percent"):
            if start > acts[0].start:
                return start, end
        for start, end in _body_atoms(analysis, "gradient"):
            if start > acts[-1].start:
                return start, end
    return None


FACTS = {
    "circuit": _circuit,
    "old_access": _old_access,
    "lead": _lead,
    "exchange": _exchange,
    "tips": _tips,
    "creation": _creation,
    "baffle": _baffle,
    "ms": _sclerosis,
    "balloon_size": _balloon_size,
    "result": _result,
}


LEG_CIRCUIT_WORDS = frozenset("thigh femoral leg saphenous".split())
ARM_CIRCUIT_WORDS = frozenset(
    "arm forearm brachial brachiocephalic brachiobasilic radiocephalic radial axillary wrist elbow cephalic basilic".split()
)


def circuit_limb(analysis: Analysis) -> str:
    """Whether the dialysis circuit is in a leg or an arm."""
    arm = leg = 0
    for atom in (*analysis.by_kind.get("circuit", ()), *analysis.by_kind.get("graft_word", ())):
        near = set(analysis.norms[max(0, atom.start - 4) : atom.end + 4])
        leg += bool(near & LEG_CIRCUIT_WORDS) or {"lower", "limb"} <= near
        arm += bool(near & ARM_CIRCUIT_WORDS)
    words = analysis.norms
    thigh = "thigh" in words and any(
        w == "thigh" and {"loop", "graft", "avg"} & set(words[i : i + 4]) for i, w in enumerate(words)
    )
    return "leg" if thigh or (leg and not arm) else "arm"


def in_circuit(vein: str, limb: str) -> bool:
    """Whether a vein belongs to the circuit or to the central veins reached through it (policy P10)."""
    return vein in (LEG_CIRCUIT if limb == "leg" else ARM_CIRCUIT)


__all__ = ["CENTRALITY", "NoteFacts", "VeinFinding", "circuit_limb", "in_circuit", "note_facts", "vein_findings"]
