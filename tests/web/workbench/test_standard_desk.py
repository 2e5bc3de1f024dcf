"""Staff write standard answers: proposed, previewed, published and withdrawn; and say which counter answers whom."""

import pytest

from servicedesk.actions.standard_answers import import_answer
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.standard_answers import Reach, Written
from servicedesk.store.models.standard_answers import StandardAnswerCount
from tests import factories
from tests.web.conftest import browser, page, post, send
from tests.web.workbench.conftest import GROUP

DESK = "/workbench/standard-answers"
CONTACTS = "/workbench/counter-contacts"
TYPED = {
    "shortcut": "/Fees-Late",
    "name": "Fees paid late",
    "text_it": "Gentile {requester_name}",
    "text_en": "Dear {requester_name}",
    "sequel": "propose",
}


@pytest.fixture
def leader(app, desk, sign_in):
    made = factories.supervisor(desk, GROUP)
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    return client


def rows(client, stage="published"):
    return page(client, f"{DESK}?stage={stage}").xpath("//tbody/tr/th/a/text()")


def form_at(client, path, action=None):
    return next(form for form in page(client, path).forms if form.action == (action or path))


def test_f3_a_technician_proposes_and_the_supervisor_publishes_and_withdraws(signed_in, leader):
    assert "Propose it" in page(signed_in, f"{DESK}/new").text_content()
    assert send(signed_in, f"{DESK}/new", **TYPED).location == f"{DESK}/edit/fees-late"
    assert (rows(signed_in), rows(signed_in, "draft")) == ([], ["Fees paid late"])
    assert not page(signed_in, f"{DESK}/edit/fees-late").xpath("//form[contains(@action, '/publish')]")
    path = f"{DESK}/edit/fees-late"
    assert send(leader, path, f"{path}/publish").status_code == 303
    assert rows(leader) == ["Fees paid late"]
    assert "Dear Giulia Rossi" in page(signed_in, f"{path}/1").text_content()
    assert send(leader, path, f"{path}/retire").status_code == 303
    assert rows(leader) == []


def test_f3_a_supervisor_saves_and_publishes_with_one_button(leader):
    assert send(leader, f"{DESK}/new", **TYPED, publish="1").status_code == 303
    assert rows(leader) == ["Fees paid late"]
    path = f"{DESK}/edit/fees-late"
    send(leader, path, text_en="Dear student", publish="1")
    assert "Italiano lags" in page(leader, DESK).text_content()


def test_f3_a_preview_shows_the_example_and_saves_nothing(signed_in, ticket_in):
    made = ticket_in()
    answer = send(signed_in, f"{DESK}/new", **TYPED, preview="1")
    assert answer.status_code == 200
    assert "Dear Giulia Rossi" in answer.text and 'value="Fees paid late"' in answer.text
    mine = send(signed_in, f"{DESK}/new", **{**TYPED, "text_en": "{number}"}, preview="1", example=made.number)
    assert f'lang="en"><p>{made.number}</p>' in mine.text
    assert rows(signed_in, "draft") == []


def test_f3_an_unknown_placeholder_comes_back_with_its_place_and_the_text(signed_in):
    answer = send(signed_in, f"{DESK}/new", **{**TYPED, "text_en": "Dear {requester}", "shortcut": "pi\u00f9"})
    assert answer.status_code == 422
    assert "Line 1: {requester} is no placeholder. Known are: {requester_name}" in answer.text
    assert "Dear {requester}</textarea>" in answer.text


def test_f3_who_leads_other_groups_keeps_the_text_and_learns_why(leader):
    answer = send(leader, f"{DESK}/new", **TYPED, publish="1", groups="ISCR")
    assert answer.status_code == 422
    assert "Propose standard answers for a group of yours" in answer.text and "Fees paid late" in answer.text


def test_f3_a_colleague_who_saved_meanwhile_is_not_overwritten(signed_in, leader):
    send(signed_in, f"{DESK}/new", **TYPED)
    path = f"{DESK}/edit/fees-late"
    stale = form_at(signed_in, path)
    send(leader, path, name="Late fees")
    refused = post(signed_in, stale, name="Mine")
    assert refused.status_code == 422
    assert "A colleague changed this standard answer" in refused.text and 'value="Mine"' in refused.text


def test_f3_the_list_says_how_often_each_was_used_and_goes_on_by_pages(leader, desk, now):
    for number in range(53):
        written = Written(f"Answer {number:02}", {"en": from_plain("Yes")}, Reach(frozenset({GROUP})))
        import_answer(desk, f"a{number}", written, "command:test", now)
    desk.add(StandardAnswerCount(answer_id=1, category_key="fees", month=f"{now:%Y-%m}", used=34, refused=2))
    desk.commit()
    first = page(leader, DESK)
    assert [cell.text for cell in first.xpath("//tbody/tr[1]/td")][3:5] == ["34", "2"]
    following = first.xpath("//a[@rel='next']/@href")[0]
    assert page(leader, following).xpath("//tbody/tr/th/a/text()") == ["Answer 50", "Answer 51", "Answer 52"]
    assert "fees" in page(leader, f"{DESK}/edit/a0").text_content()
    assert page(leader, f"{DESK}?q=/a51").xpath("//tbody/tr/th/a/text()") == ["Answer 51"]
    assert len(page(leader, f"{DESK}?q=ANSWER+4").xpath("//tbody/tr")) == 10
    assert "Nothing has this name" in page(leader, f"{DESK}?q=%25").text_content()


def test_f3_supervisors_keep_the_contacts_of_counters_which_all_staff_read(signed_in, leader):
    typed = {"kind": "area", "value": "Ingegneria", "text_it": "Sportello 3", "category_key": "segreteria-ingegneria"}
    assert send(leader, f"{CONTACTS}/new", **typed).status_code == 303
    again = send(leader, f"{CONTACTS}/new", **typed)
    assert again.status_code == 422 and "There are contacts for this already" in again.text
    shown = page(signed_in, CONTACTS)
    assert "Sportello 3" in shown.text_content() and not shown.xpath("//a[contains(@href, '/counter-contacts/')]")
    assert signed_in.get(f"{CONTACTS}/new").status_code == 403
    assert send(leader, f"{CONTACTS}/1", text_it="Sportello 4").status_code == 303
    assert send(leader, f"{CONTACTS}/1", f"{CONTACTS}/1/remove").status_code == 303
    assert "No contacts yet" in page(leader, CONTACTS).text_content()
    empty = send(leader, f"{CONTACTS}/new", kind="course")
    assert empty.status_code == 422 and "Name the degree course or the area." in empty.text


def test_f3_requesters_see_nothing_of_it(client, desk, sign_in):
    asker = factories.student(desk)
    desk.commit()
    sign_in(client, asker.id)
    assert {client.get(path).status_code for path in (DESK, CONTACTS, f"{DESK}/new")} == {403}
