"""Which veins an act speaks of: one small note for each way a note refers to them."""

from __future__ import annotations

import pytest
from helpers import assert_mentions, coded, counted, reasons

CIV, EIV, CFV = "left common_iliac_vein", "left external_iliac_vein", "left common_femoral_vein"
SCV, BCV = "left subclavian_vein", "left brachiocephalic_vein"
TWO = "FINDINGS: The left common iliac vein had an 80% stenosis. The left external iliac vein had a 70% stenosis.\nTECHNIQUE: "
ARM = (
    "FINDINGS: The left subclavian vein had a 70% stenosis. The left innominate vein had an 80% stenosis.\nTECHNIQUE: "
)
FOUND = [
    "Left common iliac vein: 80% stenosis",
    "Left external iliac vein: 70% stenosis",
    "Left common femoral vein: 60% stenosis",
]
LETTERS = "FINDINGS:\nA. {}.\nB. {}.\nC. {}.\nTECHNIQUE: ".format(*FOUND)
NUMBERS = "FINDINGS:\n1. {}.\n2. {}.\n3. {}.\nTECHNIQUE: ".format(*FOUND)
DASHES = "FINDINGS:\n- {}\n- {}\n- {}\nTECHNIQUE: ".format(*FOUND)
WEB = "FINDINGS: The left common iliac vein showed a web. The left common femoral vein showed a stricture.\nTECHNIQUE: "


PRONOUN = [
    ("TECHNIQUE: The left common iliac vein was tight. This was dilated with a 14 mm balloon.", [CIV]),
    (
        "TECHNIQUE: There was a 90% stenosis of the left renal vein. This was dilated with a 10 mm balloon.",
        ["left renal_vein"],
    ),
    ("TECHNIQUE: The left common iliac vein had an 80% stenosis. It was ballooned.", [CIV]),
    ("TECHNIQUE: The left common iliac vein had an 80% stenosis, which was ballooned.", [CIV]),
    (
        "TECHNIQUE: Venography showed a tight left renal vein. This was dilated with a 10 mm balloon.",
        ["left renal_vein"],
    ),
    ("TECHNIQUE: Venography showed an occluded left common iliac vein. It was ballooned.", [CIV]),
]
LESION = [
    ("TECHNIQUE: The left common iliac vein had an 80% stenosis. The lesion was dilated with a 14 mm balloon.", [CIV]),
    (
        "TECHNIQUE: The left common iliac vein had an 80% stenosis. The left external iliac vein was normal. The lesion was ballooned.",
        [CIV],
    ),
    (f"{WEB}The web was ballooned.", [CIV]),
    (f"{WEB}The stricture was ballooned.", [CFV]),
]
OTHER_SIDE = [
    (
        "TECHNIQUE: The left common iliac vein was dilated with a 14 mm balloon. The same balloon was used for the contralateral side.",
        [CIV, "right common_iliac_vein"],
    ),
    (
        "TECHNIQUE: The right and left common iliac veins were narrowed. The left was dilated with a 14 mm balloon. "
        "The same balloon was used for the contralateral side.",
        ["right common_iliac_vein", CIV],
    ),
    (
        "TECHNIQUE: The right common iliac vein was dilated with a 14 mm balloon. The left common iliac vein was treated likewise.",
        ["right common_iliac_vein", CIV],
    ),
]
REMAINING = [
    (
        "TECHNIQUE: The left common iliac, external iliac and common femoral veins were stenosed. The common iliac vein was "
        "dilated with a 14 mm balloon. The remaining two were dilated with a 12 mm balloon.",
        [CIV, EIV, CFV],
    ),
]
BOTH = [
    ("TECHNIQUE: The left subclavian and left innominate veins were stenosed. Both were ballooned.", [SCV, BCV]),
    (f"{TWO}Both lesions were ballooned.", [CIV, EIV]),
    ("TECHNIQUE: The left common and external iliac veins were 80% stenosed. They were ballooned.", [CIV, EIV]),
    (
        "TECHNIQUE: The left common iliac vein and left external iliac vein were stenosed. Both were ballooned.",
        [CIV, EIV],
    ),
]
KISSING = [
    ("TECHNIQUE: Kissing balloons were inflated in the common iliac veins.", [CIV, "right common_iliac_vein"]),
    (
        "TECHNIQUE: Kissing balloon angioplasty of both common iliac veins was performed.",
        [CIV, "right common_iliac_vein"],
    ),
]
EACH = [
    (f"{DASHES}Each in turn was ballooned to 12 mm.", [CIV, EIV, CFV]),
    (f"{TWO}Each was ballooned in turn.", [CIV, EIV]),
    (
        "TECHNIQUE: The left common iliac, external iliac and common femoral veins were stenosed. Each in turn was ballooned.",
        [CIV, EIV, CFV],
    ),
    (
        "TECHNIQUE: The left common iliac vein, left external iliac vein and left common femoral vein were stenosed. "
        "Each in turn was ballooned.",
        [CIV, EIV, CFV],
    ),
]
LISTED = [
    (f"{LETTERS}Lesions A and C were dilated with a 12 mm balloon. B was left alone.", [CIV, CFV]),
    (f"{LETTERS}Lesions A through C were ballooned.", [CIV, EIV, CFV]),
    (f"{LETTERS}A through C were ballooned.", [CIV, EIV, CFV]),
    (f"{LETTERS}Lesion B was ballooned.", [EIV]),
    (f"{NUMBERS}No. 2 was dilated with a 12 mm balloon.", [EIV]),
    (f"{NUMBERS}Rows 1-2 were ballooned with a 12 mm balloon.", [CIV, EIV]),
    (f"{NUMBERS}Lesions 1 and 3 were ballooned.", [CIV, CFV]),
]
ORDINAL = [
    (f"{TWO}The second lesion was dilated with a 12 mm balloon. The first was not treated.", [EIV]),
    (f"{TWO}The first lesion was dilated with a 12 mm balloon.", [CIV]),
    (f"{TWO}The former was dilated with a 12 mm balloon.", [CIV]),
    (f"{TWO}The latter was dilated with a 12 mm balloon.", [EIV]),
]
POSITION = [
    (f"{TWO}The upper lesion was dilated with a 12 mm balloon.", [CIV]),
    (f"{TWO}The lower lesion was dilated with a 12 mm balloon.", [EIV]),
    (f"{ARM}The central lesion was dilated with a 12 mm balloon.", [BCV]),
    (f"{ARM}The peripheral lesion was dilated with a 12 mm balloon.", [SCV]),
]
FINDINGS_THEN_ALL = [
    (f"{DASHES}All three stenoses were angioplastied with a 12 mm balloon.", [CIV, EIV, CFV]),
    (f"{NUMBERS}All lesions were ballooned.", [CIV, EIV, CFV]),
    (
        "FINDINGS: Stenoses of the left common iliac, left external iliac and left common femoral veins.\n"
        "TECHNIQUE: All three stenoses were angioplastied.",
        [CIV, EIV, CFV],
    ),
    (
        "FINDINGS: Stenoses of the left common iliac vein, left external iliac vein and left common femoral vein.\n"
        "TECHNIQUE: All three stenoses were angioplastied.",
        [CIV, EIV, CFV],
    ),
]


@pytest.mark.parametrize(
    ("note", "veins"),
    [
        *PRONOUN,
        *LESION,
        *OTHER_SIDE,
        *REMAINING,
        *BOTH,
        *KISSING,
        *EACH,
        *LISTED,
        *ORDINAL,
        *POSITION,
        *FINDINGS_THEN_ALL,
    ],
)
def test_reference(note, veins):
    assert sorted(counted(note)) == sorted(veins)


STENTS = [
    (
        "TECHNIQUE: A 14 x 60 stent was deployed in the left common iliac vein. It was dilated with a 14 mm balloon.",
        [],
        {CIV: "stent_same_vein"},
    ),
    (
        "TECHNIQUE: The left common iliac vein was predilated with a 12 mm balloon. A 14 x 60 stent was deployed and postdilated to 14 mm.",
        [],
        {CIV: "stent_same_vein"},
    ),
    (
        "TECHNIQUE: The left common iliac vein was dilated with a 12 mm balloon. Because of recoil a 14 x 60 stent was deployed there.",
        [],
        {CIV: "stent_same_vein"},
    ),
    (
        "TECHNIQUE: A 14 x 60 stent was deployed in the left common iliac vein. The left common femoral vein was ballooned.",
        [CFV],
        {CIV: "stent_same_vein"},
    ),
    (
        "TECHNIQUE: The old stent in the left common iliac vein was 70% narrowed. It was ballooned to 14 mm; no new stent was placed.",
        [CIV],
        {},
    ),
    ("TECHNIQUE: In-stent restenosis of the left common iliac vein was ballooned to 14 mm.", [CIV], {}),
]


@pytest.mark.parametrize(("note", "veins", "why"), STENTS)
def test_stent(note, veins, why):
    assert counted(note) == veins
    assert reasons(note) == why


def test_vein_dilated_around_a_stent_is_stented():
    assert_mentions(
        "TECHNIQUE: The <<V:left common_iliac_vein:stented|left common iliac vein>> was <<A:performed|predilated>>, stented with a "
        "14 x 60 stent and <<A:performed|postdilated>>."
    )


def test_other_vein_beside_a_stent_needs_the_modifier():
    note = "TECHNIQUE: A 14 x 60 stent was deployed in the left common iliac vein. The left common femoral vein was ballooned."
    assert "separate_vein_modifier" in [f.flag for f in coded(note).flags]


BALLOON_BUT_NO_ANGIOPLASTY = [
    ("An occlusion balloon was inflated in the left renal vein and sclerosant was injected.", "left renal_vein"),
    ("A balloon was inflated in the SVC to disrupt the fibrin sheath around the catheter.", "none superior_vena_cava"),
    ("The fibrin sheath in the SVC was disrupted with a 10 mm balloon.", "none superior_vena_cava"),
    ("A sizing balloon was inflated in the left common iliac vein.", CIV),
    ("A balloon was used to macerate the clot in the left common iliac vein.", CIV),
]


@pytest.mark.parametrize(("sentence", "vein"), BALLOON_BUT_NO_ANGIOPLASTY)
def test_balloon_but_no_angioplasty(sentence, vein):
    assert reasons(f"TECHNIQUE: {sentence}") == {vein: "non_angioplasty_balloon"}
    assert counted(f"TECHNIQUE: {sentence}") == []


def test_fibrin_sheath_with_a_stenosis_counts():
    note = "TECHNIQUE: The SVC had a 70% stenosis. It was dilated with a 12 mm balloon and the fibrin sheath was disrupted."
    assert counted(note) == ["none superior_vena_cava"]


ATTEMPTS = [
    "Angioplasty was attempted but the wire would not cross the lesion.",
    "The wire would not cross and angioplasty could not be performed.",
    "Attempted venoplasty; the balloon would not track.",
    "The balloon would not cross the lesion.",
    "Crossing was attempted with three wires and failed.",
]


@pytest.mark.parametrize("sentence", ATTEMPTS)
def test_attempt(sentence):
    note = f"TECHNIQUE: The left common iliac vein was occluded. {sentence}"
    assert counted(note) == []
    assert reasons(note) == {CIV: "attempted"}
    assert "attempted" in [f.flag for f in coded(note).flags]


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (
            "TECHNIQUE: The left popliteal vein was punctured. The left common iliac vein was ballooned.",
            {"left popliteal_vein": "access_only"},
        ),
        (
            "TECHNIQUE: The left common femoral vein was patent. The left common iliac vein was ballooned.",
            {CFV: "imaged_only"},
        ),
        (
            "TECHNIQUE: The left arm AV fistula was punctured. The left cephalic vein stenosis was dilated with a 7 mm balloon.",
            {"left cephalic_vein": "dialysis_circuit"},
        ),
        (
            "TECHNIQUE: One contiguous stenosis of the left common iliac vein and left external iliac vein "
            "was dilated as one with a 14 mm balloon.",
            {EIV: "bridged"},
        ),
        (
            "HISTORY: Venoplasty of the left subclavian vein in 2019.\nTECHNIQUE: The left innominate vein was ballooned.",
            {SCV: "historical"},
        ),
    ],
)
def test_reason(note, why):
    assert reasons(note) == why


def test_each_vein_counts_once():
    note = "TECHNIQUE: The left common iliac vein was ballooned at 10 mm, again at 12 mm, and again with a cutting balloon."
    assert [(c.code, c.units) for c in coded(note).codes] == [("37248", 1)]


def test_title_is_no_evidence():
    note = (
        "PROCEDURE PERFORMED: Venoplasty of the left common iliac vein\n"
        "TECHNIQUE: The left popliteal vein was punctured. The left common iliac vein was patent. No intervention was needed."
    )
    assert counted(note) == []
    assert reasons(note)[CIV] == "header_only_mismatch"


def test_title_is_no_evidence_beside_a_short_body():
    note = (
        "PROCEDURE PERFORMED: Venoplasty of the left common iliac vein\n"
        "TECHNIQUE: Venography showed a patent left common iliac vein. No intervention was needed."
    )
    assert counted(note) == []


def test_title_alone_counts_and_asks_for_review():
    result = coded("PROCEDURE PERFORMED: Venoplasty of the left common iliac vein")
    assert result.units("37248") == 1
    assert "header_only" in [f.flag for f in result.flags]
    assert result.disposition == "review"
