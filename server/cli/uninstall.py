"""`cistron uninstall`: take the server out of the clients' files again."""

from .install import undo as run

__all__ = ["run"]
