"""Where settings come from and what is said about wrong ones."""

from pathlib import Path

import pytest

from cistron.server.settings import Settings, read_settings, user_config_file
from cistron.tools.errors import UsageError

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment whose config folder is empty."""
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_flags_beat_the_environment_which_beats_the_file_which_beats_the_defaults(
    tmp_path: Path, environment: Environment
) -> None:
    assert read_settings({}, environment, tmp_path).log_level == "info"
    (tmp_path / "cistron.toml").write_text('log_level = "debug"\n')
    assert read_settings({}, environment, tmp_path).log_level == "debug"
    environment["CISTRON_LOG_LEVEL"] = "error"
    assert read_settings({}, environment, tmp_path).log_level == "error"
    assert read_settings({"log_level": "warning"}, environment, tmp_path).log_level == "warning"


def test_the_file_is_found_upward_and_its_paths_are_relative_to_it(tmp_path: Path, environment: Environment) -> None:
    (tmp_path / "cistron.toml").write_text('genome = "store/g.db"\nroots = ["src"]\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    settings = read_settings({}, environment, below)
    assert settings.genome == tmp_path / "store" / "g.db"
    assert settings.roots == (tmp_path / "src",)


def test_the_users_own_file_applies_where_no_project_has_one_and_may_name_any_folder(
    tmp_path: Path, environment: Environment
) -> None:
    own = tmp_path / "config" / "cistron"
    own.mkdir(parents=True)
    (own / "cistron.toml").write_text(f'roots = ["{tmp_path / "elsewhere"}"]\n')
    project = tmp_path / "project"
    project.mkdir()
    assert read_settings({}, environment, project).roots == (tmp_path / "elsewhere",)


@pytest.mark.parametrize("root", ["../secrets", "/etc", "~/.ssh", "src/../../secrets"])
def test_a_file_that_came_with_a_project_cannot_open_a_folder_outside_it(
    tmp_path: Path, environment: Environment, root: str
) -> None:
    (tmp_path / "cistron.toml").write_text(f'roots = ["{root}"]\n')
    with pytest.raises(UsageError, match="only folders inside it"):
        read_settings({}, environment, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('tools = "all"', "tools = 'all': input should be 'default', 'full' or 'helix'", id="value"),
        pytest.param("colour = 1", "no setting 'colour'; there are genome, roots", id="key"),
        pytest.param("max_file_bytes = 0", "max_file_bytes = 0: ", id="bound"),
        pytest.param("roots = 3", "roots = 3: ", id="type"),
        pytest.param("tools =", "cannot be read", id="syntax"),
        pytest.param("[tools]\nx = 1", "tools = {'x': 1}: ", id="table"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_key(
    tmp_path: Path, environment: Environment, text: str, said: str
) -> None:
    file = tmp_path / "cistron.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        read_settings({}, environment, tmp_path)
    assert str(file) in str(raised.value)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_wrong_value_in_the_environment_is_named_with_its_variable(tmp_path: Path, environment: Environment) -> None:
    environment["CISTRON_MAX_FILE_BYTES"] = "many"
    with pytest.raises(UsageError, match="CISTRON_MAX_FILE_BYTES: max_file_bytes = 'many'"):
        read_settings({}, environment, tmp_path)


@pytest.mark.parametrize("line", ["network = true", 'network_hosts = ["localhost"]'])
def test_a_file_that_came_with_a_project_cannot_turn_the_network_on(
    tmp_path: Path, environment: Environment, line: str
) -> None:
    (tmp_path / "cistron.toml").write_text(f"{line}\n")
    with pytest.raises(UsageError, match="may not turn the network on"):
        read_settings({}, environment, tmp_path)


def test_the_network_is_off_until_a_person_turns_it_on(tmp_path: Path, environment: Environment) -> None:
    assert read_settings({}, environment, tmp_path).network is False
    environment |= {"CISTRON_NETWORK": "true", "CISTRON_NETWORK_HOSTS": "intra,docs.local"}
    settings = read_settings({}, environment, tmp_path)
    assert (settings.network, settings.network_hosts) == (True, ("intra", "docs.local"))


def test_who_asks_falls_back_to_the_names_that_helix_uses(tmp_path: Path, environment: Environment) -> None:
    environment |= {"HELIX_ORG": "acme", "HELIX_DEVICE": "laptop", "HELIX_USER": "ada", "CISTRON_ORG": "own"}
    settings = read_settings({}, environment, tmp_path)
    assert (settings.org, settings.party, settings.participant, settings.agent) == ("own", "laptop", "ada", None)


def test_every_setting_is_described_and_documented(root: Path) -> None:
    page = "".join((root / "docs" / name).read_text(encoding="utf-8") for name in ("tools.md", "http.md"))
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"`{name}`" in page, name


@pytest.mark.parametrize("line", ["http = true", 'host = "0.0.0.0"', "port = 1", 'token_file = "t"', 'socket = "s"'])
def test_a_file_that_came_with_a_project_opens_no_door_and_the_users_own_may(
    tmp_path: Path, environment: Environment, line: str
) -> None:
    project, own = tmp_path / "project", tmp_path / "config" / "cistron"
    for folder in (project, own):
        folder.mkdir(parents=True)
        (folder / "cistron.toml").write_text(f"{line}\n")
    with pytest.raises(UsageError, match="may not say how it is served"):
        read_settings({}, environment, project)
    (project / "cistron.toml").unlink()
    value = getattr(read_settings({}, environment, project), line.split()[0])
    assert value in (True, "0.0.0.0", 1, own / "t", own / "s")


def test_lanes_are_switched_by_name_in_the_file_and_in_the_environment(
    tmp_path: Path, environment: Environment
) -> None:
    (tmp_path / "cistron.toml").write_text("lanes = {dense = false}\n")
    assert read_settings({}, environment, tmp_path).lanes == {"dense": False}
    environment |= {"CISTRON_LANES": "dense=on, tags=on,facts=off"}
    assert read_settings({}, environment, tmp_path).lanes == {"dense": True, "tags": True, "facts": False}


def test_synonyms_are_groups_of_words_in_the_file_and_in_the_environment(
    tmp_path: Path, environment: Environment
) -> None:
    (tmp_path / "cistron.toml").write_text('synonyms = {db = ["database"]}\n')
    assert read_settings({}, environment, tmp_path).synonyms == {"db": ("database",)}
    environment |= {"CISTRON_SYNONYMS": "db=database store, k8s=kubernetes"}
    assert read_settings({}, environment, tmp_path).synonyms == {"db": ("database", "store"), "k8s": ("kubernetes",)}


def test_a_lane_that_is_neither_on_nor_off_is_named(tmp_path: Path, environment: Environment) -> None:
    environment |= {"CISTRON_LANES": "dense=sometimes"}
    with pytest.raises(UsageError, match="CISTRON_LANES: lanes"):
        read_settings({}, environment, tmp_path)


@pytest.mark.parametrize("line", ['org = "x"', 'party = "x"', 'participant = "x"', 'agent = "x"'])
def test_a_file_that_came_with_a_project_speaks_for_nobody_and_the_person_reads_why(
    tmp_path: Path, environment: Environment, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    layer = line.split()[0]
    (tmp_path / "cistron.toml").write_text(f'{line}\nlog_level = "debug"\n')
    settings = read_settings({}, environment, tmp_path)
    assert getattr(settings, layer) is None
    assert settings.log_level == "debug"
    assert f"{tmp_path / 'cistron.toml'}: {layer} = 'x' is passed over" in caplog.text
    assert "your own config" in caplog.text


def test_what_a_projects_file_may_not_say_the_users_own_says_there_too(
    tmp_path: Path, environment: Environment
) -> None:
    own, project = tmp_path / "config" / "cistron", tmp_path / "project"
    for folder in (own, project):
        folder.mkdir(parents=True)
    (own / "cistron.toml").write_text('org = "acme"\nlocal_federation = false\nroots = ["/elsewhere"]\n')
    (project / "cistron.toml").write_text('org = "x"\nlocal_federation = true\n')
    settings = read_settings({}, environment, project)
    assert (settings.org, settings.local_federation, settings.roots) == ("acme", False, ())
    assert read_settings({}, {**environment, "CISTRON_ORG": "own"}, project).org == "own"


@pytest.mark.parametrize("genome", ["../other/.cistron/genome.db", "/var/genome.db", "~/genome.db"])
def test_a_file_that_came_with_a_project_cannot_open_another_projects_store(
    tmp_path: Path, environment: Environment, genome: str
) -> None:
    (tmp_path / "cistron.toml").write_text(f'genome = "{genome}"\n')
    with pytest.raises(UsageError, match="only a store inside it"):
        read_settings({}, environment, tmp_path)


def test_a_project_may_ask_for_the_packaged_model_but_name_no_folder(tmp_path: Path, environment: Environment) -> None:
    (tmp_path / "cistron.toml").write_text('embedding_model = "minilm"\n')
    assert read_settings({}, environment, tmp_path).embedding_model == "minilm"
    (tmp_path / "cistron.toml").write_text('embedding_model = "model"\n')
    with pytest.raises(UsageError, match="may name no folder here; use CISTRON_EMBEDDING_MODEL"):
        read_settings({}, environment, tmp_path)
    (tmp_path / "cistron.toml").unlink()
    environment["CISTRON_EMBEDDING_MODEL"] = str(tmp_path / "model")
    assert read_settings({}, environment, tmp_path).embedding_model == tmp_path / "model"
    own = user_config_file(environment)
    own.parent.mkdir(parents=True)
    own.write_text('embedding_model = "models/mine"\n')
    del environment["CISTRON_EMBEDDING_MODEL"]
    assert read_settings({}, environment, tmp_path).embedding_model == own.parent / "models" / "mine"
