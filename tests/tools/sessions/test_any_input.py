"""Whatever is passed, a session tool answers or says what was wrong."""

from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cistron.genome.errors import GenomeError
from cistron.tools.errors import ToolsError
from cistron.tools.models.session import Action
from cistron.tools.packet import PacketTools
from cistron.tools.session import SessionTools
from cistron.tools.session_text import session_text

from .conftest import Desk

TEXTS = st.one_of(st.none(), st.text(st.characters(codec=None, exclude_categories=()), max_size=50))
NAMED = st.one_of(TEXTS, st.sampled_from(["agent", "builder", "src/client.py", "..", "/etc/passwd", "src", ""]))

ARGUMENTS = ("session", "focus", "blocked_on", "in_flight", "last_commit", "of", "name")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    action=st.sampled_from(get_args(Action)),
    texts=st.fixed_dictionaries({}, optional=dict.fromkeys(ARGUMENTS, NAMED)),
    paths=st.one_of(st.none(), st.lists(NAMED.filter(lambda each: each is not None), max_size=4)),
    k=st.integers(-2, 120),
)
def test_any_arguments_are_answered_or_refused(
    desk: Desk, action: Action, texts: dict[str, str | None], paths: list[str] | None, k: int
) -> None:
    try:
        report = SessionTools(desk.services).session(action, paths=paths, k=k, **texts)  # type: ignore[arg-type]
    except (ToolsError, GenomeError) as error:
        said = str(error)
    else:
        assert report.model_dump_json()
        said = session_text(report).replace("\n", "")
    assert "\n" not in said
    said.encode("utf-8")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXTS)
def test_any_name_of_a_session_keeps_what_was_shown_under_it(desk: Desk, name: str | None) -> None:
    tools = PacketTools(desk.services)
    tools.context_packet("Client.retry", session=name)
    assert tools.context_packet("Client.retry", session=name).items[0].evidence.ago is not None
