"""What a caller can get wrong.

ToolsError
├── UsageError        an argument is wrong; the message names it, its value and what to pass instead
└── NotReady          the store is still being opened, or could not be
"""


class ToolsError(Exception):
    """Anything the tools report to their caller; the message is one line and safe to show."""


class UsageError(ToolsError):
    """An argument cannot be used as it is."""


class NotReady(ToolsError):
    """The store is not open yet."""
