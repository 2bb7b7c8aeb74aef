"""``venocode`` with an engine that needs no language library and parts that are written often; started to be killed."""

from __future__ import annotations

import os

from fakes import RoughEngine
from venocode.batch import folder, rows
from venocode.cli import batch, main

rows.CHUNK_CHARACTERS = 2000
folder.PART_BYTES = int(os.environ.get("PART_BYTES", "3000"))
engine = RoughEngine(float(os.environ.get("PAUSE", "0")))
batch.engine_for = lambda policy, model: engine

if __name__ == "__main__":
    main()
