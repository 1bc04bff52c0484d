"""A flag is set once and for all of a party, survives a restart, and shows if anybody touched it."""

from pathlib import Path

import apsw
import pytest

from cistron.genome.records import Identity
from cistron.tools.errors import UsageError
from cistron.tools.flags import FlagsDamaged, FlagTools, is_set
from cistron.tools.services import Services


def names(services: Services) -> list[str]:
    return [one.name for one in FlagTools(services).flag().flags]


def test_a_flag_stays_over_a_restart_and_cannot_be_set_again(services: Services, store: Path, tree: Path) -> None:
    found = FlagTools(services).flag("api-frozen", "release 2 is out").flags
    assert [(one.name, one.by, one.reason) for one in found] == [("api-frozen", "local/agent", "release 2 is out")]
    FlagTools(services).flag("no-new-dependencies")
    services.close()
    again = Services(store, [tree])
    try:
        assert names(again) == ["api-frozen", "no-new-dependencies"]
        with pytest.raises(UsageError, match="'api-frozen' was set by local/agent"):
            FlagTools(again).flag("api-frozen", "other")
        assert is_set(again.engine().database.reading(), again.agent(), "api-frozen")
        assert not is_set(again.engine().database.reading(), again.agent(), "other")
    finally:
        again.close()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_that_is_none_is_refused(services: Services, name: str) -> None:
    with pytest.raises(UsageError):
        FlagTools(services).flag(name)
    assert names(services) == []


@pytest.mark.parametrize("change", ["delete from latch", "update latch set reason = ''", "update latch set name = 'x'"])
def test_sql_itself_refuses_to_change_or_unset_a_flag(services: Services, change: str) -> None:
    FlagTools(services).flag("a")
    with pytest.raises(apsw.ConstraintError, match="never"), services.engine().database.writing() as writer:
        writer.execute(change)
    assert names(services) == ["a"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update latch set reason = 'other' where name = 'b'", "changed from 'b' on"),
        ("update latch set by = 'other/agent' where name = 'a'", "changed from 'a' on"),
        ("update latch set at = at + 1 where name = 'c'", "changed from 'c' on"),
        ("update latch set chain = zeroblob(32) where name = 'b'", "changed from 'b' on"),
        ("delete from latch where name = 'a'", "changed from 'b' on"),
        ("delete from latch where name = 'b'", "changed from 'c' on"),
        ("delete from latch where name = 'c'", "'c' was set and taken out"),
        ("delete from latch", "was set and taken out"),
    ],
)
def test_whoever_changes_a_row_behind_our_back_is_noticed(services: Services, change: str, told: str) -> None:
    for name in "abc":
        FlagTools(services).flag(name, f"because {name}")
    with services.engine().database.writing() as writer:
        writer.execute("drop trigger latch_is_not_changed")
        writer.execute("drop trigger latch_is_not_unset")
        writer.execute(change)
    for name in (None, "d"):
        with pytest.raises(FlagsDamaged, match=told):
            FlagTools(services).flag(name)


def test_flags_are_seen_by_all_agents_of_a_party_and_by_no_other(services: Services, store: Path, tree: Path) -> None:
    FlagTools(services).flag("a")
    for identity, seen in ((Identity(participant="ann"), ["a"]), (Identity(party="elsewhere"), [])):
        other = Services(store, [tree], identity=identity)
        try:
            assert names(other) == seen
        finally:
            other.close()
