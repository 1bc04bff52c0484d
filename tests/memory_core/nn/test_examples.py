"""The examples of the page about the networks run as they stand."""

import re
from pathlib import Path

import pytest

from cistron.memory_core.nn.models import CELLS

PAGE = (Path(__file__).parents[3] / "docs" / "nn.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {place}" for place in range(len(EXAMPLES))])
def test_the_examples_of_the_page_run(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/nn.md", "exec"), {})


def test_every_part_of_the_page_has_an_example_and_every_architecture_is_in_one() -> None:
    parts = PAGE.split("\n## ")[1:]
    assert all("```python" in part for part in parts if re.match(r"[^\n]*`\w+\.py`", part))
    architectures = {
        "PhaseNet", "PhaseLayer", "IsometricCell", "FastWeights", "SlotMemory", "AbsorbedMemory", "Relay",
    }  # fmt: skip
    assert architectures <= set(re.findall(r"\w+", "".join(EXAMPLES)))
    assert set(re.findall(r'create_model\("(\w+)"', "".join(EXAMPLES))) == set(CELLS)
    assert "crsd_training import" in "".join(EXAMPLES)
