"""The text layer: what a raw note is read as, and where each piece stood."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from venocode.text import NoteText, read_note

WRAPPED_AT_60 = (
    "Through the right femoral sheath a stiff wire was advanced\n"
    "into the cava. The left renal vein was found tight where it\n"
    "passes under the artery. A 10 mm balloon was placed across\n"
    "the narrowing and brought to 8 atm for two minutes. Renal\n"
    "venography afterwards showed prompt flow and no collateral.\n"
)


def marked(note: NoteText) -> str:
    """The text with its column gaps shown as ``|``."""
    return "".join("|" if offset in note.gaps else sign for offset, sign in enumerate(note.text))


CHARACTERS = [
    ("no-break and thin spaces", "left\xa0iliac\u2009\u2009vein", "left iliac vein"),
    ("invisible signs", "sub\xadclav\u200bian\ufeff vein", "subclavian vein"),
    ("ligatures", "\ufb01stula, in\ufb02ow, di\ufb03cult", "fistula, inflow, difficult"),
    ("quotes", "Hunter\u2019s canal, \u201ctight\u201d", 'Hunter\'s canal, "tight"'),
    ("dashes", "20\u201325 % \u2014 no leak", "20-25 % - no leak"),
    ("bullets", "\u2022 one\n\u25aa\ttwo\n  \u25cfthree", "* one\n* two\n* three"),
    ("a dot inside a line", "dose 7\u00b75 Gy\u00b7cm2", "dose 7\u00b75 Gy\u00b7cm2"),
    ("other line ends", "ONE\r\nTWO\rTHREE\x0bFOUR\u2028FIVE\x0cSIX", "ONE\nTWO\nTHREE\nFOUR\nFIVE\n\nSIX"),
    ("kept signs", "95 \u00b5g, 37 \u00b0C, < 5 %, caf\u00e9", "95 \u00b5g, 37 \u00b0C, < 5 %, caf\u00e9"),
    ("runs inside a phrase", "the left   common\tiliac  vein was dilated", "the left common iliac vein was dilated"),
    ("edges and blank lines", "\n\n  One.  \n \t \n\n\nTwo.\n\n", "One.\n\nTwo."),
    ("nothing", "", ""),
    ("only white space", " \n\t\x0c ", ""),
]


@pytest.mark.parametrize(("raw", "clean"), [row[1:] for row in CHARACTERS], ids=[row[0] for row in CHARACTERS])
def test_characters(raw: str, clean: str) -> None:
    assert read_note(raw).text == clean


WRAPS = [
    ("prose cut at sixty columns", WRAPPED_AT_60, " ".join(WRAPPED_AT_60.split())),
    (
        "a paragraph border stays",
        WRAPPED_AT_60 + "\n" + WRAPPED_AT_60,
        " ".join(WRAPPED_AT_60.split()) + "\n\n" + " ".join(WRAPPED_AT_60.split()),
    ),
    (
        "a wrapped word",
        WRAPPED_AT_60 + "The second sheath was removed and the patient had angio-\nplasty of nothing else.",
        " ".join(WRAPPED_AT_60.split())
        + " The second sheath was removed and the patient had angioplasty of nothing else.",
    ),
    (
        "a compound at the wrap keeps its hyphen",
        WRAPPED_AT_60 + "The tight place was then treated once more with a drug-\ncoated balloon.",
        " ".join(WRAPPED_AT_60.split()) + " The tight place was then treated once more with a drug-coated balloon.",
    ),
    (
        "a small letter after an open end",
        "Venogram today shows a tight left renal vein\nunder the artery.",
        "Venogram today shows a tight left renal vein under the artery.",
    ),
    (
        "a line that ends in a preposition",
        "The balloon was brought up into the\nSVC and opened there.",
        "The balloon was brought up into the SVC and opened there.",
    ),
    (
        "text hanging under a bullet",
        " - Renal vein: tight,\n   long segment.\n - Gonadal vein: large,\n   not treated.",
        "- Renal vein: tight, long segment.\n- Gonadal vein: large, not treated.",
    ),
    (
        "text hanging under a field",
        "Indication:   flank pain and blood in the urine for two years, seen in the\n"
        "              Renal clinic twice.\nSurgeon:      Okafor-Lind",
        "Indication: flank pain and blood in the urine for two years, seen in the Renal clinic twice.\n"
        "Surgeon: Okafor-Lind",
    ),
]


@pytest.mark.parametrize(("raw", "clean"), [row[1:] for row in WRAPS], ids=[row[0] for row in WRAPS])
def test_wraps_are_joined(raw: str, clean: str) -> None:
    assert read_note(raw).text == clean
    assert read_note(raw.replace("\n", "\r\n")).text == clean


def test_a_label_at_the_end_of_a_full_line_keeps_its_value() -> None:
    raw = WRAPPED_AT_60 + "There was no clot in the cava nor in the iliacs. Pressures:\n6 mmHg before and 1 after.\n"
    assert read_note(raw).text == " ".join(raw.split())
    assert read_note(WRAPPED_AT_60 + "Pressures:\n6 before").text.endswith("Pressures:\n6 before")


BORDERS = [
    ("numbers", "PROCEDURES\n1. Venogram\n2. Angioplasty, left renal vein\n3. Pressures"),
    ("other enumerators", "(i) renal vein dilated\n(ii) gonadal vein left\na. first run\n#3 second run\n2) third run"),
    ("bullets", "- renal vein, balloon, good result\n- gonadal vein, no balloon\n* lumbar vein, none"),
    ("clock times", "0905 sheath in, right groin, by ultrasound\n0911 heparin 4000\n14:20 sheath out"),
    ("four-digit times in a log", "1005 wire across the tight place\n1012 balloon up for two minutes"),
    ("headings with a colon", "Anes: MAC with local and some ketamine\nFINDINGS: tight renal vein\nEBL: 5 mL"),
    ("small-letter labels", "dx: left flank pain and blood in urine\nproc: venogram and balloon\ndispo: home"),
    ("dot leaders", "Left renal vein, before the balloon and after .... 80 %\nleft gonadal vein .... 10 mm"),
    ("rules with words", "--- ADDENDUM of the same evening by the registrar ---\nleg soft"),
    ("headings in capitals", "The patient went to recovery awake\nPLAN OF CARE\nClinic in a month"),
    ("short unwrapped lines", "Renal vein 80 %\nGonadal vein 10 mm\nNo stent\nHome tomorrow"),
    (
        "small-letter list lines",
        "renal vein, left, dilated with a ten balloon\ngonadal vein, left, large and not touched",
    ),
]


@pytest.mark.parametrize("raw", [row[1] for row in BORDERS], ids=[row[0] for row in BORDERS])
def test_lines_with_a_structure_stay_apart(raw: str) -> None:
    assert read_note(raw).text == raw
    assert read_note(WRAPPED_AT_60 + "\n" + raw).text == " ".join(WRAPPED_AT_60.split()) + "\n\n" + raw


def test_a_number_in_wrapped_prose_is_not_a_list_item() -> None:
    raw = "It was opened again, and this time brought to\n14. Flow was good."
    assert read_note(raw).text == raw.replace("\n", " ")


COLUMNS = [
    (
        "table rows",
        "Segment            Before    Balloon\nleft renal vein    80 %      10 x 40\ngonadal vein       none      none",
        "Segment|Before|Balloon\nleft renal vein|80 %|10 x 40\ngonadal vein|none|none",
    ),
    (
        "header fields",
        "Patient: K. L.    Age 44\tWard 7\nSurgeon: Okafor-Lind",
        "Patient: K. L.|Age 44|Ward 7\nSurgeon: Okafor-Lind",
    ),
    ("a labelled field", "Anesthesia: local.     EBL: 5 mL", "Anesthesia: local.|EBL: 5 mL"),
    ("prose", "the left   common\tiliac vein was dilated", "the left common iliac vein was dilated"),
    ("two columns of blank are no gap", "Renal vein.  Gonadal vein.", "Renal vein. Gonadal vein."),
]


@pytest.mark.parametrize(("raw", "clean"), [row[1:] for row in COLUMNS], ids=[row[0] for row in COLUMNS])
def test_gaps(raw: str, clean: str) -> None:
    assert marked(read_note(raw)) == clean


def test_page_numbers_do_not_split_a_sentence() -> None:
    half = WRAPPED_AT_60.index("passes")
    raw = WRAPPED_AT_60[:half] + "\n\n      Page 1 of 2\n\x0c\n" + WRAPPED_AT_60[half:]
    assert read_note(raw).text == " ".join(WRAPPED_AT_60.split())


def test_repeated_page_headers_go() -> None:
    head = "NORTH QUAY CLINIC     K. L.  MRN 77-1\n"
    first = f"{head}The renal vein was entered and a wire was\n-1-\n"
    raw = f"{first}\x0c{head}advanced into the cava.\n\x0c{head}Plan: home."
    assert read_note(raw).text == (
        "NORTH QUAY CLINIC K. L. MRN 77-1\nThe renal vein was entered and a wire was advanced into the cava.\n\n"
        "Plan: home."
    )


def test_numbered_page_headers_go() -> None:
    head = "North Quay Clinic   K. L.   Page {} of 3\nOPERATION RECORD\n"
    raw = head.format(1) + "The renal vein was entered and a wire was\n" + head.format(2) + "advanced into the cava.\n"
    raw += head.format(3) + "Plan: home."
    assert read_note(raw).text == (
        "North Quay Clinic K. L. Page 1 of 3\nOPERATION RECORD\n"
        "The renal vein was entered and a wire was advanced into the cava.\n\nPlan: home."
    )


def test_equal_lines_of_a_list_stay() -> None:
    raw = "Page 1 of 2\nRight:\nresidual 20 %\nLeft:\nresidual 20 %\n\x0cGonadal:\nresidual 20 %"
    assert read_note(raw).text.count("residual 20 %") == 3


def test_page_in_prose_stays() -> None:
    raw = "See page 2 of 3 of the record.\nPage 2 of the consent was signed."
    assert read_note(raw).text == raw


ARCHIVES = [
    (
        "headings, sentences and lists",
        "DIAGNOSES:,1. Flank pain.,2. Tight renal vein.,PROCEDURE: , Venogram.,ANESTHESIA:,  Local, with sedation.",
        "DIAGNOSES:\n1. Flank pain.\n2. Tight renal vein.\nPROCEDURE: Venogram.\nANESTHESIA: Local, with sedation.",
    ),
    (
        "headings without a colon",
        "FINAL DIAGNOSES,1.  Flank pain. ,2.  Tight renal vein.,OPERATION PERFORMED,Venogram.,PLAN,Home.",
        "FINAL DIAGNOSES\n1. Flank pain.\n2. Tight renal vein.\nOPERATION PERFORMED\nVenogram.\nPLAN\nHome.",
    ),
    (
        "no full stop before the border",
        "ANESTHESIA:, General,DRAINS:, None,BLOOD LOSS:, 5 mL,,PLAN: ,Home",
        "ANESTHESIA: General\nDRAINS: None\nBLOOD LOSS: 5 mL\nPLAN: Home",
    ),
    ("a single heading", "OPERATIVE NOTE: ,The arm, then the leg.", "OPERATIVE NOTE: The arm, then the leg."),
    (
        "commas of prose",
        "DRUGS: , Aspirin q.d., Coreg b.i.d., and 13,000 units.,NOTE: , It was wide, clean, etc., and left.",
        "DRUGS: Aspirin q.d., Coreg b.i.d., and 13,000 units.\nNOTE: It was wide, clean, etc., and left.",
    ),
]


@pytest.mark.parametrize(("raw", "clean"), [row[1:] for row in ARCHIVES], ids=[row[0] for row in ARCHIVES])
def test_archives(raw: str, clean: str) -> None:
    note = read_note(raw)
    assert note.text == clean
    assert read_note(clean).text == clean
    for word in re.finditer(r"\S+", note.text):
        start, end = note.to_source(*word.span())
        assert raw[start:end] == word[0]


@pytest.mark.parametrize(
    "raw",
    [
        "Seen by A. Moreau, M.D., Staff. It was wide, clean, etc., and left.",
        "Drugs:\n" + "Aspirin q.d., Coreg b.i.d., and a third., no other.\n" * 6 + "Given by: , staff",
    ],
)
def test_commas_outside_archives_stay(raw: str) -> None:
    assert read_note(raw).text.count(",") == raw.count(",")


HTML = [
    (
        "blocks",
        "<html><body><h2>Plan</h2><p>Home.</p>\n<p>Clinic<br/>soon.</p></body></html>",
        "Plan\nHome.\nClinic\nsoon.",
    ),
    ("inline tags and line ends", "<div>left <b>renal</b>\n   <i>vein</i></div>", "left renal vein"),
    ("entities", "<p>&lt;5&nbsp;mL &amp; 37&deg;, 2&#8211;3 caf&eacute;</p>", "<5 mL & 37\xb0, 2-3 caf\xe9"),
    ("hidden parts", "<style>p {}</style><p>One<!-- no --> two</p><script>if (a<b) c()</script>", "One two"),
    ("lists", "<ul><li>renal<li>gonadal</ul>", "renal\ngonadal"),
    ("a bare less-than", "<p>EBL <5, residual <30%, <20 % left</p>", "EBL <5, residual <30%, <20 % left"),
    ("rows", "<table><tr><th>Vein<th>mm</tr><tr><td><p>renal</p></td><td>10</td></tr></table>", "Vein|mm\nrenal|10"),
    ("paragraph gap", "<p>One.</p><p>&nbsp;</p><p>Two.</p>", "One.\n\nTwo."),
    ("unknown tags are text", "<p>Dr <Name> came</p>", "Dr <Name> came"),
    ("text behind the last tag", "<b>Plan</b> home &lt; 2 d", "Plan home < 2 d"),
    (
        "stray tags in a plain note",
        "Line <b>one</b> of it.\n\nPlan: home\n1. Rest\n2. Walk",
        "Line one of it.\n\nPlan: home\n1. Rest\n2. Walk",
    ),
    ("an unclosed comment", "<p>One</p><!-- two", "One\n!-- two"),
]


@pytest.mark.parametrize(("raw", "clean"), [row[1:] for row in HTML], ids=[row[0] for row in HTML])
def test_html(raw: str, clean: str) -> None:
    note = read_note(raw)
    assert (note.format, marked(note)) == ("html", clean)


def test_html_offsets() -> None:
    raw = "<p>EBL&nbsp;&lt;5 mL</p>\r\n<p>caf&eacute;\n<b>renal</b> vein</p>"
    note = read_note(raw)
    assert quoted(note, "<5") == "&lt;5"
    assert quoted(note, "caf\xe9") == "caf&eacute;"
    assert quoted(note, "renal vein") == "renal</b> vein"


def test_a_comparison_is_not_html() -> None:
    raw = "Residual <30% and <20 % left, EBL <5, p<b or a>b."
    note = read_note(raw)
    assert (note.format, note.text) == ("plain", raw)


RTF = r"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\info{\author Arial}}\fs20
\b PLAN \b0\par
Patient: K. L.\tab Age 44\tab Ward 7\par
\par
\u8226? caf\'e9 au lait, left {\i renal} vein, 2\u8211-3 mm, \{sic\}\line Home.\par
{\trowd renal\cell 80 %\cell 10 mm\cell\row}}"""


def test_rtf() -> None:
    note = read_note(RTF)
    assert note.format == "rtf"
    assert marked(note) == (
        "PLAN\nPatient: K. L.|Age 44|Ward 7\n\n* caf\xe9 au lait, left renal vein, 2-3 mm, {sic}\nHome.\n"
        "renal|80 %|10 mm"
    )
    assert quoted(note, "caf\xe9") == r"caf\'e9"
    assert quoted(note, "renal vein") == r"renal} vein"
    assert quoted(note, "2-3") == r"2\u8211-3"
    assert quoted(note, "Home.") == "Home."
    assert quoted(note, "*") == r"\u8226?"


@pytest.mark.parametrize(
    "raw",
    [
        r"{\rtf1 left \uc1\u renal vein}",
        r"{\rtf1 {\field{\*\fldinst{HYPERLINK "
        r'"x"}}{\fldrslt renal}} vein\par}',
        r"{\rtf1 a\u99999999? b",
        r"{\rtf1 }}}{{{ \'zz \\\ ",
        r"{\rtf1\fbidi {\*\unknown x}\'82\'a0 renal",
        r"{\rtf",
    ],
)
def test_odd_rtf_never_fails(raw: str) -> None:
    check_offsets(read_note(raw))


def test_rtf_that_cannot_be_converted_is_plain() -> None:
    assert read_note(r"{\rtf1 a\u99999999? renal vein").format == "plain"


def quoted(note: NoteText, phrase: str) -> str:
    """What the source holds for a phrase of the text."""
    start = note.text.index(phrase)
    first, last = note.to_source(start, start + len(phrase))
    return note.source[first:last]


def check_offsets(note: NoteText) -> None:
    assert len(note.starts) == len(note.text) + 1 == len(note.ends) + 1
    assert note.starts[-1] == len(note.source)
    assert all(a <= b for a, b in zip(note.starts, note.starts[1:], strict=False))
    assert all(0 <= a <= b <= len(note.source) for a, b in zip(note.starts, note.ends, strict=False))
    assert all(note.text[gap] == " " for gap in note.gaps)
    assert not re.search(r"[^\S \n]| {2}| \n|\n |\n{3}|^\s|\s$", note.text)


def test_offsets_of_expanded_and_removed_characters() -> None:
    raw = "\ufb01stula\r\n\r\nsub\xadclavian\xa0\xa0 vein"
    note = read_note(raw)
    assert note.text == "fistula\n\nsubclavian vein"
    assert note.to_source(0, 7) == (0, 6)
    assert quoted(note, "subclavian vein") == "sub\xadclavian\xa0\xa0 vein"
    assert quoted(note, "i") == "\ufb01"


def test_slices_outside_the_text_are_cut() -> None:
    note = read_note("  renal  ")
    assert note.to_source(-3, 99) == (2, 7)
    assert note.to_source(5, 5) == note.to_source(9, 1) == (9, 9)


def test_a_representation_shows_no_note_text() -> None:
    assert "renal" not in repr(read_note("renal vein"))


NASTY = st.text(
    alphabet=st.sampled_from("aBcd 1.,:;-*()<>&/\\{}'\"\t\n\r\f\x0b\x1c\x1e\x1f\xa0\xad\u200b\ufb01\u2022\u2019\u2013%")
)
WORDS = st.sampled_from(
    "the of renal Renal vein. VEIN 10 40mm 1. 2) (a) - * Plan: FINDINGS: x: 0930 10:15 a balloon dilated, pressure; "
    "Page 1 of 2 LEFT IVC in was iliac venogram".split()
)
BLANKS = st.sampled_from([" ", " ", " ", " ", "  ", "    ", "\t", "\n", "\n", "\n\n", "\n   ", " \n"])
NOTES = st.lists(st.tuples(WORDS, BLANKS), max_size=60).map(lambda pairs: "".join(map("".join, pairs)))
PHRASES = st.sampled_from(
    ["FINDINGS:,", "PLAN: , ", "wide.,", "q.d., ", "none,", "Vein.,", ". ,", "1. ", ",2. ", ",,", "GO,"]
)
ARCHIVED = st.lists(st.one_of(PHRASES, WORDS), max_size=40).map("".join)


TAGS = st.sampled_from(
    "<p> </p> <td> </td> <tr> <table> <br> <b> <![if> <![CDATA[ <!-- --> <? < > &lt; &nbsp; &nbsp &foo; &#xD800; &#0; & <pre> "
    "<script> </script> <Name> vein \r\n".split(" ")
)
CONTROLS = st.sampled_from(
    r"\par |\tab |\cell |\u-3?|\u8226 ?|\uc2 |\uc|\u|\pict|\bin5 |\'e9|\'zz|{|}|\*|\ansicpg9|\f1|\fonttbl|\~|vein |é".split(
        "|"
    )
)


@given(st.lists(TAGS, max_size=25).map("".join), st.lists(CONTROLS, max_size=25).map("".join))
def test_any_markup_is_read(tags: str, controls: str) -> None:
    check_offsets(read_note("<p>" + tags))
    check_offsets(read_note("{\\rtf1 " + controls))


@given(st.one_of(st.text(), NASTY, NOTES, ARCHIVED))
@example("\x1e\x1f\x0c")
@example("<p")
@example("\ud800")
def test_any_text_is_read(raw: str) -> None:
    check_offsets(read_note(raw))
    check_offsets(read_note("<p>" + raw))
    check_offsets(read_note("{\\rtf1 " + raw))


@given(NOTES)
def test_words_survive_in_order(raw: str) -> None:
    words = " ".join(raw.split())
    if not re.search(r"Page\s+\d+\s+of\s+\d+", raw):
        assert " ".join(read_note(raw).text.split()) == words


@given(st.one_of(NASTY, NOTES))
def test_words_stand_where_the_map_says(raw: str) -> None:
    note = read_note(raw)
    for word in re.finditer(r"[A-Za-z\d]+", note.text):
        start, end = note.to_source(*word.span())
        assert re.sub("[\xad\u200b]", "", note.source[start:end]).replace("\ufb01", "fi").endswith(word[0][-1:])
        if note.format == "plain" and "-" not in raw and "\ufb01" not in raw:
            assert re.sub("[\xad\u200b]", "", raw[start:end]) == word[0]


@settings(max_examples=300)
@given(st.one_of(NASTY, NOTES, ARCHIVED))
@example("segment one   80 %   10 x 40 and so on\nsegment two   70 %   12 x 40 and so on")
def test_reading_twice_changes_nothing(raw: str) -> None:
    note = read_note(raw)
    if note.format == "plain":
        assert read_note(note.text).text == note.text


@pytest.mark.parametrize("width", [45, 52, 60, 72, 80])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_any_usual_width_is_undone(width: int, line_end: str) -> None:
    paragraphs = [
        "The right common femoral vein was entered with a needle and a sheath was placed. A wire was advanced under "
        "fluoroscopy into the cava, and a catheter was turned into the left renal vein. Venography showed a narrowing "
        "of 80 % beneath the artery with several collaterals to the lumbar veins.",
        "A 10 x 40 mm balloon was opened across it at 8 atm for two minutes. Flow was better, the gradient had fallen "
        "from 6 to 1 mmHg and the collaterals were no longer seen. No stent was placed. The patient went home the "
        "same day.",
    ]
    raw = line_end.join(textwrap.fill(part, width).replace("\n", line_end) + line_end for part in paragraphs)
    assert read_note(raw).text == "\n\n".join(paragraphs)


def test_work_grows_with_the_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of line judgements is proportional to the number of lines."""
    from venocode.text import wrapping

    calls = 0
    real = wrapping._pair

    def counted(*lines: object) -> object:
        nonlocal calls
        calls += 1
        return real(*lines)  # type: ignore[arg-type]

    monkeypatch.setattr(wrapping, "_pair", counted)
    counts = []
    for copies in (10, 40):
        calls = 0
        read_note((WRAPPED_AT_60 + "\n") * copies)
        counts.append(calls)
    assert counts[1] <= 4 * counts[0] + 4
