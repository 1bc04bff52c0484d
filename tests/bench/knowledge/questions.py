"""Questions about a package, made from its source: each with the lines that answer it.

The wording is drawn from templates with a seeded generator. Nothing here uses cistron.
"""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

KINDS = ("symbol", "setting", "error", "docstring", "plain", "keywords", "document")
SKIPPED = re.compile(r"(^|/)(tests?|testing|docs?|examples?|_vendor|vendor)/|(^|/)(test_|conftest)")
SYMBOL = (
    "{name}",
    "{dotted}",
    "where is {name} defined",
    "where is {dotted} defined?",
    "definition of {dotted}",
    "show me {name}",
    "how does {dotted} work?",
    "what does {name} do",
    "how is `{name}` implemented?",
    "which arguments does {dotted} take",
    "signature of {name}",
    "I need to change {dotted}, where is it?",
)
SETTING = (
    "what is the value of {name}",
    "{name}",
    "where is {name} set?",
    "default of {name}",
    "the {name} setting",
)
PARAMETER = (
    "default of {name} in {owner}",
    "what is the default value of `{name}` of {owner}?",
    "{owner} {name} default",
)
ERROR = (
    "{message}",
    "{error}: {message}",
    'why do I get "{message}"',
    "what raises {error}: {message}?",
    "where does the error '{message}' come from",
)
PLAIN = (
    "where is the code to {verb} {rest}",
    "how does it {verb} {rest}?",
    "which function can {verb} {rest}",
    "how do I {verb} {rest}?",
    "I want to {verb} {rest}",
)
WORDS_OF = ("how does {words} work?", "where is the {words} logic", "what happens on {words}?", "{words}")
COMMENT = ("why: {text}", "where do we {text}", "{text}")
HEADING = ("{text}", "how about {text}?", "what do the docs say about {text}", "{text} guide")
SAMPLES = ("foo", "name", "42", "example", "bar", "index.html")


@dataclass(frozen=True)
class Question:
    """A question, what kind it is of, the lines that answer it, and what must exist nowhere else for it to be new.

    `names` are what it is about: a definition, a setting, or the message of an error.
    """

    text: str
    kind: str
    path: str
    start: int
    end: int
    names: tuple[str, ...] = ()
    is_named: bool = False  # whether any definition of names[0] answers


@dataclass(frozen=True)
class Definition:
    """A function or class of a file."""

    name: str
    dotted: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Yield the functions and classes of a module with their dotted names, in order."""

    def walk(node: ast.AST, prefix: str) -> Iterator[Definition]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield Definition(child.name, prefix + child.name, child)
                yield from walk(child, f"{prefix}{child.name}.")

    return walk(tree, "")


def parsed(text: str) -> ast.Module | None:
    """Return the syntax of a file, None of one that has none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def without_docstrings(text: str) -> str:
    """Blank every docstring, line numbers kept."""
    tree = parsed(text)
    if tree is None:
        return text
    lines = text.split("\n")
    for node in [tree, *(found.node for found in definitions(tree))]:
        first = node.body[0] if node.body else None
        if first is None or ast.get_docstring(node, clean=False) is None:
            continue
        if not isinstance(node, ast.Module) and first.lineno <= node.lineno:
            continue
        head = lines[first.lineno - 1]
        for number in range(first.lineno - 1, first.end_lineno or first.lineno):
            lines[number] = ""
        if len(node.body) == 1:
            lines[first.lineno - 1] = head[: len(head) - len(head.lstrip())] + "pass"
    return "\n".join(lines)


def questions(files: dict[str, str], rng: random.Random) -> dict[str, list[Question]]:
    """Make all questions of the files of a package, by kind, shuffled."""
    found: dict[str, list[Question]] = {kind: [] for kind in KINDS}
    for path, text in sorted(files.items()):
        for question in _documents(path, text, rng) if path.endswith((".md", ".rst", ".txt")) else []:
            found[question.kind].append(question)
        tree = parsed(text) if path.endswith(".py") and not SKIPPED.search(path) else None
        if tree is None:
            continue
        for question in _of_file(path, text, tree, rng):
            found[question.kind].append(question)
    for kind, group in found.items():
        unique = {question.text: question for question in reversed(group)}
        found[kind] = [unique[text] for text in sorted(unique)]
        rng.shuffle(found[kind])
    return found


def words(name: str) -> list[str]:
    """Return the lower-case words of an identifier.

    >>> words("parse_HTTPHeader")
    ['parse', 'http', 'header']
    """
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _of_file(path: str, text: str, tree: ast.Module, rng: random.Random) -> Iterator[Question]:
    lines = text.split("\n")
    for found in definitions(tree):
        if not re.fullmatch(r"__\w+__", found.name) and len(found.name) > 2:
            yield _symbol(path, found, rng)
        yield from _prose(path, found, lines, rng)
        if not isinstance(found.node, ast.ClassDef):
            yield from _parameters(path, found, rng)
            yield from _keywords(path, found, rng)
    yield from _settings(path, tree, rng)
    yield from _errors(path, tree, rng)


def _symbol(path: str, found: Definition, rng: random.Random) -> Question:
    text = rng.choice(SYMBOL).format(name=found.name, dotted=found.dotted)
    return Question(text, "symbol", path, found.node.lineno, found.node.lineno, (found.name,), found.dotted not in text)


def _keywords(path: str, found: Definition, rng: random.Random) -> Iterator[Question]:
    """Yield two to four words that stand in a function's names and texts, as one types them into a search."""
    node = found.node
    end = node.end_lineno or node.lineno
    if end - node.lineno < 4:
        return
    spoken: dict[str, None] = {}
    for inner in ast.walk(ast.Module(node.body[ast.get_docstring(node) is not None :], [])):
        match inner:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str(text)):
                spoken |= dict.fromkeys(word for word in words(text) if len(word) > 3)
    if len(spoken) >= 6:
        own = [word for word in dict.fromkeys(words(found.name)) if len(word) > 3][:1]
        text = " ".join([*own, *rng.sample(list(spoken), rng.randint(2, 3))])
        yield Question(text, "keywords", path, node.lineno, end, (found.name,))


def _documents(path: str, text: str, rng: random.Random) -> Iterator[Question]:
    """Yield questions about the paragraphs of a document: its heading, or words of a sentence in another order."""
    heading = ""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            heading = line.strip("# ").strip()
            continue
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)|[*`_]", r"\1", line)
        long_words = list(dict.fromkeys(re.findall(r"[A-Za-z]{4,}", plain)))
        if len(long_words) < 5 or re.search(r"https?:|\||<|>>>|^\s{4}", line):
            continue
        if heading and rng.random() < 0.3:
            asked = rng.choice(HEADING).format(text=heading)
        else:
            asked = " ".join(rng.sample(long_words, min(len(long_words), rng.randint(3, 6))))
        yield Question(asked, "document", path, number, number, (" ".join(plain.split()),))


def _parameters(path: str, found: Definition, rng: random.Random) -> Iterator[Question]:
    assert not isinstance(found.node, ast.ClassDef)
    if re.fullmatch(r"__\w+__", found.name) and found.name != "__init__":
        return
    owner = found.dotted.removesuffix(".__init__")
    arguments = found.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(positional[::-1], arguments.defaults[::-1], strict=False)]
    pairs += [(name, value) for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    for name, value in pairs:
        if isinstance(value, ast.Constant) and value.value not in (None, "", False) and len(name.arg) > 2:
            text = rng.choice(PARAMETER).format(name=name.arg, owner=owner)
            yield Question(text, "setting", path, name.lineno, name.lineno, (owner.rpartition(".")[2], name.arg))


def _settings(path: str, tree: ast.Module, rng: random.Random) -> Iterator[Question]:
    bodies = [tree.body, *(found.node.body for found in definitions(tree) if isinstance(found.node, ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                pass
            case _:
                continue
        if statement.value is None or len(name) < 4 or name.startswith("__") or not re.search(r"[A-Z]|\w_\w", name):
            continue  # a plain word could be anything
        if isinstance(statement.value, ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.Set):
            text = rng.choice(SETTING).format(name=name)
            yield Question(text, "setting", path, statement.lineno, statement.lineno, (name,), is_named=True)


def _errors(path: str, tree: ast.Module, rng: random.Random) -> Iterator[Question]:
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=error) | ast.Attribute(attr=error), args=[first, *_])):
                pass
            case _:
                continue
        fixed, filled = _message(first, rng)
        if len(fixed.split()) >= 4:
            text = rng.choice(ERROR).format(message=filled[:160], error=error)
            end = node.end_lineno or node.lineno
            yield Question(text, "error", path, node.lineno, end, (max(fixed.split("\0"), key=len).strip(),))


def _message(node: ast.expr, rng: random.Random) -> tuple[str, str]:
    """Return a message's fixed parts (with NUL where a value stands) and the message with values filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return _placed(text, r"%\(?\w*\)?[-+\d.]*[rsdif]", rng)
        case ast.JoinedStr(values=values):
            parts = [part.value if isinstance(part, ast.Constant) else "\0" for part in values]
            fixed = " ".join("".join(map(str, parts)).split(" "))
            return fixed, re.sub("\0", lambda _: rng.choice(SAMPLES), fixed)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _message(left, rng)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return _placed(text, r"\{[^}]*\}", rng)
        case _:
            return "", ""


def _placed(text: str, place: str, rng: random.Random) -> tuple[str, str]:
    fixed = re.sub(place, "\0", text)
    return fixed, re.sub("\0", lambda _: rng.choice(SAMPLES), fixed)


def _prose(path: str, found: Definition, lines: Sequence[str], rng: random.Random) -> Iterator[Question]:
    """Yield what is asked in plain words: the docstring's first sentence, as it is or turned, a name, a comment."""
    node = found.node
    end = node.end_lineno or node.lineno
    whole = Question("", "docstring", path, node.lineno, end, (found.name,))
    sentence = _sentence(ast.get_docstring(node) or "")
    if end - node.lineno >= 3 and sentence and not isinstance(node, ast.ClassDef):
        hidden = _hidden(sentence, found.name) if rng.random() < 0.5 else sentence
        if hidden:
            yield replace(whole, text=hidden)
        if turned := _turned(sentence, rng):
            yield replace(whole, text=turned, kind="plain")
    parts = [word for part in found.dotted.split(".")[-2:] for word in words(part)]
    if len(set(parts)) >= 3 and not found.name.startswith("__") and rng.random() < 0.3:
        text = rng.choice(WORDS_OF).format(words=" ".join(dict.fromkeys(parts)))
        yield replace(whole, text=text, kind="plain", end=node.lineno)
    if isinstance(node, ast.ClassDef):
        return
    for number in range(node.lineno, min(end, len(lines))):
        comment = lines[number - 1].strip()
        if comment.startswith("# ") and len(comment.split()) >= 6 and not comment.startswith(("# type", "# noqa")):
            text = rng.choice(COMMENT).format(text=comment[2:].lower().rstrip("."))
            yield replace(whole, text=text, kind="plain", start=number, end=number)
            break


def _sentence(docstring: str) -> str | None:
    """Return the first sentence in plain text, None where it says too little."""
    first = docstring.split("\n\n")[0].replace("\n", " ").strip()
    plain = re.sub(r":\w+:`~?([^`]*)`|``?([^`]*)``?", lambda match: match.group(1) or match.group(2) or "", first)
    sentence = re.split(r"(?<=[a-z)])\.(?:\s|$)", plain)[0].strip()
    long_words = {word.lower() for word in re.findall(r"\w+", sentence) if len(word) > 3}
    return sentence if 5 <= len(sentence.split()) <= 30 and len(long_words) >= 3 else None


def _hidden(sentence: str, name: str) -> str | None:
    """Take a name's own words out of a sentence."""
    own = {word for word in words(name) if len(word) > 2}
    kept = [word for word in sentence.split() if not set(words(word)) & own]
    return " ".join(kept) if len(kept) >= 5 else None


def _turned(sentence: str, rng: random.Random) -> str | None:
    """Make a question of a sentence that begins with a verb."""
    first, _, rest = sentence.partition(" ")
    verb = first.lower()
    if not verb.isalpha() or verb in ("a", "an", "the", "this", "if", "like", "same", "called", "that"):
        return None
    if verb.endswith("s") and not verb.endswith("ss"):
        verb = verb[:-3] + "y" if verb.endswith("ies") else verb[:-1]
    return rng.choice(PLAIN).format(verb=verb, rest=rest.rstrip("."))
