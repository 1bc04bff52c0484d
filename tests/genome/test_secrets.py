"""Planted credentials go, names and code stay. Tokens are put together, so no scanner finds one here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.reading.secrets import REDACTED, is_secret_name, looks_secret, redact

BODY = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0cD2fG4hJ6kL8"
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TOKENS = {
    "aws id": "AK" + "IA" + "Z7QK4M2X9P3R5T6W",
    "aws session id": "AS" + "IA" + "Z7QK4M2X9P3R5T6W",
    "github": "gh" + "p_" + BODY[:36],
    "github oauth": "gh" + "o_" + BODY[:36],
    "github app": "gh" + "s_" + BODY[:36],
    "github fine": "github" + "_pat_" + BODY,
    "gitlab": "gl" + "pat-" + BODY[:20],
    "slack": "xo" + "xb-" + "2345678901-" + BODY[:24],
    "stripe": "sk" + "_live_" + BODY[:24],
    "stripe restricted": "rk" + "_live_" + BODY[:24],
    "openai": "sk" + "-" + BODY[:32],
    "openai project": "sk" + "-proj-" + BODY,
    "anthropic": "sk" + "-ant-api03-" + BODY,
    "google": "AI" + "za" + BODY[:35],
    "npm": "np" + "m_" + BODY[:36],
    "pypi": "py" + "pi-AgEI" + BODY,
    "sendgrid": "S" + "G." + BODY[:22] + "." + BODY[:39],
    "twilio": "S" + "K" + HEX,
    "twilio account": "A" + "C" + HEX,
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "JzdWIiOiIxMjM0In0." + BODY,
    "hugging face": "h" + "f_" + BODY[:34],
}
PEM = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "Proc-Type: 4,ENCRYPTED",
        "",
        *[BODY + "ab/+" * 6] * 3,
        "aGVsbG8=",
        "-----END RSA " + "PRIVATE KEY-----",
    ]
)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    "line", ["x = '{}'", "curl -H {} https://example.org", "- {}", "see ({}), then", '{{"a": "{}"}}']
)
def test_a_token_is_redacted_wherever_it_stands(token: str, line: str) -> None:
    text, count = redact("src/app.py", "first\n" + line.format(token) + "\nlast\n")
    assert (text, count) == ("first\n" + line.format(REDACTED) + "\nlast\n", 1)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", 'password = "{}"'), ("a.py", "DB_PASSWD: str = '{}'"), ("a.ts", 'const apiKey: string = "{}";'),
        ("a.json", '"client_secret": "{}",'),
        ("a.go", 'authToken := "{}"'), ("a.rb", ':password => "{}"'), ("a.py",
        'os.environ["AWS_SECRET_ACCESS_KEY"] = "{}"'), ("a.yml", "  password: {}"),
        ("a.ini", "api_key = {}"), ("run.sh", "export DB_TOKEN={}"), ("Dockerfile", "ENV PRIVATE_KEY={}"),
        ("README.md", "    password: {}  # mine"),
        ("pom.xml", "<password>{}</password>"), (".env.example", "SECRET_KEY={}"), ("a.py",
        "u = 'https://ann:{}@example.org/x'"),
        ("a.js", "headers: {{ Authorization: 'Bearer {}' }}"), ("a.cs", "AccountKey={};EndpointSuffix=x"),
    ],
)  # fmt: skip
def test_a_credential_under_a_secret_name_is_redacted(path: str, line: str) -> None:
    value = "wJalrXUtn3FEMIK7MDENGbPxRfiCYzz9Kq2LmN4v"
    assert redact(path, line.format(value)) == (line.format(REDACTED), 1)


@pytest.mark.parametrize(
    "value",
    [
        "s3cr3t-Pa55",
        "hunter2hunter2",
        "Sup3rS3cret!",
        HEX,
        "p4ssw0rd#2024x",
        "wJalr/Utn3FE+K7MDENG/bPxRfiCYzz9Kq2LmN4v",
    ],
)
def test_a_credential_looks_secret(value: str) -> None:
    assert looks_secret(value)


@pytest.mark.parametrize(
    "value",
    ["changeme", "CHANGE_ME_NOW", "xxxxxxxxxxxx", "<your-token>", "your-api-key-1", "${DB_PASSWORD}", "$TOKEN1234",
     "{{ token_2 }}", "os.environ['A1']",
     "None", "string", "access_token", "new-password", "application/json", "short1", "config.token1", "parse(line2)",
     "HS256withRSA", "password123", "********"],
)  # fmt: skip
def test_a_placeholder_a_reference_or_a_word_does_not(value: str) -> None:
    assert not looks_secret(value)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "apiKey",
        "api-key",
        "client_secret",
        "AUTH_TOKEN",
        "db.pass",
        "AWS_SECRET_ACCESS_KEY",
        "auth",
    ],
)
def test_a_name_says_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["token_type", "tokenizer", "author", "max_tokens", "password_field", "key", "compass", "secret_name"]
)
def test_a_name_that_only_sounds_so_does_not(name: str) -> None:
    assert not is_secret_name(name)


CODE = [
    "token = parse_token(line)", "password: str", '"token": "string"',
    "def login(user, password: str = None) -> Token:", "secret = os.environ['APP_SECRET_1']",
    'f"postgres://{user}:{password}@{host}/db"', "api_key = settings.api_key_v2",
    'token_url = "https://example.org/oauth2/token1"', "auth = HTTPBasicAuth(u, p)",
    'if token == "access_token":', "private_key: PKCS7PrivateKeyTypes,",
    'PATTERN = r"-----BEGIN [A-Z ]*' + 'PRIVATE KEY-----"', 'sha256 = "' + HEX * 2 + '"',
    'if "-----BEGIN ' + 'PRIVATE KEY-----" in text:\n    return True', "key: sk-loading-spinner-large-animated",
    "token = next(tokens)  # noqa: S105",
    'uuid = "123e4567-e89b-12d3-a456-426614174000"', "password: ${DB_PASSWORD:-changeme1}",
    "token = 'gh" + "p_" + "x" * 36 + "'",
]  # fmt: skip


@pytest.mark.parametrize("text", CODE)
@pytest.mark.parametrize("path", ["a.py", "a.md"])
def test_code_is_not_damaged(path: str, text: str) -> None:
    assert redact(path, text) == (text, 0)


def test_private_keys_are_redacted_line_by_line() -> None:
    text, count = redact("doc.md", f"before\n{PEM}\nafter\n")
    lines = text.split("\n")
    assert lines == ["before", PEM.split("\n")[0], REDACTED, "", *[REDACTED] * 4, PEM.split("\n")[-1], "after", ""]
    assert count == 5


def test_a_private_key_on_one_line_or_in_a_list_of_strings_is_redacted() -> None:
    escaped = '{"private_key": "' + PEM.replace("\n", "\\n") + '", "x": 1}'
    assert BODY not in redact("service.json", escaped)[0]
    joined = "\n".join(f'    "{line}\\n" +' for line in PEM.split("\n"))
    text = redact("Key.java", joined)[0]
    assert BODY not in text
    assert "aGVsbG8=" not in text


def test_a_key_file_loses_every_line() -> None:
    assert redact("home/id_rsa", PEM)[0].replace(REDACTED, "").strip() == ""
    assert redact("server.key", "abc\n\ndef") == (f"{REDACTED}\n\n{REDACTED}", 2)


def test_a_file_of_secrets_keeps_names_only() -> None:
    text = "# OLD_KEY=abc\nexport A=1\n\nB='two\nthree'\nC=\n# remark\nD: x # y\n"
    expected = f"# OLD_KEY={REDACTED}\nexport A={REDACTED}\n\nB={REDACTED}\n{REDACTED}\nC=\n# remark\nD: {REDACTED}\n"
    assert redact("a/.env", text) == (expected, 5)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".netrc", "machine h login u password p", "machine [redacted] login [redacted] password [redacted]"),
        (".npmrc", "//registry.npmjs.org/:_authToken=x", "//registry.npmjs.org/:_authToken=[redacted]"),
        ("x/credentials", "[default]\naws_access_key_id = x", "[default]\naws_access_key_id = [redacted]"),
        ("secrets.yaml", "db:\n  password: x\n  - item\n  key: |\n    abc",
        "db:\n  password: [redacted]\n[redacted]\n  key: |\n[redacted]"),
        ("secrets.json", '{\n  "a": "b",\n  "c": {\n  }\n}', '{\n  "a": [redacted]\n  "c": {\n  }\n}'),
        (".htpasswd", "ann:$apr1$x", "[redacted]"),
        ("prod.tfvars", 'db_password = "x"', "db_password = [redacted]"),
        (".env.production", "MODE=on", "MODE=[redacted]"),
        (".env.example", "MODE=on", "MODE=on"),
        ("genome/reading/secrets.py", "mode = 'on'", "mode = 'on'"),
    ],
)  # fmt: skip
def test_files_of_secrets_are_known_by_name(path: str, text: str, expected: str) -> None:
    assert redact(path, text)[0] == expected


pieces = st.sampled_from(
    [
        "password",
        "=",
        ": ",
        '"',
        "'",
        "\n",
        "\r\n",
        "\x0c",
        "\u2028",
        "\x85",
        " ",
        *TOKENS.values(),
        *PEM.split("\n"),
        "a1!B2@c3#",
        "://u:",
        "@",
        "#",
        "{",
        "<token>",
        "</token>",
    ]
)


@given(
    st.sampled_from(["a.py", "a.yml", ".env", ".netrc", "x.pem"]),
    st.lists(pieces | st.text(max_size=5), max_size=25).map("".join),
)
def test_lines_are_neither_added_nor_lost(path: str, text: str) -> None:
    changed, count = redact(path, text)
    assert len(changed.splitlines()) == len(text.splitlines())
    assert changed.count("\n") == text.count("\n")
    assert (count == 0) == (changed == text) or REDACTED in text
    assert redact(path, changed)[0].count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.-",
        "eyJa.",
        "eyJaaaaaaaaaaaa.",
        "://",
        "://a:",
        '="',
        "password='aaaaaaaa",
        "password: ",
        "-----BEGIN ",
        "a1b2-",
        "Aa",
    ],
)
@pytest.mark.parametrize("path", ["a.py", "a.yml", ".env"])
def test_a_long_hostile_line_comes_to_an_end(path: str, unit: str) -> None:
    assert "\n" not in redact(path, unit * (200_000 // len(unit)))[0]
