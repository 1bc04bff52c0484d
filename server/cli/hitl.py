"""`cistron hitl watch | list | answer ID TEXT`: the terminal of the person whom agents ask."""

from __future__ import annotations

import argparse
import sys
import time

from ...tools.errors import UsageError
from ...tools.hitl import POLL_S, HitlTools
from ...tools.hitl_text import hitl_text, options_text, outcome_text, question_text
from ...tools.models.hitl import HitlEvent
from .main import DONE, PROBLEMS
from .opened import opened

LISTED = 20


def run(arguments: argparse.Namespace) -> int:
    """Do the step; 1 means that somebody else had answered before."""
    with opened(arguments) as services:
        tools = HitlTools(services)
        if arguments.step == "list":
            report = tools.recent(LISTED)
            print(report.model_dump_json() if arguments.json else hitl_text(report))
            return DONE
        if arguments.step == "answer":
            return _answer(tools, arguments)
        return _watch(tools)


def _answer(tools: HitlTools, arguments: argparse.Namespace) -> int:
    if arguments.id is None:
        raise UsageError("which question? pass its ID, which `cistron hitl list` shows")
    if (arguments.text is None) == (arguments.option is None):
        raise UsageError("pass either TEXT or --option N")
    event, done, won = tools.answer(
        arguments.id, arguments.text, "terminal", option=arguments.option, comment=arguments.comment
    )
    print(event.model_dump_json() if arguments.json else _outcome(event, done, won))
    return DONE if won else PROBLEMS


def _watch(tools: HitlTools) -> int:
    """Ask the person at the terminal as questions come, until the input ends; a blank answer leaves a question."""
    print("waiting for questions; end with Ctrl-C", file=sys.stderr)
    seen: set[str] = set()
    while True:
        for event in tools.pending():
            if event.id not in seen:
                seen.add(event.id)
                if not _asked(tools, event):
                    return DONE
        time.sleep(POLL_S)


def _asked(tools: HitlTools, event: HitlEvent) -> bool:
    """Ask one question, again after an answer that cannot be used; False where the input has ended."""
    print(question_text(event, tools.stakes(event.id)))
    if event.options:
        print(options_text(event))
    hint = "number or words" if event.options else "your answer"
    while True:
        try:
            said = input(f"{event.id} {hint}, blank for later> ").strip()
        except EOFError:
            print()
            return False
        if not said:
            return True
        number = int(said) if said.isdecimal() and 1 <= int(said) <= len(event.options) else None
        try:
            print(_outcome(*tools.answer(event.id, said, "terminal", option=number)))
        except UsageError as error:
            print(error)
            if tools.get(event.id).state == "pending":
                continue
        return True


def _outcome(event: HitlEvent, done: list[str], won: bool) -> str:
    before = "" if won else "was answered before: "
    return "\n".join([f"{event.id} {before}{outcome_text(event)}", *done])
