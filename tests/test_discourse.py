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
        "Right forearm fistula, the cephalic vein ballooned w/ 6x150 then 7x100 to 10 atm overlapping, small wall "
        "hematoma at mid forearm "
        "watched 10 min stable, vol flow 410 to 780 mL/min, 2 side branches seen not ligated, ACE wrap 24 h, arm "
        "exercises reinforced, may "
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
        f"{ENTRY}R leg venogram. What's left =\n    o pop v - 80%, behind the knee\n    o FV - trabeculated, ~75\n    o "
        "CFV - 60-70, web\n"
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
        f"{ENTRY}The left profunda vein had an 80% shelf. The stents are open, but tight spots as follows: top in the "
        "IVC (65% stenosis), "
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
        "L subclavian vein | patent | none | n/a\n\nComment: Each of the first three rows was ballooned in turn, with "
        "normal vein between "
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


@pytest.mark.parametrize(
    "sentence",
    [
        "Near-occlusive compression of the left common iliac vein with dilated ascending lumbar and presacral collaterals.",
        "Enormously dilated lumbar and azygos pathways.",
        "Renal vein dilated upto 16 mm at shunt outflow, no stenosis.",
    ],
)
def test_wide_veins_are_not_dilated(sentence):
    note = f"{ENTRY}{sentence} The left external iliac vein was ballooned with a 12 mm balloon for a 70% stenosis."
    assert counted(note) == [EIV]


def test_post_dilation_is_of_the_stented_veins_not_of_a_bone():
    note = (
        f"{ENTRY}There was a web in the left CFV, 60% stenosis. The left common and external iliac veins were "
        "predilated to 14 mm. A 16 x 120 mm "
        "Abre stent was deployed down to the mid femoral head and post-dilated with a 16 mm balloon. The CFV web was "
        "treated on its own with a "
        "12 x 40 mm Conquest balloon, inflated to 20 atm."
    )
    assert counted(note) == [CFV]


def test_a_leaflet_of_a_valve_is_no_brochure():
    note = (
        f"{ENTRY}\nVein | finding | treatment\nRight IJV | valve level, 70% | PTA 14x40, then cutting balloon for "
        "the inverted leaflet\n"
    )
    assert assertions(note) == ["performed"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A 12 mm Atlas was brought up on the left and inflated to 14 atm, with venoplasty repeated on the right with the same balloon.",
        "A 14 mm balloon was used on the left and a 12 mm on the right, inflated for 60 seconds in each.",
    ],
)
def test_one_act_on_each_side(sentence):
    note = (
        f"{ENTRY}There was a web in the left external iliac vein (60%) and a 55% narrowing in the right external "
        f"iliac vein. {sentence}"
    )
    assert set(counted(note)) == {EIV, "right external_iliac_vein"}


def test_upper_and_lower_are_pulmonary_veins_of_their_note():
    note = (
        f"{ENTRY}Transseptal puncture. The left upper pulmonary vein was atretic, left alone. The right upper had a discrete shelf. "
        "A 5 mm Sterling was placed across the shelf and inflated to 12 atm."
    )
    assert counted(note) == ["right right_superior_pulmonary_vein"]


def test_nothing_after_a_baffle_is_a_vein():
    note = (
        f"{ENTRY}The left external iliac vein is occluded. The superior baffle limb was dilated with a 14 mm Atlas at "
        "14 atm; there was a "
        "clear waist that gave way.\nOutcome: balloon dilation of the Mustard upper pathway."
    )
    assert counted(note) == []


def test_a_dictated_name_in_two_words():
    assert named(f"{ENTRY}Occlusion of the left brachial cephalic (innominate) vein.")[-1] == BCV


def test_treatment_told_in_one_line_is_a_body():
    note = (
        "FINDINGS: R brachiocephalic 80% at mid portion. SVC, just above the cavoatrial junction where the old tip sat, 65%.\n"
        "Treatment: 12 x 40 Conquest to burst pressure R brachiocephalic and SVC, one site at a time, 1 min each\n"
    )
    assert counted(note) == ["right brachiocephalic_vein", SVC]


def test_a_balloon_along_a_sleeve_of_fibrin_widens_no_vein():
    note = (
        f"{ENTRY}A 10 x 40 mm balloon is inflated along the length of the sleeve, in the superior vena cava. The "
        "sleeve of fibrin is torn."
    )
    assert counted(note) == []


def test_its_mouth_is_that_of_the_vein_the_wire_reached():
    note = (
        f"{ENTRY}Transseptal puncture. The left lower pulmonary vein was 1.8 mm. The wire was brought over to the left lower vein, and a "
        "5 mm Sterling was inflated across its mouth."
    )
    assert counted(note) == ["left left_inferior_pulmonary_vein"]


def test_rows_under_a_balloon_column():
    note = (
        f"{ENTRY}\nSite | Before | Balloon dilation | After\nR innominate | 6.5, ok | - | -\nL innominate | 1.5 "
        "(string) | 6x20 Sterling | 4.8\n"
        "SVC | 3.0 | 8x20 Conquest, 22 atm | 6.9\n"
    )
    assert counted(note) == [BCV, SVC]


def test_mild_narrowing_is_no_lesion():
    note = f"{ENTRY}Left renal vein, mild compression, of no significance. The left CIV had an 80% stenosis. It was ballooned to 14 mm."
    assert counted(note) == [CIV]


def test_not_stented_is_not_untouched():
    note = f"{ENTRY}Left CFV 60% stenosed. Left CFV: not stented. 12 x 40 to 14 atm x2, POBA only."
    assert counted(note) == [CFV]


@pytest.mark.parametrize("denial", ["I didn't put in a stent today", "No stent was needed", "a stent wasn't placed"])
def test_stents_denied(denial):
    note = f"{ENTRY}The left common iliac vein was ballooned with a 16 mm Atlas for a 74% stenosis. {denial}."
    assert counted(note) == [CIV]


def test_a_list_of_veins_after_the_act():
    note = (
        f"{ENTRY}R leg. Popliteal vein 70%, femoral vein 80%, CFV 60% stenosed. From below, PTA as follows - popliteal "
        "8x80; femoral 8x150; "
        "CFV 12x40."
    )
    assert len(counted(note)) == 3


def test_stents_of_the_history_and_their_narrowing():
    note = (
        "HISTORY: He had kissing stents put in the common iliacs in 2018.\nFINDINGS:\nStents: in-stent restenosis, R 70%, L 55%.\n"
        f"{ENTRY}Two 14 x 60 Atlas Gold were lined up side by side in the old stents and inflated together, 12 atm."
    )
    assert set(counted(note)) == {CIV, "right common_iliac_vein"}


@pytest.mark.parametrize(
    "sentence",
    [
        "A 4 x 40 Sterling was brought up with the idea of predilating, but it would not enter, it was never inflated.",
        "Venoplasty was begun with a 4 mm balloon, which would not cross and was never inflated.",
    ],
)
def test_a_balloon_that_was_never_inflated(sentence):
    note = f"{ENTRY}The left innominate vein was occluded. {sentence}"
    assert counted(note) == []


def test_a_selected_hepatic_vein_is_no_access():
    note = f"{ENTRY}Middle hepatic vein 80% stenosis, cannulated through a collateral. It was dilated with a 10 mm balloon."
    assert counted(note) == ["none middle_hepatic_vein"]


def test_a_vein_the_body_declines_is_not_counted_for_the_impression():
    note = (
        "FINDINGS: Right external iliac vein: 65% stricture. This was dilated with a 12 mm balloon to 14 atm. Right "
        "common iliac vein: 30% at most. "
        "The decision was made against any balloon dilation of this one.\n"
        "IMPRESSION: Successful balloon angioplasty of right common and external iliac veins."
    )
    assert counted(note) == ["right external_iliac_vein"]


def test_balloon_tips_in_the_cava_do_not_widen_it():
    note = (
        f"{ENTRY}Two 12x40 Mustangs, one in the R CIV and one in the L CIV, tips side by side and just peeking into cava, inflated "
        "simultaneously 8 atm x 120 s."
    )
    assert set(counted(note)) == {CIV, "right common_iliac_vein"}


def test_a_balloon_opened_and_not_used():
    note = (
        f"{ENTRY}The left iliac vein was 50% narrowed. A 16 mm Atlas had been opened in anticipation. It was not used."
    )
    assert counted(note) == []


def test_an_old_stent_that_was_not_relined_but_re_expanded():
    note = (
        "HISTORY: 2016 stent in the right external iliac vein.\n"
        f"{ENTRY}Right external iliac vein: old stent, 70% in-stent narrowing. The old right external iliac stent, "
        "which was not overlapped or "
        "relined, was re-expanded with a 14 x 40 Atlas, 18 atm. On the other side the common femoral vein was ballooned."
    )
    assert counted(note) == ["right external_iliac_vein", CFV]


def test_what_was_ballooned_in_an_earlier_month_is_history():
    note = (
        f"{ENTRY}The left subclavian vein, which I ballooned to 10 mm in March, has stayed widely open, whereas the right subclavian vein, "
        "80% narrowed, was dilated with a 12 x 40 mm Mustang."
    )
    assert counted(note) == ["right subclavian_vein"]


def test_status_post_today_is_today():
    assert assertions("IMPRESSION: Stenosis of SVC s/p balloon angioplasty today.") == ["performed"]
