"""What every test may use."""

from pathlib import Path

import pytest

# What these assert is told in full only if pytest knows of them before they are imported.
pytest.register_assert_rewrite("tests.genome.trees", "tests.genome.faults", "tests.tools.outside")


@pytest.fixture
def root() -> Path:
    """The repository's own folder."""
    return Path(__file__).parent.parent
