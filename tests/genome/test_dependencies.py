"""What a span rests on: what it calls and inherits from, where syntax tells what that is."""

import pytest

from cistron.genome.proof.modules import is_module
from cistron.genome.proof.references import Import, Reference, references


def test_calls_bases_and_decorators_are_references_and_other_words_are_not() -> None:
    text = """
@wraps(fetch)
@cached
class Cart(Base, models.Model):
    def total(self, items):
        rate = TAX_RATE
        return self.net(items) + tax.of(rate) + round(rate)[0].real()
"""
    made = references(text, "python").made
    assert {(each.owner, each.name, each.base) for each in made} == {
        (None, "wraps", False),
        (None, "cached", False),
        (None, "Base", True),
        ("models", "Model", True),
        ("self", "net", False),
        ("tax", "of", False),
        (None, "round", False),
        ("", "real", False),
    }


def test_imports_are_known_by_their_local_names() -> None:
    text = "import a.b\nimport a.c as d\nfrom .e import (f, g as h)\nfrom .. import i\n"
    assert references(text, "python").imports == {
        "a.b": Import("a.b"),
        "d": Import("a.c"),
        "f": Import(".e", "f"),
        "h": Import(".e", "g"),
        "i": Import("..", "i"),
    }


def test_a_parameter_is_no_function_of_the_file() -> None:
    text = "def run(parse, step=load()):\n    render = 1\n    return parse(step) + render()\n"
    found = references(text, "python")
    assert {"parse", "step", "render"} <= found.bound
    assert "load" not in found.bound


def test_javascript_is_read_too() -> None:
    text = """
import base, { parse as read } from "./parse.js";
import * as net from '../net';
class Cart extends Base { total(a) { return this.net(a) + read(a) + net.get(a) + new Tax(a); } }
"""
    found = references(text, "javascript")
    assert found.imports == {
        "base": Import("./parse.js", "base"),
        "read": Import("./parse.js", "parse"),
        "net": Import("../net"),
    }
    assert Reference("Base", None, base=True) in found.made
    assert {("this", "net"), (None, "read"), ("net", "get"), (None, "Tax")} <= {(r.owner, r.name) for r in found.made}


@pytest.mark.parametrize(
    ("module", "path", "importer", "expected"),
    [
        (".util", "src/app/util.py", "src/app/run.py", True),
        (".util", "src/util.py", "src/app/run.py", False),
        ("..util", "src/util.py", "src/app/run.py", True),
        (".", "src/app/__init__.py", "src/app/run.py", True),
        ("app.util", "src/app/util.py", "tests/test_run.py", True),
        ("app.util", "app/util/__init__.py", "app/run.py", True),
        ("util", "util.py", "run.py", True),
        ("util", "bench/util.py", "bench/run.py", True),
        ("util", "bench/util.py", "other/run.py", False),
        ("util", "app/util.py", "app/run.py", False),
        ("logging", "bench/logging.py", "bench/run.py", False),
        ("util", "src/my_util.py", "src/run.py", False),
        ("./parse", "web/parse.ts", "web/cart.ts", True),
        ("./parse.js", "web/parse.ts", "web/cart.ts", True),
        ("../net", "net/index.js", "web/cart.js", True),
        ("../../net", "net.js", "web/cart.js", False),
        ("react", "web/react.js", "web/cart.js", False),
    ],
)
def test_an_import_names_a_file(module: str, path: str, importer: str, expected: bool) -> None:
    packages = {"app", "src/app"}
    assert is_module(module, path, importer, packages.__contains__) is expected
