"""What a packet says of a place after something happened to its file: through the tool objects, on real files."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cistron.tools.errors import UsageError
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item, Packet
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

CART = '''"""Shopping carts."""

TAX_RATE = 0.19


class Cart:
    """Things that a customer wants to buy."""

    def __init__(self, owner):
        self.owner = owner
        self.items = []

    def add_item(self, name, price, quantity=1):
        """Put a product into the cart."""
        if quantity < 1:
            raise ValueError("quantity must be positive")
        self.items.append((name, price, quantity))

    def grand_total(self):
        """Sum prices with value added tax."""
        net = sum(price * quantity for _, price, quantity in self.items)
        return net * (1 + TAX_RATE)
'''
MAIL = '''"""Outgoing mail."""


def send_receipt(address, cart):
    """Mail the customer a receipt for what they bought."""
    body = f"Thank you, {cart.owner}: {cart.grand_total():.2f}"
    return deliver(address, body)


def deliver(address, body):
    """Hand a message to the relay."""
    return (address, body)
'''


class Shop:
    """A small tree, its server, and what a test does with them."""

    def __init__(self, tree: Path, store: Path) -> None:
        self.tree = tree
        self.services = Services(store, [tree])
        IngestTools(self.services).ingest(str(tree))

    def ask(self, query: str, task: str = "edit", **more: object) -> Packet:
        return PacketTools(self.services).context_packet(query, task, **more)  # type: ignore[arg-type]

    def item(self, query: str, symbol: str, task: str = "edit") -> Item:
        return next(item for item in self.ask(query, task).items if item.symbol == symbol)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.tree / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    tree = tmp_path / "shop"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "cart.py").write_text(CART, encoding="utf-8")
    (tree / "app" / "mail.py").write_text(MAIL, encoding="utf-8")
    made = Shop(tree, tmp_path / "genome.db")
    yield made
    made.services.close()


def lines_of(shop: Shop, item: Item) -> str:
    text = (shop.tree / item.path).read_text(encoding="utf-8").split("\n")
    return "\n".join(text[item.start_line - 1 : item.end_line])


def test_an_unchanged_place_is_verified_by_its_bytes_for_an_edit(shop: Shop) -> None:
    item = shop.item("where is the grand total with tax computed", "Cart.grand_total")
    assert (item.status, item.evidence.rung, item.healed) == ("verified", "bytes", False)
    assert "def grand_total" in lines_of(shop, item)


def test_a_stamp_is_proof_enough_for_an_explanation_once_it_is_old(shop: Shop) -> None:
    for name in ("cart.py", "mail.py"):
        os.utime(shop.tree / "app" / name, ns=(0, 0))
    shop.services.clock = lambda: time.time() + 60  # as if asked a minute later
    shop.services.engine().ingester._clock = shop.services.clock
    shop.ask("grand total", "explain")
    item = shop.item("grand total", "Cart.grand_total", "explain")
    assert (item.status, item.evidence.rung) == ("verified", "stat")


def test_lines_inserted_above_move_the_pointer(shop: Shop) -> None:
    before = shop.item("Cart.grand_total", "Cart.grand_total")
    shop.edit("app/cart.py", "TAX_RATE = 0.19\n", "TAX_RATE = 0.19\nCURRENCY = 'EUR'\nROUNDING = 2\n")
    after = shop.item("Cart.grand_total", "Cart.grand_total")
    assert after.start_line == before.start_line + 2
    assert (after.status, after.evidence.rung, after.healed) == ("verified", "moved", True)
    assert after.evidence.seen == "same"
    assert "def grand_total" in lines_of(shop, after)


def test_an_edit_elsewhere_in_the_file_leaves_the_span_standing(shop: Shop) -> None:
    shop.edit("app/cart.py", "net * (1 + TAX_RATE)", "round(net * (1 + TAX_RATE), 2)")
    item = shop.item("Cart.add_item", "Cart.add_item")
    assert (item.status, item.evidence.rung) == ("verified", "span")


def test_a_changed_body_is_answered_with_its_current_lines(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    shop.edit(
        "app/cart.py",
        "        return net * (1 + TAX_RATE)\n",
        "        gross = net * (1 + TAX_RATE)\n        return gross\n",
    )
    packet = shop.ask("Cart.grand_total")
    item = packet.items[0]
    assert (item.symbol, item.status, item.evidence.rung, item.evidence.seen) == (
        "Cart.grand_total",
        "verified",
        "changed",
        "older",
    )
    assert item.healed
    assert "return gross" in lines_of(shop, item)
    assert ("app/cart.py", "seen_older_version") in {(target.path, target.reason) for target in packet.refresh_targets}


def test_a_question_in_the_words_of_the_old_text_finds_what_replaced_it(shop: Shop) -> None:
    shop.edit("app/mail.py", 'body = f"Thank you, {cart.owner}: {cart.grand_total():.2f}"', "body = render(cart)")
    item = shop.item("thank you owner grand total body", "send_receipt")
    assert (item.status, item.evidence.rung, item.healed) == ("verified", "changed", True)
    assert "render(cart)" in lines_of(shop, item)


def test_a_deleted_symbol_is_named_as_gone(shop: Shop) -> None:
    text = (shop.tree / "app/cart.py").read_text(encoding="utf-8")
    (shop.tree / "app/cart.py").write_text(text[: text.index("    def grand_total")], encoding="utf-8")
    packet = shop.ask("Cart.grand_total value added tax")
    item = next(item for item in packet.items if item.symbol == "Cart.grand_total")
    assert (item.status, item.evidence.rung) == ("needs_refresh", "gone")
    assert ("app/cart.py", "gone") in {(target.path, target.reason) for target in packet.refresh_targets}


def test_a_deleted_file_is_named_as_gone_and_never_verified(shop: Shop) -> None:
    (shop.tree / "app/mail.py").unlink()
    packet = shop.ask("send_receipt to the customer address")
    of_file = [item for item in packet.items if item.path == "app/mail.py"]
    assert of_file
    assert {(item.status, item.evidence.rung) for item in of_file} == {("needs_refresh", "gone")}


def test_what_is_gone_is_forgotten_by_the_next_ingest(shop: Shop) -> None:
    (shop.tree / "app/mail.py").unlink()
    shop.ask("send_receipt")
    IngestTools(shop.services).ingest(str(shop.tree))
    assert all(item.path != "app/mail.py" for item in shop.ask("send_receipt customer").items)


def test_a_renamed_file_is_followed(shop: Shop) -> None:
    (shop.tree / "app/mail.py").rename(shop.tree / "app/post.py")
    item = shop.item("send_receipt", "send_receipt")
    assert (item.path, item.status, item.evidence.rung) == ("app/post.py", "verified", "renamed")


def test_a_symbol_moved_to_another_file_is_found_there(shop: Shop) -> None:
    start = MAIL.index("def deliver")
    (shop.tree / "app/mail.py").write_text(MAIL[:start], encoding="utf-8")
    (shop.tree / "app/relay.py").write_text(MAIL[start:], encoding="utf-8")
    packet = shop.ask("deliver a message to the relay")
    assert (packet.items[0].path, packet.items[0].symbol, packet.items[0].status) == (
        "app/relay.py",
        "deliver",
        "verified",
    )


def test_a_new_file_is_found_without_an_ingest(shop: Shop) -> None:
    shop.ask("anything at all")
    (shop.tree / "app/coupons.py").write_text(
        'def redeem_coupon(cart, code):\n    """Take a discount off the cart."""\n    return cart, code\n',
        encoding="utf-8",
    )
    first = shop.ask("redeem coupon discount").items[0]
    assert (first.path, first.symbol, first.status) == ("app/coupons.py", "redeem_coupon", "verified")


def test_a_new_folder_is_found_without_an_ingest(shop: Shop) -> None:
    shop.ask("anything at all")
    (shop.tree / "lib/deep").mkdir(parents=True)
    (shop.tree / "lib/deep/stock.py").write_text(
        "def count_inventory(shelf):\n    return len(shelf)\n", encoding="utf-8"
    )
    assert shop.ask("count inventory shelf").items[0].path == "lib/deep/stock.py"
    (shop.tree / "lib/deep/more.py").write_text("def order_pallets(supplier):\n    return supplier\n", encoding="utf-8")
    assert shop.ask("order pallets supplier").items[0].path == "lib/deep/more.py"


@pytest.mark.parametrize("task", ["explain", "edit"])
def test_a_same_size_edit_with_its_time_restored_is_seen(shop: Shop, task: str) -> None:
    file = shop.tree / "app/cart.py"
    shop.ask("Cart.grand_total", task)
    before = file.stat()
    shop.edit("app/cart.py", "net * (1 + TAX_RATE)", "net * (2 - TAX_RATE)")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    item = shop.item("Cart.grand_total", "Cart.grand_total", task)
    assert (item.evidence.rung, item.healed) == ("changed", True)


def test_touching_a_file_changes_nothing(shop: Shop) -> None:
    before = shop.item("Cart.grand_total", "Cart.grand_total")
    (shop.tree / "app/cart.py").touch()
    after = shop.item("Cart.grand_total", "Cart.grand_total")
    assert (after.status, after.healed, after.start_line) == ("verified", False, before.start_line)


def test_other_line_ends_are_the_same_text(shop: Shop) -> None:
    file = shop.tree / "app/cart.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    item = shop.item("Cart.grand_total", "Cart.grand_total")
    assert (item.status, item.evidence.rung) == ("verified", "span")


def test_a_file_that_comes_back_as_it_was_is_not_healed(shop: Shop) -> None:
    file = shop.tree / "app/mail.py"
    held = file.read_bytes()
    file.unlink()
    shop.ask("send_receipt")
    file.write_bytes(held)
    item = shop.item("send_receipt", "send_receipt")
    assert (item.status, item.healed) == ("verified", False)


def test_an_unknown_task_type_names_the_valid_ones(shop: Shop) -> None:
    with pytest.raises(
        UsageError, match="no task type 'cook'; pass one of: plan, explain, review, edit, debug, ops, quote"
    ):
        shop.ask("anything", "cook")


def test_a_question_about_something_else_gets_no_items_and_no(shop: Shop) -> None:
    packet = shop.ask("kubernetes ingress controller annotations")
    assert (packet.known, packet.reason, packet.items) == ("no", "off_topic", [])
    assert packet.escalate_to == "grep"


def test_nothing_is_verified_when_the_answer_is_not_known(shop: Shop) -> None:
    packet = shop.ask("customer kubernetes ingress annotations controller yaml manifests")
    assert packet.known == "no"
    assert all(item.status != "verified" for item in packet.items)


def test_the_same_question_has_the_same_answer(shop: Shop) -> None:
    first, second = (
        shop.ask("cart price tax").model_dump(exclude={"items": {"__all__": {"evidence", "why"}}}) for _ in range(2)
    )
    assert first == second


def test_a_session_sees_only_its_own_history(shop: Shop) -> None:
    shop.ask("Cart.grand_total", session="one")
    first = shop.ask("Cart.grand_total", session="two").items[0]
    again = shop.ask("Cart.grand_total", session="one").items[0]
    assert (first.evidence.seen, again.evidence.seen) == ("never", "same")


def test_deliveries_outlive_the_process(shop: Shop, tmp_path: Path) -> None:
    shop.ask("Cart.grand_total", session="long")
    shop.services.close()
    again = Services(tmp_path / "genome.db", [shop.tree])
    shop.edit("app/cart.py", "net * (1 + TAX_RATE)", "net * (1 - TAX_RATE)")
    plan = RefreshTools(again).refresh_targets("Cart.grand_total", session="long")
    again.close()
    assert [(target.path, target.reason) for target in plan.targets] == [("app/cart.py", "seen_older_version")]


def test_a_refresh_plan_is_empty_when_all_is_current(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    assert RefreshTools(shop.services).refresh_targets("Cart.grand_total").targets == []


def test_a_refresh_plan_keeps_to_its_budget(shop: Shop) -> None:
    shop.ask("cart item price grand total receipt")
    shop.edit("app/cart.py", "quantity", "count")
    whole = RefreshTools(shop.services).refresh_targets("Cart.add_item")
    cut = RefreshTools(shop.services).refresh_targets("Cart.add_item", budget_tokens=whole.targets[0].tokens)
    assert sum(target.tokens for target in cut.targets) <= whole.targets[0].tokens
    assert cut.left_out == len(whole.targets) - len(cut.targets)


@pytest.mark.parametrize(
    ("target", "rung"),
    [
        ("app/cart.py", "changed"),
        ("app/cart.py::Cart.grand_total", "moved"),
        ("app/cart.py:20-23", "moved"),
        ("app/mail.py", "bytes"),
    ],
)
def test_verify_tells_what_became_of_a_target(shop: Shop, target: str, rung: str) -> None:
    shop.edit("app/cart.py", "TAX_RATE = 0.19\n", "TAX_RATE = 0.19\nCURRENCY = 'EUR'\n")
    result = VerifyTools(shop.services).verify([target]).results[0]
    assert result.evidence.rung == rung
    if rung == "moved":
        assert "return net" in lines_of(shop, shop.item("Cart.grand_total", "Cart.grand_total"))


def test_verify_knows_the_version_that_an_item_was_of(shop: Shop) -> None:
    item = shop.item("Cart.grand_total", "Cart.grand_total")
    shop.edit("app/cart.py", "net * (1 + TAX_RATE)", "net * (1 - TAX_RATE)")
    shop.ask("cart")
    result = VerifyTools(shop.services).verify([item.id]).results[0]
    assert (result.status, result.evidence.rung, result.symbol) == ("needs_refresh", "changed", "Cart.grand_total")


def test_what_was_used_is_followed_and_logged(shop: Shop) -> None:
    shop.edit("app/cart.py", "quantity", "count")
    report = VerifyTools(shop.services).verify([], used=["app/cart.py"])
    reading = shop.services.engine().database.reading()
    assert report.recorded == 1
    assert [tuple(row) for row in reading.execute("select kind from event")] == [("ingest",), ("use",), ("edit",)]


def test_a_packet_keeps_to_its_token_budget(shop: Shop) -> None:
    packet = shop.ask("app/cart.py app/mail.py", "explain", max_tokens=100)
    from cistron.tools.text import packet_text
    from cistron.tools.tokens import tokens

    assert tokens(packet_text(packet)) <= 100
    assert any("left out" in note for note in packet.notes)


def test_a_work_tree_is_answered_from_its_own_branch_though_the_store_is_shared(tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    main.mkdir()
    (main / "app.py").write_text("def pay_invoice():\n    return 'old way'\n", encoding="utf-8")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(main)]
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-qm", "one"],
        ["worktree", "add", "-qb", "new", str(other)],
    ):
        subprocess.run([*git, *words], check=True, capture_output=True)
    (other / "app.py").write_text("LIMIT = 3\n\n\ndef pay_invoice():\n    return 'new way'\n", encoding="utf-8")
    lines: list[list[tuple[str, int]]] = []
    for tree in (main, other):
        services = Services(tmp_path / "genome.db", [tree])
        IngestTools(services).ingest(str(tree))
        packet = PacketTools(services).context_packet("pay_invoice")
        lines.append([(item.path, item.start_line) for item in packet.items if item.symbol == "pay_invoice"])
        services.close()
    assert lines == [[("app.py", 1)], [("app.py", 4)]]


def test_verify_reports_on_an_ingest_in_the_background(shop: Shop) -> None:
    started = IngestTools(shop.services).ingest(str(shop.tree), wait=False)
    assert started.job is not None
    next(job for job in shop.services.jobs.all() if job.id == started.job).ended.wait(10)
    result = VerifyTools(shop.services).verify([started.job]).results[0]
    assert (result.status, result.note) == ("verified", "done: 0 files read, 2 unchanged, 0 gone")
