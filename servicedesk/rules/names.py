"""What a technician is called towards requesters: one setting for page, timeline and mail alike (C3)."""

from typing import Literal

TechnicianName = Literal["code", "display"]


def technician_shown(code: str | None, name: str, setting: TechnicianName) -> str:
    """Return the code or the name, as the setting says; empty where the code is wanted and there is none."""
    return name if setting == "display" else code or ""
