"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postgresql import running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL server that lives as long as the test session."""
    with running_server() as url:
        yield url
