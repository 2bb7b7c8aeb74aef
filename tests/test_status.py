"""What the text says of an act: performed, negated, historical, planned, attempted or other."""

from __future__ import annotations

import pytest
from helpers import assertions, coded, counted

PERFORMED = [
    "No thrombus; venoplasty was performed.",
    "No thrombus was seen and venoplasty was performed.",
    "No. 2 was dilated with a 10 mm balloon.",
    "The vein was successfully angioplastied.",
    "We proceeded with balloon angioplasty.",
    "Venoplasty was carried out without complication.",
    "Venoplasty was done with no residual stenosis.",
    "After PTA the waist was gone.",
    "Balloon dilatation to 14 mm, no recoil.",
    "As the wire could not be withdrawn, a second one was used; the lesion was ballooned.",
    "Not until the second balloon was inflated to 20 atm did the waist yield.",
    "Venoplasty was not only feasible but performed without difficulty.",
    "Despite a failed first attempt to cross, the lesion was crossed and ballooned.",
    "Stenting was not required after angioplasty.",
    "The patient declined a stent, therefore angioplasty alone was performed.",
    "Venoplasty was performed because the previous stent had narrowed.",
]

NEGATED = [
    "Venoplasty was not required.",
    "Venoplasty was deferred.",
    "No angioplasty was performed.",
    "Angioplasty was not performed.",
    "There was no need for venoplasty.",
    "We decided against balloon dilation.",
    "Balloon angioplasty was considered but not done.",
    "The patient declined venoplasty.",
    "PTA: not indicated.",
    "Neither venoplasty nor stenting was undertaken.",
    "A stent was placed instead of angioplasty.",
    "We refrained from venoplasty.",
    "Venography without angioplasty.",
    "Angioplasty was withheld because of infection.",
    "The stenosis was mild and did not warrant venoplasty.",
]

HISTORICAL = [
    "s/p venoplasty 2021.",
    "Status post balloon angioplasty last year.",
    "History of venoplasty.",
    "He had undergone angioplasty two years ago.",
    "The previously ballooned segment was patent.",
    "Prior venoplasty at another hospital.",
    "The left common iliac vein was angioplastied in 2019.",
    "Angioplasty at another hospital gave relief.",
    "Angioplasty was performed elsewhere six months ago.",
    "Last venoplasty lasted four months.",
    "The lesion had been dilated 3 months ago.",
]

PLANNED = [
    "She will return for venoplasty.",
    "Venoplasty is planned.",
    "We recommend balloon angioplasty.",
    "Consider venoplasty if symptoms recur.",
    "If it recurs, venoplasty may be repeated.",
    "He is scheduled for angioplasty next week.",
    "Venoplasty will be performed at the next visit.",
    "Low threshold for repeat venoplasty.",
    "The patient may need further angioplasty.",
    "Should the swelling return, repeat venoplasty would be offered.",
]

ATTEMPTED = [
    "Angioplasty was attempted but the wire would not cross.",
    "Attempted venoplasty; the balloon would not track.",
    "Venoplasty was attempted.",
    "Venoplasty was unsuccessful as the wire could not cross.",
    "Unsuccessful attempt at balloon angioplasty.",
    "Angioplasty was abandoned because the wire would not cross.",
    "Venoplasty was aborted before inflation.",
    "We were unable to perform venoplasty.",
    "Failed venoplasty: the occlusion was never crossed.",
    "Balloon dilation could not be performed.",
]

OTHER = [
    "The risks of angioplasty were discussed.",
    "Risks, benefits and alternatives of venoplasty were explained.",
    "Consent for venoplasty was obtained.",
    "She consented to balloon angioplasty.",
    "We discussed venoplasty and stenting.",
    "The nature of venoplasty was explained.",
    "He was counselled about venoplasty.",
    "The possibility of angioplasty was discussed.",
    "The patient signed for venography and possible venoplasty.",
    "A leaflet on venoplasty was given; information on angioplasty too.",
]

SENTENCES = [
    pytest.param(*sentence.values, status, marks=sentence.marks)
    if not isinstance(sentence, str)
    else (sentence, status)
    for status, sentences in {
        "performed": PERFORMED,
        "negated": NEGATED,
        "historical": HISTORICAL,
        "planned": PLANNED,
        "attempted": ATTEMPTED,
        "other": OTHER,
    }.items()
    for sentence in sentences
]


def one_act(sentence):
    """The sentence in the middle of a technique; every act in it is read alike."""
    return set(
        assertions(
            f"TECHNIQUE: Venography was done with a balloon catheter at hand. {sentence} The sheath was removed."
        )
    )


@pytest.mark.parametrize(("sentence", "status"), SENTENCES)
def test_wording(sentence, status):
    assert one_act(sentence) == {status}


SECTIONS = [
    ("HISTORY: Venoplasty of the left common iliac vein.", "historical"),
    ("INDICATION: Swelling after angioplasty of the left common iliac vein.", "historical"),
    ("CONSENT: Venoplasty of the left common iliac vein.", "other"),
    ("PLAN: Venoplasty of the left common iliac vein.", "planned"),
    ("RECOMMENDATION: Venoplasty of the left common iliac vein.", "planned"),
    ("PROCEDURE PERFORMED: Venoplasty of the left common iliac vein.", "performed"),
    ("IMPRESSION: Successful venoplasty of the left common iliac vein.", "performed"),
    ("CPT CODES: 37248 venoplasty of the left common iliac vein.", "other"),
]


@pytest.mark.parametrize(("note", "status"), SECTIONS)
def test_section_decides_where_no_cue_stands(note, status):
    assert assertions(note) == [status]


CLAUSES = [
    ("Venoplasty of the left vein was performed, but stenting was not required.", ["performed"]),
    ("Stenting was not required, but venoplasty was performed.", ["performed"]),
    ("Prior venoplasty elsewhere. Today the lesion was ballooned.", ["historical", "performed"]),
    ("Prior venoplasty elsewhere; today the lesion was ballooned.", ["historical", "performed"]),
    ("Prior venoplasty in 2019; today the lesion was ballooned.", ["historical", "performed"]),
    ("Angioplasty was performed; repeat venoplasty may be needed.", ["performed", "planned"]),
    ("The risks of angioplasty were discussed. Angioplasty was then performed.", ["other", "performed"]),
    ("Angioplasty of the upper lesion was attempted; the lower lesion was ballooned.", ["attempted", "performed"]),
]


@pytest.mark.parametrize(("sentence", "statuses"), CLAUSES)
def test_each_clause_speaks_for_itself(sentence, statuses):
    assert assertions(f"TECHNIQUE: {sentence}") == statuses


@pytest.mark.parametrize("status", ["negated", "historical", "planned", "attempted", "other"])
def test_only_a_performed_act_earns_a_unit(status):
    phrase = {
        "negated": "Venoplasty of the left common iliac vein was not required.",
        "historical": "s/p venoplasty of the left common iliac vein 2021.",
        "planned": "She will return for venoplasty of the left common iliac vein.",
        "attempted": "Venoplasty of the left common iliac vein was attempted but the wire would not cross.",
        "other": "The risks of venoplasty of the left common iliac vein were discussed.",
    }[status]
    result = coded(f"TECHNIQUE: Venography of the left common iliac vein was performed. {phrase}")
    assert result.codes == ()
    reason = next(v.reason for v in result.veins if v.vein.vein == "common_iliac_vein")
    assert reason == (status if status != "other" else "imaged_only")


def test_number_sign_counts_and_denies_nothing():
    note = (
        "FINDINGS:\n1. Left common iliac vein: normal.\n2. Left external iliac vein: 70% stenosis.\n"
        "TECHNIQUE: No. 2 was dilated with a 12 mm balloon."
    )
    assert counted(note) == ["left external_iliac_vein"]


def test_unfilled_template_says_nothing():
    assert assertions("TECHNIQUE: *** mm balloon angioplasty of the left common iliac vein was performed.") == ["other"]


def test_quotation_of_an_outside_report_is_history():
    quote = 'Outside hospital report: "On venography the left common iliac vein was narrow and venoplasty was performed with good flow."'
    assert assertions(f"HISTORY: Swelling.\nFINDINGS: {quote}") == ["historical"]
