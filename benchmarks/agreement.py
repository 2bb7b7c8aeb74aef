"""Agreement of the two markings: ``python benchmarks/agreement.py`` (notes under ``corpora/second_marking``, marked blind).

Units: share of notes with the same units. Decisions: Cohen's kappa over every vein that either marking decides on
(counted or not). Spans: F1 with any shared character, one to one, by label.
"""

from __future__ import annotations

from pathlib import Path

from venocode.corpus import GoldNote, read_notes

CORPORA = Path(__file__).resolve().parent.parent / "corpora"
LABELS = ("ANGIOPLASTY", "VEIN", "FLUOROSCOPY", "ACCESS")


def notes_of(folder: Path) -> dict[str, GoldNote]:
    return {note.note_id: note for path in sorted(folder.glob("*.notes")) for note in read_notes(path)}


def decisions(note: GoldNote) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    counted = {(v["vein"], v["side"]) for v in note.gold["treated_veins"]}
    return counted, counted | {(v["vein"], v["side"]) for v in note.gold["not_counted"]}


def kappa(pairs: list[tuple[bool, bool]]) -> float:
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = first * second + (1 - first) * (1 - second)
    return (agreed - chance) / (1 - chance)


def matched(first: GoldNote, second: GoldNote, label: str) -> tuple[int, int, int]:
    a = [s for s in first.spans if s["label"] == label]
    b = [s for s in second.spans if s["label"] == label]
    free, hits = list(b), 0
    for span in a:
        found = next((s for s in free if s["start"] < span["end"] and span["start"] < s["end"]), None)
        if found is not None:
            free.remove(found)
            hits += 1
    return hits, len(a), len(b)


def main() -> None:
    first, second = notes_of(CORPORA / "notes"), notes_of(CORPORA / "second_marking")
    pairs: list[tuple[bool, bool]] = []
    for note_id, other in second.items():
        (a, all_a), (b, all_b) = decisions(first[note_id]), decisions(other)
        pairs += [(v in a, v in b) for v in sorted(all_a | all_b)]
    same = [i for i, other in second.items() if first[i].gold["codes"] == other.gold["codes"]]
    print(f"notes: {len(second)}; same units: {len(same)} ({len(same) / len(second):.3f})")
    print(f"vein decisions: {len(pairs)}; kappa {kappa(pairs):.3f}")
    for label in LABELS:
        hits, n, m = (sum(c) for c in zip(*(matched(first[i], second[i], label) for i in second), strict=True))
        print(f"{label}: F1 {2 * hits / (n + m):.3f} ({n} and {m} spans)")
    print("units differ:", ", ".join(sorted(set(second) - set(same))) or "none")


if __name__ == "__main__":
    main()
