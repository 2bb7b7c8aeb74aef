"""Pipe ``venocode_status``: what the text says of every act of balloon dilation.

ConText with our own cues (status.yaml) and clause terminators, evaluated only in sentences that hold an act; the
nearest cue wins. Without a cue the section decides, then performed.
"""

from __future__ import annotations

from bisect import bisect_left

from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import Analysis, Atom, Sentence, analysis_of

FUTURE = frozenset({"if", "should", "when", "unless", "whenever"})
PAST_AUXILIARY = frozenset({"was", "were", "had", "did", "underwent"})


@Language.component("venocode_status")
def status(doc: Doc) -> Doc:
    """Set the assertion of every act."""
    analysis = analysis_of(doc)
    for act in analysis.acts:
        sentence = analysis.sentences[act.sentence]
        act.assertion = assertion_at(analysis, act.start, act.end, sentence)
        if act.assertion == "performed" and act.kind == "dilate" and _bare_verb(analysis, act.start):
            act.assertion = "planned"
    return doc


def _bare_verb(analysis: Analysis, start: int) -> bool:
    """ "See him in two months and dilate it again": a verb in its base form tells no deed, unless "to" or "did" is before it."""
    before = analysis.norms[start - 1] if start else ""
    return analysis.norms[start] in BARE and before not in ("to", "did")


def assertion_at(analysis: Analysis, start: int, end: int, sentence: Sentence) -> str:
    """The assertion of the tokens [start, end) of a sentence."""
    section = sentence.section
    if _template(analysis, sentence):
        return "other"
    if analysis.norms[sentence.start] == "had" and "," in analysis.norms[sentence.start : start]:
        return "negated"
    if analysis.norms[start - 1 : start] == ["?"]:
        return "planned"
    answer = _answer(analysis, sentence)
    if answer:
        return answer
    if _scheduled(analysis.norms, start, end):
        return "planned"
    if quoted(analysis, start) or _email_quote(analysis, sentence):
        return "historical"
    cue = nearest_cue(analysis, start, end, sentence)
    category = cue.value.category if cue is not None else None
    if section.kind == "header" and category in (None, "performed", "planned", "historical", "other"):
        return "planned" if _word(analysis, cue) in INTENDED else "performed"
    if category == "historical" and section.kind == "conclusion" and _after_today(analysis, cue):
        return "performed"
    if category not in ("negated", "attempted") and _conditional(analysis, sentence, start):
        return "planned"
    if section.kind == "consent":
        denied = category == "negated" and cue is not None and 0 <= start - cue.end <= 2
        return (
            str(category)
            if denied or (category in ("historical", "negated") and _past(analysis, sentence))
            else "other"
        )
    if section.kind == "plan":
        return _plan_section(analysis, category, sentence)
    if section.kind == "past":
        return _past_section(analysis, category, sentence, start)
    if section.kind == "codes":
        return category or "other"
    if category in (None, "performed", "planned") and dated(analysis, sentence, start):
        return "historical"
    if category == "historical" and "today" in analysis.norms[end : end + 4] and _after_today(analysis, cue):
        return "performed"  # "s/p balloon angioplasty today"
    if category == "negated" and _future(analysis, sentence, start):
        return "planned"
    return category or "performed"


INTENDED = frozenset({"planned", "intended", "proposed", "possible"})


def _after_today(analysis: Analysis, cue: Atom | None) -> bool:
    """ "Final diagnosis: stenosis, s/p PTA": in a conclusion the deed is today's, unless a date stands in the sentence."""
    assert cue is not None
    sentence = analysis.sentence_at(cue.start)
    words = analysis.norms[sentence.start : sentence.end]
    after = " ".join(analysis.norms[cue.start : cue.end]) in ("s / p", "status post", "sp")
    return after and not any(is_year(w) or w in ("prior", "previous", "remote", "old", "ago") for w in words)


def _scheduled(norms: list[str], start: int, end: int) -> bool:
    """ "SVC for venoplasty in 2 wk", "listed for PTA next month": an appointment."""
    if norms[start - 1 : start] != ["for"]:
        return False
    after = norms[end : end + 5]
    return any(
        (w == "in" and bool(PERIODS & set(after[i + 1 :])))
        or (w == "next" and bool(PERIODS & set(after[i + 1 : i + 2])))
        for i, w in enumerate(after)
    )


PERIODS = frozenset("day days wk wks week weeks mo mos month months yr year years 7 52 12 visit list session".split())


def _answer(analysis: Analysis, sentence: Sentence) -> str:
    """ "Was venoplasty performed? NO": what a form's question is answered with."""
    words = analysis.norms[sentence.start : sentence.end + 2]
    if "?" not in words or words[0] not in ("was", "were", "did"):
        return ""
    after = words[words.index("?") + 1 :][:2]
    return "negated" if {"no", "none", "n"} & set(after) else ""


def _email_quote(analysis: Analysis, sentence: Sentence) -> bool:
    """A line an e-mail quotes from an earlier one ("> the vein was ballooned")."""
    return analysis.norms[_line_start(analysis, sentence)] == ">" and bool(
        {"wrote", "sent", "subject"} & set(analysis.norms)
    )


def _line_start(analysis: Analysis, sentence: Sentence) -> int:
    """First token of the line a sentence stands on."""
    return analysis.line_start(sentence)


def _template(analysis: Analysis, sentence: Sentence) -> bool:
    """Unfilled template text: "*** mm balloon", "{{ANGIOPLASTY", "____"."""
    text = "".join(analysis.norms[sentence.start : sentence.end])
    return "***" in text or "{{" in text or "}}" in text


AGAIN = frozenset("repeat another further more second third fourth fifth again".split())
OUTSIDE = frozenset(
    {"outside", "fax", "faxed", "hospital", "report", "letter", "elsewhere", "read", "reads", "says", "wrote", "states"}
)


def quoted(analysis: Analysis, token: int) -> bool:
    """Whether the token stands inside a longer quotation of somebody else's report."""
    ranges = analysis.facts.get("quotes")
    if ranges is None:
        marks = [i for i, w in enumerate(analysis.norms) if w == '"']
        ranges = [
            (a, b)
            for a, b in zip(marks[::2], marks[1::2], strict=False)
            if b - a > 12 and OUTSIDE & set(analysis.norms[max(0, a - 25) : a])
        ]
        analysis.facts["quotes"] = ranges
    return any(a < token < b for a, b in ranges)


def _plan_section(analysis: Analysis, category: str | None, sentence: Sentence) -> str:
    if category in ("historical", "other") or (
        category in ("negated", "attempted", "performed") and _past(analysis, sentence)
    ):
        return str(category)
    return "planned"


def _future(analysis: Analysis, sentence: Sentence, start: int) -> bool:
    """ "instead of a repeat angioplasty", "I would not repeat the venoplasty": denied for the future."""
    words = analysis.norms[sentence.start : start]
    near = set(words[-6:])
    done = {"was", "were"} & set(analysis.norms[start : min(sentence.end, start + 6)])
    return (not done and bool(near & AGAIN)) or ("would" in near and "have" not in near and "be" not in near)


def _word(analysis: Analysis, cue: Atom | None) -> str:
    return analysis.norms[cue.start] if cue is not None else ""


def _past_section(analysis: Analysis, category: str | None, sentence: Sentence, start: int) -> str:
    if category in ("negated", "planned", "other", "attempted"):
        return category
    words = analysis.norms[sentence.start : start]
    asked = any(w in ("for", "requesting", "wants", "request") for w in words[-4:])
    if category is None and asked and not dated(analysis, sentence, start):
        return "planned"
    return "historical"


def _past(analysis: Analysis, sentence: Sentence) -> bool:
    return any(w in PAST_AUXILIARY for w in analysis.norms[sentence.start : sentence.end])


def _conditional(analysis: Analysis, sentence: Sentence, start: int) -> bool:
    """ "If it recurs, venoplasty ...", "Should ..., repeat dilation ..."."""
    words = analysis.norms[sentence.start : start]
    first = next((w for w in words if w.isalpha()), "")
    if "if" in words and words[words.index("if") - 1 : words.index("if")] not in (["see"], ["asked"], ["as"], ["even"]):
        return not set(words) & {"was", "were"}
    return first in FUTURE and not (first == "when" and "was" in words)


DOSE_UNITS = frozenset("u unit units iu ml mg cc heparin mgy cgy m mcg hours h hrs hr s ms sec of".split())


def is_year(word: str) -> bool:
    """A year a note may speak of."""
    return len(word) == 4 and word.isdecimal() and 1960 <= int(word) <= 2035


BARE = frozenset({"dilate", "redilate", "balloon"})
PRESENT = frozenset({"today", "now", "currently", "presently"})


def dated(analysis: Analysis, sentence: Sentence, start: int) -> bool:
    """A year before the act in its sentence, or at the head of its line ("2015: new pain. ... was dilated")."""
    norms = analysis.norms
    begin = max((i for i in range(sentence.start, start) if norms[i] == ";" and PRESENT & set(norms[i:start])),
                default=sentence.start)  # fmt: skip
    if any(
        is_year(norms[i])
        and norms[i - 1] not in ("/", "-", ".")
        and norms[i + 1] not in DOSE_UNITS
        and not _year_of_stent(norms[max(begin, i - 4) : i])
        for i in range(begin, start)
    ):
        return True
    following = norms[start : min(sentence.end, start + 9)]
    if any(
        is_year(w) and following[i - 1 : i] in (["in"], ["("], ["during"], ["between"], ["since"], ["until"], ["and"])
        for i, w in enumerate(following)
    ):
        return True
    head = _line_start(analysis, sentence)
    return head != sentence.start and is_year(norms[head])


def _year_of_stent(before: list[str]) -> bool:
    """ "The stent placed in 2019 was ballooned": the year dates the stent."""
    return any(w in ("stent", "stents", "stented") for w in before) and "ballooned" not in before


def nearest_cue(analysis: Analysis, start: int, end: int, sentence: Sentence) -> Atom | None:
    """The status cue that governs the tokens [start, end): in reach, not blocked by a clause border, nearest."""
    cues = sentence_cues(analysis, sentence)
    ends = [
        c.start
        for c in cues
        if c.value.category == "terminate" and analysis.norms[c.start - 1 : c.end] != ["of", "which"]
    ]
    best: tuple[float, Atom] | None = None
    for cue in cues:
        category = cue.value.category
        if category == "terminate" or (cue.start < end and start < cue.end):
            continue
        if cue.end <= start:
            if cue.value.direction == "backward":
                continue
            gap = start - cue.end
            lo, hi = bisect_left(ends, cue.end), bisect_left(ends, start)
        else:
            if cue.value.direction == "forward":
                continue
            gap = cue.start - end
            lo, hi = bisect_left(ends, end), bisect_left(ends, cue.start)
        if gap > cue.value.scope or (category == "negated" and _own_verb(analysis, cue, start)):
            continue
        if lo < hi and not (
            category in ("historical", "planned", "other")
            and gap < 8
            and hi - lo == 1
            and cue.end <= start
            and ";" not in analysis.norms[cue.end : start]
        ):
            continue
        if category == "negated" and cue.start >= end and _of_a_stent(analysis.norms[end : cue.start]):
            continue
        if category == "negated" and cue.end <= start and _relative(analysis.norms, sentence.start, cue, start):
            continue
        if category == "planned" and cue.end <= start and _told_done(analysis.norms[cue.end : start + 1]):
            continue
        if category in ("negated", "attempted") and cue.start >= end and _not_only(analysis, cue):
            continue
        if (
            category == "attempted"
            and cue.end <= start
            and {"crossed", "succeeded"} & set(analysis.norms[cue.end : start])
        ):
            continue
        weight = gap + 4 * _commas(analysis, cue, start, end) + _handicap(category, gap, cue.start >= end)
        if category == "negated" and cue.end <= start and gap > 3 and weight > gap + 3:
            weight += 6
        if best is None or weight < best[0]:
            best = (weight, cue)
    return best[1] if best else None


def _of_a_stent(between: list[str]) -> bool:
    """ "ballooned, stent not needed": the denial is of the stent, unless act and stent are joined."""
    return between[-1:] in (["stent"], ["stents"], ["stenting"]) and not {"and", "or", "nor", "/", "&"} & set(between)


def _not_only(analysis: Analysis, cue: Atom) -> bool:
    """ "was not only feasible but performed"."""
    return analysis.norms[cue.end : cue.end + 1] in (["only"], ["merely"])


def _relative(norms: list[str], begin: int, cue: Atom, start: int) -> bool:
    """ "The stent, which was not relined, was re-expanded": the denial ends with its relative clause."""
    if "which" not in norms[begin : cue.start + 1]:
        return False
    return any(norms[i] == "," and norms[i + 1] in ("was", "were", "had") for i in range(cue.end, start))


def _told_done(words: list[str]) -> bool:
    """ "so that it would be treated at once, and it was inflated": a clause of its own, in the past tense."""
    joined = [i for i, w in enumerate(words) if w in ("and", "then", ";")]
    return bool(joined) and any(w in ("was", "were") for w in words[joined[-1] :])


def _own_verb(analysis: Analysis, cue: Atom, start: int) -> bool:
    """ "was not advanced and the angioplasty ...": the denial is spent on a verb of its own."""
    between = analysis.norms[cue.end : start]
    if "and" in between and any(w.endswith("ed") for w in between[: between.index("and")]):
        return True
    spent = [i for i, w in enumerate(between) if w in ("after", "following", "before", "despite")]
    return bool(spent) and any(w.endswith("ed") for w in between[: spent[0]])


def _handicap(category: str, gap: int, after: bool) -> int:
    """Performed is the default, so its cues yield unless they touch; an attempt outweighs a plain negation."""
    if category == "performed":
        return 1 if gap <= 2 and after else 12
    if category == "historical" and after:
        return -6
    if category == "negated" and gap <= 4 and not after:
        return -4
    return {"attempted": -4, "other": 1, "planned": 1}.get(category, 0)


def _commas(analysis: Analysis, cue: Atom, start: int, end: int) -> int:
    between = analysis.norms[cue.end : start] if cue.end <= start else analysis.norms[end : cue.start]
    return sum(w in (",", "-", "(", ")", ":") for w in between)


def _number_sign(analysis: Analysis, cue: Atom) -> bool:
    """ "No. 2" counts, it does not deny."""
    following = [w for w in analysis.norms[cue.end : cue.end + 2] if w != "."]
    return analysis.norms[cue.end - 1] == "no" and bool(following) and following[0][0].isdecimal()


def sentence_cues(analysis: Analysis, sentence: Sentence) -> list[Atom]:
    """Cues of a sentence that no pseudo cue covers."""
    atoms = analysis.within("cue", sentence.start, sentence.end)
    pseudo = [a for a in atoms if a.value.category == "pseudo"]
    return [
        a
        for a in atoms
        if a.value.category != "pseudo"
        and a.start not in analysis.facts["month"]
        and not _number_sign(analysis, a)
        and not any(p.start <= a.start and a.end <= p.end for p in pseudo)
    ]
