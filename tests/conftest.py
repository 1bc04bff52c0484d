"""What every test may use."""

from pathlib import Path

import pytest


@pytest.fixture
def root() -> Path:
    """The repository's own folder."""
    return Path(__file__).parent.parent
