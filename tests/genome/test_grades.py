"""How much a span has changed: layout is told from meaning, and never taken for it."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.proof.grades import grade

SEND = '''    @retry(3)
    def send(self, url: str, timeout=30, *, verify=True) -> int:
        """Send a request."""
        body = self.encode("payload", url)
        if timeout > 10 and verify:
            for step in range(3):
                body += str(step)
        return self.post(url, body, timeout=timeout)
'''
ROWS = SEND.split("\n")
COMMENTS = st.from_regex(r"# [a-z ]{0,20}|#|", fullmatch=True)


def of(now: str, before: str = SEND, language: str | None = "python", form: str = "method") -> str:
    return grade(before, now, language, form)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(3, 7), COMMENTS), min_size=1, max_size=5))
def test_comments_and_blank_lines_in_a_body_are_cosmetic(added: list[tuple[int, str]]) -> None:
    rows = list(ROWS)
    for at, comment in sorted(added, reverse=True):
        rows.insert(at, f"        {comment}" if comment else "")
    assert of("\n".join(rows)) == "cosmetic"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("url, body, timeout", "\n            url,\n            body,\n            timeout", id="wrapped"),
        pytest.param("timeout=timeout)", "timeout=timeout,\n        )", id="last comma"),
        pytest.param('"payload"', "'payload'", id="quotes"),
        pytest.param("timeout > 10 and verify", "(timeout > 10) and verify", id="parentheses"),
        pytest.param("return self.post(", "return (self.post)(", id="parentheses around a name"),
        pytest.param("            for", "            # why\n            for", id="comment"),
        pytest.param("        return", "\n\n        return", id="blank lines"),
        pytest.param("body, timeout=timeout)\n", "body, timeout=timeout)\n\n\n", id="blank lines after it"),
        pytest.param('"payload", url', '"pay"\n            "load", url', id="a string in two"),
        pytest.param("str(step)", "str( step )", id="spaces"),
        pytest.param("-> int:", "-> int:  # noqa", id="comment on the head"),
    ],
)
def test_layout_is_cosmetic(old: str, new: str) -> None:
    assert old in SEND
    assert of(SEND.replace(old, new)) == "cosmetic"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("send", "post", id="name"),
        pytest.param("url: str", "uri: str", id="parameter"),
        pytest.param("timeout=30", "timeout=31", id="default"),
        pytest.param("url: str", "url: bytes", id="annotation"),
        pytest.param("-> int", "-> str", id="return type"),
        pytest.param("*, ", "", id="keyword only"),
        pytest.param("@retry(3)", "@retry(4)", id="decorator"),
        pytest.param("    @retry(3)\n", "", id="no decorator"),
        pytest.param("    def", "    async def", id="async"),
    ],
)
def test_another_head_is_a_change_of_signature(old: str, new: str) -> None:
    assert of(SEND.replace(old, new)) == "signature_changed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("Send a", "Sends a", id="docstring"),
        pytest.param("range(3)", "range(4)", id="number"),
        pytest.param("payload", "pay load", id="string"),
        pytest.param('"payload"', 'b"payload"', id="bytes"),
        pytest.param("> 10", ">= 10", id="operator"),
        pytest.param("                body +=", "            body +=", id="out of the loop"),
        pytest.param("        return self", "        return\n        self", id="a statement cut in two"),
        pytest.param("str(step)", "(str(step),)", id="a tuple of one"),
        pytest.param('"payload", url', '"payload" "url"', id="one argument less"),
    ],
)
def test_another_meaning_is_a_change_of_the_body(old: str, new: str) -> None:
    now = SEND.replace(old, new)
    assert now != SEND
    assert of(now) == "body_changed"


@settings(deadline=None)
@given(st.data())
def test_no_change_of_a_name_number_or_operator_is_cosmetic(data: st.DataObject) -> None:
    tree = ast.parse("if 1:\n" + SEND)
    rows = SEND.split("\n")
    leaves = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Constant | ast.arg) and node.lineno == node.end_lineno and node.lineno > 1
    ]
    node = data.draw(st.sampled_from(leaves))
    row = rows[node.lineno - 2]
    rows[node.lineno - 2] = f"{row[: node.col_offset]}another{row[node.end_col_offset :]}"
    now = "\n".join(rows)
    assert of(now) in ("signature_changed", "body_changed")


PIECES = st.lists(st.sampled_from("a b ( ) [ ] , : = + ' \" \\ # \n \n\n if def 1 1.0 {} f' return -> *".split(" ")))


@settings(max_examples=500, deadline=None)
@given(PIECES, PIECES)
def test_what_python_reads_otherwise_is_never_cosmetic(first: list[str], second: list[str]) -> None:
    """On any two texts, also such as do not parse: equal trees or equal lines, or else it is a change."""
    before, now = (f"def f(x):\n    y = 1\n    {' '.join(pieces)}\n" for pieces in (first, second))
    if of(now, before, form="function") != "cosmetic":
        return
    try:
        assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(now))
    except SyntaxError:
        assert _bare(before) == _bare(now)


def _bare(text: str) -> list[str]:
    return [row.rstrip() for row in text.split("\n") if row.strip() and not row.strip().startswith("#")]


def test_a_class_that_inherits_otherwise_has_another_signature() -> None:
    before = 'class Cart(Base):\n    """A cart."""\n\n    limit = 3\n\n'
    assert of(before.replace("Base", "Other"), before, form="class") == "signature_changed"
    assert of(before.replace("= 3", "= 4"), before, form="class") == "body_changed"
    assert of(before.replace("= 3", "= 3  # items"), before, form="class") == "cosmetic"


SCRIPT = """  async send(url, timeout = 30) {
    // why
    const body = this.encode('payload', url);
    return this.post(url, body);
  }
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("'payload'", '"payload"', "cosmetic"),
        ("// why", "/* because */", "cosmetic"),
        ("url, body", "\n      url,\n      body,\n    ", "cosmetic"),
        ("timeout = 30", "timeout = 31", "signature_changed"),
        ("async send", "send", "signature_changed"),
        ("'payload'", "'pay load'", "body_changed"),
        ("return this", "return\n    this", "body_changed"),
    ],
)
def test_a_method_in_javascript_is_read_outside_its_class(old: str, new: str, expected: str) -> None:
    assert of(SCRIPT.replace(old, new), SCRIPT, "javascript") == expected


GO = 'func (c *Client) Send(url string) error {\n\t// why\n\treturn c.post(url, "a b")\n}\n'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("// why", "// because", "cosmetic"),
        ("// why", "//go:noinline", "body_changed"),
        ("url string", "url string, n int", "signature_changed"),
        ('"a b"', '"a  b"', "body_changed"),
    ],
)
def test_a_method_in_go_is_graded(old: str, new: str, expected: str) -> None:
    assert of(GO.replace(old, new), GO, "go") == expected


@pytest.mark.parametrize(
    ("language", "before", "now", "expected"),
    [
        ("toml", "[server]\nport = 80\n", "[server]\n# why\nport   = 80\n", "cosmetic"),
        ("toml", '[server]\nname = "a b"\n', '[server]\nname = "a  b"\n', "body_changed"),
        ("yaml", "server:\n  port: 80\n", "server:\n    port: 80  # why\n", "cosmetic"),
        ("yaml", "a:\n  b:\n    c: 1\n", "a:\n  b:\n  c: 1\n", "body_changed"),
        ("yaml", "run: |\n  a\n  # b\n", "run: |\n  a\n", "body_changed"),
        ("json", '"port": 80,\n', '"port":  80\n', "cosmetic"),
        ("json", '"port": 80', '"port": 81', "body_changed"),
        ("ini", "[a]\nb = 1\n", "; why\n[a]\n\nb = 1\n", "cosmetic"),
        ("ini", "[a]\nb = 1\n", "[a]\nb = 2\n", "body_changed"),
        ("dockerfile", "FROM a\nRUN b\n", "# why\nFROM a\n\nRUN b\n", "cosmetic"),
        ("make", "all:\n\tcc a\n", "all:\n    cc a\n", "body_changed"),
    ],
)
def test_a_setting_has_changed_where_its_value_has(language: str, before: str, now: str, expected: str) -> None:
    assert of(now, before, language, "key") == expected


WORDS = st.lists(st.sampled_from("alpha beta gamma delta epsilon - 1. zeta".split()), min_size=1, max_size=30)


@settings(deadline=None)
@given(WORDS, st.integers(10, 60), st.integers(10, 60))
def test_prose_that_is_wrapped_otherwise_is_cosmetic(words: list[str], first: int, second: int) -> None:
    plain = [word for word in words if word.isalpha()] or ["alpha"]
    before, now = (_wrap(plain, width) for width in (first, second))
    assert of(now, before, "markdown", "section") in ("unchanged", "cosmetic")
    assert of(f"{now} omega", before, "markdown", "section") == "body_changed"


def _wrap(words: list[str], width: int) -> str:
    rows = [""]
    for word in words:
        if len(rows[-1]) + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return "# Title\n\n" + "\n".join(rows)


def test_white_space_in_a_fence_of_prose_counts() -> None:
    before = "Run:\n\n```\nif a:\n    b\n```\n"
    assert of(before.replace("    b", "b"), before, "markdown", "section") == "body_changed"
    assert of(before.replace("Run:", "  Run:"), before, "markdown", "section") == "cosmetic"
