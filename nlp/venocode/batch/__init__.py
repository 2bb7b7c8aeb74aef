"""The batch engine: rows in, one result record a row out, in the same order, and nothing lost.

``run_batch`` codes rows in this process with an engine at hand. ``Pool`` codes them in worker processes, and
``RunFolder`` keeps what is done on the disk, so that a run that was killed goes on (``docs/batch.md``).
"""

from __future__ import annotations

from venocode.batch.inline import run_batch
from venocode.batch.summary import CODES, Coder, Sink, Summary

__all__ = ["CODES", "Coder", "Sink", "Summary", "run_batch"]
