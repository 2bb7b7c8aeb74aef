"""Vein names, sides, coordination, and arteries that share a name."""

from __future__ import annotations

import pytest
from helpers import assert_mentions, named
from hypothesis import given, settings
from hypothesis import strategies as st

ABBREVIATIONS = [
    ("left CIV", "left common_iliac_vein"),
    ("right EIV", "right external_iliac_vein"),
    ("left IIV", "left internal_iliac_vein"),
    ("right CFV", "right common_femoral_vein"),
    ("left SFV", "left femoral_vein"),
    ("left FV", "left femoral_vein"),
    ("right PFV", "right deep_femoral_vein"),
    ("left GSV", "left great_saphenous_vein"),
    ("right SSV", "right small_saphenous_vein"),
    ("left PTV", "left posterior_tibial_vein"),
    ("SVC", "none superior_vena_cava"),
    ("IVC", "none inferior_vena_cava"),
    ("left BCV", "left brachiocephalic_vein"),
    ("right SCV", "right subclavian_vein"),
    ("left AxV", "left axillary_vein"),
    ("right IJ", "right internal_jugular_vein"),
    ("right IJV", "right internal_jugular_vein"),
    ("left EJ", "left external_jugular_vein"),
    ("left EJV", "left external_jugular_vein"),
    ("RSPV", "right right_superior_pulmonary_vein"),
    ("LIPV", "left left_inferior_pulmonary_vein"),
    ("SMV", "none superior_mesenteric_vein"),
    ("LCIV", "left common_iliac_vein"),
    ("REIV", "right external_iliac_vein"),
    ("RIJ", "right internal_jugular_vein"),
    ("LRV", "left renal_vein"),
]


@pytest.mark.parametrize(("words", "vein"), ABBREVIATIONS)
def test_abbreviation(words, vein):
    assert named(f"FINDINGS: Venography showed a patent {words}.") == [vein]


SYNONYMS = [
    ("left innominate vein", "left brachiocephalic_vein"),
    ("left brachiocephalic vein", "left brachiocephalic_vein"),
    ("right superficial femoral vein", "right femoral_vein"),
    ("left profunda femoris vein", "left deep_femoral_vein"),
    ("left hypogastric vein", "left internal_iliac_vein"),
    ("right long saphenous vein", "right great_saphenous_vein"),
    ("right greater saphenous vein", "right great_saphenous_vein"),
    ("left lesser saphenous vein", "left small_saphenous_vein"),
    ("left internal jugular vein", "left internal_jugular_vein"),
    ("superior vena cava", "none superior_vena_cava"),
    ("infrarenal cava", "none inferior_vena_cava"),
    ("azygous vein", "none azygos_vein"),
    ("left ovarian vein", "left gonadal_vein"),
    ("left fibular vein", "left peroneal_vein"),
    ("left cephalic arch", "left cephalic_vein"),
    ("right superior pulmonary vein", "right right_superior_pulmonary_vein"),
    ("left lower pulmonary vein", "left left_inferior_pulmonary_vein"),
    ("main portal vein", "none portal_vein"),
    ("middle hepatic vein", "none middle_hepatic_vein"),
    ("right transverse sinus", "right transverse_sinus"),
    ("superior sagittal sinus", "none superior_sagittal_sinus"),
]


@pytest.mark.parametrize(("words", "vein"), SYNONYMS)
def test_synonym(words, vein):
    assert named(f"FINDINGS: Venography showed a patent {words}.") == [vein]


SIDES = [
    ("L common iliac vein", "left common_iliac_vein"),
    ("R common iliac vein", "right common_iliac_vein"),
    ("Lt common iliac vein", "left common_iliac_vein"),
    ("Rt. common iliac vein", "right common_iliac_vein"),
    ("LEFT COMMON ILIAC VEIN", "left common_iliac_vein"),
    ("bilat common iliac veins", "left common_iliac_vein+right common_iliac_vein"),
    ("B/L common iliac veins", "left common_iliac_vein+right common_iliac_vein"),
    ("b/l common iliac veins", "left common_iliac_vein+right common_iliac_vein"),
    ("bilateral common iliac veins", "left common_iliac_vein+right common_iliac_vein"),
    ("both common iliac veins", "left common_iliac_vein+right common_iliac_vein"),
    ("common iliac veins bilaterally", "left common_iliac_vein+right common_iliac_vein"),
    ("common iliac veins of both legs", "left common_iliac_vein+right common_iliac_vein"),
    ("common iliac vein on the left", "left common_iliac_vein"),
    ("common iliac vein (R)", "right common_iliac_vein"),
    ("common iliac vein, right,", "right common_iliac_vein"),
]


@pytest.mark.parametrize(("words", "vein"), SIDES)
def test_side(words, vein):
    assert named(f"FINDINGS: Venography showed patent {words} today.") == [vein]


COORDINATION = [
    "<<V:left common_iliac_vein+left external_iliac_vein:imaged|left common and external iliac veins>>",
    "<<V:right brachiocephalic_vein+left brachiocephalic_vein:imaged|right and left innominate veins>>",
    "<<V:bilateral subclavian_vein:imaged|both subclavian>> and the <<V:left axillary_vein:imaged|left axillary veins>>",
    "<<V:left common_iliac_vein:imaged|left CIV>>/<<V:left external_iliac_vein:imaged|EIV>>",
    "<<V:left femoral_vein+left popliteal_vein:imaged|left femoral and popliteal veins>>",
    "<<V:right subclavian_vein+right axillary_vein:imaged|right subclavian and axillary veins>>",
    "<<V:right subclavian_vein:imaged|right subclavian vein>> and <<V:none superior_vena_cava:imaged|SVC>>",
    "<<V:left common_iliac_vein:imaged|left common iliac vein>> and the <<V:right external_iliac_vein:imaged|right external iliac vein>>",
    "<<V:left common_femoral_vein+left deep_femoral_vein:imaged|left common femoral and deep femoral veins>>",
    "<<V:left common_femoral_vein+left deep_femoral_vein:imaged|left common and deep femoral veins>>",
    "<<V:bilateral common_iliac_vein+bilateral external_iliac_vein:imaged|bilateral common and external iliac veins>>",
    "<<V:bilateral renal_vein+bilateral gonadal_vein:imaged|both renal and gonadal veins>>",
    "<<V:left popliteal_vein+left femoral_vein+left common_femoral_vein:imaged|left popliteal, femoral and common femoral veins>>",
    "<<V:left common_iliac_vein:imaged|left common-iliac vein>>",
]


@pytest.mark.parametrize("phrase", COORDINATION)
def test_coordination(phrase):
    assert_mentions(f"FINDINGS: Venography showed the {phrase} to be patent.")


RANGES = [
    (
        "from the left popliteal vein to the left common femoral vein",
        ["left popliteal_vein", "left common_femoral_vein"],
    ),
    ("from the popliteal to the common femoral vein on the left", ["left popliteal_vein", "left common_femoral_vein"]),
    ("from the right subclavian vein to the SVC", ["right subclavian_vein", "none superior_vena_cava"]),
    (
        "through the left CFV, EIV and CIV",
        ["left common_femoral_vein", "left external_iliac_vein", "left common_iliac_vein"],
    ),
]


@pytest.mark.parametrize(("words", "veins"), RANGES)
def test_range_names_its_ends(words, veins):
    found = named(f"FINDINGS: Venography showed thrombus {words}.")
    assert [v for mention in found for v in mention.split("+")] == veins


ARTERIES = [
    "The subclavian artery was ballooned.",
    "The left SFA was ballooned.",
    "The right CFA and SFA were ballooned.",
    "The left renal artery was dilated with a 6 mm balloon.",
    "The right innominate artery was dilated with an 8 mm balloon.",
    "The popliteal and peroneal arteries were ballooned.",
    "The right EIA was ballooned.",
    "The axillary a. was ballooned.",
]


@pytest.mark.parametrize("sentence", ARTERIES)
def test_artery_is_no_vein(sentence):
    result = assert_mentions(f"TECHNIQUE: {sentence}", only="V")
    assert not result.codes


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from("subclavian axillary brachial innominate femoral popliteal iliac renal peroneal".split()),
    side=st.sampled_from(["left ", "right ", "both ", ""]),
    slip=st.integers(min_value=0, max_value=9),
)
def test_no_typo_turns_an_artery_into_a_vein(name, side, slip):
    typo = name[:slip] + name[slip + 1 :] if 0 < slip < len(name) else name
    assert named(f"TECHNIQUE: The {side}{typo} artery was dilated with a 6 mm balloon.") == []


def test_artery_beside_vein():
    assert_mentions(
        "FINDINGS: The right common iliac artery crosses the <<V:left common_iliac_vein:imaged|left common iliac vein>>.",
        "V",
    )


HEADLESS = [
    ("Venography showed the left subclavian and its vein wall.", True),
    ("Venoplasty of the left subclavian was performed.", True),
    ("Venogram: left common iliac stenosis, DVT of the leg.", True),
    ("Arteriogram: left common iliac stenosis, claudication.", False),
    ("Atherectomy of the left popliteal, runoff restored; plaque removed.", False),
]


@pytest.mark.parametrize(("sentence", "vein"), HEADLESS)
def test_headless_name_is_read_by_context(sentence, vein):
    assert bool(named(f"TECHNIQUE: {sentence}")) is vein


@pytest.mark.parametrize(
    "words", ["jugular reflux", "portal pressure", "saphenous nerve", "iliac crest", "femoral sheath"]
)
def test_adjective_is_no_vein(words):
    assert named(f"FINDINGS: Venography was done. There was {words}.") == []


CARRIED = [
    (
        "TECHNIQUE: The left leg was prepped. The popliteal vein was punctured. The common iliac vein was narrowed.",
        ["left popliteal_vein", "left common_iliac_vein"],
    ),
    (
        "PROCEDURE: Right subclavian venoplasty\nTECHNIQUE: The subclavian vein was dilated.",
        ["right subclavian_vein"] * 2,
    ),
    (
        "TECHNIQUE: The left common iliac vein was tight. The external iliac vein was patent.",
        ["left common_iliac_vein", "left external_iliac_vein"],
    ),
    (
        "TECHNIQUE: The right CFV was punctured.\n\nOn the left side the common iliac vein was tight.",
        ["right common_femoral_vein", "left common_iliac_vein"],
    ),
]


@pytest.mark.parametrize(("note", "veins"), CARRIED)
def test_side_is_carried_over(note, veins):
    assert named(note) == veins


def test_side_is_never_carried_against_the_text():
    note = "TECHNIQUE: The right leg was prepped. Right popliteal vein patent. The left common iliac vein was dilated."
    assert named(note) == ["right popliteal_vein", "left common_iliac_vein"]


def test_side_stays_unknown_where_the_note_never_tells():
    assert named("TECHNIQUE: Venography. The common iliac vein was patent.") == ["unknown common_iliac_vein"]


def test_left_as_a_verb_gives_no_side():
    assert named("TECHNIQUE: The external iliac vein was left alone.") == ["unknown external_iliac_vein"]


@pytest.mark.parametrize(
    "words", ["renal veins", "common iliac veins", "innominates", "subclavian veins", "CIVs", "IJVs"]
)
def test_plural_means_both_sides(words):
    mention = named(f"FINDINGS: Venography showed patent {words}.")
    assert len(mention) == 1
    assert {v.split()[0] for v in mention[0].split("+")} == {"left", "right"}


SLIPS = [
    ("left sublcavian vein", "left subclavian_vein"),
    ("left subclavain vein", "left subclavian_vein"),
    ("left comon iliac vein", "left common_iliac_vein"),
    ("left common illiac vein", "left common_iliac_vein"),
    ("left common iliac vien", "left common_iliac_vein"),
    ("rigth popliteal vein", "right popliteal_vein"),
    ("left extemal iliac vein", "left external_iliac_vein"),
    ("left common i1iac vein", "left common_iliac_vein"),
    ("left c0mmon femoral vein", "left common_femoral_vein"),
    ("right brachiocephallic vein", "right brachiocephalic_vein"),
    ("right inominate vein", "right brachiocephalic_vein"),
]


@pytest.mark.parametrize(("words", "vein"), SLIPS)
def test_typo_and_ocr(words, vein):
    assert named(f"FINDINGS: Venography showed a patent {words}.") == [vein]


def test_phrase_broken_over_lines():
    note = "FINDINGS: Venography showed that the left\n   external and internal jugular veins and the right common\niliac vein were patent."
    assert named(note) == ["left external_jugular_vein+left internal_jugular_vein", "right common_iliac_vein"]
