"""Take credentials out of a text before anything else sees it: names stay, values become `[redacted]`.

Three sorts of file: key files lose every line; files made of settings that are secret (`.env`, `.netrc`, ...) lose
every value; all others lose what has the shape of a known token, private keys, passwords in URLs, and literals that
are given to a name that says secret and look like a credential. Every expression has bounded repeats, so that the
work grows with the length of the text alone. Values never reach a log, an error or a return value.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator

REDACTED = "[redacted]"

_Stretch = tuple[int, int]

_DATA = r"(?:\.(?:ya?ml|json|toml|ini|cfg|conf|properties|txt|xml|env|enc|tfvars|csv))?"
_TEMPLATE = re.compile(r".*\.(?:example|sample|template|tmpl|dist|defaults?|schema)(?:\.\w+)?")
_KEY_FILE = re.compile(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|.*\.(?:pem|key|ppk|p8|pkcs8|pvk|asc\.key)|\.vault-token")
_SECRET_SETTINGS = re.compile(
    r"\.env(?:[.-].+)?|.*\.env|\.envrc|[._]netrc|\.pypirc|\.npmrc|\.yarnrc|\.pgpass|\.my\.cnf|\.htpasswd|\.git-credentials"
    r"|\.s3cfg|\.boto|\.dockercfg|\.terraformrc|terraform\.rc|.*\.tfvars(?:\.json)?|.*\.tfstate(?:\.backup)?|.*\.kubeconfig"
    rf"|kubeconfig{_DATA}|\.?credentials?{_DATA}|\.?secrets?{_DATA}|secrets?\.\w+\.ya?ml|local\.settings\.json"
)
_SECRET_PATHS = (".kube/config", ".docker/config.json", ".aws/config", ".cargo/credentials.toml")
_SETTINGS = re.compile(
    r".*\.(?:ya?ml|ini|cfg|cnf|conf|config|properties|toml|xml|env|sh|bash|zsh|fish|ps1|bat|md|rst|txt|log|tf|hcl|plist)"
    r"|[^.]+|\.[^.]+|.*\.(?:example|sample|template|tmpl|dist)"
)

# A table and `find` mark the long words at 500 MB/s where an expression with {20,} takes 60.
_IN_WORD = re.compile(rb"[A-Za-z0-9_\-.]")
_WORD_SHAPE = bytes(0x61 if _IN_WORD.fullmatch(bytes([byte])) else 0x20 for byte in range(256))
_LONG_WORD = b"a" * 20
_FEWEST_LETTERS = 10  # `ghp_xxxxxxxxxx` is a placeholder
_DIGIT = re.compile(r"[0-9]")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|gl(?:pat|ptt|dt|rt|soat|cbt)-[A-Za-z0-9_\-.]{18,}|xox[abeoprs]-[A-Za-z0-9\-]{10,}|xapp-[A-Za-z0-9\-]{15,}"
    r"|(?:[sr]k|pk)_live_[A-Za-z0-9]{16,}|[sr]k_test_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{16,}"
    r"|sk-(?:proj|ant|svcacct|admin|or)-[A-Za-z0-9_\-]{16,}|sk-[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}"
    r"|AIza[A-Za-z0-9_\-]{35}|GOCSPX-[A-Za-z0-9_\-]{20,}|ya29\.[A-Za-z0-9_\-.]{20,}|npm_[A-Za-z0-9]{30,}"
    r"|pypi-[A-Za-z0-9_\-]{30,}|SG\.[A-Za-z0-9_\-]{16,64}\.[A-Za-z0-9_\-]{16,64}|(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])"
    r"|hf_[A-Za-z0-9]{30,}|do[opr]_v1_[0-9a-f]{40,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|dckr_pat_[A-Za-z0-9_\-]{20,}"
    r"|glsa_[A-Za-z0-9_]{30,}|hvs\.[A-Za-z0-9_\-]{20,}|sntrys_[A-Za-z0-9_\-]{20,}|dapi[0-9a-f]{32}|lin_api_[A-Za-z0-9]{30,}"
    r"|ATATT3[A-Za-z0-9_\-]{30,}|tskey-[a-z]{3,8}-[A-Za-z0-9\-]{16,}|sq0(?:atp|csp)-[A-Za-z0-9_\-]{20,}|rubygems_[0-9a-f]{40,}"
    r"|(?<![_\-])eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}(?:\.[A-Za-z0-9_\-]*)?"
    r")"
)
_URL = re.compile(r"://[^\s/:@\"'<>`|]{0,100}:([^\s/@\"'<>`|]{1,200})@")
_AUTHORIZATION = re.compile(
    r"(?:uthorization[\"']?\s{0,4}[:=,]\s{0,4}[\"'`]?(?:[Bb]asic|[Tt]oken|[Bb]earer)|earer)"
    r"[ \t]{1,4}([A-Za-z0-9._~+/\-]{12,4096}={0,2})"
)
_ACCOUNT_KEY = re.compile(r"(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{20,512}={0,2})")
_WEBHOOK = re.compile(r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,200})")
# Each expression runs only if its mark is in the text: `in` reads some 1.5 GB/s, an expression 50 to 400 MB/s.
_MARKED = (("://", _URL), ("earer ", _AUTHORIZATION), ("uthorization", _AUTHORIZATION), ("Key=", _ACCOUNT_KEY),
           ("hooks.slack", _WEBHOOK))  # fmt: skip

_QUOTED = re.compile(r"[=:>]\s{0,4}[bBrRuUf@$]{0,2}([\"'`])([^\s\"'`]{8,512})\1")
_BARE = re.compile(
    r"^[ \t#;>-]{0,40}(?:(?:export|set|ENV|ARG|let|const) )?([\w.\-]{2,80})[ \t]{0,8}[=:][ \t]{0,8}"
    r"([^\s\"'`;,]{8,512})[ \t]*(?:[#;].*)?$",
    re.M,
)
_ELEMENT = re.compile(r"<([\w.\-:]{2,64})>([^<\s]{8,512})</")
_NAME_AT_END = re.compile(r"[\"'\])}\s]{0,8}([\w.\-]{1,80})")
_TYPE_AT_END = re.compile(r"[\w\[\]|&<>., ?*]{1,60}:[\"']?([\w.\-]{1,80})")
_SECRET_NAME = re.compile(
    r".*?(?:passw(?:or)?d|passphrase|passwort|(?:^|[_.\-])pass|pwd|secret|token|api[_.\-]?key|secret[_.\-]?key"
    r"|access[_.\-]?key"
    r"|private[_.\-]?key|account[_.\-]?key|signing[_.\-]?key|encryption[_.\-]?key|master[_.\-]?key|auth[_.\-]?key"
    r"|license[_.\-]?key"
    r"|client[_.\-]?key|(?:^|[_.\-])auth|credentials?|webhook[_.\-]?url|secret[_.\-]?id|connection[_.\-]?string)"
    r"(?:[_.\-]?(?:value|b64|base64|\d{1,3}))?"
)
_PLACEHOLDER = re.compile(
    r"change[-_ ]?(?:me|it|this)|placeholder|example|your[-_ ]|[-_]here|dummy|x{3}|\*{3}|\.{3}|redacted|replace|insert"
    r"|todo|foobar"
    r"|^(?:my|the|some|test|fake|mock|no|not|new|old|get|set|is|invalid|wrong)[-_ ]"
    r"|^(?:1?2345678\d*|0+|password\d*|none|null|undefined|true|false)$",
    re.I,
)
_REFERENCE = re.compile(
    r"[${<\[(]|%[({A-Za-z]|@\{|[\w.\]]+\[[\w\"']|#\{"
    r"|(?:os|process|env|self|this|config|settings|var|local|data|vault|secrets?)[.:]"
    r"|[\w.]+\(|.*[{][\w{]|/|\./|\w+://"
)
_WORDS = re.compile(r"[A-Za-z]+\d{0,2}(?:[-_.:/][A-Za-z]*\d{0,2})*")
_ALGORITHM = re.compile(
    r"sha[-_]?\d|hmac|md5|rsa|aes|oauth|pbkdf|bcrypt|argon|ed25519|utf-?8|base64|http|x509|[hre]s(?:256|384|512)", re.I
)

_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_KEY_MATERIAL = re.compile(r"[A-Za-z0-9+/=]{16,}")
_KEY_HEADER = re.compile(r"[\s\"'#*|>]{0,40}(?:Proc-Type|DEK-Info|Comment|Version|Subject|X-[A-Za-z\-]{2,40}): ")
_KEY_LINE = re.compile(r"[\s\"'#*|>+]{0,40}([A-Za-z0-9+/=]+)(?:\\[nr])*[\s\"',;+\\)]{0,20}")
_EMPTY_LINE = re.compile(r"(?:\\[nr]|[\s\"'#*|>,;+])*")

_SETTING = re.compile(
    r"(\s*(?:#\s*)?(?:export\s+|set\s+|-\s+)?[\"']?([A-Za-z_/][\w./\-:@]{0,80}?)[\"']?\s*(?:=|:(?=[\s\"'\[{]|$))\s*)(.*)",
    re.S,
)
_NETRC_WORDS = frozenset({"machine", "default", "login", "account", "password", "macdef"})
_HOLDS_NOTHING = re.compile(r"[\s{}\[\](),;|>+-]*|\s*#[^=:]*|\s*[;\[][\w .\"-]*\]?\s*|\s*-{3}.*")


def redact(path: str, text: str) -> tuple[str, int]:
    """Replace the secret values in a file's text, line by line, and count them; lines are neither added nor lost.

    >>> redact("deploy/.env", "DB_PASSWORD=hunter2")
    ('DB_PASSWORD=[redacted]', 1)
    >>> redact("a.py", "token = parse_token(line)")
    ('token = parse_token(line)', 0)
    """
    name = path.rpartition("/")[2].lower()
    if _KEY_FILE.fullmatch(name):
        return _each_line(text, _whole_line)
    if _is_secret_settings(path, name):
        return _each_line(text, _netrc_line if name.endswith("netrc") else _setting_line)
    stretches = list(_stretches(text, _SETTINGS.fullmatch(name) is not None))
    return _replace(text, stretches) if stretches else (text, 0)


def is_secret_name(name: str) -> bool:
    """Say whether what is stored under a name is a secret by that name: `DB_PASSWORD`, `apiKey`, not `token_type`."""
    return len(name) <= 200 and _SECRET_NAME.fullmatch(name.lower()) is not None


def looks_secret(value: str) -> bool:
    """Say whether a value under a secret name is a credential, not a placeholder, a reference, a word or a type.

    >>> looks_secret("changeme"), looks_secret("${DB_PASSWORD}"), looks_secret("s3cr3t-Pa55")
    (False, False, True)
    """
    if _TOKEN.fullmatch(value):
        return len(set(value)) >= _FEWEST_LETTERS
    if len(value) < 8 or len(value) > 4096 or any(letter.isspace() for letter in value):
        return False
    if _PLACEHOLDER.search(value) or _REFERENCE.match(value[:512]) or _WORDS.fullmatch(value[:512]):
        return False
    if len(value) < 20 and _ALGORITHM.search(value):
        return False
    return _entropy(value) >= (2.5 if len(value) < 20 else 3.0)


def _is_secret_settings(path: str, name: str) -> bool:
    if _TEMPLATE.fullmatch(name):
        return False
    return _SECRET_SETTINGS.fullmatch(name) is not None or f"/{path.lower()}".endswith(
        tuple("/" + each for each in _SECRET_PATHS)
    )


def _entropy(value: str) -> float:
    """Return Shannon's entropy of the letters of a value, in bits a letter."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _stretches(text: str, has_bare_values: bool) -> Iterator[_Stretch]:
    """Yield where secret values stand in a file that is not made of secrets, in no order; they may overlap."""
    yield from _tokens(text)
    for mark, pattern in _MARKED:
        if mark in text:
            yield from (found.span(1) for found in pattern.finditer(text) if _is_literal(found[1]))
    for found in _QUOTED.finditer(text):
        if not found[2].isalpha() and looks_secret(found[2]) and is_secret_name(_name_before(text, found.start())):
            yield found.span(2)
    if has_bare_values:
        for pattern in (_BARE, _ELEMENT):
            yield from (
                found.span(2) for found in pattern.finditer(text) if is_secret_name(found[1]) and looks_secret(found[2])
            )
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)


def _tokens(text: str) -> Iterator[_Stretch]:
    """Yield known tokens, and long literals that follow a secret name without quotes."""
    for start, end in _long_words(text):
        word = text[start:end]
        if _DIGIT.search(word) is None:  # random letters without a digit are rare, long names are not
            continue
        for found in _TOKEN.finditer(word):
            if len(set(found[0])) >= _FEWEST_LETTERS:
                yield start + found.start(), start + found.end()
        before = text[max(0, start - 3) : start].rstrip(" \"'")
        if not before.endswith(("=", ":")) or word.isidentifier() or "." in word or not looks_secret(word):
            continue
        if is_secret_name(_name_before(text, max(0, start - 3) + len(before) - 1)):
            yield start, end


def _long_words(text: str) -> Iterator[_Stretch]:
    """Yield where twenty or more letters, digits, `_`, `-` and `.` stand together."""
    shape = text.encode("latin-1", "replace").translate(_WORD_SHAPE)  # a byte a letter, so that offsets agree
    start = shape.find(_LONG_WORD)
    while start != -1:
        end = shape.find(b" ", start)
        end = len(shape) if end == -1 else end
        yield start, end
        start = shape.find(_LONG_WORD, end)


def _is_literal(value: str) -> bool:
    return not (
        _REFERENCE.match(value) or _PLACEHOLDER.search(value) or value.lower() in ("pass", "pwd", "secret", "passwd")
    )


def _name_before(text: str, end: int) -> str:
    """Return the name that what stands at `end` (`=`, `:`, a comma) gives a value to, empty if there is none."""
    line = text[max(text.rfind("\n", 0, end) + 1, end - 160) : end].rstrip(" \t:=>!")[::-1]
    found = _NAME_AT_END.match(line)
    name = found[1][::-1] if found else ""
    if is_secret_name(name):
        return name
    found = _TYPE_AT_END.match(line)
    return found[1][::-1] if found else ""


def _private_keys(text: str) -> Iterator[_Stretch]:
    start, is_inside, was_key = 0, False, False
    for line in text.splitlines(keepends=True):
        body = len(line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"))
        begin, end = _BEGIN.search(line), _END.search(line)
        if begin:
            found = _KEY_MATERIAL.search(line, begin.end())
            if found:
                last = end.start() if end and end.start() > begin.end() else body
                yield start + begin.end(), start + max(last, found.end())
            is_inside, was_key = end is None, found is not None
        elif is_inside and end is None:
            was_key = _is_key_line(line[:body], was_key)
            if was_key:
                yield start + len(line) - len(line.lstrip()), start + body
            is_inside = was_key or _EMPTY_LINE.fullmatch(line) is not None
        else:
            is_inside = False
        start += len(line)


def _is_key_line(line: str, was_key: bool) -> bool:
    """Say whether a line behind the head of a key belongs to it; a short one does only behind another of its lines."""
    if _KEY_HEADER.match(line):
        return True
    found = _KEY_LINE.fullmatch(line)
    return found is not None and (was_key or len(found[1]) >= 16)


def _replace(text: str, stretches: list[_Stretch]) -> tuple[str, int]:
    parts: list[str] = []
    count = done = 0
    for start, end in sorted(stretches):
        if end <= done or start == end:
            continue
        if start >= done:
            parts += [text[done:start], REDACTED]
            count += 1
        done = end
    return "".join([*parts, text[done:]]), count


def _each_line(text: str, change: Callable[[str], tuple[str, int]]) -> tuple[str, int]:
    """Change every line of a text apart from its line end."""
    parts: list[str] = []
    count = 0
    for line in text.splitlines(keepends=True):
        body = line.splitlines()[0]
        changed, found = change(body)
        parts += [changed, line[len(body) :]]
        count += found
    return "".join(parts), count


def _whole_line(line: str) -> tuple[str, int]:
    return (REDACTED, 1) if line.strip() else (line, 0)


def _setting_line(line: str) -> tuple[str, int]:
    """Keep a line's key; a line without one may be a part of a value and is lost, but for brackets and remarks."""
    if _HOLDS_NOTHING.fullmatch(line):
        return redact("remark.txt", line)
    found = _SETTING.fullmatch(line)
    if found is None or (len(found[2]) >= 20 and _entropy(found[2]) > 4 and looks_secret(found[2])):
        return _whole_line(line)
    value = found[3]
    if not value.strip(" \t\"',;[]{}()|>&-"):
        return line, 0
    return found[1] + REDACTED, 1


def _netrc_line(line: str) -> tuple[str, int]:
    words = re.split(r"(\s+)", line)
    kept = [word if not word.strip() or word in _NETRC_WORDS else REDACTED for word in words]
    return "".join(kept), kept.count(REDACTED)
