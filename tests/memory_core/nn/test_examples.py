"""The examples of the page about the networks run as they stand."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "nn.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {place}" for place in range(len(EXAMPLES))])
def test_the_examples_of_the_page_run(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/nn.md", "exec"), {})


def test_every_part_of_the_page_has_an_example() -> None:
    assert len(EXAMPLES) == len(re.findall(r"^## .*`\w+\.py`", PAGE, re.MULTILINE)) == 6
