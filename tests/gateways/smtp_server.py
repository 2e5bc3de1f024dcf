"""A real SMTP server on an ephemeral port that accepts, refuses, stalls or hangs up, by the name of the recipient."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

STALL_SECONDS = 3


class PostOffice:
    """What arrived, as (recipient, bytes); how it behaves is chosen by the part before the @."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self.senders: list[str] = []
        self.connections = 0
        self.refusal: dict[str, str] = {"busy": "451 come back later", "nobody": "550 no such user"}
        self.stalls = self.drops = self.drops_after_taking = False

    async def handle_EHLO(  # noqa: N802 - names of the protocol
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.split("@")[0]
        if name in self.refusal:
            return self.refusal[name]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self.stalls:
            await asyncio.sleep(STALL_SECONDS)
        if self.drops:
            _hang_up(server)
            return "250 never heard"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 we do not like this message"
        self.arrived += [(address, envelope.content) for address in envelope.rcpt_tos]
        self.senders.append(envelope.mail_from or "")
        if self.drops_after_taking:
            _hang_up(server)
        return "250 taken"

    def mails(self) -> list[EmailMessage]:
        """What arrived, taken apart."""
        policy = email.policy.default
        return [email.message_from_bytes(content, policy=policy) for _address, content in self.arrived]  # type: ignore[misc]


def _hang_up(server: SMTP) -> None:
    assert server.transport is not None
    server.transport.abort()


class Server(Controller):
    """Runs a post office in a thread; `port` is known once it has started."""

    def __init__(self, office: PostOffice, **options: Any) -> None:
        super().__init__(office, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()
