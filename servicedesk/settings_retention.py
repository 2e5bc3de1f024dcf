"""The settings of retention: how long things are kept unless administrators say otherwise, and what is left of them."""

from typing import Literal

from pydantic import Field

from servicedesk.settings_house import Part


class Retention(Part):
    """Months after which things are removed, 0 to keep them for good; a service's own terms are set in the browser."""

    files_months: int = Field(ge=0, le=600)
    """After a request was closed, its attachments."""
    tickets_months: int = Field(ge=0, le=600)
    """After a request was closed, everything in it that says something of people."""
    accounts_months: int = Field(ge=0, le=600)
    """After the last sign-in, an account without requests."""
    texts: Literal["remove", "keep"]
    """Whether titles and messages of a person's requests are removed with the person."""
    staff_codes: Literal["keep", "replace"]
    """Whether a former technician keeps the code that requesters have read."""
