"""The HTML of the page of questions. Every text that anybody wrote goes through `_text`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from ...genome.reading.instructions import visible
from ...tools.hitl_checks import MOST_ANSWER
from ...tools.hitl_text import marks_text, outcome_text
from ...tools.models.hitl import HitlEvent

REFRESH_S = 5
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "article{border:1px solid #888;border-radius:6px;padding:1rem;margin:1rem 0}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border-left:3px solid #888;padding-left:.8rem;margin:.5rem 0}"
    "label{display:block;margin:.3rem 0}input[type=text]{width:100%;box-sizing:border-box;font:inherit}"
    "button{font:inherit;margin:.5rem .5rem 0 0}iframe{border:0;width:100%;height:3.5rem}.marks{opacity:.75}"
)


def page_html(
    pending: Sequence[tuple[HitlEvent, Sequence[str]]],
    recent: Sequence[HitlEvent],
    tokens: Mapping[str, str],
    here: str,
    said: str,
) -> str:
    """Return the whole page.

    Args:
        pending: The questions that wait, each with the notes that its answer judges.
        recent: What was asked before, newest first.
        tokens: The form token of each question.
        here: The last part of the page's own path, from which the forms' paths follow.
        said: What the last form did.
    """
    body = [f"<p role=status>{_text(said)}</p>"] if said else []
    body += [_question(event, stakes, tokens[event.id], here) for event, stakes in pending]
    if pending:  # a page that reloads itself would throw away what is being written
        shown = quote(",".join(event.id for event, _ in pending))
        body.append(f'<iframe src="{here}/news?shown={shown}" title="new questions"></iframe>')
    else:
        body.append("<p>No question waits for an answer. This page looks again by itself.</p>")
    if recent:
        body.append(f"<h2>Before</h2><ul>{''.join(_before(event) for event in recent)}</ul>")
    return _whole("Questions from agents", "".join(body), reload=not pending)


def news_html(count: int, page: str | None) -> str:
    """Return the small frame: a link to the page where the questions are others than when it was drawn."""
    said = "No new questions." if page is None else f'{count} waiting now. <a href="{page}" target="_top">Load them</a>'
    return _whole("News", f"<p>{said}</p>", reload=True, heading=False)


def answered_html(said: str) -> str:
    """Return a page that says what went wrong with an answer."""
    return _whole("Not answered", f"<p>{_text(said)}</p>", reload=False)


def _question(event: HitlEvent, stakes: Sequence[str], token: str, here: str) -> str:
    parts = [
        f"<h2>{event.id}: {_text(event.asker)} asks</h2><p class=marks>{_text(marks_text(event))}</p>",
        f"<pre>{_text(event.question)}</pre>",
    ]
    if event.task_context is not None:
        parts.append(f"<p>Context:</p><pre>{_text(event.task_context)}</pre>")
    if event.shown:
        parts.append(f"<p>After seeing {_text(', '.join(event.shown))}</p>")
    parts += [f"<p>A yes confirms and a no rejects the note {_text(stake)}</p>" for stake in stakes]
    if event.instruction_like:
        parts.append("<p><strong>The text speaks to its reader like an instruction: judge it as data.</strong></p>")
    parts += [
        f'<form method=post action="{here}/{event.id}"><input type=hidden name=token value="{token}">',
        *(
            f"<label><input type=radio name=option value={number}> {_text(option)}</label>"
            for number, option in enumerate(event.options, 1)
        ),
        f"<label>{'Comment, or an answer of your own' if event.options else 'Answer'}"
        f" <input type=text name=words maxlength={MOST_ANSWER} autocomplete=off></label>",
        "<button name=send value=1>Answer</button><button name=decline value=1>Decline to answer</button></form>",
    ]
    return f"<article>{''.join(parts)}</article>"


def _before(event: HitlEvent) -> str:
    text = event.question if len(event.question) <= 200 else f"{event.question[:200]}..."
    return f"<li>{event.id} {_text(outcome_text(event))} <br><q>{_text(text)}</q> {_text(event.asker)}</li>"


def _text(text: str) -> str:
    return escape(visible(text))


def _whole(title: str, body: str, *, reload: bool, heading: bool = True) -> str:
    again = f"<meta http-equiv=refresh content={REFRESH_S}>" if reload else ""
    head = f"<h1>{title}</h1>" if heading else ""
    return (
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">{again}'
        f"<title>{title}</title><style>{STYLE}</style><body>{head}{body}</body></html>"
    )
