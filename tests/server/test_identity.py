"""On whose behalf a call is made, from the first word of a client to the row in the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp import Client
from mcp_types import Implementation

from cistron.genome.records import Identity
from cistron.genome.store import identity as identities
from cistron.server.app import build
from cistron.server.identity import identify, system_host, system_user
from cistron.server.opening import open_services
from cistron.server.settings import read_settings
from cistron.tools.caller import Caller, acting
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio
MODES = ["legacy", "auto"]


def writers(services: Services) -> list[tuple[str, str, str, str]]:
    """The org, party, participant and agent of every event of the log."""
    reading = services.engine().database.reading()
    agents = [agent for (agent,) in reading.execute("select distinct agent from event order by agent")]
    found = [identities.actor(reading, agent) for agent in agents]
    return [(one.org, one.party, one.participant, one.agent) for one in found if one is not None]


def opened(tree: Path, environment: dict[str, str]) -> Services:
    environment = {"XDG_CONFIG_HOME": str(tree), "CISTRON_GENOME": str(tree / "genome.db"), **environment}
    return open_services(read_settings({}, environment, tree), tree, environment)


async def remember(services: Services, mode: str) -> None:
    client = Client(build(lambda: services), mode=mode, client_info=Implementation(name="claude code", version="1"))
    async with client:
        result = await client.call_tool("remember", {"text": "Installers run as root."})
        assert not result.is_error
        assert services.engine()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, ("local", system_host(), system_user(), "claude-code"), id="nothing named"),
        pytest.param({"CISTRON_LOCAL_FEDERATION": "false"}, ("local", "local", "local", "claude-code"), id="opted out"),
        pytest.param(
            {"HELIX_ORG": "acme", "HELIX_DEVICE": "laptop", "HELIX_USER": "ada", "HELIX_AGENT": "ci"},
            ("acme", "laptop", "ada", "ci"),
            id="HELIX names",
        ),
        pytest.param(
            {"HELIX_AGENT": "ci", "CISTRON_AGENT": "own", "CISTRON_PARTICIPANT": "bob"},
            ("local", system_host(), "bob", "own"),
            id="our names before HELIX",
        ),
    ],
)
async def test_the_log_names_who_wrote(
    tree: Path, monkeypatch: pytest.MonkeyPatch, mode: str, environment: dict[str, str], expected: tuple[str, ...]
) -> None:
    services = opened(tree, environment)
    close = services.close
    monkeypatch.setattr(services, "close", lambda: None)  # the client's end would close it before it is asked
    await remember(services, mode)
    assert writers(services) == [expected]
    close()


async def test_a_call_that_a_front_has_named_keeps_its_name(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = opened(tree, {})
    close = services.close
    monkeypatch.setattr(services, "close", lambda: None)
    with acting(Caller(identify(Identity(party="laptop"), "cursor", agent="reviewer", participant="bob"), "s-1")):
        await remember(services, "auto")
    assert writers(services) == [("local", "laptop", "bob", "reviewer")]
    close()


def test_a_call_names_neither_org_nor_party_and_no_name_forges_a_line() -> None:
    base = Identity(org="acme", party="laptop")
    named = identify(base, "x", "a/b\nverified", "  ")
    assert named == Identity("acme", "laptop", "local", "a-b-verified")
    assert len(identify(base, "x" * 1_000).agent) == 200
    assert identify(base, "caf\u00e9 \ud800").agent == "café-?"
