"""The coding policy, rule by rule: records of findings in, units, reasons, flags and rationale out. No text is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from helpers import coded
from hypothesis import given
from hypothesis import strategies as st

from venocode.counting import CountedNote, PolicySettings, count
from venocode.counting.count import FLAG_RULES, lane
from venocode.counting.policy import Case
from venocode.engine import code_lines
from venocode.findings import NoteFacts, VeinFinding
from venocode.pipes.analysis import Link
from venocode.rules import entries, load_rules

Vein = tuple[str, str]

CIV, EIV, CFV = ("common_iliac_vein", "left"), ("external_iliac_vein", "left"), ("common_femoral_vein", "left")
FV, POP = ("femoral_vein", "left"), ("popliteal_vein", "left")
BCV, SCV = ("brachiocephalic_vein", "left"), ("subclavian_vein", "left")
CEPHALIC = ("cephalic_vein", "left")
SVC, IVC = ("superior_vena_cava", "none"), ("inferior_vena_cava", "none")
BALLOONED = ("treated", "around", "conclusion")
HERE = (3, 5)


def vein(name: Vein, *events: str, route: str = "other") -> VeinFinding:
    """A finding; an event is written ``event`` or ``event.how``."""
    links = tuple(
        Link(name, event, how or "direct", i, 10 * i, 10 * i + 1, "ANG-001")
        for i, (event, _, how) in enumerate(e.partition(".") for e in events)
    )
    counts = Counter(link.event for link in links) + Counter(f"{link.event}.{link.how}" for link in links)
    return VeinFinding(name, dict(counts), links, 1, route)


def treated(name: Vein, *events: str, route: str = "other") -> VeinFinding:
    return vein(name, "treated", "lesion", *events, route=route)


def decide(
    *findings: VeinFinding,
    facts: Iterable[str] = (),
    told: Iterable[str] = ("balloon_size", "result"),
    access: Iterable[str] = ("femoral_vein",),
    bridging: Iterable[tuple[Vein, Vein]] = (),
    has_body: bool = True,
    limb: str = "arm",
    probabilities: dict[Vein, float] | None = None,
    acts: int = 0,
    arteries: Iterable[Vein] = (),
    valve: bool = False,
    **settings: object,
) -> CountedNote:
    """Count one note; a vein is likely ballooned when an event says so and no other probability is given."""
    case = Case(
        tuple(findings),
        NoteFacts(
            flags=dict.fromkeys((*told, *facts), HERE),
            access=tuple(((a, "left"), "percutaneous", HERE) for a in access),
            fluoroscopy=(HERE,),
            has_body=has_body,
            bridging=tuple(bridging),
            performed_acts=acts,
            arteries=tuple((a, *HERE) for a in arteries),
        ),
        PolicySettings(**settings),  # type: ignore[arg-type]
        limb,
        valve,
    )
    guess = {f.vein: 0.97 if f.n(*BALLOONED) else 0.03 for f in findings}
    return count(case, guess | (probabilities or {}))


def units(note: CountedNote) -> dict[str, int]:
    return {line.code: line.units for line in code_lines(note.counted, PolicySettings())}


def counted(note: CountedNote) -> list[Vein]:
    return [d.finding.vein for d in note.counted]


def why(note: CountedNote, name: Vein) -> str | None:
    (found,) = (d for d in note.veins if d.finding.vein == name)
    return found.reason


def rules(note: CountedNote, name: Vein) -> tuple[str, ...]:
    (found,) = (d for d in note.veins if d.finding.vein == name)
    return found.rules


def flags(note: CountedNote) -> list[str]:
    return [name for name, _ in note.flags]


def lane_of(note: CountedNote) -> str:
    return lane(flags(note), 0.99, 0.8)


class TestUnits:
    def test_p1_a_vein_ballooned_now_is_a_unit(self) -> None:
        note = decide(treated(CIV))
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([CIV], None, ("P1",))
        assert flags(note) == []

    @pytest.mark.parametrize("event", BALLOONED)
    def test_p1_every_way_of_saying_so_in_the_body_counts(self, event: str) -> None:
        assert counted(decide(vein(CIV, event, "lesion"))) == [CIV]

    @pytest.mark.parametrize(("events", "reason"), [(("lesion",), "imaged_only"), (("access",), "access_only")])
    def test_p1_a_vein_seen_or_entered_is_none(self, events: tuple[str, ...], reason: str) -> None:
        note = decide(vein(CIV, *events))
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([], reason, ("P1",))

    def test_p1_the_threshold_decides_what_is_taken_as_ballooned(self) -> None:
        assert counted(decide(treated(CIV), probabilities={CIV: 0.3})) == [CIV]
        assert counted(decide(treated(CIV), probabilities={CIV: 0.299})) == []
        assert counted(decide(treated(CIV), probabilities={CIV: 0.5}, decision_threshold=0.6)) == []

    @pytest.mark.parametrize(
        ("veins", "wanted"),
        [
            ((), {}),
            ((CIV,), {"37248": 1}),
            ((CIV, EIV), {"37248": 1, "37249": 1}),
            ((CIV, EIV, SVC, BCV), {"37248": 1, "37249": 3}),
        ],
    )
    def test_p2_the_first_vein_once_and_each_further_vein_once(
        self, veins: tuple[Vein, ...], wanted: dict[str, int]
    ) -> None:
        assert units(decide(*map(treated, veins))) == wanted

    def test_p2_the_lines_name_their_veins_and_never_hold_zero_units(self) -> None:
        first, addon = code_lines(decide(*map(treated, (CIV, EIV, SVC))).counted, PolicySettings())
        assert [v.vein for v in first.veins] == ["common_iliac_vein"]
        assert [v.vein for v in addon.veins] == ["external_iliac_vein", "superior_vena_cava"]
        assert code_lines((), PolicySettings()) == []

    def test_p2_a_site_may_name_other_codes(self) -> None:
        lines = code_lines(
            decide(treated(CIV), treated(SVC)).counted, PolicySettings(first_code="11111", addon_code="22222")
        )
        assert [line.code for line in lines] == ["11111", "22222"]

    def test_p3_several_inflations_in_one_vein_are_one_unit(self) -> None:
        assert units(decide(treated(CIV, "treated", "treated.implicit", "lesion", "conclusion"))) == {"37248": 1}

    def test_p4_right_and_left_are_two_veins(self) -> None:
        note = decide(treated(("femoral_vein", "left")), treated(("femoral_vein", "right")))
        assert units(note) == {"37248": 1, "37249": 1}

    def test_p6_clot_removal_in_the_same_vein_does_not_exclude(self) -> None:
        assert units(decide(treated(CIV, "other_balloon"))) == {"37248": 1}

    def test_p7_a_poor_or_untold_result_still_counts(self) -> None:
        assert units(decide(treated(CIV, "result"))) == {"37248": 1}
        note = decide(treated(CIV), told=["balloon_size"])
        assert (units(note), flags(note)) == ({"37248": 1}, ["missing:result"])

    def test_p8_specialty_balloons_are_ordinary_balloons(self) -> None:
        special = ("cutting", "scoring", "high pressure", "high - pressure", "drug")
        found = [e for e in entries(load_rules()) if "balloon" in e.literal and e.literal.startswith(special)]
        assert len(found) >= 4
        assert not {e.kind for e in found} & {"not_angioplasty", "other_balloon"}
        assert units(decide(vein(CIV, "treated.implicit", "lesion"))) == {"37248": 1}


class TestBridging:
    @pytest.mark.parametrize("pair", [(BCV, SVC), (SVC, BCV)])
    @pytest.mark.parametrize("order", [(BCV, SVC), (SVC, BCV)])
    def test_p5_the_vein_named_first_counts(self, pair: tuple[Vein, Vein], order: tuple[Vein, Vein]) -> None:
        note = decide(*map(treated, order), bridging=[pair])
        assert counted(note) == [pair[0]]
        assert (why(note, pair[1]), rules(note, pair[1])) == ("bridged", ("P1", "P5"))
        assert flags(note) == ["bridging_lesion"]
        assert lane_of(note) == "auto"

    def test_p5_a_lesion_over_three_veins_is_one_unit(self) -> None:
        assert counted(decide(*map(treated, (SCV, BCV, SVC)), bridging=[(SCV, BCV), (BCV, SVC)])) == [SCV]

    def test_p5_needs_both_veins_ballooned(self) -> None:
        note = decide(treated(BCV), vein(SVC, "lesion"), bridging=[(BCV, SVC)])
        assert (counted(note), flags(note)) == ([BCV], [])

    def test_p5_two_lesions_are_two_units(self) -> None:
        assert units(decide(treated(BCV), treated(SVC))) == {"37248": 1, "37249": 1}

    def test_p5_a_third_vein_is_not_touched(self) -> None:
        assert counted(decide(*map(treated, (BCV, SVC, CIV)), bridging=[(BCV, SVC)])) == [BCV, CIV]

    def test_p5_told_twice_in_either_order_is_still_one_unit(self) -> None:
        note = decide(treated(CIV), treated(EIV), bridging=[(EIV, CIV), (CIV, EIV), (EIV, CIV)])
        assert (counted(note), rules(note, CIV)) == ([EIV], ("P1", "P5"))

    def test_p5_a_ring_of_pairs_keeps_the_first_named(self) -> None:
        pairs = [(SCV, BCV), (BCV, SVC), (SVC, SCV)]
        assert counted(decide(*map(treated, (SCV, BCV, SVC)), bridging=pairs)) == [SCV]

    def test_p5_is_flagged_whatever_the_grouping(self) -> None:
        assert flags(decide(treated(BCV), treated(SVC), bridging=[(BCV, SVC)], grouping="sir")) == ["bridging_lesion"]


class TestStents:
    def test_p9_a_stent_takes_the_dilation_of_its_vein(self) -> None:
        note = decide(treated(CIV, "stent"))
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([], "stent_same_vein", ("P9",))
        assert flags(note) == []

    def test_p9_a_stent_over_two_veins_takes_both(self) -> None:
        assert counted(decide(treated(CIV, "stent"), treated(EIV, "stent"))) == []

    def test_p9_another_vein_with_a_balloon_only_counts_and_needs_a_modifier(self) -> None:
        note = decide(treated(CIV, "stent"), treated(BCV))
        assert (counted(note), flags(note)) == ([BCV], ["separate_vein_modifier"])
        assert lane_of(note) == "auto"

    def test_p9_dilation_around_a_stent_belongs_to_it(self) -> None:
        note = decide(vein(CIV, "stent"), vein(EIV, "around", "lesion"))
        assert (counted(note), why(note, EIV)) == ([], "stent_same_vein")

    def test_p9_dilation_around_nothing_counts(self) -> None:
        assert counted(decide(vein(EIV, "around", "lesion"))) == [EIV]

    def test_p9_a_vein_dilated_for_itself_and_around_counts(self) -> None:
        assert counted(decide(vein(CIV, "stent"), treated(BCV, "around"))) == [BCV]
        assert counted(decide(vein(CIV, "stent"), vein(BCV, "around", "conclusion", "lesion"))) == [BCV]

    def test_p9_an_old_stent_ballooned_is_an_ordinary_unit(self) -> None:
        assert counted(decide(treated(CIV, "stent_old"))) == [CIV]

    def test_p9_a_stented_vein_without_a_balloon_is_told_as_stented(self) -> None:
        note = decide(vein(CIV, "stent"))
        assert (why(note, CIV), flags(note)) == ("stent_same_vein", [])


class TestCircuits:
    @pytest.mark.parametrize("route", ["circuit", "none"])
    @pytest.mark.parametrize("name", [CEPHALIC, ("axillary_vein", "left"), SCV, BCV, SVC])
    def test_p10_arm(self, name: Vein, route: str) -> None:
        note = decide(treated(name, route=route), facts=["circuit"], access=["fistula"])
        assert (counted(note), why(note, name), rules(note, name)) == ([], "dialysis_circuit", ("P10",))

    @pytest.mark.parametrize("name", [CFV, EIV, CIV, IVC])
    def test_p10_leg(self, name: Vein) -> None:
        note = decide(treated(name, route="circuit"), facts=["circuit"], access=["graft"], limb="leg")
        assert (counted(note), why(note, name)) == ([], "dialysis_circuit")

    def test_p10_a_vein_outside_the_circuit_counts(self) -> None:
        assert counted(decide(treated(CIV, route="circuit"), facts=["circuit"], access=["fistula"])) == [CIV]
        assert counted(decide(treated(SVC, route="circuit"), facts=["circuit"], access=["graft"], limb="leg")) == [SVC]

    def test_p10_without_a_circuit_nothing_is_taken(self) -> None:
        assert counted(decide(treated(SVC, route="circuit"))) == [SVC]

    def test_p11_another_route_counts(self) -> None:
        note = decide(treated(BCV, route="other"), facts=["circuit"], access=["femoral_vein"])
        assert (counted(note), flags(note)) == ([BCV], [])

    def test_p11_both_routes_in_one_session_go_to_review(self) -> None:
        note = decide(
            treated(CEPHALIC, route="circuit"),
            treated(BCV, route="other"),
            facts=["circuit"],
            access=["fistula", "femoral_vein"],
        )
        assert (counted(note), why(note, CEPHALIC)) == ([BCV], "dialysis_circuit")
        assert note.flags == (("two_routes", HERE),)
        assert lane_of(note) == "review"

    def test_p11_both_routes_are_flagged_when_nothing_counts(self) -> None:
        note = decide(treated(BCV, route="circuit"), facts=["circuit"], access=["fistula", "femoral_vein"])
        assert flags(note) == ["two_routes"]
        assert lane_of(note) == "review"

    def test_p11_both_routes_without_a_ballooned_vein_are_not_flagged(self) -> None:
        note = decide(vein(BCV, "lesion", route="circuit"), facts=["circuit"], access=["fistula", "femoral_vein"])
        assert flags(note) == []

    def test_p12_arteries_beside_an_act_earn_nothing(self) -> None:
        facts = NoteFacts(arteries=((("subclavian_artery", "left"), 3, 4),), fluoroscopy=(HERE,))
        note = count(Case((vein(SCV, "normal"),), facts, PolicySettings()), {SCV: 0.03})
        assert (counted(note), why(note, SCV)) == ([], "imaged_only")

    def test_p23_an_old_access_earns_nothing_and_goes_to_review(self) -> None:
        note = decide(treated(CEPHALIC, route="circuit"), facts=["circuit", "old_access"], access=["fistula"])
        assert (counted(note), why(note, CEPHALIC), rules(note, CEPHALIC)) == ([], "special", ("P23",))
        assert note.flags == (("old_access", HERE),)
        assert lane_of(note) == "review"

    def test_p23_another_route_counts(self) -> None:
        assert counted(decide(treated(SVC), facts=["circuit", "old_access"])) == [SVC]

    def test_p23_an_old_access_without_a_told_route_goes_to_review(self) -> None:
        note = decide(treated(CEPHALIC, route="none"), facts=["circuit", "old_access"], access=[])
        assert (counted(note), why(note, CEPHALIC), rules(note, CEPHALIC)) == ([], "special", ("P23",))
        assert flags(note) == ["old_access"]
        assert lane_of(note) == "review"


class TestUnexplainedBalloon:
    def test_a_balloon_that_no_vein_explains_is_never_automatic(self) -> None:
        note = decide(vein(CIV, "lesion"), vein(CFV, "access"), acts=1)
        assert (counted(note), flags(note), lane_of(note)) == ([], ["balloon_unexplained"], "review")

    def test_balloon_in_a_note_without_veins_is_none_of_ours(self) -> None:
        assert lane_of(decide(acts=1)) == "auto"
        assert lane_of(decide(vein(CFV, "access"), acts=1)) == "auto"

    @pytest.mark.parametrize("event", ["stent", "other_balloon", "historical", "negated", "planned", "attempted"])
    def test_a_reason_explains_it(self, event: str) -> None:
        assert "balloon_unexplained" not in flags(decide(vein(CIV, event), vein(CFV, "access"), acts=1))

    def test_a_counted_vein_explains_it(self) -> None:
        assert flags(decide(treated(CIV), vein(CFV, "access"), acts=2)) == []

    def test_an_artery_a_valve_a_circuit_or_a_service_explains_it(self) -> None:
        seen = vein(CFV, "access")
        assert flags(decide(seen, acts=1, arteries=[("iliac_artery", "left")])) == []
        assert flags(decide(seen, acts=1, valve=True)) == []
        assert flags(decide(seen, acts=1, facts=["circuit"], access=["fistula"])) == []
        assert flags(decide(seen, acts=1, facts=["tips"])) == []

    def test_a_circuit_that_was_not_entered_does_not(self) -> None:
        assert flags(decide(vein(SVC, "lesion"), acts=1, facts=["circuit"])) == ["balloon_unexplained"]

    def test_without_an_act_there_is_nothing_to_explain(self) -> None:
        assert flags(decide(vein(CIV, "lesion"))) == []


class TestOtherServices:
    @pytest.mark.parametrize("name", ["hepatic_vein", "middle_hepatic_vein", "portal_vein"])
    def test_p14_the_ends_of_a_shunt(self, name: str) -> None:
        note = decide(treated((name, "none")), facts=["tips"])
        assert (counted(note), why(note, (name, "none")), rules(note, (name, "none"))) == (
            [],
            "all_inclusive",
            ("P14",),
        )
        assert counted(decide(treated((name, "none")))) == [(name, "none")]

    @pytest.mark.parametrize("events", [("stent",), ("title", "stent"), ("lesion",)])
    def test_p14_a_shunt_end_without_its_own_balloon(self, events: tuple[str, ...]) -> None:
        end = ("hepatic_vein", "right")
        note = decide(vein(end, *events), treated(BCV), facts=["tips"])
        assert (counted(note), why(note, end), rules(note, end)) == ([BCV], "all_inclusive", ("P14",))
        assert flags(note) == []

    def test_p14_a_central_vein_on_the_way_counts(self) -> None:
        assert counted(decide(treated(BCV), treated(("portal_vein", "none")), facts=["tips"])) == [BCV]

    def test_p14_the_veins_of_an_access_being_created(self) -> None:
        note = decide(treated(CEPHALIC), treated(CIV), facts=["creation"])
        assert (counted(note), why(note, CEPHALIC)) == ([CIV], "all_inclusive")

    @pytest.mark.parametrize("name", ["posterior_tibial_vein", "anterior_tibial_vein", "peroneal_vein", "tibial_vein"])
    @pytest.mark.parametrize("limb", ["arm", "leg"])
    def test_p14_venous_arterialisation(self, name: str, limb: str) -> None:
        note = decide(treated((name, "left")), facts=["creation"], limb=limb)
        assert (counted(note), why(note, (name, "left"))) == ([], "all_inclusive")

    @pytest.mark.parametrize("name", [POP, FV, CEPHALIC])
    @pytest.mark.parametrize("limb", ["arm", "leg"])
    def test_p14_the_peripheral_veins_of_both_limbs(self, name: Vein, limb: str) -> None:
        assert counted(decide(treated(name), facts=["creation"], limb=limb)) == []

    def test_p10_a_tibial_vein_is_no_circuit(self) -> None:
        name = ("posterior_tibial_vein", "left")
        assert counted(decide(treated(name, route="circuit"), facts=["circuit"], access=["graft"], limb="leg")) == [
            name
        ]

    def test_p13_other_balloon_work_is_no_angioplasty(self) -> None:
        note = decide(vein(CIV, "other_balloon", "lesion"))
        assert (counted(note), why(note, CIV)) == ([], "non_angioplasty_balloon")
        assert rules(note, CIV) == ("P13",)


class TestNotNow:
    @pytest.mark.parametrize("event", ["attempted", "negated", "historical", "planned"])
    def test_p15(self, event: str) -> None:
        note = decide(vein(CIV, event, "lesion"))
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([], event, ("P15",))
        assert flags(note) == (["attempted"] if event == "attempted" else [])

    def test_p15_attempted_and_then_done_counts_without_the_flag(self) -> None:
        note = decide(treated(CIV, "attempted"))
        assert (counted(note), flags(note)) == ([CIV], [])

    def test_p15_attempted_is_flagged_beside_another_reason(self) -> None:
        assert flags(decide(vein(CIV, "attempted", "stent"))) == ["attempted"]

    @pytest.mark.parametrize("event", ["historical", "planned"])
    def test_p15_history_and_plan_do_not_take_what_was_done(self, event: str) -> None:
        assert counted(decide(treated(CIV, event))) == [CIV]

    def test_p15_an_addendum_takes_it_back(self) -> None:
        note = decide(treated(CIV, "retracted"))
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([], "negated", ("P15",))

    def test_p15_an_addendum_takes_back_a_header(self) -> None:
        assert counted(decide(vein(CIV, "title", "retracted"), has_body=False)) == []

    def test_p16_a_title_the_body_does_not_support(self) -> None:
        note = decide(vein(CIV, "title", "normal"), treated(SVC), probabilities={CIV: 0.99})
        assert (counted(note), why(note, CIV), rules(note, CIV)) == ([SVC], "header_only_mismatch", ("P16",))
        assert note.flags == (("header_body_mismatch", (0, 1)),)
        assert lane_of(note) == "query"

    def test_p16_a_title_of_an_attempt_or_a_stent_is_no_mismatch(self) -> None:
        note = decide(vein(CIV, "title", "attempted"), vein(EIV, "title", "stent"))
        assert (why(note, CIV), why(note, EIV)) == ("attempted", "stent_same_vein")
        assert flags(note) == ["attempted"]

    def test_p16_a_note_without_a_body_counts_its_header_and_goes_to_review(self) -> None:
        note = decide(vein(CIV, "title"), vein(EIV), has_body=False)
        assert counted(note) == [CIV]
        assert "header_only" in flags(note)
        assert lane_of(note) == "review"

    def test_p16_exclusions_hold_for_a_header_too(self) -> None:
        note = decide(vein(CIV, "title", "stent"), has_body=False)
        assert (counted(note), flags(note)) == ([], [])


class TestSpecialVeins:
    @pytest.mark.parametrize("name", ["transverse_sinus", "sigmoid_sinus", "superior_sagittal_sinus", "straight_sinus"])
    def test_p17_intracranial_sinus(self, name: str) -> None:
        note = decide(treated((name, "left")))
        assert (counted(note), why(note, (name, "left")), rules(note, (name, "left"))) == ([], "special", ("P17",))
        assert flags(note) == ["intracranial_sinus"]
        assert lane_of(note) == "review"

    def test_p17_a_sinus_only_seen_is_not_flagged(self) -> None:
        assert flags(decide(vein(("transverse_sinus", "left"), "normal"), treated(SVC))) == []

    def test_p18_coronary_sinus(self) -> None:
        note = decide(treated(("coronary_sinus", "none")), facts=["lead"])
        assert (counted(note), flags(note)) == ([], ["coronary_sinus"])
        assert lane_of(note) == "review"

    @pytest.mark.parametrize("name", ["pulmonary_vein", "left_superior_pulmonary_vein"])
    def test_p19_pulmonary_vein(self, name: str) -> None:
        note = decide(treated((name, "left")))
        assert (counted(note), flags(note)) == ([(name, "left")], ["pulmonary_vein"])
        assert lane_of(note) == "review"

    def test_p19_a_site_may_decide_otherwise(self) -> None:
        note = decide(treated(("pulmonary_vein", "left")), count_pulmonary=False)
        assert (counted(note), why(note, ("pulmonary_vein", "left"))) == ([], "special")

    def test_p19_is_never_silently_automatic(self) -> None:
        note = decide(treated(("pulmonary_vein", "left")), count_pulmonary=False)
        assert (flags(note), lane_of(note)) == (["pulmonary_vein"], "review")

    @pytest.mark.parametrize(
        ("fact", "flag"), [("lead", "lead_venoplasty"), ("exchange", "catheter_exchange")], ids=["p20", "p21"]
    )
    @pytest.mark.parametrize("name", [SCV, BCV, SVC, ("internal_jugular_vein", "right"), IVC])
    def test_p20_p21_a_central_stenosis_at_lead_or_catheter_work(self, name: Vein, fact: str, flag: str) -> None:
        note = decide(treated(name), facts=[fact])
        assert (counted(note), note.flags) == ([name], ((flag, HERE),))
        assert lane_of(note) == "review"

    @pytest.mark.parametrize("fact", ["lead", "exchange"])
    def test_p20_p21_say_nothing_of_a_peripheral_or_untreated_vein(self, fact: str) -> None:
        assert flags(decide(treated(POP), vein(SVC, "normal"), facts=[fact])) == []

    @pytest.mark.parametrize("name", [("internal_jugular_vein", "left"), ("azygos_vein", "none")])
    def test_p22_multiple_sclerosis_counts_with_a_coverage_flag(self, name: Vein) -> None:
        note = decide(treated(name), facts=["ms"])
        assert (counted(note), note.flags) == ([name], (("coverage", HERE),))
        assert lane_of(note) == "auto"

    def test_p22_says_nothing_of_other_veins(self) -> None:
        assert flags(decide(treated(CIV), facts=["ms"])) == []

    def test_p24_no_lesion_told(self) -> None:
        note = decide(vein(CIV, "treated"))
        assert (counted(note), flags(note)) == ([CIV], ["missing:lesion"])
        assert note.documentation["lesion"] is False

    def test_p24_every_counted_vein_needs_its_own(self) -> None:
        assert flags(decide(treated(CIV), vein(SVC, "treated"))) == ["missing:lesion"]

    def test_p24_the_lesion_as_the_thing_dilated_is_told(self) -> None:
        assert flags(decide(vein(CIV, "treated.reference"))) == []

    def test_p25_the_side_cannot_be_told(self) -> None:
        note = decide(treated(("femoral_vein", "unknown")))
        assert (counted(note), flags(note)) == ([("femoral_vein", "unknown")], ["side_unspecified"])
        assert lane_of(note) == "query"

    @pytest.mark.parametrize("name", [("unknown_vein", "left"), ("iliac_vein", "left")])
    def test_p25_the_vein_cannot_be_told(self, name: Vein) -> None:
        note = decide(treated(name))
        assert (counted(note), flags(note)) == ([name], ["vein_unspecified"])
        assert lane_of(note) == "query"

    def test_p25_an_unnamed_vein_counts_when_no_other_can_be_meant(self) -> None:
        name = ("unknown_vein", "unknown")
        note = decide(vein(name, "treated.reference"), probabilities={name: 0.2})
        assert (counted(note), rules(note, name)) == ([name], ("P1", "P25"))
        assert "vein_unspecified" in flags(note)
        assert lane_of(note) == "query"

    def test_p25_an_unnamed_vein_beside_another_candidate_does_not(self) -> None:
        name = ("unknown_vein", "unknown")
        act = vein(name, "treated.reference")
        assert counted(decide(act, treated(CIV), probabilities={name: 0.2})) == [CIV]
        assert counted(decide(act, vein(CIV, "stent"), probabilities={name: 0.2})) == []
        assert counted(decide(act, facts=["circuit"], access=["fistula"], probabilities={name: 0.2})) == []

    def test_p25_a_side_unknown_to_an_untreated_vein_is_not_flagged(self) -> None:
        assert flags(decide(treated(CIV), vein(("femoral_vein", "unknown"), "normal"))) == []

    def test_p25_a_midline_vein_has_no_side_to_miss(self) -> None:
        assert flags(decide(treated(SVC))) == []

    def test_p25_a_site_may_decide_otherwise(self) -> None:
        name = ("femoral_vein", "unknown")
        note = decide(treated(name), treated(SVC), count_unspecified=False)
        assert (counted(note), why(note, name), rules(note, name)) == ([SVC], "special", ("P1", "P25"))

    def test_p25_is_never_silently_automatic(self) -> None:
        note = decide(treated(("femoral_vein", "unknown")), count_unspecified=False)
        assert (counted(note), flags(note), lane_of(note)) == ([], ["side_unspecified"], "query")

    @pytest.mark.parametrize("name", ["unknown_vein", "iliac_vein"])
    def test_p25_a_site_may_leave_out_the_unnamed_vein(self, name: str) -> None:
        note = decide(treated((name, "left")), count_unspecified=False)
        assert (counted(note), flags(note), lane_of(note)) == ([], ["vein_unspecified"], "query")

    def test_p25_a_vein_left_out_does_not_stand_for_its_neighbour(self) -> None:
        whole = ("iliac_vein", "left")
        note = decide(treated(whole), treated(CFV), bridging=[(whole, CFV)], count_unspecified=False)
        assert (counted(note), flags(note)) == ([CFV], ["vein_unspecified"])

    def test_p26_a_baffle_is_no_named_vein(self) -> None:
        note = decide(vein(SVC, "normal"), facts=["baffle"])
        assert (counted(note), note.flags) == ([], (("special_conduit", HERE),))
        assert lane_of(note) == "review"


class TestDocumentation:
    def test_every_missing_element_is_a_flag_and_drops_no_unit(self) -> None:
        note = count(Case((vein(CIV, "treated"),), NoteFacts(), PolicySettings()), {CIV: 0.97})
        names = ("access", "fluoroscopy", "lesion", "balloon", "result")
        assert flags(note) == [f"missing:{n}" for n in names]
        assert note.documentation == dict.fromkeys(names, False)
        assert counted(note) == [CIV]
        assert lane_of(note) == "auto"

    @pytest.mark.parametrize("finding", [vein(CIV, "normal"), vein(CIV, "negated"), vein(CIV, "treated", "stent")])
    def test_a_note_without_units_misses_nothing(self, finding: VeinFinding) -> None:
        note = count(Case((finding,), NoteFacts(), PolicySettings()), {CIV: 0.5})
        assert (counted(note), [f for f in flags(note) if f.startswith("missing")]) == ([], [])


class TestGrouping:
    @pytest.mark.parametrize("pair", [(EIV, CFV), (FV, POP)])
    def test_sir_reads_two_names_as_one_vessel(self, pair: tuple[Vein, Vein]) -> None:
        named, sir = (decide(*map(treated, pair), grouping=g) for g in ("named", "sir"))
        assert (len(counted(named)), flags(named)) == (2, ["grouping_differs"])
        assert (counted(sir), flags(sir)) == ([pair[0]], ["grouping_differs"])
        assert why(sir, pair[1]) == "bridged"
        assert rules(sir, pair[1]) == ("P1", "P3")

    @pytest.mark.parametrize("grouping", ["named", "sir"])
    @pytest.mark.parametrize(
        "pair", [(EIV, ("common_femoral_vein", "right")), (CIV, EIV), (CFV, FV)], ids=["sides", "iliacs", "femorals"]
    )
    def test_other_pairs_are_two_vessels(self, pair: tuple[Vein, Vein], grouping: str) -> None:
        note = decide(*map(treated, pair), grouping=grouping)
        assert (len(counted(note)), flags(note)) == (2, [])

    def test_named_counts_beside_a_stent_and_says_that_the_readings_differ(self) -> None:
        note = decide(treated(EIV, "stent"), treated(CFV))
        assert counted(note) == [CFV]
        assert set(flags(note)) == {"separate_vein_modifier", "grouping_differs"}

    def test_sir_lets_the_stent_take_the_other_name(self) -> None:
        note = decide(treated(EIV, "stent"), treated(CFV), grouping="sir")
        assert (counted(note), why(note, CFV), rules(note, CFV)) == ([], "stent_same_vein", ("P1", "P9"))

    def test_sir_says_that_the_readings_differ_over_a_stent(self) -> None:
        assert flags(decide(treated(EIV, "stent"), treated(CFV), grouping="sir")) == ["grouping_differs"]

    @pytest.mark.parametrize("grouping", ["named", "sir"])
    def test_a_stent_without_a_ballooned_neighbour_differs_in_nothing(self, grouping: str) -> None:
        note = decide(treated(EIV, "stent"), vein(CFV, "normal"), grouping=grouping)
        assert (counted(note), flags(note)) == ([], [])

    @pytest.mark.parametrize("grouping", ["named", "sir"])
    def test_one_lesion_over_both_names_is_one_unit_either_way(self, grouping: str) -> None:
        note = decide(treated(EIV), treated(CFV), bridging=[(EIV, CFV)], grouping=grouping)
        assert counted(note) == [EIV]
        assert "grouping_differs" not in flags(note)


class TestLane:
    @pytest.mark.parametrize(
        "flag",
        ["intracranial_sinus", "coronary_sinus", "pulmonary_vein", "lead_venoplasty", "catheter_exchange", "old_access",
         "special_conduit", "two_routes", "header_only"],
    )  # fmt: skip
    def test_review(self, flag: str) -> None:
        assert lane([flag, "missing:result"], 1.0, 0.8) == "review"

    @pytest.mark.parametrize("flag", ["header_body_mismatch", "vein_unspecified", "side_unspecified"])
    def test_query_goes_before_review(self, flag: str) -> None:
        assert lane([flag], 1.0, 0.8) == "query"
        assert lane(["two_routes", flag], 0.1, 0.8) == "query"

    def test_auto(self) -> None:
        harmless = ["coverage", "attempted", "separate_vein_modifier", "bridging_lesion", "grouping_differs"]
        assert lane([*harmless, "missing:access", "missing:lesion"], 0.8, 0.8) == "auto"

    def test_a_doubtful_note_goes_to_review(self) -> None:
        assert lane([], 0.799, 0.8) == "review"


class TestRationale:
    def test_names_each_used_rule_once_in_order(self) -> None:
        note = decide(
            *map(treated, (CIV, BCV, SVC)), treated(EIV, "stent"), vein(FV, "planned"), vein(POP, "negated"),
            bridging=[(BCV, SVC)],
        )  # fmt: skip
        texts = load_rules()["policy"]["rules"]
        assert list(note.rationale) == [f"{r}: {texts[r]['text']}" for r in ("P1", "P2", "P5", "P9", "P15")]

    def test_a_counted_vein_names_every_rule_by_which_it_counts(self) -> None:
        right = ("brachiocephalic_vein", "right")
        note = decide(treated(BCV), vein(right, "treated"), facts=["circuit", "lead"])
        assert rules(note, BCV) == ("P1", "P4", "P11", "P20")
        assert rules(note, right) == ("P1", "P4", "P11", "P20", "P24")
        assert rules(decide(treated(("pulmonary_vein", "left"))), ("pulmonary_vein", "left")) == ("P1", "P19")

    def test_a_flag_without_a_vein_names_its_rule(self) -> None:
        assert [r.partition(":")[0] for r in decide(vein(SVC, "normal"), facts=["baffle"]).rationale] == ["P1", "P26"]

    def test_without_units_the_code_rule_is_not_named(self) -> None:
        assert [r.partition(":")[0] for r in decide(vein(CIV, "planned")).rationale] == ["P15"]

    def test_a_note_without_veins_needs_no_reason(self) -> None:
        note = decide()
        assert (note.veins, note.flags, note.rationale) == ((), (), ())


EVENTS = ("treated", "treated.reference", "around", "conclusion", "title", "stent", "lesion", "normal", "attempted",
          "negated", "historical", "planned", "other_balloon", "retracted", "access", "result")  # fmt: skip
NAMES: tuple[Vein, ...] = (CIV, EIV, CFV, FV, POP, BCV, SCV, CEPHALIC, SVC, IVC, ("common_femoral_vein", "right"),
         ("portal_vein", "none"), ("transverse_sinus", "left"), ("coronary_sinus", "none"), ("pulmonary_vein", "left"),
         ("femoral_vein", "unknown"), ("unknown_vein", "unknown"))  # fmt: skip
FACTS = ("circuit", "old_access", "lead", "exchange", "tips", "creation", "baffle", "ms", "balloon_size", "result")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, dict[Vein, float]]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=8))
    findings = [
        vein(n, *draw(st.lists(st.sampled_from(EVENTS), max_size=5)), route=draw(st.sampled_from(["circuit", "other", "none"])))
        for n in names
    ]  # fmt: skip
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] != p[1])
    facts = NoteFacts(
        flags=dict.fromkeys(draw(st.sets(st.sampled_from(FACTS))), HERE),
        access=tuple(
            ((a, "left"), "open", HERE) for a in draw(st.sets(st.sampled_from(["fistula", "graft", "femoral_vein"])))
        ),
        has_body=draw(st.booleans()),
        bridging=tuple(draw(st.lists(pairs, max_size=3))),
    )
    settings = PolicySettings(
        grouping=draw(st.sampled_from(["named", "sir"])),
        count_pulmonary=draw(st.booleans()),
        count_unspecified=draw(st.booleans()),
    )
    probabilities = {f.vein: draw(st.floats(0, 1)) for f in findings}
    return Case(tuple(findings), facts, settings, draw(st.sampled_from(["arm", "leg"]))), probabilities


@given(cases(), st.randoms())
def test_the_order_of_findings_does_not_change_units_or_flags(
    drawn: tuple[Case, dict[Vein, float]], random: object
) -> None:
    case, probabilities = drawn
    shuffled = list(case.findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = count(case, probabilities)
    two = count(Case(tuple(shuffled), case.facts, case.settings, case.limb), probabilities)
    assert units(one) == units(two)
    assert sorted(flags(one)) == sorted(flags(two))


@given(cases())
def test_as_many_units_as_counted_veins(drawn: tuple[Case, dict[Vein, float]]) -> None:
    note = count(*drawn)
    lines = code_lines(note.counted, drawn[0].settings)
    assert sum(line.units for line in lines) == len(note.counted)
    assert [line.code for line in lines] == ["37248", "37249"][: min(len(note.counted), 2)]
    assert all(line.units == len(line.veins) > 0 for line in lines)
    assert all(line.units == 1 for line in lines if line.code == "37248")


@given(cases())
def test_every_vein_once_with_a_reason_when_not_counted(drawn: tuple[Case, dict[Vein, float]]) -> None:
    case, probabilities = drawn
    note = count(case, probabilities)
    assert [d.finding.vein for d in note.veins] == [f.vein for f in case.findings]
    for d in note.veins:
        assert (d.reason is None) == d.counted
        assert d.rules
        assert d.probability == probabilities[d.finding.vein]
    used = {r for d in note.veins for r in d.rules} | ({"P2"} if note.counted else set())
    used |= {FLAG_RULES[name] for name in flags(note) if name in FLAG_RULES}
    named = [line.partition(":")[0] for line in note.rationale]
    assert (len(named), set(named)) == (len(used), used)


@given(cases())
def test_flags_are_given_once_and_missing_ones_only_beside_units(drawn: tuple[Case, dict[Vein, float]]) -> None:
    note = count(*drawn)
    assert len(flags(note)) == len(set(flags(note)))
    if not note.counted:
        assert not [f for f in flags(note) if f.startswith("missing:")]


class TestWholeNotes:
    def test_the_unnamed_vein(self) -> None:
        result = coded("TECHNIQUE: The vein was dilated with a 6 mm balloon.")
        assert (result.units("37248"), result.disposition) == (1, "query")
        assert "vein_unspecified" in [f.flag for f in result.flags]

    def test_a_balloon_used_on_something_else_goes_to_review(self) -> None:
        result = coded("TECHNIQUE: The left iliac vein was seen. The narrow spot was dilated with an 8 mm balloon.")
        assert (result.codes, result.disposition) == ((), "review")

    def test_a_valve_does_not(self) -> None:
        result = coded(
            "TECHNIQUE: Right femoral vein access. Pulmonary balloon valvuloplasty with a 22 mm balloon was done."
        )
        assert "balloon_unexplained" not in [f.flag for f in result.flags]

    def test_evidence_carries_the_rule_of_its_mention(self) -> None:
        result = coded("TECHNIQUE: Under fluoroscopy the left popliteal vein was punctured and the iliac vein seen.")
        rules = {(m.label, m.start): m.rule for m in result.mentions}
        for site in result.access:
            assert rules["ACCESS", site.evidence[0].start] == site.evidence[0].rule
        assert rules["FLUOROSCOPY", result.fluoroscopy[0].start] == result.fluoroscopy[0].rule
