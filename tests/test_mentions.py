"""Words for balloon dilation, fluoroscopy and vascular access: what is a mention and what only looks like one."""

from __future__ import annotations

import pytest
from helpers import assert_mentions, coded, found

ACT = "TECHNIQUE: The <<V:left common_iliac_vein:treated|left common iliac vein>> was <<A:performed|{}>> with a 12 mm balloon."
OF = "TECHNIQUE: <<A:performed|{}>> of the <<V:left common_iliac_vein:treated|left common iliac vein>> to 12 mm."

VERBS = [
    "angioplastied",
    "venoplastied",
    "ballooned",
    "dilated",
    "balloon dilated",
    "PTA'd",
    "redilated",
    "balloon-dilated",
]
NOUNS = [
    "Angioplasty",
    "Balloon angioplasty",
    "Venoplasty",
    "PTA",
    "Percutaneous transluminal angioplasty",
    "Cutting balloon angioplasty",
    "Balloon dilatation",
    "POBA",
    "Phleboplasty",
    "VENOPLASTY",
]


@pytest.mark.parametrize("word", VERBS)
def test_verb_of_balloon_dilation(word):
    assert_mentions(ACT.format(word))


@pytest.mark.parametrize("word", NOUNS)
def test_noun_of_balloon_dilation(word):
    assert_mentions(OF.format(word))


@pytest.mark.parametrize(
    "word", ["venopasty", "venoplsty", "anigoplasty", "angiplasty", "veno-plasty", "bal1oon angioplasty"]
)
def test_typo_of_balloon_dilation(word):
    assert_mentions(OF.format(word))


def test_kissing_balloons_are_one_mention():
    assert_mentions(
        "TECHNIQUE: <<A:performed|Kissing balloon angioplasty>> of <<V:bilateral common_iliac_vein:treated|both common iliac veins>>."
    )


PTA_IS_ANGIOPLASTY = [
    "TECHNIQUE: <<A:performed|PTA>> of the left common iliac vein to 14 mm.",
    "TECHNIQUE: Venous <<A:performed|PTA>> with a 14 mm balloon.",
    "PLAN: Repeat <<A:planned|PTA>> in 3 months.",
    "TECHNIQUE: Left common iliac vein: <<A:performed|PTA>> 14 mm, 2 min.",
    "TECHNIQUE: <<A:performed|PTA>> was performed with a 12 mm balloon.",
]


@pytest.mark.parametrize("marked", PTA_IS_ANGIOPLASTY)
def test_pta_is_angioplasty(marked):
    assert_mentions(marked, only="A")


PTA_IS_SOMETHING_ELSE = [
    "MEDICATIONS PTA: aspirin, lisinopril.",
    "HISTORY: Warfarin was stopped 5 days PTA.",
    "HISTORY: PTA medications were reviewed.",
    "HISTORY: Ambulatory PTA, nursing home.",
    "FINDINGS: The AT and PTA are patent.",
    "FINDINGS: PTA (posterior tibial artery) was patent.",
    "FINDINGS: The PTA filled late.",
    "FINDINGS: The right PTA was occluded.",
    "FINDINGS: PTA pulse present; PTA runoff good.",
    "FINDINGS: DP and PTA pulses present.",
    "HISTORY: He lived alone PTA.",
    "HISTORY: Independent PTA, uses a cane.",
]


@pytest.mark.parametrize("sentence", PTA_IS_SOMETHING_ELSE)
def test_pta_is_prior_to_admission_or_an_artery(sentence):
    assert_mentions(f"{sentence}\nTECHNIQUE: The left common iliac vein was <<A:performed|ballooned>>.", only="A")


NO_ANGIOPLASTY = [
    "The tract was dilated with a 10 Fr dilator.",
    "The tract was serially dilated over the wire.",
    "The subcutaneous tissue was dilated with an 8 Fr dilator.",
    "The skin and tract were dilated.",
    "Dilators were used over the wire.",
    "A Fogarty balloon was passed through the left popliteal vein and clot was removed.",
    "A Fogarty was swept twice.",
    "Vein patch angioplasty of the common femoral artery was performed.",
    "Bovine patch angioplasty was performed.",
    "Patch venoplasty of the left common femoral vein was performed.",
    "An occlusion balloon was inflated in the left renal vein.",
    "A sizing balloon was inflated in the IVC.",
    "A 14 x 40 mm angioplasty balloon was advanced.",
    "There were dilated collateral veins and a mildly dilated right ventricle.",
    "The internal iliac vein is dilated.",
    "Poststenotic dilatation was seen.",
    "The pupils dilated.",
    "Balloon maceration of the clot was performed.",
]


@pytest.mark.parametrize("sentence", NO_ANGIOPLASTY)
def test_no_balloon_dilation(sentence):
    """Beside a true act, so that the note does have a balloon (P12, P13)."""
    assert_mentions(f"TECHNIQUE: {sentence}\n\nThe left common iliac vein was <<A:performed|ballooned>>.", only="A")


@pytest.mark.parametrize(
    "sentence",
    [
        "<<A:performed|Balloon aortic valvuloplasty>> was performed.",
        "<<A:performed|Balloon dilation>> of the mitral valve was performed.",
        "The left renal artery was <<A:performed|ballooned>>.",
        "The subclavian artery was <<A:performed|dilated>> with a 6 mm balloon.",
    ],
)
def test_valve_and_artery_are_marked_and_earn_nothing(sentence):
    result = assert_mentions(f"TECHNIQUE: {sentence}")
    assert result.codes == ()


INFLATED = [
    "The balloon <<A:performed|was inflated>> to 12 atm in the left common iliac vein.",
    "A 14 x 40 mm balloon was placed in the left common iliac vein. It <<A:performed|was inflated>> to 12 atm.",
    "<<A:performed|Venoplasty>> of the left common iliac vein was done; the balloon was inflated to 12 atm.",
    "The vein was <<A:performed|dilated>> with a balloon inflated to 12 atm.",
    "<<A:performed|Venoplasty>> was done. The balloon <<A:performed|was inflated>> to 12 atm.",
]


@pytest.mark.parametrize("sentence", INFLATED)
def test_inflation_is_an_act_only_where_its_sentence_has_no_other(sentence):
    assert_mentions(f"TECHNIQUE: {sentence}", only="A")


FLUOROSCOPY = [
    "<<F|Fluoroscopy>> was used.",
    "Under <<F|fluoroscopic guidance>> a wire was passed.",
    "<<F|Fluoro time>> 12 min.",
    "<<F|fluoro>> 58 min.",
    "The <<F|C-arm>> was brought in.",
    "The <<F|image intensifier>> was brought in.",
    "<<F|FLUOROSCOPY TIME>>: 3.2 min.",
    "<<F|Flouroscopy>> was used.",
    "<<F|FT>> 12 min.",
]


@pytest.mark.parametrize("sentence", FLUOROSCOPY)
def test_fluoroscopy(sentence):
    result = assert_mentions(f"TECHNIQUE: {sentence}")
    assert result.to_dict()["fluoroscopy"]["documented"] is True


@pytest.mark.parametrize(
    "sentence", ["Digital subtraction venography was done.", "IVUS was used.", "DSA and angiography."]
)
def test_other_imaging_is_no_fluoroscopy(sentence):
    result = assert_mentions(f"TECHNIQUE: {sentence}")
    assert result.to_dict()["fluoroscopy"] == {"documented": False, "evidence": []}


ACCESS = [
    "The <<V:left popliteal_vein:access|left popliteal vein>> was <<X:percutaneous|punctured>>.",
    "The <<V:left internal_jugular_vein:access|left internal jugular vein>> was <<X:percutaneous|cannulated>> with a 21 G needle.",
    "Ultrasound-guided <<X:percutaneous|puncture>> of the <<V:right common_femoral_vein:access|right common femoral vein>>.",
    "<<V:right common_femoral_vein:access|Right CFV>> <<X:percutaneous|stick>>, 8 Fr sheath.",
    "The <<V:right basilic_vein:access|right basilic vein>> was <<X:percutaneous|entered>> with a micropuncture needle.",
    "<<X:percutaneous|Micropuncture access>> into the <<V:right internal_jugular_vein:access|right internal jugular vein>>.",
    "The <<V:right internal_jugular_vein:access|right IJV>> was <<X:percutaneous|punctured>> and the "
    "<<V:left common_femoral_vein:access|left CFV>> was <<X:percutaneous|accessed>>.",
    "<<V:left femoral_vein:access|Left femoral vein>> <<X:open|cutdown>> was made.",
    "A <<X:open|venotomy>> was made in the <<V:left common_femoral_vein:access|left common femoral vein>>.",
    "The <<V:left femoral_vein:access|left femoral vein>> was exposed and a <<X:open|venotomy>> was made.",
    "<<X:percutaneous|Percutaneous access>> to the <<V:right internal_jugular_vein:access|right internal jugular vein>> was obtained.",
    "<<X:percutaneous|Micropuncture access>> to the <<V:right internal_jugular_vein:access|right IJ>> was obtained.",
]


@pytest.mark.parametrize("sentence", ACCESS)
def test_access(sentence):
    assert_mentions(f"TECHNIQUE: {sentence}")


def test_access_site_carries_vessel_side_and_approach():
    result = coded("TECHNIQUE: The right CFV was punctured. A left femoral vein cutdown was made.")
    assert [(a.vessel, a.side, a.approach) for a in result.access] == [
        ("common_femoral_vein", "right", "percutaneous"),
        ("femoral_vein", "left", "open"),
    ]


NO_ACCESS = [
    "The right jugular vein was not punctured.",
    "The right jugular vein was not accessed.",
    "No puncture of the neck was made.",
    "No access was obtained.",
    "Access was not needed in the right jugular vein.",
    "The jugular vein was never cannulated.",
    "Neither jugular vein was punctured.",
    "The access site was dressed.",
    "Dialysis access surveillance was reviewed.",
    "The right renal vein was selectively catheterized.",
    "The puncture site was dry.",
]


@pytest.mark.parametrize("sentence", NO_ACCESS)
def test_no_access(sentence):
    assert found(f"TECHNIQUE: {sentence}", "ACCESS") == []


def test_one_vein_not_entered_the_other_entered():
    assert_mentions(
        "TECHNIQUE: The <<V:right internal_jugular_vein:imaged|right IJ>> was not punctured; "
        "the <<V:left internal_jugular_vein:access|left IJ>> was <<X:percutaneous|punctured>>."
    )


def test_everything_in_one_note():
    assert_mentions(
        "TECHNIQUE: Under <<F|fluoroscopic guidance>> the <<V:left popliteal_vein:access|left popliteal vein>> was "
        "<<X:percutaneous|punctured>>. The <<V:left femoral_vein:imaged|left femoral vein>> was patent. The "
        "<<V:left external_iliac_vein:treated|left external iliac vein>> was <<A:performed|ballooned>>. A stent was deployed in the "
        "<<V:left common_iliac_vein:stented|left common iliac vein>> and <<A:performed|post-dilated>>."
    )
