"""What can go wrong by the desk's own rules: one error per kind, each with a sentence a person can act on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from servicedesk.rules.sentences import N_, Sentence


class DeskError(Exception):
    """Any refusal by a rule of the desk; `sentence` says where, what, and what to do.

    Only the web floor turns these into pages and status codes.
    """

    def __init__(self, msgid: str, **params: str | int) -> None:
        self.sentence = Sentence(msgid, params)
        super().__init__(str(self.sentence))


class NotFound(DeskError):
    """The thing is not there, or this person may not know that it is (they answer alike)."""

    def __init__(
        self, msgid: str = N_("This page is not here, or it is not yours to see."), **params: str | int
    ) -> None:
        super().__init__(msgid, **params)


class NotAllowed(DeskError):
    """The person may see the thing but not do this to it."""


class NotNow(DeskError):
    """The action exists and the person could do it, but not in the state things are in."""


class Invalid(DeskError):
    """What was typed cannot be taken; `fields` names each field with its sentence."""

    def __init__(self, msgid: str, fields: Mapping[str, Sentence] | None = None, **params: str | int) -> None:
        super().__init__(msgid, **params)
        self.fields: Mapping[str, Sentence] = fields or {}


class Conflict(DeskError):
    """Somebody else was faster; `since` lists the sequence numbers of the events not yet seen."""

    def __init__(self, msgid: str, since: Sequence[int] = (), **params: str | int) -> None:
        super().__init__(msgid, **params)
        self.since = tuple(since)


class Gone(DeskError):
    """A link or token that was good once and is over."""


class TooLarge(DeskError):
    """More bytes than the settings allow."""


class TooMany(DeskError):
    """More attempts than the limits allow; `again_at` is when one may try again, where it is known."""

    def __init__(self, msgid: str, again_at: datetime | None = None, **params: str | int) -> None:
        super().__init__(msgid, **params)
        self.again_at = again_at


class AlreadyDone(DeskError):
    """The same form was sent before; `made` names what it made then: a ticket number, or `<number>#<seq>`."""

    def __init__(self, made: str) -> None:
        super().__init__(N_("This form was sent before. Nothing was done twice."))
        self.made = made
