"""A PostgreSQL server of the tests' own, and its programs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name: str) -> str | None:
    """A program of PostgreSQL, on the path or where Debian keeps it."""
    search = os.pathsep.join([os.environ.get("PATH", ""), *map(str, PLACES)])
    return shutil.which(name, path=search)


def account() -> dict[str, str]:
    """How to run the server: it refuses root, so root lends it another account."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name for user in pwd.getpwall()}
    return {"user": next(name for name in ("postgres", "nobody") if name in known)}


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server that is reached by a socket alone; the SQLAlchemy URL of its one database."""
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server is installed (initdb and postgres are not found)")
    place = Path(tempfile.mkdtemp(prefix="venocode-pg-"))
    run_as = account()
    if run_as:
        shutil.chown(place, run_as["user"])
    data = place / "data"
    options = ("-A", "trust", "-U", "tester", "-E", "UTF8", "--no-locale", "--no-sync")
    subprocess.run([initdb, "-D", str(data), *options], check=True, capture_output=True, cwd=place, **run_as)  # type: ignore[call-overload]
    flags = ("-k", str(place), "-c", "listen_addresses=", "-c", "fsync=off")
    process = subprocess.Popen(  # type: ignore[call-overload]
        [server, "-D", str(data), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place, **run_as
    )
    try:
        wait_for(place / ".s.PGSQL.5432", process)
        yield f"postgresql+psycopg://tester@/postgres?host={place}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(place, ignore_errors=True)


def wait_for(socket: Path, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Until the server listens."""
    end = time.monotonic() + seconds
    while not socket.exists():
        assert process.poll() is None, "the PostgreSQL server did not start"
        assert time.monotonic() < end, "the PostgreSQL server does not answer"
        time.sleep(0.05)
    time.sleep(0.2)
