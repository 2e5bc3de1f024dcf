"""The demo's mailbox in the browser: every mail the desk has sent. Registered in demo and test mode only."""

from flask import Blueprint, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.gateways.mailbox import Mailbox
from servicedesk.rules.errors import NotFound
from servicedesk.settings import Settings
from servicedesk.web.access import public

PAGE = 50
# A mail is shown as a mail program would: no scripts, no forms, nothing fetched. Its links may be followed.
MAIL_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
bp = Blueprint("demo", __name__)


@bp.app_context_processor
def links() -> dict[str, str]:
    """Give every page the address of the mailbox, for its footer."""
    return {"demo_mailbox": url_for("demo.mailbox")}


def _mailbox() -> Mailbox:
    settings: Settings = current_app.extensions["desk_settings"]
    return Mailbox(settings.demo.mailbox)


@bp.get("/demo/mailbox")
@public
def mailbox() -> str:
    """List the mails, the newest first, of everybody or of one recipient."""
    recipient, before = request.args.get("to", "").strip(), request.args.get("before", "")
    box = _mailbox()
    found = box.newest(PAGE + 1, recipient, before) if not recipient or "@" in recipient else []
    return render_template(
        "demo/mailbox.html",
        lines=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        before=before,
        recipient=recipient,
        recipients=box.recipients(),
    )


@bp.get("/demo/mailbox/<mail_id>")
@public
def mail(mail_id: str) -> str:
    """Show one mail: headers, text with its links, names of attachments."""
    return render_template("demo/mail.html", mail=_mailbox().mail(mail_id))


@bp.get("/demo/mailbox/<mail_id>/html")
@public
def html(mail_id: str) -> Response:
    """Show the HTML part of a mail by itself, shut off from the desk's pages."""
    found = _mailbox().mail(mail_id)
    if not found.html:
        raise NotFound()
    return Response(found.html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY})
