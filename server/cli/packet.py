"""`cistron packet QUERY`: what an agent would be told, in a terminal."""

from __future__ import annotations

import argparse

from ...tools.packet import PacketTools
from ...tools.text import packet_text
from .first_contact import read_in_new_roots
from .main import DONE
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Ask and print the packet. A root that was never read in is read first: a terminal asks only once."""
    with opened(arguments) as services:
        read_in_new_roots(services)
        packet = PacketTools(services).context_packet(
            arguments.query,
            task_type=arguments.task,
            max_items=arguments.max_items,
            max_tokens=arguments.max_tokens,
        )
    print(packet.model_dump_json() if arguments.json else packet_text(packet))
    return DONE
