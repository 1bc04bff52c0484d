"""How a place has changed since a session saw it, and what it rests on: through the tools, on real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cistron.genome.store import events
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item, Packet
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.services import Services
from cistron.tools.text import packet_text, verify_text
from cistron.tools.verify import VerifyTools

RATES = '''"""Tax rates."""


class Table:
    """Rates by country."""

    def look_up(self, country):
        """Return the rate of a country."""
        return self.default(country)

    def default(self, country):
        """Return the rate where none is known."""
        return 0.19


def parse_rate(text, unit="percent"):
    """Read a rate."""
    return float(text) / 100
'''
CART = '''"""Shopping carts."""

from app.rates import Table, parse_rate
from . import mail


class Cart(Table):
    """Things that a customer wants to buy."""

    def grand_total(self, net, rate):
        """Sum prices with value added tax."""
        return net * (1 + parse_rate(rate))

    def checkout(self, address):
        """Close the cart and tell the customer."""
        return mail.send_receipt(address, self.grand_total(1, "19"))


def discount(parse_rate, net):
    """Take a rebate off a net price."""
    return net - parse_rate(net)
'''
MAIL = '''"""Outgoing mail."""


def send_receipt(address, total):
    """Mail the customer a receipt."""
    return (address, total)
'''


class Shop:
    """A small tree, its server, and what a test does with them."""

    def __init__(self, tree: Path, store: Path) -> None:
        self.tree = tree
        self.store = store
        self.services = Services(store, [tree])
        IngestTools(self.services).ingest(str(tree))

    def ask(self, query: str, session: str = "one", **more: object) -> Packet:
        return PacketTools(self.services).context_packet(query, "edit", session=session, **more)  # type: ignore[arg-type]

    def item(self, symbol: str, session: str = "one") -> Item:
        return next(item for item in self.ask(symbol, session).items if item.symbol == symbol)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.tree / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.services.engine().database.reading().execute(sql)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    tree = tmp_path / "shop"
    (tree / "app").mkdir(parents=True)
    for name, text in (("__init__", ""), ("rates", RATES), ("cart", CART), ("mail", MAIL)):
        (tree / "app" / f"{name}.py").write_text(text, encoding="utf-8")
    made = Shop(tree, tmp_path / "genome.db")
    yield made
    made.services.close()


@pytest.mark.parametrize("seen", [True, False], ids=["since it was shown", "since it was ingested"])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", "unchanged"),
        ('"""Shopping carts."""', '"""Shopping carts."""\nimport os', "moved"),
        ("        return net *", "        # gross\n        return net *", "cosmetic"),
        ("net, rate):", "net, rate, rebate=0):", "signature_changed"),
        ("net * (1 +", "net * (2 +", "body_changed"),
    ],
)
def test_an_item_says_how_it_changed(shop: Shop, seen: bool, old: str, new: str, expected: str) -> None:
    if seen:
        shop.ask("Cart.grand_total")
    shop.edit("app/cart.py", old, new)
    item = shop.item("Cart.grand_total")
    assert (item.evidence.grade, item.status) == (expected, "verified")
    assert (item.diff is not None) is (seen and expected in ("signature_changed", "body_changed"))


def test_what_was_shown_comes_before_what_was_ingested(shop: Shop) -> None:
    shop.edit("app/cart.py", "net * (1 +", "net * (2 +")
    assert shop.item("Cart.grand_total").evidence.grade == "body_changed"
    assert shop.item("Cart.grand_total").evidence.grade == "unchanged"
    assert shop.item("Cart.grand_total", "two").evidence.grade == "body_changed"


def test_a_renamed_file_is_told_to_who_saw_its_old_name(shop: Shop) -> None:
    shop.ask("send_receipt")
    (shop.tree / "app/mail.py").rename(shop.tree / "app/post.py")
    item = shop.item("send_receipt")
    assert (item.path, item.evidence.grade, item.evidence.seen) == ("app/post.py", "renamed", "same")


def test_the_difference_counts_lines_as_the_file_does(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    shop.edit("app/cart.py", "net * (1 +", "net * (2 +")
    packet = shop.ask("Cart.grand_total")
    item = next(item for item in packet.items if item.symbol == "Cart.grand_total")
    line = 1 + CART[: CART.index("return net")].count("\n")
    assert item.diff is not None
    assert item.diff.split("\n") == [
        f"@@ -{line - 1},2 +{line - 1},2 @@",
        '         """Sum prices with value added tax."""',
        "-        return net * (1 + parse_rate(rate))",
        "+        return net * (2 + parse_rate(rate))",
    ]
    text = packet_text(packet)
    assert "verified [changed, body_changed, re-read, seen older]" in text
    assert "\n  +        return net * (2 +" in text


def test_a_long_difference_is_left_to_verify(shop: Shop) -> None:
    item = shop.item("Cart.grand_total")
    new = "".join(f"        step_{n} = {n}\n" for n in range(30))
    shop.edit("app/cart.py", "        return net *", f"{new}        return net *")
    assert shop.item("Cart.grand_total").diff is None
    result = VerifyTools(shop.services).verify([item.id], session="one").results[0]
    assert result.diff is not None
    assert result.diff.count("\n+") == 30


def test_a_secret_in_a_difference_stays_redacted(shop: Shop) -> None:
    item = shop.item("send_receipt")
    shop.edit("app/mail.py", "    return", '    password = "hunter2-Xy7-Qz9w8-aB3"\n    return')
    packet, report = shop.ask("send_receipt"), VerifyTools(shop.services).verify([item.id], session="one")
    assert "redacted" in (packet.items[0].diff or "")
    assert "redacted" in (report.results[0].diff or "")
    assert "hunter2" not in packet.model_dump_json() + report.model_dump_json()


@pytest.mark.parametrize(
    ("old", "new", "status", "grade"),
    [
        ("        return net *", "        # gross\n\n        return net *", "verified", "cosmetic"),
        ("net * (1 +", "net * (2 +", "needs_refresh", "body_changed"),
        ("net, rate):", "net, rate, tip):", "needs_refresh", "signature_changed"),
        ('"""Shopping', '#\n"""Shopping', "verified", "moved"),
        ("def grand_total", "def total", "needs_refresh", "gone"),
    ],
)
def test_verify_trusts_what_has_only_another_layout(shop: Shop, old: str, new: str, status: str, grade: str) -> None:
    item = shop.item("Cart.grand_total")
    shop.edit("app/cart.py", old, new)
    report = VerifyTools(shop.services).verify([item.id], session="one")
    assert (report.results[0].status, report.results[0].evidence.grade) == (status, grade)
    assert bool(report.refresh_targets) is (status != "verified")
    assert grade in verify_text(report)


def test_a_file_with_another_layout_is_verified_as_a_whole(shop: Shop) -> None:
    shop.edit("app/mail.py", "\n\n\ndef", "\n\n# sent at once\ndef")
    result = VerifyTools(shop.services).verify(["app/mail.py"]).results[0]
    assert (result.status, result.evidence.grade) == ("verified", "cosmetic")
    shop.edit("app/mail.py", "(address, total)", "(total, address)")
    result = VerifyTools(shop.services).verify(["app/mail.py"]).results[0]
    assert (result.status, result.evidence.grade) == ("needs_refresh", "body_changed")


def test_a_cosmetic_change_is_no_reason_to_read_again(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    shop.edit("app/cart.py", "        return net *", "        # gross\n        return net *")
    targets = RefreshTools(shop.services).refresh_targets("Cart.grand_total", session="one").targets
    assert {target.reason for target in targets} <= {"moved"}


@pytest.mark.parametrize(
    ("symbol", "path", "old", "new", "because"),
    [
        ("Cart.grand_total", "rates", "/ 100", "/ 1000", "app/rates.py::parse_rate body_changed"),
        ("Cart.grand_total", "rates", '"percent"', '"basis points"', "app/rates.py::parse_rate signature_changed"),
        ("Cart.grand_total", "rates", "def parse_rate", "def read_rate", "app/rates.py::parse_rate gone"),
        ("Cart.checkout", "mail", "(address, total)\n", "(total, address)\n", "app/mail.py::send_receipt body_changed"),
        ("Cart.checkout", "cart", "net * (1 +", "net * (2 +", "app/cart.py::Cart.grand_total body_changed"),
        ("Cart", "rates", "return 0.19", "return 0.2", "app/rates.py::Table.default body_changed"),
        ("Table.look_up", "rates", "return 0.19", "return 0.2", "app/rates.py::Table.default body_changed"),
    ],
    ids=["imported", "head", "gone", "of a module", "of the class", "inherited", "same file"],
)
def test_a_changed_dependency_puts_what_was_seen_at_risk(
    shop: Shop, symbol: str, path: str, old: str, new: str, because: str
) -> None:
    shop.ask(symbol)
    shop.edit(f"app/{path}.py", old, new)
    fresh = shop.item(symbol, "another")
    packet = shop.ask(symbol)
    item = next(item for item in packet.items if item.symbol == symbol)
    assert (item.evidence.grade, item.evidence.because, item.status) == ("dependency_changed", because, "stale_risk")
    assert f"dependency_changed: {because}" in packet_text(packet)
    reasons = {target.reason for target in packet.refresh_targets if target.path == because.split("::")[0]}
    assert reasons & ({"gone"} if because.endswith("gone") else {"changed", "seen_older_version"})
    assert fresh.evidence.grade == "unchanged"  # who never saw the item holds no old idea of it


@pytest.mark.parametrize(
    ("symbol", "path", "old", "new"),
    [
        ("Cart.grand_total", "rates", "    return float", "    # a share\n    return float"),
        ("Cart.grand_total", "rates", "return 0.19", "return 0.2"),
        ("Cart.grand_total", "mail", "(address, total)\n", "(total, address)\n"),
        ("discount", "rates", "/ 100", "/ 1000"),
    ],
    ids=["layout of it", "another function", "another file", "a parameter of that name"],
)
def test_what_an_item_does_not_rest_on_leaves_it_alone(shop: Shop, symbol: str, path: str, old: str, new: str) -> None:
    shop.ask(symbol)
    shop.edit(f"app/{path}.py", old, new)
    item = shop.item(symbol)
    assert (item.evidence.grade, item.evidence.because, item.status) == ("unchanged", None, "verified")


def test_a_dependency_goes_with_its_file(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    (shop.tree / "app/rates.py").unlink()
    item = shop.item("Cart.grand_total")
    assert item.evidence.because == "app/rates.py::parse_rate gone"
    VerifyTools(shop.services).verify([], used=["app/rates.py"], session="one")
    assert shop.item("Cart.grand_total").evidence.grade == "unchanged"


def test_a_change_before_a_session_saw_the_item_is_none_to_it(shop: Shop) -> None:
    shop.edit("app/rates.py", "/ 100", "/ 1000")
    shop.ask("Cart.grand_total")
    assert shop.item("Cart.grand_total").evidence.grade == "unchanged"


def test_a_dependency_that_was_changed_back_is_none(shop: Shop) -> None:
    shop.ask("Cart.grand_total")
    shop.edit("app/rates.py", "/ 100", "/ 1000")
    shop.ask("parse_rate", "another")
    shop.edit("app/rates.py", "/ 1000", "/ 100")
    assert shop.item("Cart.grand_total").evidence.grade == "unchanged"


def test_a_dependency_is_told_after_a_restart(shop: Shop) -> None:
    shop.ask("Cart.grand_total", "long")
    shop.services.close()
    shop.edit("app/rates.py", "/ 100", "/ 1000")
    shop.services = Services(shop.store, [shop.tree])
    assert shop.item("Cart.grand_total", "long").evidence.grade == "dependency_changed"


def test_what_a_file_held_before_is_kept_once_a_change(shop: Shop) -> None:
    held = shop.rows("select content from source where path = 'app/mail.py'")[0][0]
    assert shop.rows("select * from version") == []
    shop.edit("app/mail.py", "total)", "sum)")
    shop.ask("send_receipt")
    shop.ask("send_receipt")
    assert shop.rows("select content from version") == [(held,)]
    (shop.tree / "app/mail.py").unlink()
    shop.ask("send_receipt")
    assert len(shop.rows("select content from version where content is not null")) == 2


def test_a_rename_is_no_change_of_content(shop: Shop) -> None:
    (shop.tree / "app/mail.py").rename(shop.tree / "app/post.py")
    shop.ask("send_receipt")
    assert shop.rows("select * from version") == []


def test_old_versions_and_deliveries_are_let_go(shop: Shop) -> None:
    shop.ask("send_receipt", "old")
    shop.edit("app/mail.py", "total)", "sum)")
    shop.ask("send_receipt", "old")
    shop.services.engine().recorder.flush()
    assert shop.rows("select distinct session from delivery") == [("old@local.local",)]
    clock = shop.services.clock
    shop.services.engine().ingester._clock = lambda: clock() + 15 * 86_400
    IngestTools(shop.services).ingest(str(shop.tree))
    assert shop.rows("select * from version union all select 0, 0, 0, 0 from delivery") == []
    with shop.services.engine().database.snapshot() as reading:
        assert events.seen(reading, "old@local.local") == []
