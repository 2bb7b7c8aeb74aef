"""Composing: the sections of a note, sentence by sentence, from its scenario.

Every function returns marked sentences in the order told. Where a sentence refers to another ("this stenosis", "both
lesions", "the same balloon"), the function that writes it has just written what it refers to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from venocode.corpus.generator.grammar import Facts
from venocode.corpus.generator.scenario import CIRCUITS, Fact, Scenario, Site, Vein, pick
from venocode.corpus.generator.teller import NUMBERS, Teller, facts_of, words_of

#: The rule that tells each act besides ballooning and stenting.
TOLD_BY = {"attempted": "attempted", "negated": "negated", "planned": "later", "macerated": "macerated",
           "sheath": "sheath_broken", "freed": "freed", "swept": "swept", "sized": "sized_up"}  # fmt: skip
#: Services whose own steps tell what was ballooned.
STEPS = {"tips": "tips_steps", "creation": "creation_steps", "baffle": "baffle_steps"}
SERVICES = frozenset({"exchange", "lead", "filter", "clot", "pulmonary", "circuit"})
PLURAL = {"was": "were", "was_next": "were"}
SEVERAL = frozenset({"plural"})
#: The lesion was told in the sentence before.
JUST_TOLD = frozenset({"just_told"})


@dataclass(frozen=True, slots=True)
class Told:
    """The clinical part of a note: what stands under findings, technique and result."""

    findings: tuple[str, ...]
    technique: tuple[str, ...]
    result: tuple[str, ...]


def tell(t: Teller, findings: str) -> Told:
    """Findings, technique and result of a note.

    Parameters
    ----------
    t : Teller
        Voice and scenario.
    findings : str
        ``before`` or ``after`` the technique as a section of their own, or ``inline``.

    Returns
    -------
    Told
    """
    s = t.scenario
    seen: list[str] = []
    if findings == "before":
        way = _way(t, s)
        seen = _findings(t, s, way)
        work = _entered(t, s) + _work(t, s, way)
    elif findings == "after":
        work = _entered(t, s) + _work(t, s, _plain_way(t, s))
        seen = _findings(t, s, "each")
    elif t.chance(0.5) or not _can_interleave(s):
        way = _way(t, s)
        entered = _entered(t, s)
        work = [*entered, *_findings(t, s, way), *_work(t, s, way)]
    else:
        work = _entered(t, s) + _interleaved(t, s)
    result = _result(t, s)
    if s.fluoroscopy and (not any("<<F|" in line for line in work) or t.chance(0.5)):
        work.append(t.say("fluoro_time"))
    if t.chance(0.8):
        work.append(t.say("closure"))
    return Told(tuple(seen), tuple(work), tuple(result))


# --- access --------------------------------------------------------------------------------------------------------------


def _entered(t: Teller, s: Scenario) -> list[str]:
    lines = [t.say("prep")] if t.chance(0.8) else []
    for i, site in enumerate(s.sites):
        lines.append(_access(t, site, i))
    if t.chance(0.6):
        lines.append(t.say("heparin"))
    if "filter" not in s.known and t.chance(0.7):
        lines.append(t.say("venogram"))
    if t.chance(0.25):
        lines.append(t.say("neutral"))
    if t.chance(0.6):
        lines.append(t.say("crossing"))
    return lines


def _access(t: Teller, site: Site, at: int) -> str:
    veins = {"site": ((site.vessel, site.side),)}
    if site.vessel in CIRCUITS:
        return t.say("access_circuit")
    if site.vessel.endswith("_artery"):
        return t.say("access_artery", words={"site_name": t.phrase((site.vessel, site.side), "access")})
    if site.tract:
        return t.say("access_tract", veins)
    if site.approach == "open":
        return t.say("access_open", veins)
    return t.say("access_more" if at else "access", veins)


# --- what was seen -------------------------------------------------------------------------------------------------------


def _told_lesion(f: Fact) -> bool:
    return f.lesion is not None and f.lesion_told


def _findings(t: Teller, s: Scenario, way: str) -> list[str]:
    if s.setting == "unnamed":
        return [t.say("lesion_vague")]
    lines = [] if s.known & set(STEPS) else _lesions(t, s, way)
    normal = [f for f in s.facts if f.act == "imaged" and f.lesion is None]
    return lines + _normals(t, normal)


def _lesions(t: Teller, s: Scenario, way: str) -> list[str]:
    """Every lesion once; the order is that of the facts, which references rely on."""
    sick = [(i, f) for i, f in enumerate(s.facts) if _told_lesion(f)]
    if way == "labels":
        lead = t.say("label_lead", words={"Count": NUMBERS[len(sick)].capitalize()})
        items = [t.about("lesion_label", f, label=f"({n})") for n, (_, f) in enumerate(sick, 1)]
        return [f"{lead} {'; '.join(items)}"]
    if way == "several":
        facts = [f for _, f in sick]
        words = words_of(facts[0]) | PLURAL | {"percent": str(min(f.lesion.percent for f in facts if f.lesion))}
        return [t.say("lesion_several", {"vein": [f.vein for f in facts]}, words)]
    lines = []
    for i, f in sick:
        if s.bridge and i == s.bridge[0]:
            lines.append(_of_pair(t, s, "lesion_bridge", s.bridge))
        elif not (s.bridge and i == s.bridge[1]):
            lines.append(t.about("lesion", f))
    return lines


def _normals(t: Teller, facts: Sequence[Fact]) -> list[str]:
    if len(facts) > 1 and t.chance(0.5):
        return [t.say("normal", {"vein": [f.vein for f in facts]}, PLURAL, SEVERAL)]
    return [t.about("normal", f) for f in facts]


# --- what was done -------------------------------------------------------------------------------------------------------


def _targets(s: Scenario) -> list[Fact]:
    """Ballooned veins that are told one by one or together: not a bridged pair, an old stent or another route."""
    pair = s.bridge or ()
    return [
        f
        for i, f in enumerate(s.facts)
        if f.act == "ballooned" and i not in pair and f.site == 0 and (f.lesion is None or f.lesion.kind != "instent")
    ]


def _way(t: Teller, s: Scenario) -> str:
    """How the treatments are told where the lesions have been told before."""
    targets = _targets(s)
    lesions = [f for f in s.facts if _told_lesion(f)]
    ways = ["each", "each", "list"]
    if s.known & set(STEPS) or len(targets) < 2 or (len(s.sites) > 1 and "circuit" in s.known):
        return "each"
    ways.append("together")
    if lesions == targets:
        ways += ["all", "all"]
        if all(f.lesion and f.lesion.kind == "stenosis" for f in targets):
            ways.append("several")
        if len(targets) == 2 and targets[0].vein[1] == targets[1].vein[1] and s.setting in ("leg", "chest", "outlet"):
            ways.append("upper")
    if len(lesions) < 7 and all(f in targets or f.act == "negated" or f.act == "imaged" for f in lesions):
        ways.append("labels")
    return pick(t.rng, ways)


def _plain_way(t: Teller, s: Scenario) -> str:
    targets = _targets(s)
    if len(targets) < 2 or s.known & set(STEPS) or (len(s.sites) > 1 and "circuit" in s.known):
        return "each"
    return pick(t.rng, ("each", "each", "list", "together"))


def _work(t: Teller, s: Scenario, way: str) -> list[str]:
    """Everything done, lesions not told here."""
    step = next((STEPS[name] for name in STEPS if name in s.known), None)
    if step:
        return [_steps(t, s, step)]
    if s.setting == "unnamed":
        return [t.say("treat_vague", facts=facts_of(s.facts[0]) | {"lesion"})]
    lines = _balloons(t, s, way)
    lines += _pairs_and_old_stents(t, s)
    lines += [line for f in sorted(s.facts, key=_put_off) for line in _other(t, s, f)]
    return lines + _ending(t, s)


def _put_off(f: Fact) -> bool:
    """Plans are told after deeds."""
    return f.act == "planned"


def _steps(t: Teller, s: Scenario, rule: str) -> str:
    treated = [f.vein for f in s.doing("ballooned")]
    veins: dict[str, Sequence[Vein]] = {}
    if treated:
        veins = {"first": treated[:1], "second": treated[-1:], "vein": treated[:1]}
    return t.say(rule, veins)


def _balloons(t: Teller, s: Scenario, way: str) -> list[str]:
    targets = _targets(s)
    if not targets:
        return []
    count = {"both": "both" if len(targets) == 2 else f"all {NUMBERS.get(len(targets), 'of them')}"}
    count["Both"] = count["both"].capitalize()
    if way in ("all", "several"):
        return [t.say("treat_all", words=count | words_of(targets[0]), facts=SEVERAL)]
    if way == "upper":
        return [t.say("treat_upper", words=words_of(targets[0]))]
    if way == "list":
        items = [t.about("treat_list_item", f) for f in targets]
        return [f"{t.say('treat_list_lead')} {'; '.join(items)}"]
    if way == "together":
        words = words_of(targets[0]) | PLURAL
        return [t.say(_treat(s), {"vein": [f.vein for f in targets]}, words, SEVERAL)]
    if way == "labels":
        return _by_label(t, s, targets)
    return _one_by_one(t, s, targets)


def _treat(s: Scenario) -> str:
    return "treat" if s.sized else "treat_unsized"


def _by_label(t: Teller, s: Scenario, targets: Sequence[Fact]) -> list[str]:
    sick = [f for f in s.facts if _told_lesion(f)]
    lines: list[str] = []
    for f in targets:
        rule = "treat_label_next" if lines and t.chance(0.6) else "treat_label"
        lines.append(t.about(rule, f, label=f"({sick.index(f) + 1})"))
    return lines


def _one_by_one(t: Teller, s: Scenario, targets: Sequence[Fact]) -> list[str]:
    lines: list[str] = []
    routes = len(s.sites) > 1 and "circuit" in s.known
    for f in targets:
        if routes:
            lines.append(_by_route(t, s, f))
        elif lines and t.chance(0.45):
            lines.append(t.about("treat_next", f, slot="next"))
        else:
            lines.append(t.about(_treat(s), f))
    return lines


def _by_route(t: Teller, s: Scenario, f: Fact) -> str:
    vessel = s.sites[f.site].vessel
    rule = "route_circuit" if vessel in CIRCUITS else "route_neck" if "jugular" in vessel else "route_groin"
    route = t.say(rule)
    return t.about("treat_route", f, from_route=route, From_route=route[0].upper() + route[1:])


def _pairs_and_old_stents(t: Teller, s: Scenario) -> list[str]:
    lines = []
    if s.bridge:
        lines.append(_of_pair(t, s, "treat_bridge", s.bridge))
    pair = s.bridge or ()
    for i, f in enumerate(s.facts):
        if f.act != "ballooned" or i in pair:
            continue
        if f.site:
            lines.append(_by_route(t, s, f))
        elif f.lesion and f.lesion.kind == "instent":
            lines.append(t.about("treat_instent", f))
    return lines


def _of_pair(t: Teller, s: Scenario, rule: str, pair: tuple[int, int], facts: Facts = frozenset()) -> str:
    first, second = s.facts[pair[0]], s.facts[pair[1]]
    veins = {"first": (first.vein,), "second": (second.vein,)}
    return t.say(rule, veins, words_of(first), facts_of(first) | facts)


def _other(t: Teller, s: Scenario, f: Fact) -> list[str]:
    """Stents, attempts, veins left alone, other balloon work."""
    if f.act == "stented":
        if s.long_stent is None:
            return [t.about("stent", f)]
        first, second = (s.facts[i] for i in s.long_stent)
        if f is first:
            return [_of_pair(t, s, "stent_long", s.long_stent)]
        return [] if f is second else [t.about("stent", f)]
    rule = TOLD_BY.get(f.act)
    return [t.about(rule, f)] if rule else []


def _ending(t: Teller, s: Scenario) -> list[str]:
    lines = []
    if s.doing("ballooned") and not s.doing("stented") and "tips" not in s.known and t.chance(0.3):
        lines.append(t.say("no_stent"))
    if s.doing("ballooned") and t.chance(0.1):
        lines.append(t.say("negated_rest"))
    firm = s.known & {"exchange", "lead", "filter"}  # without it the reader could not know what the session was for
    if firm or ((SERVICES & s.known or s.setting == "pulmonary") and t.chance(0.8)):
        lines.append(t.say("service"))
    return lines


def _can_interleave(s: Scenario) -> bool:
    return not s.known & set(STEPS) and s.setting != "unnamed" and len(s.sites) < 2 and s.long_stent is None


def _interleaved(t: Teller, s: Scenario) -> list[str]:
    """Each lesion followed by what was done to it; plans come last."""
    lines: list[str] = []
    for i, f in enumerate(s.facts):
        if s.bridge and i in s.bridge:
            if i == s.bridge[0]:
                lines.append(_of_pair(t, s, "lesion_bridge", s.bridge))
                lines.append(_of_pair(t, s, "treat_bridge", s.bridge, JUST_TOLD))
            continue
        if _told_lesion(f):
            lines.append(t.about("lesion", f))
        if f.act == "ballooned":
            if f.lesion and f.lesion.kind == "instent" and t.chance(0.6):
                lines.append(t.about("treat_instent", f))
            elif _told_lesion(f) and t.chance(0.6):
                lines.append(t.about("treat_this", f))
            else:
                lines.append(t.about(_treat(s), f))
        elif f.act == "imaged" and f.lesion is None:
            lines.append(t.about("normal", f))
        elif f.act != "planned":
            lines += _other(t, s, f)
    lines += [line for f in s.doing("planned") for line in _other(t, s, f)]
    return lines + _ending(t, s)


# --- how it came out ---------------------------------------------------------------------------------------------------


def _result(t: Teller, s: Scenario) -> list[str]:
    done = [f for f in s.facts if f.act in ("ballooned", "stented")]
    if not s.result or not done:
        return []
    if s.setting == "unnamed" or s.known & set(STEPS) or len(done) > 2 or t.chance(0.5):
        return [t.say("result_all", words=words_of(done[0]))]
    return [t.about("result", f) for f in done]


# --- the sections around it --------------------------------------------------------------------------------------------


def title(t: Teller) -> list[str]:
    """The procedure list."""
    s = t.scenario
    lines: list[str] = []
    if s.has_body and t.chance(0.6):
        lines.append(t.say("title_plain"))
    ballooned = [f.vein for f in s.doing("ballooned")]
    if s.title == "generic" and ballooned:
        lines.append(t.say("title_generic"))
    if s.title == "agrees":
        veins = sorted([*ballooned, *s.title_extra], key=[f.vein for f in s.facts].index)
        if s.known & {"tips", "creation"}:
            veins = []
        if len(veins) > 1 and t.chance(0.5):
            lines.append(t.say("title_treat", {"vein": veins}))
        else:
            lines += [t.say("title_treat", {"vein": (v,)}) for v in veins]
        lines += [t.about("title_stent", f) for f in s.doing("stented")]
    return lines or [t.say("title_plain")]


def indication(t: Teller) -> list[str]:
    """Why the patient came, and what was done before."""
    s = t.scenario
    lines = [t.say("indication")]
    lines += [t.say("history_vein", {"vein": (vein,)}) for vein in s.history]
    if t.chance(0.4):
        lines.append(t.say("history_other"))
    return lines


def consent(t: Teller) -> list[str]:
    """What the patient was told."""
    return [t.say("consent")]


def diagnosis(t: Teller) -> list[str]:
    """The diagnosis before the procedure."""
    return [t.say("diagnosis")]


def impression(t: Teller) -> list[str]:
    """The last word on what was done."""
    s = t.scenario
    ballooned = [f.vein for f in s.doing("ballooned")]
    if s.setting == "unnamed" or s.known & set(STEPS) or not (ballooned or s.doing("stented")):
        return [t.say("impression_plain")]
    lines = [t.say("impression_treat", {"vein": ballooned})] if ballooned else []
    return lines + [t.about("impression_stent", f) for f in s.doing("stented")]


def plan(t: Teller) -> list[str]:
    """What comes next."""
    lines = [t.say("plan_plain")]
    if t.chance(0.35):
        lines.append(t.say("plan_act"))
    return lines
