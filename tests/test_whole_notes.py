"""Whole notes read end to end: each once was read wrongly."""

from __future__ import annotations

import pytest
from helpers import coded, counted

ENTRY = "TECHNIQUE: Under fluoroscopy the right common femoral vein was punctured. "
CIV, EIV, CFV = "left common_iliac_vein", "left external_iliac_vein", "left common_femoral_vein"
BCV = "left brachiocephalic_vein"

OLD_STENTS = [
    "In-stent restenosis of the old left common iliac vein stent was dilated with a 14 mm balloon. No new stent was placed.",
    "The previously placed left common iliac vein stent was ballooned with a 14 mm balloon.",
    "The left common iliac vein stent placed in 2019 showed 70% in-stent restenosis and was ballooned with a 14 mm balloon.",
]


@pytest.mark.parametrize("sentence", OLD_STENTS)
def test_balloon_in_an_old_stent_counts(sentence):
    assert counted(ENTRY + sentence) == [CIV]


def test_stent_of_an_earlier_year_and_its_balloon_do_not_count():
    assert counted(ENTRY + "In 2019 a stent was placed in the left common iliac vein and ballooned.") == []


def test_old_stent_is_the_vein_told_to_hold_it():
    note = (
        "FINDINGS: The stented left external iliac vein had ingrowth with 75% narrowing. "
        "The left common femoral vein had a 70% stenosis.\n"
        "TECHNIQUE: Treatment began in the old stent, where a 12 x 40 mm Atlas was brought to 16 atmospheres."
    )
    assert counted(note) == [EIV]


@pytest.mark.parametrize(
    ("sentence", "units"),
    [
        ("PTV of the left common iliac vein was performed with a 14 mm balloon.", 1),
        ("Bilateral CIV and EIV PTV with 14 and 12 mm balloons. All had >70% stenosis.", 4),
        ("The left PTV and ATV were patent. The left popliteal vein was dilated with a 6 mm balloon.", 1),
    ],
)
def test_ptv_is_venoplasty_unless_the_note_is_of_the_calf(sentence, units):
    assert len(counted(ENTRY + sentence)) == units


@pytest.mark.parametrize(
    "sentence",
    [
        "The left iliac vein 80% stenosis was dilated with a 14 mm balloon. The left external iliac vein was normal.",
        "The left iliac vein was angioplastied with a 14 mm balloon. The left common iliac vein showed no residual stenosis.",
    ],
)
def test_unspecified_iliac_that_alone_was_dilated_is_kept(sentence):
    result = coded(ENTRY + sentence)
    assert result.units("37248") == 1
    assert "vein_unspecified" in [f.flag for f in result.flags]
    assert result.disposition != "auto"


def test_lead_work_of_the_title_asks_for_review():
    result = coded(
        "PROCEDURE: Dual chamber ICD lead revision.\nTECHNIQUE: Left axillary vein puncture. Venogram: 90% stenosis of the left "
        "subclavian vein. It was dilated with a 7 mm balloon to allow a 9 Fr sheath. The RV lead was advanced and screwed in."
    )
    assert "lead_venoplasty" in [f.flag for f in result.flags]
    assert result.disposition == "review"


@pytest.mark.parametrize(
    ("sentence", "veins"),
    [
        (
            "The left common iliac vein was dilated with a 14 mm balloon. The left external iliac vein dilated too.",
            [CIV, EIV],
        ),
        (
            "The left common iliac vein was dilated with a 14 mm balloon at 12 atm. Then a 12 mm balloon in the left common femoral vein.",
            [CIV, CFV],
        ),
    ],
)
def test_terse_second_vein_counts(sentence, veins):
    assert counted(ENTRY + sentence) == veins


def test_letters_of_a_legend_name_their_veins():
    note = (
        "   A = IVC, intrahepatic part\n   B = middle hepatic vein\n   C = right hepatic vein\n\n"
        "FINDINGS: A: web-like 75% narrowing. B: fibrous cord. C: ostial occlusion of 1.5 cm.\n"
        "TECHNIQUE: Right internal jugular vein punctured. Balloon angioplasty of A and C was done under fluoroscopy."
    )
    assert counted(note) == ["none inferior_vena_cava", "right hepatic_vein"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A balloon was opened on the table but never went past the sheath, let alone inflated.",
        "A second balloon, for the left common iliac vein, was neither asked for nor opened.",
        "The left common iliac vein was looked for, angioplasty of which we would have liked to add.",
        "The azygos was dilated from overload; an angioplasty balloon stood by.",
        'deleted line: "37248 venous angioplasty" (populated in error from the template, no such service)',
    ],
)
def test_nothing_done_counts_nothing(sentence):
    assert counted("FINDINGS: The left common iliac vein had an 80% stenosis.\n" + ENTRY + sentence) == []


def test_easy_balloon_is_not_denied_by_its_ease():
    note = (
        "FINDINGS: The left common iliac vein was occluded.\n"
        + ENTRY
        + "6 x 40 and 8 x 60 mm Mustang balloons were placed "
        "through the occlusion; the first opened with no effort, and the waist of the second gave way at 18 atmospheres."
    )
    assert counted(note) == [CIV]


def test_unknown_heading_ends_the_history():
    note = (
        "Background\n45-year-old teacher with a full head on bending.\n\nFirst step\n"
        "We performed venoplasty of the left external iliac vein with a 10 x 40 mm balloon, 12 atm, under fluoroscopy.\n"
    )
    assert counted(note) == [EIV]


def test_name_on_either_side_is_two_veins():
    note = (
        ENTRY
        + "On either side the common femoral vein showed a stenosis of 80 percent at the level of the old cutdown. "
        "Both were ballooned."
    )
    assert set(counted(note)) == {CFV, "right common_femoral_vein"}


def test_limb_of_an_aortic_endograft_is_no_vein():
    note = (
        "ENDOVASCULAR REPAIR OF AN AORTIC ANEURYSM\nTECHNIQUE: The right CFA was punctured. The left common iliac vein looked "
        "squashed by the sac. The right common iliac limb was narrow at the ring, so it was ballooned once more, kissing with the left."
    )
    assert counted(note) == []


def test_dilation_to_a_width_without_a_balloon_is_not_passed_in_silence():
    result = coded(ENTRY + "SVC dilated to 14 mm.")
    assert not result.codes
    assert result.disposition == "review"


@pytest.mark.parametrize(
    "lesion",
    [
        "Starting in the left brachiocephalic vein and continuing without a gap into the upper SVC there is one smooth tapering of 85%.",
        "A tight narrowing begins in the left brachiocephalic vein and goes on, without any break, into the SVC.",
        "There is an 80% stenosis running from the left brachiocephalic vein into the SVC.",
    ],
)
def test_one_lesion_over_two_veins_is_one_unit(lesion):
    result = coded(f"{ENTRY}{lesion} A 12 x 60 mm Atlas was centered on it and inflated to 16 atm.")
    assert [(line.code, line.units) for line in result.codes] == [("37248", 1)]
    assert "bridging_lesion" in {flag.flag for flag in result.flags}


def test_each_vein_of_a_range_dilated_by_itself_is_a_unit():
    note = (
        f"{ENTRY}A stenosis ran from the left common iliac vein into the left external iliac vein. "
        "The left common iliac vein was dilated with a 16 mm balloon. "
        "The left external iliac vein was dilated with a 14 mm balloon."
    )
    assert counted(note) == [CIV, EIV]


def test_interrupted_subject_keeps_its_predicate():
    note = (
        f"{ENTRY}The left external iliac vein had an 80% stenosis; the left common iliac vein, parted from it by a stretch that "
        "received the left internal iliac vein, was occluded. Both lesions were dilated with a 12 mm balloon."
    )
    assert counted(note) == [EIV, CIV]


def test_upper_and_lower_lesion_are_two():
    note = (
        f"{ENTRY}The right common iliac vein was occluded and the right external iliac vein narrowed by 80%. The left common iliac vein "
        "was occluded and the left external iliac vein was stenosed by 80%. The right common iliac vein was dilated with a 12 mm balloon "
        "and the right external iliac vein with a 10 mm. The left side was treated in the same fashion, upper lesion and lower lesion."
    )
    assert set(counted(note)) == {"right common_iliac_vein", "right external_iliac_vein", CIV, EIV}


def test_size_after_a_slash_of_with():
    note = f"{ENTRY}\n- POP: plastied 8x60 Ultraverse, 12 atm x 2 min\n- L FV: ditto w/ 8x100, hung up at 14 atm then gave\n"
    assert "left femoral_vein" in counted(note)


def test_wish_does_not_reach_over_a_clause_in_the_past_tense():
    note = (
        f"{ENTRY}The left common iliac vein had an 85% stenosis. I chose a 14 x 60 mm Atlas, so that it would be treated in a single "
        "position, and under fluoroscopy it was inflated to 16 atm."
    )
    assert counted(note) == [CIV]


def test_what_had_been_done_is_history():
    note = (
        "What had been done: at month 4 the right hepatic vein was angioplastied twice, at month 5 a 12 x 40 mm stent went in.\n"
        "Findings: The stent in the right hepatic vein is lined by tissue, 80%. This was crossed. "
        "A 12 x 40 mm Conquest was taken to 22 atm for three minutes."
    )
    assert counted(note) == ["right hepatic_vein"]


def test_numbered_stents_of_a_list_are_no_heading():
    note = (
        f"{ENTRY}\n1. Left CFV stent: 70% in-stent narrowing\n2. Left EIV stent: 60% in-stent narrowing\n\nAll ballooned, one by one:\n"
        "stent 1: Conquest 14x40 at 20 atm\nstent 2: ditto, 16 atm\n"
    )
    assert set(counted(note)) == {CFV, EIV}


@pytest.mark.parametrize(
    "sentence",
    [
        "The membrane had an 8 x 40 Sterling, the thread had a 5 x 100 balloon, and the shelf had a 10 x 40 Conquest at 20 atm.",
        "The membrane was dilated with an 8 x 40 balloon, the thread with a 6 x 100, and the shelf with a 10 x 40.",
        "We ballooned the membrane to 8 mm, the thread to 6 mm and the shelf to 10 mm.",
    ],
)
def test_a_balloon_for_each_lesion_of_a_list(sentence):
    note = (
        "FINDINGS: The right popliteal vein had a membrane. The right femoral vein was narrowed to a thread. "
        f"The right common femoral vein had a shelf.\n{ENTRY}{sentence}"
    )
    assert len(counted(note)) == 3


@pytest.mark.parametrize(
    "told",
    [
        "The right hepatic vein was found after a good deal of probing; the wedge was 26 and the ostium was 90% narrowed.",
        "The right hepatic vein was selected. At its mouth there was an 85% stenosis.",
        "Pressure in the right hepatic vein was 21, and the venogram showed a web of at least 80% there.",
    ],
)
def test_a_lesion_of_a_clause_without_a_vein_is_of_the_vein_before(told):
    note = f"{ENTRY}There was a web in the IVC. It was dilated with a 20 mm balloon. {told} It was dilated with a 10 mm balloon."
    assert counted(note) == ["none inferior_vena_cava", "right hepatic_vein"]


def test_a_waist_in_the_balloon_is_no_lesion_of_the_vein_named_last():
    note = (
        f"{ENTRY}The left common iliac vein had an 80% stenosis. A 14 mm balloon was inflated there, its tip in the left external "
        "iliac vein. There was a clear hourglass at first. It was dilated again."
    )
    assert counted(note) == [CIV]


def test_name_without_its_head_where_the_note_names_it_in_full():
    note = (
        f"{ENTRY}The right hepatic vein was dilated with a 10 mm balloon. The middle hepatic was a smaller vessel with an 85% stenosis. "
        "That too was dilated, to 8 mm."
    )
    assert counted(note) == ["right hepatic_vein", "none middle_hepatic_vein"]


def test_a_list_of_dilator_sizes_is_no_angioplasty():
    note = f"{ENTRY}The left subclavian vein was 60% narrowed. The site was dilated with 5, 6, 7 and 8F dilators. The balloon was not used."
    assert counted(note) == []


def test_coarctation_is_no_vein():
    note = f"{ENTRY}The right femoral vein was occluded. Angioplasty of the coarctation was done with a 6 mm balloon."
    assert counted(note) == []


def test_intervention_told_in_sizes_is_a_body():
    note = (
        "FINDINGS: Left innominate vein: discrete ring, 70%.\n\nINTERVENTION\n1. Innominate: 5 mm Sterling then 7 mm, 18 atm, "
        "waist gone.\nMean gradient 5 -> 2.\n"
    )
    assert counted(note) == [BCV]


def test_a_joint_is_named_for_the_vein_before():
    note = f"{ENTRY}Successful dilatation of the right hepatic vein to IVC anastomosis with a 12 mm balloon for an 80% stricture."
    assert counted(note) == ["right hepatic_vein"]


def test_an_occlusion_balloon_is_no_occlusion():
    note = (
        f"{ENTRY}A wire was parked in the right internal jugular vein and an occlusion balloon was kept ready. There was an 80% stenosis "
        "of the left brachiocephalic vein and a 70% shelf in the SVC. The former was dilated with a 10 mm balloon to 20 atm. "
        "The latter took a 12 x 40 Atlas at 12 atm."
    )
    assert counted(note) == ["left brachiocephalic_vein", "none superior_vena_cava"]


@pytest.mark.parametrize(
    ("line", "vessel"),
    [
        ("R fem v 7F in.", ("femoral_vein", "right")),
        ("L IJ 6F in (US)", ("internal_jugular_vein", "left")),
        ("8F sheath R CFV.", ("common_femoral_vein", "right")),
        ("RFV accessed, 5F, U/S.", ("femoral_vein", "right")),
    ],
)
def test_telegraphic_access(line, vessel):
    result = coded(f"{line}\nThe SVC was 80% narrowed. It was dilated with a 12 mm balloon.")
    assert [(site.vessel, site.side) for site in result.access] == [vessel]


@pytest.mark.parametrize("head", ["HISTORY: SVC syndrome.\n", "HISTORY: SVC syndrome, on losartan.\nCATH 2\n"])
def test_an_access_ends_the_history(head):
    note = f"{head}RFV accessed, 5F, U/S.\nThe SVC was 80% narrowed. It was dilated with a 12 mm balloon."
    assert counted(note) == ["none superior_vena_cava"]
    assert [(site.vessel, site.side) for site in coded(note).access] == [("femoral_vein", "right")]
