"""The whole result record as nested Parquet: the columns are the keys of ``docs/result-record.md``."""

from __future__ import annotations

from typing import Any, BinaryIO

from venocode.libraries import library
from venocode.readers.rows import Row
from venocode.records import NoteResult

#: Records of a row group.
GROUP = 1_000


class ParquetWriter:
    """One row a note; ``documentation`` and ``provenance`` are maps."""

    def __init__(self, stream: BinaryIO) -> None:
        self.arrow = library("pyarrow", "parquet")
        self.schema = _schema(self.arrow)
        self.file = library("pyarrow.parquet", "parquet").ParquetWriter(stream, self.schema, compression="zstd")
        self.records: list[dict[str, Any]] = []

    def write(self, result: NoteResult, row: Row) -> None:
        record = result.to_dict()
        for key in ("documentation", "provenance"):
            record[key] = list(record[key].items())
        self.records.append(record)
        if len(self.records) >= GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self.file.close()

    def _flush(self) -> None:
        if self.records:
            self.file.write_table(self.arrow.Table.from_pylist(self.records, schema=self.schema))
            self.records = []


def _schema(pa: Any) -> Any:
    """The Arrow schema of the record; a key that a label of mention does not have is null."""
    text, number, whole, truth = pa.string(), pa.float64(), pa.int64(), pa.bool_()
    vein = {"vein": text, "side": text}
    evidence = _many(pa, {"start": whole, "end": whole, "text": text, "section": text, "rule": text})
    spot = {"label": text, "start": whole, "end": whole, "text": text, "section": text, "rule": text}
    decided = {"decision": text, "reason": text, "probability": number, "evidence": evidence, "policy": pa.list_(text)}
    site = {"vessel": text, "side": text, "approach": text, "evidence": evidence}
    fields = {
        "schema": text,
        "note_id": text,
        "codes": _many(pa, {"code": text, "units": whole, "veins": _many(pa, vein)}),
        "veins": _many(pa, {**vein, **decided}),
        "mentions": _many(pa, {**spot, "assertion": text, "veins": _many(pa, vein), "role": text, "approach": text}),
        "access": _many(pa, site),
        "fluoroscopy": pa.struct([("documented", truth), ("evidence", evidence)]),
        "documentation": pa.map_(text, truth),
        "flags": _many(pa, {"flag": text, "evidence": evidence}),
        "disposition": text,
        "probability": number,
        "rationale": pa.list_(text),
        "provenance": pa.map_(text, text),
    }
    return pa.schema(list(fields.items()))


def _many(pa: Any, fields: dict[str, Any]) -> Any:
    return pa.list_(pa.struct(list(fields.items())))
