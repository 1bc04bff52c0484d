"""What one party or org can learn of what another wrote: nothing, by any tool, in any form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference

from cistron.genome.errors import OtherOrg
from cistron.genome.records import Identity
from cistron.genome.search import candidates
from cistron.server.app import build
from cistron.tools.caller import Caller, acting
from cistron.tools.errors import UsageError
from cistron.tools.ingest import IngestTools
from cistron.tools.notes import NotesTools
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services
from cistron.tools.stats import StatsTools
from cistron.tools.verify import VerifyTools

from .conftest import plant

SECRET = "mulberryquay"  # stands in everything that the other party writes
ASKED = "ledger reconciliation deadline"  # what a curious caller may guess of it
KEPT = "https://pages.test/ledger"
SESSION = "shared-session"
HOME = Identity(participant="ada", agent="claude-code")
OWN = Identity(party="laptop", participant="bob", agent="cursor")
OTHER_ORG = Identity(org="globex", participant="eve", agent="probe")
NO_IDENTITY = Identity()
NOTE = f"The ledger reconciliation deadline is {SECRET}_limit = 4711, see src/client.py and Client.retry."
PAGE = f"# Ledger\n\nThe ledger reconciliation deadline of {SECRET} is Tuesday.\n\n{SECRET}_port = 9999\n"
NAMES = {SECRET, "ada", "claude-code", "4711"}


def as_caller(identity: Identity, session: str = "s-own") -> Any:
    return acting(Caller(identity, session))


def write_something(services: Services, identity: Identity) -> str:
    """Have a party remember, keep a text, ask and use; return the id of the item that is its note."""
    with as_caller(identity, "s-other"):
        IngestTools(services).ingest(content=PAGE, source_id=KEPT)
        NotesTools(services).remember(NOTE, kind="decision")
        packet = PacketTools(services).context_packet(ASKED, session=SESSION)
        VerifyTools(services).verify([], used=["src/client.py::Client.retry", "settings.toml"], session=SESSION)
        VerifyTools(services).verify([], used=["docs/guide.md", "src/client.py"], session=SESSION)
    (item,) = [item for item in packet.items if item.path.startswith("note/")]
    assert SECRET in packet.model_dump_json()
    return item.id


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Services, str]]:
    """Services whose home party has written; and the id of its note as an item."""
    folder = tmp_path_factory.mktemp("parties")
    services = Services(folder / "store" / "genome.db", [plant(folder / "repo")], host="desk")
    services.start()
    assert IngestTools(services).ingest(path=str(folder / "repo")).state == "done"
    yield services, write_something(services, HOME)
    services.close()


ASKED_SO_FAR: set[str] = set()
PROBES = (ASKED, "n1", "note/n1", KEPT, f"{KEPT}:1-4", "ada", "claude-code", "client retry", "settings.toml", SESSION)


def arguments_of(schema: Mapping[str, Any], probe: str) -> Generator[dict[str, Any]]:
    """Yield arguments that put a probe wherever a text is taken, once for each value of the first closed choice."""
    definitions = schema.get("$defs", {})
    filled: dict[str, Any] = {}
    choices: tuple[str, list[Any]] | None = None
    for name, given in schema["properties"].items():
        kinds = [definitions.get(one.get("$ref", "").rpartition("/")[2], one) for one in given.get("anyOf", [given])]
        for kind in kinds:
            if "enum" in kind and (choices is None or name in schema.get("required", ())):
                choices = name, kind["enum"]
            elif kind.get("type") == "string" and name != "session":
                filled[name] = probe
            elif kind.get("type") == "array" and name != "roots":
                filled[name] = [probe]
    for name in ("timeout_s", "timeout", "wait_s"):
        if name in schema["properties"]:
            filled[name] = 1
    filled |= {"session": SESSION} if "session" in schema["properties"] else {}
    for value in choices[1] if choices else [None]:
        yield filled | ({choices[0]: value} if choices else {})
    for name in list(filled):  # each text alone, too: many tools take one or the other
        yield {name: filled[name], **{key: filled[key] for key in schema.get("required", ()) if key in filled}}


async def everything_said(
    services: Services, caller: Identity, probe: str, tools: Literal["full", "helix"] = "full"
) -> dict[str, str]:
    """Call every tool of a set over the protocol, in every way a probe fits, and return what each said."""
    said: dict[str, str] = {}
    with as_caller(caller):
        async with Client(build(lambda: services, tools=tools)) as client:
            for tool in (await client.list_tools()).tools:
                for arguments in arguments_of(tool.input_schema, "may I" if tool.name == "hitl" else probe):
                    result = await client.call_tool(tool.name, arguments)
                    said[f"{tool.name} {json.dumps(arguments)}"] = result.model_dump_json()
            said |= await resources_and_prompts(client, probe)
    return said


async def resources_and_prompts(client: Client, probe: str) -> dict[str, str]:
    """Read every resource, fill in every template and prompt, and have every argument completed."""
    calls: dict[str, Callable[[], Any]] = {}
    for resource in (await client.list_resources()).resources:
        calls[f"resource {resource.uri}"] = partial(client.read_resource, str(resource.uri))
    for template in (await client.list_resource_templates()).resource_templates:
        uri = re.sub(r"\{[^}]*\}", quote(probe, safe=""), template.uri_template)
        calls[f"resource {uri}"] = partial(client.read_resource, uri)
    for prompt in (await client.list_prompts()).prompts:
        names = [argument.name for argument in prompt.arguments or []]
        calls[f"prompt {prompt.name}"] = partial(client.get_prompt, prompt.name, dict.fromkeys(names, probe))
        for name in names:
            argument = {"name": name, "value": probe[:4]}
            reference = PromptReference(name=prompt.name)
            calls[f"completion {prompt.name} {name}"] = partial(client.complete, reference, argument)
    said: dict[str, str] = {}
    for call, work in calls.items():
        try:
            said[call] = (await work()).model_dump_json()
        except MCPError as error:
            said[call] = str(error)
    return said


@pytest.fixture
def kept(written: tuple[Services, str], monkeypatch: pytest.MonkeyPatch) -> Services:
    services, _ = written
    monkeypatch.setattr(services, "close", lambda: None)  # the client's end would close what all tests share
    return services


@pytest.mark.anyio
@pytest.mark.parametrize("probe", PROBES)
async def test_no_tool_tells_another_party_anything(kept: Services, probe: str) -> None:
    ASKED_SO_FAR.add(probe)  # questions and flags of one's own are repeated later
    for call, answer in (await everything_said(kept, OWN, probe)).items():
        told = answer.replace(json.dumps(probe)[1:-1], "")  # an answer may repeat what it was asked
        assert not [name for name in NAMES - ASKED_SO_FAR if name in told], f"{call}: {answer}"


@pytest.mark.anyio
@pytest.mark.parametrize("probe", [ASKED, "n1", "client retry"])
async def test_another_org_is_told_which_file_to_name_and_nothing_else(kept: Services, probe: str) -> None:
    for call, answer in (await everything_said(kept, OTHER_ORG, probe)).items():
        refused = ("belongs to another org", "validation", '"is_error":true', "no packet", '"values":[]')
        assert any(text in answer for text in refused), call
        assert "src/client.py" not in answer.replace(probe, ""), call
        assert not [name for name in NAMES - {probe} if name in answer], call


@pytest.mark.anyio
@pytest.mark.parametrize("caller", [OWN, OTHER_ORG], ids=["other party", "other org"])
async def test_the_tools_under_the_seeds_names_tell_nothing_either(kept: Services, caller: Identity) -> None:
    ASKED_SO_FAR.add(ASKED)
    for call, answer in (await everything_said(kept, caller, ASKED, "helix")).items():
        told = answer.replace(json.dumps(ASKED)[1:-1], "")
        assert not [name for name in NAMES - ASKED_SO_FAR if name in told], f"{call}: {answer}"
        assert caller is OWN or "src/client.py" not in told, call


@pytest.mark.anyio
async def test_the_party_itself_is_told(kept: Services) -> None:
    told = [call for call, answer in (await everything_said(kept, HOME, ASKED)).items() if SECRET in answer]
    assert any(call.startswith("context_packet") for call in told)


@pytest.mark.parametrize("caller", [NO_IDENTITY, HOME, Identity(party="desk", participant="zoe")], ids=repr)
def test_who_names_no_party_or_the_stores_own_is_of_it(written: tuple[Services, str], caller: Identity) -> None:
    services, _ = written
    with as_caller(caller):
        assert SECRET in PacketTools(services).context_packet(ASKED, ignore_delivered=True).model_dump_json()


METHODS: dict[str, Callable[[Services], Any]] = {
    "packet": lambda services: PacketTools(services).context_packet(ASKED, max_items=20),
    "packet of a file": lambda services: PacketTools(services).context_packet("Client.retry", session=SESSION),
    "packet of a value": lambda services: PacketTools(services).context_packet("what is the server port?"),
    "packet of a path": lambda services: PacketTools(services).context_packet(f"{KEPT} ledger"),
    "packet to edit": lambda services: PacketTools(services).context_packet("retry a request", task_type="edit"),
    "refresh": lambda services: RefreshTools(services).refresh_targets("Client.retry", session=SESSION),
    "verify": lambda services: VerifyTools(services).verify(["n1", KEPT, "src/client.py"], session=SESSION),
    "resonance": lambda services: ResonanceTools(services).resonance(),
    "resonance with a file": lambda services: ResonanceTools(services).resonance("Client.retry"),
    "stats": lambda services: StatsTools(services).stats(),
}
# of the file, and what follows from how rare its terms are
SHARED = {"priority", "generation", "store_bytes", "p", "confidence", "weight", "score"}


def without_shared(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: without_shared(one) for key, one in value.items() if key not in SHARED}
    return [without_shared(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("tool", METHODS)
def test_an_answer_is_the_same_whether_or_not_another_party_wrote(tree: Path, tmp_path: Path, tool: str) -> None:
    answers: list[Any] = []
    for others in (False, True):
        services = Services(tmp_path / f"store-{others}" / "genome.db", [tree], host="desk", clock=lambda: 1e9)
        with as_caller(OWN):
            IngestTools(services).ingest(path=str(tree))
            NotesTools(services).remember("Deploys wait for Client.retry to be measured.")
            VerifyTools(services).verify([], used=["src/client.py::Client.send_request", "docs/guide.md"])
        if others:
            write_something(services, HOME)
        with as_caller(OWN):
            answers.append(without_shared(METHODS[tool](services).model_dump(mode="json")))
        services.close()
    assert answers[0] == answers[1]


def test_what_is_anothers_answers_as_what_does_not_exist(written: tuple[Services, str]) -> None:
    services, item = written
    source, content, ordinal = item.split(".")
    with as_caller(OWN):
        own = PacketTools(services).context_packet("Client.retry").items[0].id.split(".")[0]
        tries = [item, f"{own}.{content}.{ordinal}", f"{source}.ffff.0"]
        report = VerifyTools(services).verify([*tries, "n1", KEPT, "ffff.ffff.0", "n999", "https://pages.test/none"])
        seen = [one.model_dump_json().replace(one.target, "TARGET") for one in report.results]
        assert seen[:3] == [seen[5]] * 3
        assert (seen[3], seen[4]) == (seen[6], seen[7])
        for argument in ("revises", "forgets"):
            refused: list[str] = []
            for number in ("n1", "n999"):
                with pytest.raises(UsageError) as error:
                    NotesTools(services).remember("A note of my own.", **{argument: number})
                refused.append(str(error.value).replace(number, "N"))
            assert refused[0] == refused[1]
        with pytest.raises(UsageError, match="nothing at 'n1'"):
            NotesTools(services).remember("It rests on that.", derived_from=["n1"])


def test_keeping_the_very_text_tells_nobody_that_another_has_it(tree: Path, store: Path) -> None:
    services = Services(store, [tree])
    with as_caller(HOME):
        first = IngestTools(services).ingest(content=PAGE, source_id=KEPT)
        noted = NotesTools(services).remember(NOTE)
    with as_caller(OWN):
        second = IngestTools(services).ingest(content=PAGE, source_id="mine")
        again = NotesTools(services).remember(NOTE)
        assert (second.read, second.unchanged, second.places) == (first.read, first.unchanged, first.places)
        assert (again.revised, again.forgotten) == (None, None)
    with as_caller(HOME):
        assert VerifyTools(services).verify([str(noted.id)]).results[0].evidence.rung != "gone"
    services.close()


def test_many_texts_of_another_party_do_not_crowd_out_ours(
    tree: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_SPOTS", 60)  # thousands of copies would take too long
    services = Services(store, [tree])
    with as_caller(OWN):
        IngestTools(services).ingest(path=str(tree))
        NotesTools(services).remember("The turbine valve is opened by hand on Mondays, setting turbine_valve = 3.")
        before = PacketTools(services).context_packet("turbine valve opened")
        value = PacketTools(services).context_packet("what is the value of turbine_valve?")
    body = 'def late_bell(tower: int) -> int:\n    """Ring the late bell of a tower."""\n    return tower * 12\n'
    with as_caller(HOME):
        for number in range(220):
            IngestTools(services).ingest(
                content=f"turbine valve opened {number}\n\nturbine_valve = {number}\n", source_id=f"t{number}"
            )
        for number in range(70):
            IngestTools(services).ingest(content=body, source_id=f"copies/{number}.py")
    with as_caller(OWN):
        after = PacketTools(services).context_packet("turbine valve opened")
        assert after.items[0].path == before.items[0].path == "note/n1"
        assert {item.path for item in after.items} <= {"note/n1", "src/client.py", "docs/guide.md", "settings.toml"}
        again = PacketTools(services).context_packet("what is the value of turbine_valve?")
        assert [item.text for item in again.items] == [item.text for item in value.items]
        (tree / "src" / "late.py").write_text(body)
        found = PacketTools(services).context_packet("late_bell")
        assert found.items[0].path == "src/late.py"
        assert not [item for item in found.items if item.path.startswith("copies")]
    services.close()


def test_links_are_learnt_from_ones_own_party_alone(tree: Path, store: Path) -> None:
    services = Services(store, [tree])
    used = ["src/client.py", "settings.toml"]
    with as_caller(HOME):
        IngestTools(services).ingest(path=str(tree))
        VerifyTools(services).verify([], used=used)
        assert ResonanceTools(services).resonance("Client.retry").neighbours
    with as_caller(OWN):
        assert not ResonanceTools(services).resonance("Client.retry").neighbours
        VerifyTools(services).verify([], used=["src/client.py", "docs/guide.md"])
        (near,) = ResonanceTools(services).resonance("src/client.py").neighbours
        assert near.path == "docs/guide.md"
    services.close()


def test_a_store_that_was_opened_under_one_host_name_is_the_same_partys_under_another(tree: Path, store: Path) -> None:
    for host, party, expected in (("box-1", "local", True), ("box-2", "local", True), ("box-3", "laptop", False)):
        services = Services(store, [tree], host=host, identity=Identity(party=party))
        if host == "box-1":
            NotesTools(services).remember(NOTE)
        assert (
            SECRET in PacketTools(services).context_packet(ASKED, ignore_delivered=True).model_dump_json()
        ) is expected
        services.close()


def test_a_store_belongs_to_the_org_that_opened_it_first(tree: Path, store: Path) -> None:
    Services(store, [tree], identity=Identity(org="acme")).close()
    for org, refused in (("acme", False), ("local", False), ("globex", True)):
        services = Services(store, [tree], identity=Identity(org=org))
        if refused:
            with pytest.raises(
                OtherOrg, match=r"genome\.db belongs to another org than 'globex'; name a file of its own"
            ):
                StatsTools(services).stats()
        else:
            assert StatsTools(services).stats().roots
        services.close()
