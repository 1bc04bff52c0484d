"""Who makes a call: as a credential or the environment named them, else as the client does, else the system."""

from __future__ import annotations

import getpass
import re
import socket
from dataclasses import replace

from ..genome.records import Identity
from ..tools.plain import plain

LONGEST = 200  # characters of a name
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f/]+")  # a name is shown as `participant/agent`, in one line
_UNNAMED = Identity()


def identify(
    base: Identity,
    client_name: str | None = None,
    agent: str | None = None,
    participant: str | None = None,
    *,
    user: str | None = None,
) -> Identity:
    """Return on whose behalf a call is made.

    Org and party come from `base` alone: nothing that a call says can change them. Within a party a call may name its
    agent and the person behind it; what it leaves open `base` names, else the client or the system.

    Args:
        base: What the token, or the environment of this process, names.
        client_name: What the client calls itself in its protocol, such as `claude-code`.
        agent: The agent that the call's credential, a header or an argument names.
        participant: The person that they name.
        user: The person that the operating system knows.

    >>> identify(Identity(party="laptop"), "claude-code", user="ada")
    Identity(org='local', party='laptop', participant='ada', agent='claude-code')
    >>> identify(Identity(agent="ci"), "claude-code", participant="bob", user="ada")
    Identity(org='local', party='local', participant='bob', agent='ci')
    """
    own_agent = base.agent if base.agent != _UNNAMED.agent else None
    own_participant = base.participant if base.participant != _UNNAMED.participant else None
    return replace(
        base,
        agent=_fit(agent) or own_agent or _fit(client_name) or _UNNAMED.agent,
        participant=_fit(participant) or own_participant or _fit(user) or _UNNAMED.participant,
    )


def system_user() -> str | None:
    """Return the name of the user that this process runs as; None where the system has none for it."""
    try:
        return _fit(getpass.getuser())
    except (KeyError, OSError, ImportError):  # a container's user without a name
        return None


def system_host() -> str:
    """Return the name of this machine."""
    return _fit(socket.gethostname()) or _UNNAMED.party


def _fit(name: str | None) -> str | None:
    """Return a name that a stranger gave as one that can be kept and shown; None where nothing is left of it."""
    return None if name is None else _UNFIT.sub("-", plain(name).strip())[:LONGEST].strip("-") or None
