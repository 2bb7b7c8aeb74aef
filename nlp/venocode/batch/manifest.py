"""What a run depends on, and what it leaves as a record of itself. Neither holds a word of a note."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from venocode.batch.folder import SCHEMA, RunFolder
from venocode.batch.summary import Summary
from venocode.readers.sql import is_url
from venocode.writers.base import output
from venocode.writers.sql import count_rows

LIBRARIES = ("spacy", "medspacy", "scikit-learn", "numpy")


def fingerprint(source: str) -> dict[str, Any]:
    """What identifies an input before it is read.

    A file is hashed. Of a directory names, sizes and times are hashed. A stream or a database has no fingerprint; the
    digest of the rows themselves is compared when a run goes on.
    """
    place = Path(source)
    if source != "-" and place.is_file():
        with place.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"kind": "file", "bytes": place.stat().st_size, "sha256": digest}
    if source != "-" and place.is_dir():
        return _directory(place)
    return {"kind": "stream"}


def _directory(root: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    files = 0
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            status = path.stat()
            files += 1
            digest.update(
                f"{path.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="replace")
            )
    return {"kind": "directory", "files": files, "sha256": digest.hexdigest()}


def run_key(source: dict[str, Any], identity: dict[str, str], options: dict[str, Any]) -> dict[str, Any]:
    """Everything an output depends on, by the name that a person is told when it has changed."""
    named = {f"option {name}": value for name, value in options.items()}
    return {"input": source, **identity, **named}


def write_manifest(
    folder: RunFolder, key: dict[str, Any], summary: Summary, written: dict[str, Any], workers: dict[str, int]
) -> None:
    """Write ``OUT.manifest.json``.

    Parameters
    ----------
    folder : RunFolder
        The finished run.
    key : dict
        From ``run_key``.
    summary : Summary
        Counts and seconds of all sessions of the run.
    written : dict
        What identifies the ``output``, and the ``quarantine`` if there is one.
    workers : dict of str to int
        How many worker processes the last session had, and how many were replaced.
    """
    content = {
        "schema": SCHEMA,
        "key": key,
        "rows": {"count": summary.rows, "digest": folder.digest},
        "coded": summary.coded,
        "quarantined": summary.quarantined,
        "reasons": dict(summary.reasons),
        "units": dict(summary.units),
        "lanes": dict(summary.lanes),
        **written,
        "seconds": round(summary.seconds, 3),
        "notes_per_second": round(summary.speed, 1),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "workers": workers,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }
    with output(str(manifest_path(folder.out))) as stream:
        stream.write(json.dumps(content, indent=1).encode("utf-8") + b"\n")


def manifest_path(out: Path) -> Path:
    """The manifest beside an output."""
    return out.with_name(f"{out.name}.manifest.json")


def finished(folder: RunFolder, key: dict[str, Any], table: str) -> Summary | None:
    """The summary of a run that is complete: its manifest has the same key and its output is as it was written."""
    try:
        content = json.loads(manifest_path(folder.out).read_bytes())
        if content["key"] != key or content["output"] != output_print(folder.name, table):
            return None
        counts = (content[name] for name in ("coded", "quarantined", "units", "lanes", "seconds", "reasons"))
        return Summary(*counts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def output_print(out: str, table: str = "") -> dict[str, Any]:
    """What identifies an output that stands: the hash of a file, the names and sizes in a directory, rows of a table."""
    if is_url(out):
        return {"table": table, "rows": count_rows(out, table)}
    place = Path(out)
    if place.is_dir():
        return _directory(place)
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"file": place.name, "bytes": place.stat().st_size, "sha256": digest}


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
