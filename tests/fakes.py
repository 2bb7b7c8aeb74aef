"""An engine that needs no language library: it finds words and fills every part of the record."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import time
from pathlib import Path
from typing import ClassVar

from venocode.errors import InputError, ModelError
from venocode.records import (
    AccessSite,
    CodeLine,
    Evidence,
    Flag,
    Mention,
    NoteResult,
    Vein,
    VeinDecision,
)

LEFT_CIV = Vein("common_iliac_vein", "left")
RIGHT_CFV = Vein("common_femoral_vein", "right")
NOTE = "Under fluoroscopy the left common iliac vein was dilated through the right common femoral vein.\n"


class FakeEngine:
    """Counts the left common iliac vein wherever it is named. Some texts break it, to try how failures are told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        self.texts.append(text)
        if "BREAK" in text:
            raise KeyError(f"secret words of the note: {text}")
        if "REFUSE" in text:
            raise InputError("note is longer than the policy allows; split it")
        if "STOP" in text:
            os.kill(os.getppid(), signal.SIGINT)  # Ctrl-C reaches the parent; the workers leave it to them
            time.sleep(60)
        found = [m.span() for m in re.finditer("left common iliac vein", text)]
        if not found:
            return NoteResult(note_id=note_id, disposition="auto", probability=0.99)
        return _result(text, note_id, found[0])


class RoughEngine(FakeEngine):
    """Some texts do to its process what notes do to a worker on a bad day."""

    identity: ClassVar[dict[str, str]] = {"version": "0", "rules": "r", "model": "m", "policy": "p"}

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__()
        self.pause = pause
        self.held: list[bytearray] = []

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        time.sleep(self.pause)
        if "SEGFAULT" in text:
            faulthandler.disable()
            os.kill(os.getpid(), signal.SIGSEGV)
        if "ENDLESS" in text:
            time.sleep(600)
        if "GROW" in text:
            self.held.append(bytearray(b"x" * 4_000_000))
        if text.startswith("ONCE ") and not Path(text[5:]).exists():
            Path(text[5:]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().code(text, note_id)


def no_model() -> RoughEngine:
    """A factory that cannot build its engine."""
    raise ModelError("model file m is missing")


def _result(text: str, note_id: str, span: tuple[int, int]) -> NoteResult:
    evidence = _evidence(text, span, "ANG-001")
    return NoteResult(
        note_id=note_id,
        codes=(CodeLine("37248", 1, (LEFT_CIV,)),),
        veins=(
            VeinDecision(LEFT_CIV, "counted", None, 0.97, (evidence,), ("P1",)),
            VeinDecision(RIGHT_CFV, "not_counted", "access_only", 0.02, (), ("P15",)),
        ),
        mentions=(
            Mention("VEIN", *span, text[slice(*span)], "technique", "VEIN-001", veins=(LEFT_CIV,), role="treated"),
            Mention("ANGIOPLASTY", *span, text[slice(*span)], "technique", "ANG-001", assertion="performed"),
        ),
        access=(AccessSite("common_femoral_vein", "right", "percutaneous"),),
        fluoroscopy=(evidence,),
        documentation={"lesion": False},
        flags=(Flag("missing:lesion"), Flag("missing:result", (evidence,))),
        disposition="review",
        probability=0.91,
        rationale=("P1: one vein was widened.",),
        provenance={"version": "0"},
    )


def _evidence(text: str, span: tuple[int, int], rule: str) -> Evidence:
    return Evidence(*span, text[slice(*span)], "technique", rule)
