"""Sentences that speak of a vein by what was said before: each once was read wrongly in a whole note."""

from __future__ import annotations

import pytest
from helpers import assertions, coded, counted, found, named

ENTRY = "TECHNIQUE: Under fluoroscopy the right common femoral vein was punctured. "
CIV, EIV, CFV = "left common_iliac_vein", "left external_iliac_vein", "left common_femoral_vein"
BCV, SVC = "left brachiocephalic_vein", "none superior_vena_cava"


@pytest.mark.parametrize(
    "told",
    [
        "A 16 x 60 Venovo went across it and was post-dilated to 16 mm; it stops short of the jugular and does not hang into the cava.",
        "It was stented with a 16 x 60 Venovo and post-dilated to 16 mm.",
    ],
)
def test_it_is_the_vein_of_the_sentence_before(told):
    note = (
        f"{ENTRY}The left innominate vein was 95% narrowed. The SVC was 70% narrowed. The left innominate vein was predilated to 10 mm. "
        f"{told} Then the SVC lesion by itself: 18 x 40 Atlas at 8 atm, angioplasty only."
    )
    assert counted(note) == [SVC]


@pytest.mark.parametrize(
    "normal", ["normal at the confluence, then 80% stenosis", "smooth above but 80% stenosed below"]
)
def test_a_lesion_after_normal_is_a_lesion(normal):
    note = f"{ENTRY}The SVC was dilated with a 16 mm balloon.\nFINDINGS: Superior vena cava: {normal}."
    result = coded(note)
    assert [line.units for line in result.codes] == [1]
    assert "missing:lesion" not in {flag.flag for flag in result.flags}


def test_a_lesion_is_not_carried_over_a_comma_to_a_normal_vein():
    note = (
        f"{ENTRY}The right brachiocephalic vein has a 90 percent stenosis two centimeters in length, the superior vena cava is normal. "
        "A 10 x 40 Conquest was placed across it and brought up to 26 atmospheres."
    )
    assert counted(note) == ["right brachiocephalic_vein"]


def test_the_last_inflation_is_no_history():
    note = f"{ENTRY}A 16 mm Atlas was expanded three times, the last to 16 atm, with dilatation of the left brachiocephalic vein."
    assert assertions(note)[-1] == "performed"


def test_a_run_on_note_does_not_reach_for_a_far_vein():
    note = (
        "Right forearm fistula, the cephalic vein ballooned w/ 6x150 then 7x100 to 10 atm overlapping, small wall hematoma at mid forearm "
        "watched 10 min stable, vol flow 410 to 780 mL/min, 2 side branches seen not ligated, ACE wrap 24 h, arm exercises reinforced, may "
        "try 1 needle in 2 wks if marked, d/c w/ daughter, asked again about the catheter in R IJ."
    )
    assert "right internal_jugular_vein" not in counted(note)


@pytest.mark.parametrize(
    "answer",
    [
        "Was venoplasty performed for stenosis? NO - no stenosis",
        "I suggest we see him in two months and dilate it again",
    ],
)
def test_questions_and_base_verbs_tell_no_deed(answer):
    note = f"{ENTRY}The left common iliac vein was ballooned to 14 mm. {answer}."
    assert assertions(note)[-1] in ("negated", "planned")


@pytest.mark.parametrize(
    "correction",
    [
        "Correction: second paragraph should read LEFT subclavian vein, not right.",
        "ADDENDUM: For right subclavian vein read left.",
        "ADDENDUM: the right subclavian vein should be left.",
    ],
)
def test_a_correction_moves_the_vein_to_the_other_side(correction):
    note = (
        "The left basilic vein was punctured with ultrasound. There was an 80% stricture of the right subclavian vein. "
        f"I did a balloon venoplasty there and then.\n\n{correction}\n"
    )
    assert counted(note) == ["left subclavian_vein"]


def test_ocr_of_numbers_and_letters():
    note = (
        "Technique: The cornmon femoral vein was punctured.\nFindings: 85 % stenosis of the SVC, a web of 7O % in the right "
        "brachiocepha1ic vein.\nThe SVC was di1ated first, 14 x 4O mm XXL, 5 atm. Then the right brachiocepha1ic vein, 1O mm Mustang.\n"
    )
    assert counted(note) == [SVC, "right brachiocephalic_vein"]


def test_sub_bullets_written_with_an_o():
    note = (
        f"{ENTRY}R leg venogram. What's left =\n    o pop v - 80%, behind the knee\n    o FV - trabeculated, ~75\n    o CFV - 60-70, web\n"
        "    o EIV - 50+, up near the brim\n- POBA to each of the first four, nominal, 2 min\n"
    )
    assert len(counted(note)) == 4
    assert {vein.split()[0] for vein in counted(note)} == {"right"}


@pytest.mark.parametrize(
    ("sentence", "veins"),
    [
        ("14x40 Atlas to each of these lesions in turn, CFV one first, inflated for 2 mins at 14 atm.", [CFV, EIV]),
        ("Both lesions were dilated, the left CFV with a 12 mm balloon.", [CFV, EIV]),
    ],
)
def test_a_name_among_the_lesions_of_a_group(sentence, veins):
    note = f"{ENTRY}There was 70% narrowing of the left CFV and a second stenosis (60%) in the left external iliac vein. {sentence}"
    assert counted(note) == veins


def test_the_three_spots_are_those_one_sentence_listed():
    note = (
        f"{ENTRY}The left profunda vein had an 80% shelf. The stents are open, but tight spots as follows: top in the IVC (65% stenosis), "
        "mid left CIV (70%) and bottom edge in the left EIV (75%). We then dealt with the three tight spots above by balloon dilatation."
    )
    assert counted(note) == ["none inferior_vena_cava", CIV, EIV]


@pytest.mark.parametrize("word", ["un-ballooned", "undilated", "not ballooned"])
def test_left_alone(word):
    note = f"{ENTRY}The left external iliac vein was ballooned for a 70% stenosis. The right common iliac vein was left {word}."
    assert counted(note) == [EIV]


@pytest.mark.parametrize(
    "tail",
    [
        "The former is in the left subclavian and the latter in the left axillary vein. The former was dilated with a 14 x 40 Atlas and "
        "the latter with a 10 x 40 Mustang.",
        "The first is in the left subclavian vein, the second in the left axillary vein. Both were dilated with a 10 mm balloon.",
    ],
)
def test_lesions_that_get_their_veins_afterwards(tail):
    note = f"{ENTRY}Venography showed a 70% stenosis and, after normal vessel, a second 55% stenosis. {tail}"
    assert set(counted(note)) == {"left subclavian_vein", "left axillary_vein"}


def test_rows_of_a_table_with_baseline_device_and_result():
    note = (
        f"{ENTRY}\nVessel | Baseline | Device | After\nSVC | 90%, 2 cm long | 16 mm Atlas | 25% residual\n"
        "R brachiocephalic vein | 75% at mid portion | 14 mm Atlas | <20%\nL brachiocephalic vein | occluded | 12 mm Conquest | 30%\n"
        "L subclavian vein | patent | none | n/a\n\nComment: Each of the first three rows was ballooned in turn, with normal vein between "
        "the right innominate lesion and the caval one.\n"
    )
    assert set(counted(note)) == {SVC, "right brachiocephalic_vein", BCV}


def test_plural_lesions_of_a_paired_vein():
    note = (
        f"{ENTRY}Both common iliac veins had a mid-segment stricture, 75% on the right and 85% on the left. We next addressed the common "
        "iliac lesions. A 14 x 40 mm Atlas was positioned on each side in turn, 12 atm."
    )
    assert set(counted(note)) == {CIV, "right common_iliac_vein"}


def test_dilatation_of_which():
    note = f"{ENTRY}The left CIV was ballooned. The left EIV is 55% narrowed, dilatation of which was not thought worthwhile."
    assert counted(note) == [CIV]


def test_open_graft_thrombectomy_reaches_the_circuit():
    note = (
        "Thrombosed upper arm loop graft.\nTECHNIQUE: A graftotomy was made and a Fogarty passed. There was a 90% stenosis of the "
        "right axillary vein. I dilated the right axillary vein with an 8 mm balloon. She went for dialysis through the graft."
    )
    assert counted(note) == []


def test_pv_is_the_portal_vein_of_a_liver_note():
    note = f"{ENTRY}Liver graft. Portogram: 75% stenosis at the PV anastomosis. So the PV anastomosis was ballooned to 10 mm."
    assert counted(note) == ["none portal_vein"]


def test_pv_is_a_pulmonary_vein_of_a_heart_note():
    assert "left left_superior_pulmonary_vein" in named(
        f"{ENTRY}Transseptal puncture. The left superior PV was 80% narrowed."
    )


def test_a_lesion_where_a_catheter_was_brought():
    note = (
        f"{ENTRY}The portal vein was ballooned to 10 mm for a 75% stenosis. 5F to left hepatic vein, mean 16, tight at the anastomosis. "
        "Same 10 mm balloon brought up, 3 x 1 min."
    )
    assert counted(note) == ["none portal_vein", "left hepatic_vein"]


def test_a_vein_we_did_not_balloon_beside_one_we_did():
    note = (
        f"{ENTRY}RIGHT: COMMON ILIAC VEIN 30% ONLY WHICH WE DID NOT BALLOON, EXTERNAL ILIAC VEIN 65% FOCAL SCAR. "
        "THE SCAR TOOK A 14 X 40 ATLAS TO 12 ATM, NO STENT THERE."
    )
    assert counted(note) == ["right external_iliac_vein"]


def test_a_caval_stent_and_its_narrowing():
    note = (
        "HISTORY: In 2019 stents were put in the infrarenal cava and both common iliac veins.\n"
        f"{ENTRY}In the caval stent there was a separate stenosis of 60%. The left common iliac vein was ballooned for an 80% stenosis. "
        "Next the balloon was exchanged for a 22 x 40 XXL and this was positioned over the caval narrowing and taken to nominal twice."
    )
    assert set(counted(note)) == {CIV, "none inferior_vena_cava"}


def test_both_before_two_names_is_no_side():
    assert named("TECHNIQUE: Left leg. Both the CIV and EIV are lined.") == [f"{CIV}+{EIV}"]


def test_screen_words_of_fluoroscopy():
    assert found("Using fl uoroscopic guidance, catheters were advanced.", "FLUOROSCOPY") == ["fl uoroscopic guidance"]
