"""`cistron token`: the token that `cistron serve --http` asks for."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from ..settings import read_settings
from ..tokens import default_token_file, ensure_token, read_tokens, rotate_token
from .flags import flags
from .main import DONE


def run(arguments: argparse.Namespace) -> int:
    """Print the first token of the file, or a link that lets one browser in; make or replace the token first."""
    settings = read_settings(flags(arguments), os.environ, Path.cwd())
    file = settings.token_file or default_token_file(os.environ)
    made = ensure_token(file)
    if arguments.rotate and not made:
        rotate_token(file)
    entry = read_tokens(file)[0]
    answer = {"token": entry.token, "file": str(file)}
    if arguments.url:
        from ..http_login import link  # starlette: 0.1 s

        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        scheme = "https" if settings.tls_cert else "http"
        answer["url"] = link(f"{scheme}://{name}:{settings.port}", entry, time.time())
    print(json.dumps(answer) if arguments.json else answer.get("url", entry.token))
    return DONE
