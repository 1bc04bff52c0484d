"""What the best candidates call, import, test or document leads to more, if the lanes that follow it are on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.tools.explain import ExplainTools
from cistron.tools.ingest import IngestTools
from cistron.tools.models.explain import Explained
from cistron.tools.services import Services

TREE = {
    "shop/__init__.py": "",
    "shop/cart.py": "from .money import rounded\n\n\ndef add_voucher(cart, voucher):\n"
    '    """Take the voucher off what the cart costs."""\n    return rounded(cart.total - voucher.worth)\n',
    "shop/money.py": "def rounded(amount):\n    return int(amount * 20) / 20\n\n\n"
    "def spelled(amount):\n    return str(amount)\n",
    "shop/other.py": "def weigh(parcel):\n    return parcel.kilograms\n",
    "tests/test_cart.py": "from shop.cart import add_voucher\n\n\ndef test_add_voucher_below_zero():\n"
    "    # a voucher worth more than the cart costs\n    assert add_voucher(None, None) == 0\n",
    "docs/money.md": "# Money\n\nAmounts end on five cents, since no smaller coin is made: see `rounded`.\n",
}  # fmt: skip

Ask = Callable[..., dict[str, Explained]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    for path, text in TREE.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text, encoding="utf-8")

    def asked(query: str, *lanes: str) -> dict[str, Explained]:
        services = Services(
            tmp_path / "genome.db", [tmp_path / "repo"], vectors=False, lanes=dict.fromkeys(lanes, True)
        )
        assert IngestTools(services).ingest(path=str(tmp_path / "repo")).state == "done"
        items = ExplainTools(services).explain(query, 50).items
        services.close()
        return {f"{item.path}::{item.symbol}": item for item in items}

    return asked


def test_a_definition_that_the_best_place_calls_is_found_without_a_word_of_the_question(ask: Ask) -> None:
    question = "where is a voucher taken off the cart"
    assert "shop/money.py::rounded" not in ask(question)
    found = ask(question, "references")
    assert found["shop/money.py::rounded"].lanes["references"] > 0
    assert "shop/money.py::spelled" not in found
    assert found["shop/cart.py::add_voucher"].lanes["references"] > 0  # a test calls it


def test_a_file_that_the_best_one_imports_is_told_from_a_stranger(ask: Ask) -> None:
    found = ask("voucher cart rounded amount parcel kilograms", "imports")
    assert found["shop/money.py::rounded"].lanes["imports"] > 0
    assert found["shop/other.py::weigh"].lanes["imports"] == 0


def test_a_test_leads_to_what_it_tests(ask: Ask) -> None:
    found = ask("voucher worth more than zero below costs", "test-of")
    assert found["shop/cart.py::add_voucher"].lanes["test-of"] > 0
    assert found["tests/test_cart.py::test_add_voucher_below_zero"].lanes["test-of"] == 0


def test_asked_for_tests_the_definition_leads_to_its_test(ask: Ask) -> None:
    found = ask("which test covers add_voucher", "test-of")
    assert found["tests/test_cart.py::test_add_voucher_below_zero"].lanes["test-of"] > 0
    assert found["shop/cart.py::add_voucher"].lanes["test-of"] == 0


def test_documentation_leads_to_the_definition_that_it_names(ask: Ask) -> None:
    question = "why do amounts end on five cents"
    assert ask(question, "doc-of")["shop/money.py::rounded"].lanes["doc-of"] > 0


def test_asked_for_documentation_the_definition_leads_to_it(ask: Ask) -> None:
    found = ask("documentation of rounded amounts", "doc-of")
    assert found["docs/money.md::None"].lanes["doc-of"] > 0
    assert found["shop/money.py::rounded"].lanes["doc-of"] == 0
