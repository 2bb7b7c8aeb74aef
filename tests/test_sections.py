"""Headings in all their spellings, runs of transcription archives, and what stands before or behind a heading."""

from __future__ import annotations

import pytest
from helpers import assertions, coded, counted, engine, named

from venocode.pipes.analysis import analysis_of
from venocode.pipes.sentences import LONGEST

BALLOONED = "The left common iliac vein was ballooned."
CIV = "left common_iliac_vein"


def sections(note):
    """Names of the sections in order, without an empty preamble."""
    _, doc = engine().analyse(note)
    return [s.name for s in analysis_of(doc).sections]


HEADINGS = [
    ("PREOPERATIVE DIAGNOSIS", "preop_diagnosis"),
    ("Pre-op diagnosis", "preop_diagnosis"),
    ("POSTOPERATIVE DIAGNOSIS", "postop_diagnosis"),
    ("PROCEDURE PERFORMED", "procedure"),
    ("Procedures performed", "procedure"),
    ("TITLE OF OPERATION", "procedure"),
    ("INDICATION", "indication"),
    ("Indications for procedure", "indication"),
    ("HISTORY OF PRESENT ILLNESS", "history"),
    ("HISTORY", "history"),
    ("CONSENT", "consent"),
    ("ANESTHESIA", "anesthesia"),
    ("Anaesthesia", "anesthesia"),
    ("ACCESS", "access"),
    ("TECHNIQUE", "technique"),
    ("DESCRIPTION OF PROCEDURE", "technique"),
    ("Procedure in detail", "technique"),
    ("Operative technique", "technique"),
    ("FINDINGS", "findings"),
    ("VENOGRAM", "findings"),
    ("EBL", "ebl"),
    ("ESTIMATED BLOOD LOSS", "ebl"),
    ("COMPLICATIONS", "complications"),
    ("SPECIMENS", "specimens"),
    ("IMPLANTS", "implants"),
    ("IMPRESSION", "impression"),
    ("PLAN", "plan"),
    ("Recommendations", "plan"),
    ("ADDENDUM", "addendum"),
    ("ATTESTATION", "attestation"),
    ("CPT CODES", "codes"),
    ("Charges", "codes"),
]
SPELLINGS = [
    "{}: Text here.",
    "{}:\nText here.",
    "{}\nText here.",
    "  {} : Text here.",
    "- {}: Text here.",
    "3. {}: Text here.",
]


@pytest.mark.parametrize(("heading", "name"), HEADINGS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_heading(heading, name, spelling):
    assert sections(f"Hospital\n\n{spelling.format(heading)}")[-1] == name


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title, str.capitalize])
def test_heading_in_any_case(case):
    assert sections(f"{case('description of procedure')}: Text here.") == ["technique"]


@pytest.mark.parametrize("heading", ["HISTORY", "FINDINGS", "TECHNIQUE", "IMPRESSION"])
def test_capitals_need_no_colon(heading):
    assert sections(f"Hospital\n{heading} A text of some words.")[-1] == heading.lower()


@pytest.mark.parametrize(
    "line",
    [
        "The procedure was long.",
        "History was taken from the wife.",
        "Findings were discussed with him.",
        "No plan was made yet.",
    ],
)
def test_word_inside_prose_is_no_heading(line):
    assert sections(f"TECHNIQUE: A text.\n{line}") == ["technique"]


ARCHIVE = (
    "PREOPERATIVE DIAGNOSIS:,Swelling.,POSTOPERATIVE DIAGNOSIS:,Stenosis.,PROCEDURE PERFORMED:,1. Venography.,"
    "2. Venoplasty of the left common iliac vein.,INDICATIONS:,Swelling after venoplasty.,PROCEDURE IN DETAIL:,"
    "The left popliteal vein was punctured. The left common iliac vein was ballooned.,COMPLICATIONS:,None."
)


def test_archive_run():
    assert sections(ARCHIVE) == [
        "preop_diagnosis",
        "postop_diagnosis",
        "procedure",
        "indication",
        "technique",
        "complications",
    ]
    assert assertions(ARCHIVE) == ["performed", "historical", "performed"]
    assert counted(ARCHIVE) == [CIV]


def test_offsets_of_an_archive_run_point_into_the_note():
    assert all(ARCHIVE[m.start : m.end] == m.text for m in coded(ARCHIVE).mentions)


def test_headings_on_one_line():
    assert sections("EBL: 5 mL. COMPLICATIONS: None. PLAN: Repeat venoplasty.") == ["ebl", "complications", "plan"]


def test_procedure_as_a_title():
    note = "PROCEDURE: Venoplasty of the left common iliac vein\nTECHNIQUE: The left popliteal vein was punctured. The vein was patent."
    assert sections(note) == ["procedure", "technique"]
    assert counted(note) == []


def test_procedure_as_a_narrative():
    note = (
        "PROCEDURE: After consent the left popliteal vein was punctured and a sheath was placed. The left common iliac vein was tight. "
        "It was crossed with a wire and ballooned to 14 mm with a good result."
    )
    assert sections(note) == ["technique"]
    assert counted(note) == [CIV]


RUN_ON = [
    f"INDICATION: Swelling after venoplasty.\n\nThe patient was prepped and draped. The left popliteal vein was punctured. {BALLOONED}",
    f"HISTORY: Venoplasty in 2019. She was brought to the suite today and the left popliteal vein was punctured. {BALLOONED}",
    f"INDICATION: Swelling after venoplasty. Under lidocaine the left popliteal vein was punctured. {BALLOONED}",
]


@pytest.mark.parametrize("note", RUN_ON)
def test_history_that_runs_on_into_the_procedure(note):
    assert assertions(note) == ["historical", "performed"]
    assert counted(note) == [CIV]


def test_history_that_stays_history():
    note = (
        "HISTORY: Two years ago the left popliteal vein was punctured elsewhere. The left common iliac vein was ballooned.\n"
        "TECHNIQUE: Venography was normal."
    )
    assert assertions(note) == ["historical"]
    assert counted(note) == []


PREAMBLES = [
    (f"Dr. Smith. {BALLOONED}\nPLAN: Venoplasty again in 3 months.", ["preamble", "plan"]),
    (f"Left iliac venoplasty\n\nTECHNIQUE: {BALLOONED}", ["preamble", "technique"]),
    (BALLOONED, ["preamble"]),
]


@pytest.mark.parametrize(("note", "names"), PREAMBLES)
def test_preamble(note, names):
    assert sections(note) == names
    assert counted(note) == [CIV]


def test_mention_names_its_section():
    note = f"HISTORY: Venoplasty.\nTECHNIQUE: {BALLOONED}\nPLAN: Venoplasty."
    assert [m.section for m in coded(note).mentions if m.label == "ANGIOPLASTY"] == ["history", "technique", "plan"]


def test_addendum_takes_an_act_back():
    note = f"TECHNIQUE: {BALLOONED}\nADDENDUM: Venoplasty of the left common iliac vein was not performed."
    assert counted(note) == []


SENTENCES = [
    "Dr. Jones used a 5 Fr. sheath and the left common iliac vein was ballooned.",
    "No. 2 balloon, approx. 3.5 cm long, and the left common iliac vein was ballooned.",
    "THE LEFT COMMON ILIAC VEIN WAS BALLOONED.",
    "1) wire passed, 2) the left common iliac vein was ballooned, 3) sheath out.",
    "- wire passed\n- left common iliac vein ballooned\n- sheath out",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_sentence_borders_keep_an_act_with_its_vein(text):
    assert counted(f"TECHNIQUE: {text}") == [CIV]


def test_abbreviations_and_decimals_do_not_end_a_sentence():
    _, doc = engine().analyse(
        "TECHNIQUE: Dr. B. Jones placed a 5 Fr. sheath, approx. 3.5 cm, i.e. No. 2. It fit. Done."
    )
    texts = [doc[s.start : s.end].text for s in analysis_of(doc).sentences]
    assert texts == [
        "TECHNIQUE:",
        "Dr. B. Jones placed a 5 Fr. sheath, approx. 3.5 cm, i.e. No. 2.",
        "It fit.",
        "Done.",
    ]


@pytest.mark.parametrize("initial", ["A", "V"])
def test_initial_does_not_end_a_sentence(initial):
    _, doc = engine().analyse(f"TECHNIQUE: Dr. {initial}. Jones placed a sheath.")
    assert len(analysis_of(doc).sentences) == 2


def test_sections_do_not_leak():
    """A plan's vein takes nothing from the technique's act."""
    note = f"TECHNIQUE: {BALLOONED}\nPLAN: Image the left external iliac vein."
    assert named(note) == [CIV, "left external_iliac_vein"]
    assert counted(note) == [CIV]


def test_a_text_without_full_stops_is_cut_behind_a_comma():
    _, doc = engine().analyse("TECHNIQUE: " + "the left common iliac vein was dilated, " * 200)
    sentences = analysis_of(doc).sentences
    assert all(s.end - s.start <= LONGEST for s in sentences)
    assert {doc[s.end - 1].text for s in sentences[1:]} == {","}
    assert [s.start for s in sentences[1:]] == [s.end for s in sentences[:-1]]
    assert [s.line_start for s in sentences] == [True, True] + [False] * (len(sentences) - 2)
