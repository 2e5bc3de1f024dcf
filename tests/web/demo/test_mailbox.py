"""The demo's mailbox: what is kept shows in the browser, newest first, and is not reachable in production."""

from email.message import EmailMessage

import pytest

from servicedesk.app import create_app
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.settings import load
from servicedesk.store import migrate
from tests.commands.demo_tools import production_environment
from tests.web.conftest import page

LINK = "http://127.0.0.1:8000/tickets/2026000001"


@pytest.fixture
def settings(settings, tmp_path):
    return settings.model_copy(update={"demo": settings.demo.model_copy(update={"mailbox": tmp_path / "mailbox"})})


@pytest.fixture
def mailbox(settings):
    return Mailbox(settings.demo.mailbox)


def mail(subject="Your request", to="lucia@example.org", html="", file=""):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", to, subject
    message["Date"] = "Mon, 02 Mar 2026 10:15:00 +0100"
    message.set_content(f"Read it here: {LINK}\n")
    if html:
        message.add_alternative(html, subtype="html")
    if file:
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename=file)
    return message.as_bytes()


def subjects(tree):
    return [cell.text_content().strip() for cell in tree.xpath("//tbody//td[1]")]


def test_the_newest_mail_stands_first(client, mailbox):
    for subject in ("First", "Second", "Third"):
        mailbox.keep(mail(subject), "lucia@example.org")
    assert subjects(page(client, "/demo/mailbox")) == ["Third", "Second", "First"]


def test_the_list_can_be_narrowed_to_one_recipient(client, mailbox):
    mailbox.keep(mail("For Lucia"), "Lucia@Example.org")
    mailbox.keep(mail("For Teo"), "teo@example.org")
    assert subjects(page(client, "/demo/mailbox?to=lucia@example.org")) == ["For Lucia"]


@pytest.mark.parametrize("typed", ["nobody@example.org", "no address", "../../etc@", "%01@"])
def test_a_recipient_without_mails_finds_an_empty_box(client, mailbox, typed):
    mailbox.keep(mail(), "lucia@example.org")
    tree = page(client, f"/demo/mailbox?to={typed}")
    assert "No mails here" in tree.text_content()


def test_older_mails_are_one_page_on(client, mailbox):
    for number in range(51):
        mailbox.keep(mail(f"Mail {number}"), "lucia@example.org")
    first = page(client, "/demo/mailbox")
    assert subjects(first)[-1] == "Mail 1"
    older = first.xpath("//a[contains(., 'Older mails')]/@href")[0]
    second = page(client, older)
    assert subjects(second) == ["Mail 0"]
    assert not second.xpath("//a[contains(., 'Older mails')]")


def test_a_mail_shows_headers_clickable_links_and_names_of_attachments(client, mailbox):
    mail_id = mailbox.keep(mail("Über <b>you</b>", file="ricevuta.pdf"), "lucia@example.org")
    tree = page(client, f"/demo/mailbox/{mail_id}")
    assert tree.findtext(".//h1") == "Über <b>you</b>"
    assert tree.xpath(f"//pre/a[@href='{LINK}']")
    assert {"desk@example.org", "lucia@example.org"} <= set(tree.xpath("//dd/text()"))
    assert "ricevuta.pdf" in tree.xpath("//main//li/text()")


def test_the_formatted_mail_is_shut_off_from_the_desk(client, mailbox):
    mail_id = mailbox.keep(mail(html="<p onclick='x()'>Hello<script>alert(1)</script></p>"), "lucia@example.org")
    answer = client.get(f"/demo/mailbox/{mail_id}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "<p onclick" in answer.text
    assert "sandbox" in policy and "default-src 'none'" in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy


@pytest.mark.parametrize("mail_id", ["0" * 20 + "-" + "a" * 8, "..", "*", "0"])
def test_what_is_no_mail_is_not_found(client, mailbox, mail_id):
    mailbox.keep(mail(), "lucia@example.org")
    page(client, f"/demo/mailbox/{mail_id}", 404)


def test_a_mail_without_formatted_part_has_no_page_for_it(client, mailbox):
    mail_id = mailbox.keep(mail(), "lucia@example.org")
    assert "Show as formatted mail" not in page(client, f"/demo/mailbox/{mail_id}").text_content()
    page(client, f"/demo/mailbox/{mail_id}/html", 404)


def test_an_address_never_leads_out_of_the_mailbox(mailbox):
    mailbox.keep(mail(), "../../up@example.org")
    assert mailbox.recipients() == ["../../up@example.org"]
    assert [each.parent.parent for each in mailbox.folder.glob("**/*.eml")] == [mailbox.folder]
    with pytest.raises(Invalid):
        mailbox.keep(mail(), "..")


def test_a_mail_that_is_not_there_is_not_found(mailbox):
    with pytest.raises(NotFound):
        mailbox.mail("1")


def test_production_has_no_mailbox(tmp_path):
    environ = production_environment(tmp_path)
    migrate.upgrade(environ["SERVICEDESK_DATABASE__URL"])
    app = create_app(load(environ=environ))
    assert "demo" not in app.blueprints
    assert app.test_client().get("/demo/mailbox").status_code == 404
