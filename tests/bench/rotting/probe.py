"""Ask a really imported release what its functions answer; run by `rot_answers`, in a process of its own.

Reads a list of [key, module, dotted name, docstring] from stdin and writes {key: [state, signature, doctest output]}
to the file named first. `state` is "there", "gone" (the module was imported and has no such name) or "not imported".
"""

import contextlib
import doctest
import importlib
import inspect
import io
import json
import re
import signal
import socket
import sys
import warnings

EXAMPLES_S = 2
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def run(out: str) -> None:
    """Answer every question; what a module prints or warns goes nowhere."""
    questions = json.load(sys.stdin)
    socket.socket = _no_network  # type: ignore[assignment,misc]
    warnings.simplefilter("ignore")
    modules: dict[str, object] = {}
    answers: dict[str, list[object]] = {}
    for key, module, name, doc in questions:
        if module not in modules:
            modules[module] = _imported(module)
        answers[key] = _answer(modules[module], name, doc)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(answers, file)


def _imported(name: str) -> object:
    try:
        with _quiet(), _within(20):
            return importlib.import_module(name)
    except BaseException:  # a release may do anything when it is imported, exit included
        return None


def _answer(module: object, name: str, doc: str) -> list[object]:
    if module is None:
        return ["not imported", None, None]
    holder: object = module
    try:
        for part in name.split("."):
            holder = inspect.getattr_static(holder, part) if inspect.isclass(holder) else getattr(holder, part)
    except BaseException:
        return ["gone", None, None]
    return ["there", _signature(holder), _examples(module, doc)]


def _signature(thing: object) -> str | None:
    """Return the signature without types; of a property that of each of its functions, of a class its bases."""
    if isinstance(thing, property):
        return " ".join(str(_signature(one)) for one in (thing.fget, thing.fset, thing.fdel) if one)
    if inspect.isclass(thing):  # its constructor is a claim of its own
        return " ".join(base.__qualname__ for base in thing.__bases__)
    if isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    try:
        found = inspect.signature(thing)  # type: ignore[arg-type]
        bare = [one.replace(annotation=inspect.Parameter.empty) for one in found.parameters.values()]
        found = found.replace(parameters=bare, return_annotation=inspect.Signature.empty)
        return _ADDRESS.sub("0x", str(found))
    except BaseException:
        return None


def _examples(module: object, doc: str) -> list[str] | None:
    """Return what the examples of a docstring print, None where there are none or two runs differ."""
    if ">>>" not in doc:
        return None
    runs = [_run_examples(module, doc) for _ in range(2)]
    return runs[0] if runs[0] == runs[1] else None


def _run_examples(module: object, doc: str) -> list[str]:
    printed: list[str] = []
    try:
        test = doctest.DocTestParser().get_doctest(doc, dict(vars(module)), "claim", None, None)
        runner = doctest.DocTestRunner(checker=_Recorder(printed), verbose=False)
        with _quiet(), _within(EXAMPLES_S):
            runner.run(test, out=lambda text: _raised(text, printed), clear_globs=True)
    except BaseException as error:
        printed.append(f"stopped: {type(error).__name__}")
    return printed


class _Recorder(doctest.OutputChecker):
    def __init__(self, printed: list[str]) -> None:
        self._printed = printed

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        self._printed.append(_ADDRESS.sub("0x", got))
        return True


def _raised(text: str, printed: list[str]) -> None:
    """Keep the last line of an exception that an example did not expect."""
    if "Exception raised" in text:
        printed.append(_ADDRESS.sub("0x", text.strip().rpartition("\n")[2].strip()))


@contextlib.contextmanager
def _quiet():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _within(seconds: int):
    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


class _no_network(socket.socket):
    def connect(self, *_: object) -> None:
        raise OSError("no network here")

    connect_ex = bind = sendto = connect  # type: ignore[assignment]
