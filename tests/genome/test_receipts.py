"""What a receipt says after something happened to the file that it is of."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.genome.proof.profiles import PROFILES
from cistron.genome.proof.receipts import NoteProof
from cistron.genome.proof.verdict import Prover
from cistron.genome.store import notes
from cistron.tools.ingest import IngestTools
from cistron.tools.notes import NotesTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

CART = '''TAX_RATE = 0.19


class Cart:
    """Things that a customer wants."""

    def add(self, name, price):
        """Put a product into the cart."""
        if price < 0:
            raise ValueError(name)
        self.items.append((name, price))

    def total(self):
        """Sum the prices with tax."""
        return sum(price for _, price in self.items) * (1 + TAX_RATE)
'''


@pytest.fixture
def shop(tree: Path, services: Services) -> Path:
    (tree / "src").mkdir()
    (tree / "src" / "cart.py").write_text(CART)
    (tree / "settings.toml").write_text("[server]\nport = 8080\n")
    IngestTools(services).ingest(path=str(tree))
    return tree / "src" / "cart.py"


def note_on(services: Services, *targets: str, text: str = "carts are checked when filled") -> str:
    said = NotesTools(services).remember(text, derived_from=list(targets) or None)
    assert said.id is not None
    assert said.receipts
    return said.id


def proof(services: Services, note: str, task: str = "edit") -> NoteProof:
    with services.engine().database.snapshot() as connection:
        found = notes.get(connection, int(note[1:]))
        assert found is not None
        return Prover(connection, PROFILES[task]).prove_note(found)


def absorbed(services: Services) -> None:
    """Let the store follow the files, as the next question would."""
    PacketTools(services).context_packet("cart", task_type="edit")


def in_memory(services: Services) -> None:
    """Leave the store behind: the proof reads the file."""


FOLLOWED = pytest.mark.parametrize("follow", [absorbed, in_memory], ids=["store follows", "store behind"])
Follow = Callable[[Services], None]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@FOLLOWED
def test_an_edit_elsewhere_leaves_a_receipt_whole(services: Services, shop: Path, follow: Follow) -> None:
    note = note_on(services, "src/cart.py::Cart.add", "src/cart.py:13-15")
    edit(shop, "TAX_RATE = 0.19", "TAX_RATE = 0.2")
    follow(services)
    found = proof(services, note)
    assert (found.status, found.rung, found.held) == ("verified", "span", 2)


@FOLLOWED
def test_lines_above_move_a_receipt(services: Services, shop: Path, follow: Follow) -> None:
    note = note_on(services, "src/cart.py::Cart.add", "src/cart.py:9-9")
    shop.write_text("# one\n# two\n" + CART)
    follow(services)
    found = proof(services, note)
    assert (found.status, found.rung) == ("verified", "moved")
    assert [(each.start_line, each.end_line) for each in found.proofs] == [(9, 14), (11, 11)]


@FOLLOWED
def test_a_changed_span_breaks_its_note_and_is_named_with_a_diff(
    services: Services, shop: Path, follow: Follow
) -> None:
    note = note_on(services, "src/cart.py::Cart.total", "src/cart.py::Cart.add")
    edit(shop, "if price < 0:", "if price <= 0:")
    follow(services)
    found = proof(services, note)
    assert (found.status, found.rung, found.held) == ("needs_refresh", "changed", 1)
    assert found.because == "src/cart.py:7-12 (Cart.add) changed"
    assert found.diff is not None
    assert "-        if price < 0:" in found.diff.split("\n")
    assert "+        if price <= 0:" in found.diff.split("\n")
    assert len(found.diff.split("\n")) <= 11


@FOLLOWED
def test_changed_lines_break_a_receipt_of_lines(services: Services, shop: Path, follow: Follow) -> None:
    note = note_on(services, "src/cart.py:9-10")
    edit(shop, "raise ValueError(name)", "return")
    follow(services)
    found = proof(services, note)
    assert (found.status, found.because) == ("needs_refresh", "src/cart.py:9-10 (Cart.add) changed")


@FOLLOWED
def test_a_definition_or_file_that_is_gone_breaks_its_note(services: Services, shop: Path, follow: Follow) -> None:
    symbol = note_on(services, "src/cart.py::Cart.add")
    shop.write_text("class Cart:\n    pass\n")
    follow(services)
    assert (proof(services, symbol).status, proof(services, symbol).rung) == ("needs_refresh", "gone")
    path = note_on(services, "src/cart.py", text="the file matters")
    shop.unlink()
    follow(services)
    assert (proof(services, path).status, proof(services, path).rung) == ("needs_refresh", "gone")


@FOLLOWED
def test_a_literal_holds_at_another_line_and_breaks_with_another_value(
    services: Services, shop: Path, tree: Path, follow: Follow
) -> None:
    note = note_on(services, text="`server.port: 8080` is taken from settings.toml")
    (tree / "settings.toml").write_text("# a comment\n[server]\nport = 8080\n")
    follow(services)
    assert (proof(services, note).status, proof(services, note).rung) == ("verified", "moved")
    (tree / "settings.toml").write_text("[server]\nport = 9090\n")
    follow(services)
    found = proof(services, note)
    assert (found.status, found.diff) == ("needs_refresh", "-server.port = 8080\n+server.port = 9090")
    (tree / "settings.toml").write_text("[server]\n")
    follow(services)
    assert proof(services, note).rung == "gone"


def test_a_renamed_file_is_followed(services: Services, shop: Path) -> None:
    note = note_on(services, "src/cart.py::Cart.add", "src/cart.py")
    shop.rename(shop.with_name("basket.py"))
    absorbed(services)
    found = proof(services, note)
    assert found.status == "verified"
    assert {each.path for each in found.proofs} == {"src/basket.py"}
    edit(shop.with_name("basket.py"), "if price < 0:", "if price <= 0:")
    absorbed(services)
    assert proof(services, note).status == "needs_refresh"


def test_a_version_that_comes_back_mends_its_note(services: Services, shop: Path) -> None:
    note = note_on(services, "src/cart.py::Cart.add")
    edit(shop, "if price < 0:", "if price <= 0:")
    absorbed(services)
    assert proof(services, note).status == "needs_refresh"
    shop.write_text(CART)
    absorbed(services)
    assert proof(services, note).status == "verified"


def test_an_edit_of_the_same_size_with_the_old_time_is_seen_by_a_task_that_edits(
    services: Services, shop: Path
) -> None:
    note = note_on(services, "src/cart.py::Cart.add")
    then = shop.stat()
    edit(shop, "price < 0", "price > 0")
    os.utime(shop, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert proof(services, note, "edit").status == "needs_refresh"


def test_a_long_definition_is_bound_to_its_end(services: Services, tree: Path) -> None:
    body = "\n".join(
        f"    step_{number} = prepare({number}, 'a rather long line of words to fill a chunk')" for number in range(120)
    )
    (tree / "long.py").write_text(f"def long():\n{body}\n    return step_0\n")
    IngestTools(services).ingest(path=str(tree))
    note = note_on(services, "long.py::long")
    edit(tree / "long.py", "step_100 = prepare(100,", "step_100 = prepare(101,")
    assert proof(services, note).status == "needs_refresh"


def test_a_root_that_is_not_there_leaves_only_age(services: Services, shop: Path, tree: Path) -> None:
    note = note_on(services, "src/cart.py::Cart.add")
    tree.rename(tree.with_name("away"))
    found = proof(services, note)
    assert (found.rung, found.status) == ("age", "stale_risk")
    assert proof(services, note, "explain").status == "verified"


def test_a_note_without_receipts_is_as_good_as_its_age(services: Services, shop: Path) -> None:
    said = NotesTools(services).remember("Deploys happen on Tuesdays", kind="decision")
    assert said.id is not None
    found = proof(services, said.id)
    assert (found.rung, found.status, found.proofs) == ("age", "stale_risk", ())


def test_a_binary_file_is_a_receipt_by_being_there(services: Services, shop: Path, tree: Path) -> None:
    (tree / "logo.png").write_bytes(b"\x89PNG\0\0")
    note = note_on(services, "logo.png", "src")
    assert proof(services, note).status == "verified"
    (tree / "logo.png").unlink()
    assert proof(services, note).rung == "gone"
