"""The token file: who may read it, what its lines say, and whom it lets in."""

import os
import stat
import time
from pathlib import Path

import pytest

from cistron.server import tokens
from cistron.server.tokens import Credential, Tokens, default_token_file, ensure_token, read_tokens, rotate_token
from cistron.tools.errors import UsageError

GOOD = "correct-horse-battery-staple"


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_first_token_is_long_readable_by_its_owner_alone_and_made_once(tmp_path: Path) -> None:
    file = tmp_path / "state" / "cistron" / "token"
    assert ensure_token(file)
    token = read_tokens(file)[0].token
    assert len(token) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not ensure_token(file)
    assert read_tokens(file)[0].token == token


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601], ids=oct)
def test_a_file_that_others_can_read_is_refused_with_the_command_that_repairs_it(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path / "token", GOOD, mode)
    with pytest.raises(UsageError, match=f"chmod 600 {file}"):
        Tokens(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "token", GOOD)
    os.chown(file, 12_345, 12_345)
    with pytest.raises(UsageError, match="belongs to another user"):
        Tokens(file)


def test_each_line_is_somebody_and_may_say_who(tmp_path: Path) -> None:
    file = written(
        tmp_path / "token",
        f"# the team\n{GOOD} party=laptop participant='Ada L' agent=claude\n\nsecond-token-of-bob participant=bob\n",
    )
    known = Tokens(file)
    ada, bob = known.check(GOOD), known.check("second-token-of-bob")
    assert ada is not None
    assert bob is not None
    assert (ada.party, ada.participant, ada.agent) == ("laptop", "Ada L", "claude")
    assert (bob.party, bob.participant, bob.agent) == (None, "bob", None)
    assert ada.name != bob.name
    assert GOOD not in repr(ada)


@pytest.mark.parametrize("given", ["", " ", GOOD[:-1], GOOD + "x", GOOD.upper(), "ü" * 20, "\udcff" * 20, "# the team"])
def test_nothing_but_the_token_lets_in(tmp_path: Path, given: str) -> None:
    assert Tokens(written(tmp_path / "token", f"# the team\n{GOOD}\n")).check(given) is None


def test_a_token_ends_at_its_time(tmp_path: Path) -> None:
    file = written(tmp_path / "token", f"{GOOD} expires=2027-01-31T18:00Z\n")
    now = [1_801_418_399.0]  # a second before
    known = Tokens(file, clock=lambda: now[0])
    assert known.check(GOOD) is not None
    now[0] += 1
    assert known.check(GOOD) is None


def test_a_wrong_token_takes_as_long_as_an_expired_one(tmp_path: Path) -> None:
    # Entries are compared without a way out: the number of comparisons is the same whatever is given.
    file = written(tmp_path / "token", "".join(f"token-number-{n:04}\n" for n in range(200)))
    known = Tokens(file)
    seen: dict[str, float] = {}
    for given in ("token-number-0000", "token-number-0199", "token-number-9999"):
        runs = []
        for _ in range(30):
            begun = time.perf_counter()
            known.check(given)
            runs.append(time.perf_counter() - begun)
        seen[given] = min(runs)
    assert max(seen.values()) < 2 * min(seen.values())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("short", "16 ASCII characters", id="short"),
        pytest.param(f"{GOOD} org=evil", "'org=evil' is not understood", id="org cannot be said"),
        pytest.param(f"{GOOD} agent", "'agent' is not understood", id="no value"),
        pytest.param(f"{GOOD} expires=tomorrow", "'tomorrow' is no time", id="time"),
        pytest.param(f"{GOOD} agent='x", "no closing quotation", id="quotes"),
        pytest.param("# nobody", "holds no token", id="empty"),
    ],
)
def test_a_line_that_is_not_understood_is_named_and_its_token_is_not_shown(
    tmp_path: Path, line: str, said: str
) -> None:
    file = written(tmp_path / "token", line)
    with pytest.raises(UsageError) as raised:
        Tokens(file)
    assert said in str(raised.value)
    assert str(file) in str(raised.value)
    assert GOOD not in str(raised.value)


def test_rotation_ends_the_old_token_and_keeps_the_rest_while_the_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "CHECK_EVERY_S", 0)
    file = written(tmp_path / "token", f"{GOOD} participant=ada\nsecond-token-of-bob\n")
    known = Tokens(file)
    rotate_token(file)
    fresh = read_tokens(file)[0]
    assert known.check(GOOD) is None
    assert known.check("second-token-of-bob") is not None
    assert known.check(fresh.token) == Credential(fresh.credential.name, participant="ada")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_file_that_is_opened_to_others_or_removed_lets_nobody_in_until_it_is_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "CHECK_EVERY_S", 0)
    file = written(tmp_path / "token", GOOD)
    known = Tokens(file)
    assert known.check(GOOD) is not None
    file.chmod(0o644)
    assert known.check(GOOD) is None
    file.chmod(0o600)
    assert known.check(GOOD) is not None
    file.unlink()
    assert known.check(GOOD) is None


def test_the_users_own_token_stands_in_the_state_folder() -> None:
    assert default_token_file({"XDG_STATE_HOME": "/state"}) == Path("/state/cistron/token")
    assert default_token_file({}).parts[-3:] == ("state", "cistron", "token")
