"""Who runs a command, for the record of administration."""

import getpass
import os


def operator() -> str:
    """Return `command:<user>`, the number of the user where the system knows no name (containers)."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"command:{os.getuid()}"
