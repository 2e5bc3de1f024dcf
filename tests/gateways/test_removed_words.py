"""Files and mails say in the reader's language that somebody was removed, whoever wrote them down and when."""

import email
import email.policy
import io
import json
import zipfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from servicedesk.gateways.own_data_file import OwnDataFile
from servicedesk.gateways.texts import Texts
from servicedesk.rules.house_texts import House
from servicedesk.rules.letters import DeskLetter
from servicedesk.rules.removed import PERSON, STAFF, TEXT
from servicedesk.settings import ROOT, load
from tests.gateways.test_figure_mail import CONTEXT, NOW, NUMBERS
from tests.rules.test_letters import letter


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(load(ROOT / "config" / "test.toml", {}))


def test_a_report_of_figures_names_nobody_who_was_removed(texts: Texts) -> None:
    rows = [[f"0815 {STAFF}", *NUMBERS]]
    figures = json.dumps({"by": "technician", "now": NUMBERS, "before": NUMBERS, "rows": rows, "shown": 1})
    wanted = DeskLetter("figures_report", "figures.1", "n@example.org", "Nora", "en", {**CONTEXT, "figures": figures})
    made = email.message_from_bytes(texts.render(wanted, NOW), policy=email.policy.default)
    table, _book = made.iter_attachments()
    parts = [found for kind in ("plain", "html") if (found := made.get_body((kind,)))]
    for text in (part.get_content() for part in (*parts, table)):
        assert "0815 Former member of staff" in text
        assert "[removed-" not in text


def test_a_mail_says_it_in_subject_and_text(texts: Texts) -> None:
    about = letter(template="comment", locale="en", title=TEXT, technician=STAFF, requester=PERSON)
    made = email.message_from_bytes(texts.render(about, NOW), policy=email.policy.default)
    assert made["Subject"].endswith(": (text removed)")
    said = made.get_body(("plain",))
    assert said is not None
    assert "[removed-" not in said.get_content()


def test_the_house_s_own_subject_says_it_too(texts: Texts) -> None:
    own = texts.of(House({"mail:comment": {"en": {"subject": "{technician} wrote", "before": "", "after": ""}}}))
    made = own.render(letter(template="comment", locale="en", technician=STAFF), NOW)
    assert "Former member of staff wrote" in email.message_from_bytes(made, policy=email.policy.default)["Subject"]


def test_a_copy_of_data_says_it_in_its_tables_and_stays_json() -> None:
    stream = io.BytesIO()
    file = OwnDataFile(stream, "en", ZoneInfo("Europe/Rome"))
    file.table("ticket", [{"technician_id": STAFF, "opened_at": datetime(2026, 3, 9, tzinfo=UTC)}])
    file._zip.close()
    with zipfile.ZipFile(stream) as found:
        (row,) = json.loads(found.read("data/ticket.json"))
    assert row["technician_id"] == "Former member of staff"
