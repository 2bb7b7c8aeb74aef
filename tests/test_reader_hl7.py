"""HL7 v2 in: messages that the hl7 library made, and those only real systems make."""

from __future__ import annotations

import base64
from pathlib import Path

import hl7
import pytest

from memory import read_through
from venocode.errors import InputError
from venocode.readers import Context, Row, open_source

MSH = r"MSH|^~\&|RAD|HOSP|EHR|HOSP|20240506101112||{kind}|M{n}|P|2.5.1"
PID = "PID|1||77^^^HOSP^MR||DOE^JANE"


def mdm(*segments: str, n: int = 1, txa: str = "TXA|1|OP|TX|20240507||||||||D1^HOSP") -> str:
    return "\r".join((MSH.format(kind="MDM^T02", n=n), PID, "PV1|1|I" + "|" * 17 + "V5", txa, *segments)) + "\r"


def oru(*segments: str, n: int = 1) -> str:
    return "\r".join((MSH.format(kind="ORU^R01^ORU_R01", n=n), PID, *segments)) + "\r"


def rows(tmp_path: Path, data: str | bytes, **options: object) -> list[Row]:
    path = tmp_path / "feed.hl7"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = open_source(str(path), **options)  # type: ignore[arg-type]
    found = list(source.rows)
    source.close()
    return found


class TestMessages:
    def test_mdm(self, tmp_path: Path) -> None:
        (row,) = rows(tmp_path, mdm("OBX|1|TX|OP||left common iliac vein", "OBX|2|TX|OP||was dilated"))
        assert row == Row(1, "D1", "left common iliac vein\nwas dilated", context=Context("77", "2024-05-07", "V5"))

    def test_oru_gives_one_note_an_order_group(self, tmp_path: Path) -> None:
        data = oru(
            "OBR|1|P1|F1^RAD|37^venogram|||20240101",
            "OBX|1|FT|a||first",
            "OBX|2|NM|b||7",
            "OBR|2|P2||x",
            "OBX|1|ST|a||second",
        )
        found = rows(tmp_path, data)
        assert [(r.number, r.note_id, r.text) for r in found] == [(1, "F1", "first"), (1, "P2", "second")]
        assert [r.context.date for r in found] == ["2024-01-01", "2024-05-06"]

    def test_orders_without_a_number_are_told_apart(self, tmp_path: Path) -> None:
        data = oru("OBR|1", "OBX|1|TX|||a", "OBR|2", "OBX|1|TX|||b") + oru("OBR|1", "OBX|1|TX|||c", n=2)
        assert [r.note_id for r in rows(tmp_path, data)] == ["M1-1", "M1-2", "M2"]

    @pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
    def test_several_messages_with_any_line_end_and_envelope(self, tmp_path: Path, end: str) -> None:
        body = "".join(mdm("OBX|1|TX|||text", txa=f"TXA|1|OP||||||||||D{n}", n=n) for n in (1, 2, 3))
        data = f"FHS|^~\\&|x\rBHS|^~\\&|x\r{body}BTS|3\rFTS|1\r".replace("\r", end)
        assert [(r.number, r.note_id, r.text) for r in rows(tmp_path, data)] == [
            (1, "D1", "text"), (2, "D2", "text"), (3, "D3", "text"),
        ]  # fmt: skip

    def test_a_byte_order_mark(self, tmp_path: Path) -> None:
        assert [r.note_id for r in rows(tmp_path, "\ufeff" + mdm("OBX|1|TX|||text"))] == ["D1"]

    def test_mllp_frames(self, tmp_path: Path) -> None:
        frames = "".join(f"\x0b{mdm('OBX|1|TX|||text', txa=f'TXA|1|OP||||||||||D{n}')}\x1c\r" for n in (1, 2))
        assert [r.note_id for r in rows(tmp_path, frames)] == ["D1", "D2"]

    def test_messages_without_notes_are_passed_over_but_counted(self, tmp_path: Path) -> None:
        adt = "\r".join((MSH.format(kind="ADT^A01", n=1), PID)) + "\r"
        notice = mdm().replace("MDM^T02", "MDM^T01")
        (row,) = rows(tmp_path, adt + notice + mdm("OBX|1|TX|||text"))
        assert row.number == 3

    def test_a_message_that_the_hl7_library_made(self, tmp_path: Path) -> None:
        text = "A|B^C&D~E\\F\rnext line"
        message = hl7.parse(mdm("OBX|1|TX|||x"))
        message.segment("OBX")[5] = hl7.Field("~", [message.escape(text)])
        (row,) = rows(tmp_path, str(message))
        assert row.text == text.replace("\r", "\n")
        assert row.note_id == str(hl7.parse(str(message)).segment("TXA")[12][0][0])


class TestText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
            (r"one\.br\two\.sp2\three", "one\ntwo\n\nthree"),
            (r"\H\bold\N\ and \.in+4\indented\.fi\\.nf\ \.sk3\x", "bold and     indented    x"),
            (r"\X0D0A\\X4A6F\ caf\XC3A9\ ", "\r\nJo caf\u00e9 "),
            (r"\Zlocal\kept", "kept"),
            (r"C:\temp\new and \ alone", r"C:\temp\new and \ alone"),
            (r"\Q\ \.br", r"\Q\ \.br"),
            ("first~second~~fourth", "first\nsecond\n\nfourth"),
            ("BP 120^80 & more", "BP 120^80 & more"),
            (r"\.sp9999\x", "\n" * 100 + "x"),
        ],
    )
    def test_escapes_and_repetitions(self, tmp_path: Path, value: str, text: str) -> None:
        assert rows(tmp_path, mdm(f"OBX|1|FT|||{value}"))[0].text == text

    def test_delimiters_come_from_the_message(self, tmp_path: Path) -> None:
        data = "MSH$*%!@$R$H$E$H$2024$$MDM*T02$M1$P$2.3\rTXA$1$OP$$$$$$$$$$D9*X\rOBX$1$TX$$$a|b^c!F!d%e!R!f\r"
        assert [(r.note_id, r.text) for r in rows(tmp_path, data)] == [("D9", "a|b^c$d\ne%f")]

    def test_line_ends_inside_a_value_continue_it(self, tmp_path: Path) -> None:
        text = "TECHNIQUE:\nLeft common iliac vein\nPTA of it\nIVC: patent\nDVT\nSVC, too\nBTS 3\nMSH: none"
        assert rows(tmp_path, mdm(f"OBX|1|TX|||{text}", "OBX|2|TX|||end"))[0].text == f"{text}\nend"

    def test_character_sets(self, tmp_path: Path) -> None:
        for charset, codec in (("8859/1", "latin-1"), ("UNICODE UTF-8", "utf-8"), ("8859/15~UTF-8", "iso8859-15")):
            data = mdm("OBX|1|TX|||café").replace("|2.5.1\r", f"|2.5.1||||||{charset}\r")
            assert rows(tmp_path, data.encode(codec))[0].text == "café"
        assert rows(tmp_path, mdm("OBX|1|TX|||café").encode("cp1252"), encoding="cp1252")[0].text == "café"
        (bad,) = rows(tmp_path, mdm("OBX|1|TX|||café").encode("cp1252"))
        assert bad.problem == "message is not valid utf-8; name another encoding with --encoding"

    def test_embedded_documents(self, tmp_path: Path) -> None:
        rtf = r"{\rtf1 left common iliac vein}"
        data = base64.b64encode(rtf.encode()).decode()
        assert rows(tmp_path, mdm(f"OBX|1|ED|||SYS^TEXT^RTF^Base64^{data}"))[0].text == rtf
        assert rows(tmp_path, mdm(r"OBX|1|ED|||SYS^TEXT^HTML^A^<p>a\T\nbsp;b</p>"))[0].text == "<p>a&nbsp;b</p>"
        both = mdm(f"OBX|1|ED|||SYS^TEXT^RTF^Base64^{data}", "OBX|2|TX|||plain")
        assert rows(tmp_path, both)[0].text == "plain"
        pdf = base64.b64encode(b"%PDF-1.7").decode()
        assert "is a PDF" in (rows(tmp_path, mdm(f"OBX|1|ED|||S^AP^PDF^Base64^{pdf}"))[0].problem or "")

    def test_withdrawn_results_are_left_out(self, tmp_path: Path) -> None:
        data = mdm("OBX|1|TX|||wrong||||||W", "OBX|2|TX|||right||||||F")
        assert rows(tmp_path, data)[0].text == "right"


class TestDamage:
    @pytest.mark.parametrize(
        ("data", "wanted"),
        [
            ("MSH|^~\r", "message has no usable delimiters in MSH-2"),
            ("MSH|^^^^|a\r", "message has no usable delimiters in MSH-2"),
            (r"MSH|^~\&|a" + "\r", "message names no type in MSH-9"),
            ("secret text\r" + mdm("OBX|1|TX|||x"), "message has no MSH segment of its own"),
            (mdm(), "message holds no OBX segment"),
            (oru("OBR|1|P"), "message holds no OBX segment"),
            (oru("OBR|1|P", "OBX|1|NM|||7"), "message holds no OBX segment with text"),
            (mdm("OBX|1|ED|||a^b"), "message holds an embedded document without data"),
            (mdm("OBX|1|ED|||a^b^c^Base64^***"), "message holds an embedded document that is not valid base64"),
            (mdm("OBX|1|TX|||"), "message holds no OBX segment with text"),
            (mdm("OBX|1|TX|||x", txa="TXA|1").replace("|M1|", "||"), "note_id is missing"),
        ],
    )
    def test_bad_messages_are_rows_with_a_problem(self, tmp_path: Path, data: str, wanted: str) -> None:
        first = rows(tmp_path, data)[0]
        assert (first.problem or "").startswith(wanted)
        assert "secret" not in (first.problem or "")

    def test_a_bad_message_costs_itself_only(self, tmp_path: Path) -> None:
        data = mdm("OBX|1|TX|||a") + "MSH|^^^^|a\r" + mdm("OBX|1|TX|||b", txa="TXA|1|OP||||||||||D2")
        assert [(r.number, bool(r.problem)) for r in rows(tmp_path, data)] == [(1, False), (2, True), (3, False)]

    def test_a_text_that_only_begins_like_a_message(self, tmp_path: Path) -> None:
        data = "MSH|^~\\&|||||||MDM^T02|M1\n" + "and then running text\n" * 200_000
        (row,) = rows(tmp_path, data)
        assert row.problem == "message holds no OBX segment"

    def test_unknown_encoding(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="encoding 'klingon' is not known"):
            rows(tmp_path, "", encoding="klingon")

    def test_memory_does_not_grow_with_the_feed(self, tmp_path: Path) -> None:
        path = tmp_path / "feed.hl7"
        with path.open("w") as file:
            for n in range(3_000):
                file.write(mdm("OBX|1|TX|||" + "vein " * 2_000, txa=f"TXA|1|OP||||||||||D{n}"))
        number, peak = read_through(open_source(str(path)))
        assert number == 3_000
        assert peak < 2 * 2**20  # the file is 30 MB
