"""The demo's mail server: takes every mail over SMTP and puts it into the mailbox; nothing ever leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from servicedesk.gateways.mailbox import Mailbox
from servicedesk.rules.errors import Invalid


class Keeper:
    """What the server does with a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one copy per recipient."""
        content = envelope.original_content or b""
        try:
            for recipient in envelope.rcpt_tos:
                self.mailbox.keep(content, recipient)
        except Invalid as error:
            return f"553 {error}"
        return "250 Kept"


@contextmanager
def sink(mailbox: Mailbox, host: str, port: int) -> Iterator[None]:
    """Run the mail server in a thread for the length of the block."""
    controller = Controller(Keeper(mailbox), hostname=host, port=port, data_size_limit=100_000_000)
    controller.start()
    try:
        yield
    finally:
        controller.stop()
