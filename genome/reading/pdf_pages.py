"""The text of a PDF's pages: bytes on stdin; `{"pages": [[heading, text], ...]}` or `{"reason": why}` on stdout.

A program, run by `pdf` for one document; it bounds itself where the system can.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PdfReader

CPU_S, MEMORY = 8, 1 << 30
MOST_PAGES = 3_000
MOST_TEXT = 4 << 20  # characters
_LONGEST_TITLE = 120
ENCRYPTED, DAMAGED, EMPTY = "PDF: encrypted", "PDF: damaged", "PDF: no text in it, perhaps pictures of pages"
TOO_MUCH = "PDF: takes too long or too much memory to read"


def main() -> int:
    """Read one document."""
    _bound()
    data = sys.stdin.buffer.read()
    logging.disable(logging.CRITICAL)
    try:
        answer = _read(data)
    except (MemoryError, RecursionError):
        answer = {"reason": TOO_MUCH}
    except Exception as error:  # a damaged file may break its parser anywhere
        answer = {"reason": TOO_MUCH if "imit" in type(error).__name__ else DAMAGED}
    sys.stdout.write(json.dumps(answer))
    return 0


def _bound() -> None:
    """Let the system end this process before it takes too much."""
    try:
        import resource  # not on Windows, where the caller's clock alone bounds it
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_S)):
        with contextlib.suppress(ValueError, OSError):  # macOS bounds no address space
            resource.setrlimit(what, (most, most))


def _read(data: bytes) -> dict[str, object]:
    from pypdf import PasswordType, PdfReader  # an extra, and 0.2 s: for this program alone

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        return {"reason": ENCRYPTED}
    titles = _titles(reader)
    pages: list[tuple[str, str]] = []
    left = MOST_TEXT
    for number, page in enumerate(reader.pages[:MOST_PAGES]):
        text = _clean(page.extract_text())[:left]
        left -= len(text)
        if text.strip():
            title = titles.get(number)
            pages.append((f"{title}, page {number + 1}" if title else f"page {number + 1}", text))
        if left <= 0:
            break
    return {"pages": pages} if pages else {"reason": EMPTY}


def _titles(reader: PdfReader) -> dict[int, str]:
    """Return the path of the outline's titles that each page stands under."""
    found: dict[int, str] = {}
    try:
        waiting: list[tuple[list[Any], tuple[str, ...]]] = [(reader.outline, ())]
        seen = 0
        while waiting and seen < MOST_PAGES:
            entries, path = waiting.pop()
            last = path
            for entry in entries:
                seen += 1
                if isinstance(entry, list):
                    waiting.append((entry, last))
                    continue
                last = (*path, " ".join(str(entry.title).split())[:_LONGEST_TITLE])
                number = reader.get_destination_page_number(entry)
                if number is not None and number >= 0:
                    found.setdefault(number, " / ".join(last[-3:]))
    except Exception:  # an outline is an aid; without it pages have numbers alone
        return {}
    under: dict[int, str] = {}
    title = ""
    for number in range(min(len(reader.pages), MOST_PAGES)):
        title = found.get(number, title)
        if title:
            under[number] = title
    return under


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


if __name__ == "__main__":
    sys.exit(main())
