"""One fingerprint over every result record: two versions with the same fingerprint give the same results.

Run: ``.venv/bin/python benchmarks/identity.py [--save FILE]``. Codes every shipped gold note and, where the folder
``../shared`` is present, its development notes and real reports. ``--save`` keeps the records, a note a line, so that a
difference can be looked up with ``diff``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from notes import DEV, REAL, gold, lines

from venocode import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", type=Path, help="file for the records, a note a line")
    arguments = parser.parse_args()
    engine = load()
    notes = [*gold(), *lines(DEV), *lines(REAL)]
    records = [json.dumps(engine.code(text, note_id).to_dict(), ensure_ascii=True) for note_id, text in notes]
    if arguments.save:
        arguments.save.write_text("\n".join(records) + "\n", encoding="utf-8")
    print(f"{len(records)} notes sha256:{hashlib.sha256(chr(10).join(records).encode()).hexdigest()}")


if __name__ == "__main__":
    main()
