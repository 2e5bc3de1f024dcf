"""Standard answers in the composer: chosen, filled in, sent with what follows; both ways at the wrong counter."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from servicedesk.actions.details import Details
from servicedesk.actions.held import send_due
from servicedesk.actions.standard_answers import import_answer
from servicedesk.actions.standard_contacts import set_contact
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_html, from_plain
from servicedesk.rules.standard_answers import Contact, Reach, Sequel, Written
from servicedesk.store import standard_answers as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.standard_answers import StandardAnswerUse
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.web import inputs
from tests import factories
from tests.web.conftest import browser, csrf, page, post
from tests.web.workbench.conftest import GROUP, OTHER_LINE, SAME_LINE, send

TEXTS = {"it": from_plain("Gentile {requester_name}"), "en": from_html("<p>Dear <b>{requester_name}</b></p>")}


@pytest.fixture
def standard(desk, app, now):
    """Publish a standard answer: `standard("fees", text, sequel=...)`, and return its id."""

    def make(shortcut="fees", texts=TEXTS, **values):
        written = Written(values.pop("name", f"About {shortcut}"), texts, **values)
        import_answer(desk, shortcut, written, "command:test", now)
        desk.commit()
        return store.answer_of(desk, shortcut).id

    return make


def answers(desk, ticket):
    desk.rollback()
    desk.expire_all()
    query = desk.query(Message.body_text).join(TicketEvent, TicketEvent.id == Message.event_id)
    return [text for (text,) in query.filter(Message.ticket_id == ticket.id).order_by(Message.id)][1:]


def forward(client, shown, **typed):
    """Press the button that answers and hands the request on."""
    form = shown.xpath("//select[@name='standard']/ancestor::form")[0]
    form.action = shown.xpath("//button[@data-standard-forward]/@formaction")[0]
    return post(client, form, **typed)


def test_f3_the_editor_gets_the_text_for_the_ticket_and_what_is_missing(signed_in, ticket_in, standard, desk):
    standard()
    asker = factories.student(desk, given_name="Elena", family_name="Rossi", locale="en")
    made = ticket_in(requester=asker)
    found = signed_in.get(f"/tickets/{made.number}/standard/{store.answer_of(desk, 'fees').id}").json
    assert found == {"html": "<p>Dear <b>Elena Rossi</b></p>", "text": "Dear Elena Rossi", "missing": ""}
    counter = standard("counter", {"en": from_plain("Ask {counter_contacts}")})
    found = signed_in.get(f"/tickets/{made.number}/standard/{counter}").json
    assert found["missing"] == "Fill in before sending: contacts of the counter for the degree course."


def test_f3_without_javascript_the_text_comes_back_below_what_was_typed(signed_in, ticket_in, standard):
    chosen = standard(sequel=Sequel.PROPOSE)
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    form = shown.xpath("//select[@name='standard']/ancestor::form")[0]
    form.action = shown.xpath("//button[.='Insert']/@formaction")[0]
    answer = post(signed_in, form, note="Good morning", standard=str(chosen))
    again = html.fromstring(answer.text)
    field = again.xpath("//textarea[@name='note']")[0]
    assert field.text.strip().startswith("Good morning\n\nDear Lucia")
    preferred = again.xpath("//button[contains(@class, 'btn-primary') and @formaction]")
    assert [button.text for button in preferred] == ["Propose as solution"]
    form = field.xpath("ancestor::form")[0]
    assert dict(form.form_values())["standard_answer"] == str(chosen)


def test_f3_without_javascript_large_files_stay_with_the_text(signed_in, ticket_in, standard, monkeypatch):
    monkeypatch.setattr(inputs, "BIGGEST_FORM", 50_000)
    chosen = standard()
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    form = shown.xpath("//select[@name='standard']/ancestor::form")[0]
    large = [("large.pdf", b"%PDF-1.4\n" + b" " * 100_000)]
    for button in ("Insert", "Save the draft"):
        form.action = shown.xpath(f"//button[.='{button}']/@formaction")[0]
        answer = post(signed_in, form, files=large, note="Good morning", standard=str(chosen))
        assert answer.status_code in (200, 303)
    form.action = shown.xpath("//button[.='Insert']/@formaction")[0]
    again = html.fromstring(post(signed_in, form, files=large, note="Good morning", standard=str(chosen)).text)
    assert again.xpath("//label[contains(., 'large.pdf')]")


def test_f3_nothing_chosen_keeps_what_was_typed(signed_in, ticket_in, standard):
    standard()
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    form = shown.xpath("//select[@name='standard']/ancestor::form")[0]
    form.action = shown.xpath("//button[.='Insert']/@formaction")[0]
    answer = post(signed_in, form, note="Good morning")
    assert answer.status_code == 422
    assert "Choose a standard answer from the list." in answer.text and "Good morning" in answer.text


def test_f3_only_what_is_for_this_ticket_is_offered(signed_in, ticket_in, standard):
    here = standard("here", reach=Reach(frozenset({GROUP})))
    elsewhere = standard("elsewhere", reach=Reach(frozenset({SAME_LINE})))
    made = ticket_in()
    offered = page(signed_in, f"/tickets/{made.number}").xpath("//select[@name='standard']/option/@value")
    assert offered == ["", str(here)]
    assert signed_in.get(f"/tickets/{made.number}/standard/{elsewhere}").status_code == 404


def test_f3_nobody_gets_an_answer_for_a_ticket_that_is_not_theirs(
    app, client, signed_in, ticket_in, standard, desk, sign_in
):
    chosen = standard()
    made = ticket_in()
    path = f"/tickets/{made.number}/standard/{chosen}"
    stranger = browser(app)
    colleague = factories.technician(desk, "ISCR")
    desk.commit()
    sign_in(stranger, colleague.id)
    assert stranger.get(path).status_code == 404
    asker = browser(app)
    sign_in(asker, made.requester_id)
    assert asker.get(path).status_code == 403


@pytest.mark.parametrize("group", [OTHER_LINE, SAME_LINE])
def test_f3_an_answer_that_forwards_is_sent_and_hands_the_request_on(signed_in, ticket_in, standard, desk, group):
    chosen = standard(sequel=Sequel.FORWARD, forward_group=group, forward_reason="It is about fees.")
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    sent = forward(signed_in, shown, note="My colleagues will answer.", standard_answer=str(chosen))
    assert sent.status_code == 303
    assert answers(desk, made) == ["My colleagues will answer.", "It is about fees."]
    assert desk.get(Ticket, made.id).group_code == group


@pytest.mark.usefixtures("undo")
def test_f3_an_answer_that_forwards_can_be_taken_back_with_its_group_and_sent_now(
    signed_in, ticket_in, standard, desk, me
):
    chosen = standard(sequel=Sequel.FORWARD, forward_group=OTHER_LINE, forward_reason="It is about fees.")
    made = ticket_in(state=State.IN_PROGRESS)
    address = f"/tickets/{made.number}"

    def press(verb):
        token = csrf(signed_in, address)
        return signed_in.post(f"/workbench{address}/{verb}", data={"csrf_token": token})

    said = "My colleagues will answer."
    sent = forward(signed_in, page(signed_in, address), note=said, standard_answer=str(chosen))
    assert sent.location.endswith("#write")
    held = page(signed_in, address).xpath("//section[@data-held]")[0].text_content()
    assert said in held
    assert held.strip().startswith("Reply and forward: ")
    assert answers(desk, made) == []
    press("undo")
    shown = page(signed_in, address)
    assert shown.xpath("string(//textarea[@id='compose-note'])").strip() == said
    button = shown.xpath("//button[@data-standard-forward]")[0]
    assert "btn-primary" in button.get("class")
    assert button.xpath("string(span)")
    forward(signed_in, shown)
    assert press("send").location.endswith("/queue")
    assert answers(desk, made) == [said, "It is about fees."]
    assert desk.get(Ticket, made.id).group_code == OTHER_LINE


@pytest.mark.usefixtures("undo")
def test_f3_words_that_could_not_be_forwarded_are_kept_even_when_the_request_has_gone_elsewhere(
    signed_in, ticket_in, standard, desk, now
):
    chosen = standard(sequel=Sequel.FORWARD, forward_group=OTHER_LINE, forward_reason="It is about fees.")
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    forward(signed_in, shown, note="My colleagues will answer.", standard_answer=str(chosen))
    boss = factories.actor(desk, factories.supervisor(desk, GROUP))
    act(desk, desk.get(Ticket, made.id), Action.ASSIGN_GROUP, boss, now, Details(group=SAME_LINE))
    send_due(desk, now + timedelta(minutes=1), 10, set())
    desk.commit()
    assert signed_in.get(f"/tickets/{made.number}").status_code == 404
    left = page(signed_in, "/queue").xpath("//*[@class='desk-my-drafts']")[0].text_content()
    assert made.number in left
    assert made.title not in left
    assert "Meanwhile the request was given another group or category" in left
    assert "My colleagues will answer." in left
    assert answers(desk, made) == []


@pytest.mark.usefixtures("undo")
@pytest.mark.parametrize("way", ["comment", "draft"])
def test_f3_what_is_written_in_another_tab_while_a_request_is_about_to_be_forwarded_is_not_lost(
    signed_in, ticket_in, standard, desk, way
):
    chosen = standard(sequel=Sequel.FORWARD, forward_group=OTHER_LINE, forward_reason="It is about fees.")
    made = ticket_in(state=State.IN_PROGRESS)
    first, second = (page(signed_in, f"/tickets/{made.number}") for _tab in range(2))
    forward(signed_in, first, note="My colleagues will answer.", standard_answer=str(chosen))
    refused = send(signed_in, second, way, note="Bring your card.")
    assert refused.status_code == 409
    shown = html.fromstring(refused.text)
    assert shown.xpath("string(//textarea[@id='compose-note'])").strip() == "Bring your card."
    assert "My colleagues will answer." in shown.xpath("string(//section[@data-held])")
    assert answers(desk, made) == []


@pytest.mark.usefixtures("undo")
def test_f3_nobody_is_told_that_something_was_sent_which_came_back(signed_in, ticket_in, standard, desk, now):
    chosen = standard(sequel=Sequel.FORWARD, forward_group=OTHER_LINE, forward_reason="It is about fees.")
    made = ticket_in(state=State.IN_PROGRESS)
    address = f"/tickets/{made.number}"
    shown = page(signed_in, address)
    forward(signed_in, shown, note="My colleagues will answer.", standard_answer=str(chosen))
    asker = factories.actor(desk, desk.get(Person, made.requester_id))
    act(desk, desk.get(Ticket, made.id), Action.COMMENT, asker, now, Details(note=from_plain("One more thing.")))
    desk.commit()
    for _attempt in range(2):
        sent = signed_in.post(f"/workbench{address}/send", data={"csrf_token": csrf(signed_in, address)})
        assert sent.location.endswith(f"{address}?unsent=1#write")
    assert "It was sent" not in signed_in.get(address).text


def test_f3_at_the_wrong_counter_the_request_moves_with_one_button(signed_in, ticket_in, standard, desk, now):
    contact = Contact("area", "eco", {"en": "Counter 3"}, "tasse-mora")
    set_contact(desk, contact, "command:test", now)
    made = ticket_in()
    shown = page(signed_in, f"/tickets/{made.number}")
    ways = shown.xpath("//details[@id='form-wrong_counter']//button")
    assert [button.text for button in ways] == ["Move it to the right counter"]
    assert post(signed_in, ways[0].xpath("ancestor::form")[0]).status_code == 303
    desk.expire_all()
    assert desk.get(Ticket, made.id).category_key == "tasse-mora"


def test_f3_or_it_is_answered_with_the_counter_of_the_degree_course_and_closed(
    signed_in, ticket_in, standard, desk, now
):
    text = {"en": from_plain("Please write to {counter_contacts}.")}
    standard("wrong", text, sequel=Sequel.REPLY_CLOSE)
    made = ticket_in()
    assert "Not known for this requester" in page(signed_in, f"/tickets/{made.number}").text_content()
    set_contact(desk, Contact("course", "banca e finanza", {"en": "Counter 3"}), "command:test", now)
    desk.commit()
    shown = page(signed_in, f"/tickets/{made.number}")
    form = next(form for form in shown.forms if (form.action or "").endswith("/wrong-counter"))
    assert post(signed_in, form).status_code == 303
    assert answers(desk, made) == ["Please write to Counter 3."]
    closed = desk.get(Ticket, made.id)
    assert (closed.state, closed.outcome, closed.technician_id is not None) == (State.CLOSED, "answered", True)
    assert post(signed_in, form).status_code == 303
    assert len(answers(desk, made)) == 1


def test_f3_what_is_not_filled_in_is_refused_with_the_text_kept(signed_in, ticket_in):
    made = ticket_in(state=State.IN_PROGRESS)
    refused = send(signed_in, page(signed_in, f"/tickets/{made.number}"), "comment", note="Dear \u27e6name\u27e7")
    assert refused.status_code == 422
    assert "Fill in before sending: name." in refused.text and "Dear \u27e6name\u27e7" in refused.text


def chosen_in(shown):
    return shown.xpath("string(//input[@name='standard_answer']/@value)")


def test_f3_taken_back_the_answer_still_knows_the_standard_answer_it_was_begun_with(
    signed_in, ticket_in, standard, desk, undo
):
    chosen = standard(sequel=Sequel.PROPOSE)
    made = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{made.number}"
    shown = page(signed_in, path)
    typed = {"note": "Dear Lucia", "standard_answer": str(chosen)}
    assert send(signed_in, shown, "propose", **typed).status_code == 303
    press(signed_in, made, "undo")
    shown = page(signed_in, path)
    assert chosen_in(shown) == str(chosen)
    assert [button.text for button in shown.xpath("//button[contains(@class, 'btn-primary') and @formaction]")] == [
        "Propose as solution"
    ]
    send(signed_in, shown, "propose")
    press(signed_in, made, "send")
    desk.expire_all()
    assert [use.answer_id for use in desk.query(StandardAnswerUse)] == [chosen]


def test_f3_a_draft_found_again_still_knows_its_standard_answer(signed_in, ticket_in, standard):
    chosen = standard()
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    key = shown.xpath("string(//*[@id='write']/..//input[@name='idempotency_key']/@value)")
    typed = {"note": "Dear", "idempotency_key": key, "standard_answer": str(chosen)}
    assert press(signed_in, made, "autosave", **typed).status_code == 200
    assert chosen_in(page(signed_in, f"/tickets/{made.number}")) == str(chosen)
    assert press(signed_in, made, "autosave", **{**typed, "standard_answer": ""}).status_code == 200
    assert chosen_in(page(signed_in, f"/tickets/{made.number}")) == ""


def test_f3_the_answer_for_the_wrong_counter_can_be_taken_back_and_what_was_begun_is_still_there(
    signed_in, ticket_in, standard, desk, undo
):
    chosen = standard("wrong", {"en": from_plain("Please write to the dean.")}, sequel=Sequel.REPLY_CLOSE)
    set_contact(desk, Contact("course", "banca e finanza", {"en": "Counter 3"}), "command:test", datetime.now(UTC))
    counter = standard("counter", {"en": from_plain("Ask {counter_contacts}.")}, sequel=Sequel.REPLY_CLOSE)
    made = ticket_in()
    path = f"/tickets/{made.number}"
    key = page(signed_in, path).xpath("string(//*[@id='write']/..//input[@name='idempotency_key']/@value)")
    press(signed_in, made, "autosave", note="By the way", idempotency_key=key)
    form = next(form for form in page(signed_in, path).forms if (form.action or "").endswith("/wrong-counter"))
    for _ in range(2):
        assert post(signed_in, form).status_code == 303
    shown = page(signed_in, path)
    assert "Ask Counter 3." in shown.xpath("string(//section[contains(@class, 'desk-held')])")
    assert answers(desk, made) == []
    press(signed_in, made, "undo")
    shown = page(signed_in, path)
    assert shown.xpath("string(//textarea[@id='compose-note'])").strip() == "By the way\n\nAsk Counter 3."
    assert chosen_in(shown) == str(counter) != str(chosen)
    form = next(form for form in shown.forms if (form.action or "").endswith("/wrong-counter"))
    assert post(signed_in, form).status_code == 303
    press(signed_in, made, "send")
    assert answers(desk, made) == ["Ask Counter 3."]
    assert desk.get(Ticket, made.id).state == State.CLOSED


def press(client, ticket, verb, **fields):
    token = csrf(client, f"/tickets/{ticket.number}")
    return client.post(f"/workbench/tickets/{ticket.number}/{verb}", data={"csrf_token": token, **fields})
