"""Label Studio JSON (``.json``): a list of tasks, as its JSON export gives and its import takes them.

``data`` holds the text, id, style, phenomena and gold record. A mark is a region of type ``labels`` (control ``label``); its
attributes are per-region results with the same region id: ``choices`` for ``assertion``, ``role`` and ``approach``, a
``taxonomy`` for ``veins`` (side, then vein). The bookkeeping that Label Studio adds (ids, dates, lead times, drafts) is
read past. Offsets count characters; older versions counted UTF-16 units, which is recognised by the region's text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from venocode.corpus.formats.files import text_of, write_chunks
from venocode.corpus.gold import ATTRIBUTES, NOTE_KEYS, Draft, GoldNote, draft_of, place_of
from venocode.errors import CorpusError

#: Controls of the labelling interface: name and type of the per-region results.
CHOICES = ("assertion", "role", "approach")
Region = dict[str, Any]


# --- writing -------------------------------------------------------------------------------------------------------------


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write a list of annotated tasks, ready for Label Studio's import."""
    write_chunks(_chunks(notes), out)


def _chunks(notes: Iterable[GoldNote]) -> Iterator[bytes]:
    yield b"["
    for number, note in enumerate(notes):
        task = json.dumps(_task(note), ensure_ascii=False)
        yield f"{',' if number else ''}\n{task}".encode()
    yield b"\n]\n"


def _task(note: GoldNote) -> dict[str, Any]:
    data = {"text": note.text, "note_id": note.note_id, "style": note.style, "phenomena": list(note.phenomena)}
    result = [region for number, span in enumerate(note.spans, start=1) for region in _regions(f"r{number}", span)]
    return {"data": data | {"gold": note.gold}, "annotations": [{"result": result}]}


def _regions(name: str, span: Region) -> Iterator[Region]:
    place = {"start": span["start"], "end": span["end"], "text": span["text"]}

    def region(control: str, kind: str, value: list[Any]) -> Region:
        return {"id": name, "from_name": control, "to_name": "text", "type": kind, "value": place | {kind: value}}

    yield region("label", "labels", [span["label"]])
    for key in ATTRIBUTES[span["label"]]:
        if key == "veins":
            yield region(key, "taxonomy", [[vein["side"], vein["vein"]] for vein in span["veins"]])
        else:
            yield region(key, "choices", [span[key]])


# --- reading -------------------------------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[Draft]:
    """The notes of an export with everything that is wrong with each.

    Raises
    ------
    CorpusError
        When the file is no JSON list.
    """
    try:
        tasks = json.loads(text_of(path))
    except (ValueError, RecursionError):
        raise CorpusError(f"{path.name}: not valid JSON; export the project as JSON") from None
    if not isinstance(tasks, list):
        raise CorpusError(f"{path.name}: not a list of tasks; export the project as JSON")
    for number, task in enumerate(tasks, start=1):
        yield _draft(task, f"task {number}")


def _draft(task: Any, place: str) -> Draft:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict) or not isinstance(gold := data.get("gold"), dict):
        return Draft(
            place, None, ("no task with 'data' and the gold record in 'data.gold'; export the project as JSON",)
        )
    if isinstance(data.get("note_id"), str):
        place = place_of(data["note_id"])
    if taken := [key for key in NOTE_KEYS if key in gold]:
        return Draft(place, None, (f"gold record holds {', '.join(taken)}, which belong to the note; remove them",))
    try:
        result = _result(task.get("annotations"))
    except CorpusError as error:
        return Draft(place, None, (str(error),))
    spans, faults = _spans(data.get("text"), result)
    record = {key: data.get(key) for key in ("note_id", "style", "phenomena", "text")}
    return draft_of(record | gold | {"spans": spans}, place, faults)


def _result(annotations: Any) -> list[Any]:
    """The regions of the one annotation that counts."""
    kept = [a for a in _list(annotations) if isinstance(a, dict) and not a.get("was_cancelled")]
    if len(kept) > 1:
        kept = [a for a in kept if a.get("ground_truth")]
        if len(kept) != 1:
            raise CorpusError("has several annotations; set exactly one as ground truth")
    if not kept or not isinstance(result := kept[0].get("result"), list):
        raise CorpusError("has no submitted annotation; label and submit the task")
    return result


def _spans(text: Any, result: Iterable[Any]) -> tuple[list[Region], list[str]]:
    spans: dict[str, Region] = {}
    faults: list[str] = []
    labels_first = sorted(enumerate(result, start=1), key=lambda item: not _is_label(item[1]))
    for number, region in labels_first:
        name = region.get("id") if isinstance(region, dict) else None
        if not isinstance(text, str) or not isinstance(name, str) or not isinstance(region.get("value"), dict):
            faults.append(f"result {number}: no region with an id and a value; a gold note has no place for it")
            continue
        try:
            _read_region(text, name, region, spans)
        except CorpusError as error:
            faults.append(f"region {name}: {error}")
    return list(spans.values()), faults


def _is_label(region: Any) -> bool:
    return isinstance(region, dict) and region.get("type") == "labels"


def _read_region(text: str, name: str, region: Region, spans: dict[str, Region]) -> None:
    control, kind, value = str(region.get("from_name")), region.get("type"), region["value"]
    if kind == "labels":
        if name in spans:
            raise CorpusError("stands twice; give every region its own id")
        start, end = _offsets(text, value)
        label = _only(value.get("labels"))
        spans[name] = {"label": label, "start": start, "end": end, "text": text[start:end]}
        return
    if name not in spans:
        raise CorpusError("belongs to no labelled region; label the words or remove it")
    if control in spans[name]:
        raise CorpusError(f"has two values for {control}; keep one")
    if kind == "choices" and control in CHOICES:
        spans[name][control] = _only(value.get("choices"))
    elif kind == "taxonomy" and control == "veins":
        spans[name]["veins"] = [_vein(path) for path in _list(value.get("taxonomy"))]
    else:
        raise CorpusError(
            f"is of a kind a gold note has no place for; use the controls label, {', '.join(CHOICES)}, veins"
        )


def _offsets(text: str, value: Region) -> tuple[int, int]:
    """Offsets in characters."""
    start, end, shown = value.get("start"), value.get("end"), value.get("text")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise CorpusError("offsets are no place in the text; use a Text object, not HyperText")
    if shown is None or _same(text[start:end], shown):
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    before, inside = units[: 2 * start], units[2 * start : 2 * end]
    if _same(inside.decode("utf-16-le", "replace"), shown):
        first = len(before.decode("utf-16-le", "replace"))
        return first, first + len(shown)
    raise CorpusError("its text is not what stands at its offsets; label the words again")


def _same(ours: str, shown: Any) -> bool:
    """Whether the texts agree; some versions write line breaks of a region as backslash and n."""
    return shown in (ours, ours.replace("\n", "\\n"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _only(values: Any) -> Any:
    if not isinstance(values, list) or len(values) != 1:
        raise CorpusError("must have exactly one value; choose one")
    return values[0]


def _vein(path: Any) -> Any:
    side, vein = path if isinstance(path, list) and len(path) == 2 else (None, None)
    return {"side": side, "vein": vein}
