"""The catalogue in the browser: looked at, uploaded, tried on the past, changed, published, brought back."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
from lxml import html

from servicedesk.gateways.catalogue_file import read
from servicedesk.rules.catalogue_json import from_data
from servicedesk.settings import ROOT
from servicedesk.store import catalogue
from servicedesk.store.models.catalogue import CatalogueDraft
from servicedesk.store.models.system import AuditEvent, CatalogueVersion
from tests import factories
from tests.web.conftest import browser, page, post, send

DESK = "/admin/catalogue"
SHIPPED = (ROOT / "categories.yaml").read_bytes()
STUDENTS = "ae929822-c377-4964-bfb2-61bd6947fb4a"
KEY, GROUP, OTHER = "stage-curriculare", "STAGE", "INFO1"
WHY = "The office of internships moves."


@pytest.fixture
def chief(app, desk, sign_in):
    return administrator(app, desk, sign_in)


def administrator(app, desk, sign_in, service=None, **named):
    made = factories.administrator(desk, *([service] if service else []), **named)
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    return client


def text_of(shown) -> str:
    return " ".join(" ".join(shown.itertext()).split())


def begun(chief, desk) -> str:
    """Begin a draft in the browser and return its address."""
    assert send(chief, DESK, f"{DESK}/drafts").status_code == 303
    return f"{DESK}/drafts/{newest(desk)}"


def newest(desk) -> int:
    desk.rollback()
    return desk.scalars(sa.select(sa.func.max(CatalogueDraft.id))).one()


def tree_of(desk):
    desk.rollback()
    return from_data(desk.get(CatalogueDraft, newest(desk)).content)


def uploaded(chief, content: bytes):
    form = next(form for form in page(chief, f"{DESK}/upload").forms if form.get("action") == f"{DESK}/upload")
    fields = {**dict(form.form_values()), "file": (BytesIO(content), "categories.yaml")}
    return chief.post(f"{DESK}/upload", data=fields, content_type="multipart/form-data")


def published(chief, draft: str, **typed):
    return send(chief, draft, f"{draft}/publish", **{"note": WHY, "confirmed": "y", **typed})


def test_the_tree_shows_every_category_with_what_hangs_on_it_and_its_open_requests(chief, desk):
    factories.technician(desk, GROUP)
    factories.ticket(desk, key=KEY)
    desk.commit()
    shown = page(chief, DESK)
    [row] = [each for each in shown.xpath("//li") if each.xpath(f"./p//span[text()='{KEY}']")]
    for fact in ("Curricular", GROUP, "open requests: 1", "Students"):
        assert fact in text_of(row)
    assert len(shown.xpath("//ul[@class='desk-tree']//li")) == len(read(SHIPPED, "c").catalogue.categories)
    assert "Group 'RETI' has no technician" in text_of(shown)


def test_the_tree_is_searched_by_name_key_group_and_synonym(chief):
    for words in (KEY, "tirocinio curriculare", "curricular internship"):
        assert KEY in page(chief, f"{DESK}?q={words}").text_content()
    assert "No category fits" in page(chief, f"{DESK}?q=qwertyuiop").text_content()
    assert KEY not in page(chief, f"{DESK}?below=tasse").text_content()
    page(chief, f"{DESK}?below=no-such", 404)


def test_a_category_shows_its_form_as_requesters_get_it(chief):
    shown = page(chief, f"{DESK}/categories/iscrizione-rinnovo-lettere")
    assert shown.xpath("//fieldset[@disabled]//*[@name='title']")
    page(chief, f"{DESK}/categories/no-such", 404)


def test_a_version_is_downloaded_as_a_file_that_reads_back_to_the_same_catalogue(chief, desk):
    answer = chief.get(f"{DESK}/versions/1/categories.yaml")
    assert "categories-1.yaml" in answer.headers["Content-Disposition"]
    assert read(answer.data, "c") == (catalogue.numbered(desk, 1), ())


def test_a_file_with_errors_is_refused_whole_with_the_place_of_every_error(chief, desk):
    answer = uploaded(chief, SHIPPED.replace(b"Europe/Rome", b"Europe/Roma", 1).replace(b"line: 2", b"line: two", 1))
    assert answer.status_code == 422
    rows = [text_of(row) for row in html.fromstring(answer.text).xpath("//tbody/tr")]
    assert any(row.startswith("14 11 Error:") and "zone: Europe/Roma" in row for row in rows)
    assert len(rows) == 2
    assert newest(desk) is None


def test_a_sound_file_becomes_a_draft_whose_differences_are_told_before_and_after(chief, desk):
    changed = SHIPPED.replace(b"Help desk del portale\n      en", b"Aiuto del portale\n      en", 1)
    answer = uploaded(chief, changed.replace(b"close_days: 20", b"close_days: 30", 1))
    shown = text_of(page(chief, answer.location))
    assert "renamed Group" in shown
    assert "Name (Italiano) before: Help desk del portale → after: Aiuto del portale" in shown
    assert "Days until an answered request closes before: 20 → after: 30" in shown
    assert catalogue.current_version(desk)[0] == 1


def test_nothing_is_published_without_a_reason_or_with_warnings_unread(chief, desk):
    factories.ticket(desk, key="mensa")
    desk.commit()
    draft = begun(chief, desk)
    send(chief, f"{draft}/categories/mensa", f"{draft}/categories/mensa/place", what="retire")
    assert "(mensa) is retired with 1 open requests" in text_of(page(chief, draft))
    for typed, words in (({"note": ""}, "Say why"), ({"note": "x"}, "3 to 500"), ({"confirmed": ""}, "Read the warn")):
        answer = published(chief, draft, **typed)
        assert answer.status_code == 422
        assert words in answer.text
    assert published(chief, draft).status_code == 303
    desk.rollback()
    assert catalogue.current(desk).categories["mensa"].retired


def test_what_is_published_runs_at_once_and_the_log_and_the_version_say_who_and_why(app, chief, desk, client):
    draft = begun(chief, desk)
    path = f"{draft}/categories/accesso-login"
    assert send(chief, path, name_en="I cannot sign in at all").status_code == 303
    assert "I cannot sign in at all" not in client.get("/catalogue/accesso-login").text
    assert published(chief, draft).location == f"{DESK}/versions/2"
    assert "I cannot sign in at all" in client.get("/catalogue/accesso-login").text
    shown = text_of(page(chief, f"{DESK}/versions/2"))
    assert WHY in shown
    assert "I cannot sign in at all" in shown
    assert WHY in text_of(page(chief, f"{DESK}/versions"))
    desk.rollback()
    actions = desk.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["catalogue.draft", "catalogue.edit", "catalogue.applied"]
    page(chief, draft, 404)


def test_an_earlier_version_comes_back_as_a_new_one_after_its_differences_were_shown(chief, desk):
    draft = begun(chief, desk)
    send(chief, f"{draft}/categories/{KEY}", name_en="Something else")
    published(chief, draft)
    back = send(chief, f"{DESK}/versions/1", f"{DESK}/drafts").location
    assert "before: Something else" in text_of(page(chief, back))
    assert published(chief, back).location == f"{DESK}/versions/3"
    desk.rollback()
    assert catalogue.numbered(desk, 3) == catalogue.numbered(desk, 1)


def test_whoever_publishes_second_is_told_keeps_the_reason_and_can_take_the_other_changes_in(chief, desk):
    first, second = begun(chief, desk), begun(chief, desk)
    send(chief, f"{first}/categories/{KEY}", name_en="From the first")
    send(chief, f"{second}/categories/mensa", name_en="From the second")
    slow = next(form for form in page(chief, second).forms if form.get("action") == f"{second}/publish")
    published(chief, first)
    refused = post(chief, slow, note="My own reason", confirmed="y")
    assert refused.status_code == 409
    assert "Version 2 was published meanwhile" in refused.text
    assert "My own reason" in refused.text
    assert send(chief, second, f"{second}/update").status_code == 303
    shown = text_of(page(chief, second))
    assert "From the second" in shown
    assert "From the first" not in shown
    published(chief, second)
    desk.rollback()
    names = {key: each.name.en for key, each in catalogue.current(desk).categories.items()}
    assert (names[KEY], names["mensa"]) == ("From the first", "From the second")


def test_the_slower_of_two_on_one_category_is_told_and_what_was_typed_stays(chief, desk):
    draft = begun(chief, desk)
    path = f"{draft}/categories/{KEY}"
    slow = next(form for form in page(chief, path).forms if form.get("action") == path)
    send(chief, path, name_en="First")
    refused = post(chief, slow, name_en="Second")
    assert refused.status_code == 409
    assert "Somebody else changed this meanwhile" in refused.text
    again = next(form for form in html.fromstring(refused.text).forms if form.get("action") == path)
    assert post(chief, again).status_code == 303
    assert tree_of(desk).categories[KEY].name.en == "Second"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name_it": ""}, "the translation 'name.it' is missing"),
        ({"urgency": "9"}, "'urgency' is out of range"),
        ({"active_from": "tomorrow"}, "is not a date"),
        ({"attribute": "area", "routing": "Medicina: nowhere!"}, "has the form of no name"),
    ],
)
def test_what_a_file_could_not_say_is_refused_beside_its_field_with_what_was_typed(chief, desk, typed, words):
    path = f"{begun(chief, desk)}/categories/{KEY}"
    answer = send(chief, path, name_en="What I typed", **{k: v for k, v in typed.items()})
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert words in shown.xpath("//*[@role='alert']")[0].text_content()
    assert "What I typed" in answer.text
    assert tree_of(desk).categories[KEY].name.en != "What I typed"


def test_a_draft_may_have_errors_which_stand_beside_their_field_until_they_are_mended(chief, desk):
    draft = begun(chief, desk)
    send(chief, f"{draft}/groups/{GROUP}", f"{draft}/groups/{GROUP}/remove")
    shown = page(chief, f"{draft}/categories/{KEY}")
    assert f"group '{GROUP}', named in" in shown.xpath("//*[@id='group-error']")[0].text_content()
    told = page(chief, draft)
    assert "cannot be published like this" in text_of(told)
    assert not told.xpath(f"//form[@action='{draft}/publish']")


def test_fields_are_added_ordered_changed_and_taken_out_and_the_form_is_shown_as_it_will_be(chief, desk, app, sign_in):
    draft = begun(chief, desk)
    path = f"{draft}/categories/{KEY}/form"
    new = {"own-0-key": "firm", "own-0-position": "2", "own-0-kind": "text", "own-0-label_it": "Azienda"}
    choice = {"own-1-key": "mode", "own-1-position": "1", "own-1-kind": "choice", "own-1-label_it": "Modo"}
    more = {"own-0-label_en": "Firm", "own-1-label_en": "Mode", "own-1-options": "a | In sede | On site\nb"}
    assert send(chief, path, **new, **choice, **more, **{"own-1-required": "y"}).status_code == 303
    fields = tree_of(desk).categories[KEY].fields
    assert [field.key for field in fields] == ["mode", "firm"]
    assert [(value, words.en) for value, words in fields[0].options] == [("a", "On site"), ("b", "b")]
    preview = page(chief, path).xpath("//fieldset[@disabled]")[0]
    assert preview.xpath(".//select[@name='field_mode']") and preview.xpath(".//input[@name='field_firm']")
    published(chief, draft)
    desk.rollback()
    student = factories.student(desk)
    desk.commit()
    asking = browser(app)
    sign_in(asking, student.id)
    assert page(asking, f"/tickets/new/{KEY}").xpath("//select[@name='field_mode']")
    again = begun(chief, desk)
    send(chief, f"{again}/categories/{KEY}/form", **{"own-0-key": ""})
    assert [field.key for field in tree_of(desk).categories[KEY].fields] == ["firm"]


def test_a_wrong_field_is_told_in_its_row(chief, desk):
    path = f"{begun(chief, desk)}/categories/{KEY}/form"
    answer = send(chief, path, **{"own-1-key": "Not a key", "own-1-label_it": "x", "own-1-label_en": "x"})
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert "has the form of no name" in shown.xpath("//*[@id='own-1-key-error']")[0].text_content()
    more = send(chief, path, more="1", **{"own-0-key": "kept"})
    assert html.fromstring(more.text).xpath("//input[@name='own-0-key']/@value") == ["kept"]


def test_what_changes_at_a_heading_follows_below_only_where_it_was_the_same(chief, desk):
    draft = begun(chief, desk)
    path = f"{draft}/categories/iscrizione"
    before = tree_of(desk).categories
    send(chief, path, group=OTHER)
    after = tree_of(desk).categories
    assert after["corsi-singoli" if "corsi-singoli" in after else "iscrizione-corsi-singoli"].group == OTHER
    assert after["iscrizione-rinnovo-lettere"].group == before["iscrizione-rinnovo-lettere"].group == "CARR-LET"


def test_categories_are_added_moved_retired_and_brought_back(chief, desk):
    draft = begun(chief, desk)
    new = f"{draft}/categories?parent=tasse"
    words = {"name_it": "Rimborsi", "name_en": "Refunds asked", "description_it": "Rimborsi.", "description_en": "R."}
    assert send(chief, new, **words).location == f"{draft}/categories/refunds-asked"
    tree = tree_of(desk)
    assert tree.categories["refunds-asked"].group == tree.categories["tasse"].group
    taken = send(chief, new, **words, key="mensa")
    assert taken.status_code == 422
    assert "This key is used already" in taken.text
    path = f"{draft}/categories/refunds-asked"
    send(chief, path, f"{path}/place", what="move", to="stage")
    assert tree_of(desk).path_name("refunds-asked", "en").endswith("Refunds asked")
    assert tree_of(desk).categories["refunds-asked"].parent == "stage"
    send(chief, path, f"{path}/place", what="earlier")
    assert [each.key for each in tree_of(desk).children("stage", STUDENTS)][-1] != "refunds-asked"
    send(chief, path, f"{path}/place", what="retire")
    assert tree_of(desk).categories["refunds-asked"].retired
    send(chief, path, f"{path}/place", what="bring_back")
    assert not tree_of(desk).categories["refunds-asked"].retired
    below = f"{draft}/categories/stage"
    refused = send(chief, below, f"{below}/place", what="move", to="refunds-asked")
    assert refused.status_code == 422


def test_groups_and_services_are_changed_like_categories(chief, desk):
    draft = begun(chief, desk)
    texts = {f"{name}_{code}": "Words" for name in ("name", "signature", "contact") for code in ("it", "en")}
    assert send(chief, f"{draft}/groups/new", code="new-desk", line="2", **texts).status_code == 303
    assert send(chief, f"{draft}/groups/new", code="NEW-DESK", **texts).status_code == 422
    assert send(chief, f"{draft}/groups/NEW-DESK", strategy="least_loaded", fallback=OTHER).status_code == 303
    group = tree_of(desk).groups["NEW-DESK"]
    assert (group.line, group.strategy, group.fallback) == (2, "least_loaded", OTHER)
    path = f"{draft}/services/studenti"
    wrong = send(chief, path, close_days="never", hours_monday="9 to 5", priority_matrix="1 2 3")
    assert wrong.status_code == 422
    for name in ("close_days", "hours_monday", "priority_matrix"):
        assert html.fromstring(wrong.text).xpath(f"//*[@id='{name}-error']")
    assert send(chief, path, close_days="15", hours_monday="08:00-12:00").status_code == 303
    service = tree_of(desk).services[STUDENTS]
    assert service.close_days == 15
    assert f"{service.hours[0][0][0]:%H:%M}" == "08:00"


def test_an_administrator_of_one_service_changes_only_that_one(app, chief, desk, sign_in):
    limited = administrator(app, desk, sign_in, STUDENTS)
    draft = begun(limited, desk)
    assert send(limited, f"{draft}/categories/{KEY}", name_en="Mine").status_code == 303
    for path in (f"{draft}/categories/personale-aule", f"{draft}/groups/{GROUP}", f"{draft}/services/digitali"):
        answer = send(limited, path, name_en="Not mine")
        assert answer.status_code == 403
        assert "You administer only some services" in answer.text
    assert published(limited, draft).status_code == 303
    whole = begun(chief, desk)
    send(chief, f"{whole}/groups/{GROUP}", name_en="Everybody's")
    refused = published(limited, whole)
    assert refused.status_code == 403
    assert GROUP in refused.text


def test_a_draft_is_thrown_away_and_what_runs_stays(chief, desk):
    draft = begun(chief, desk)
    assert "Draft: Changes in the browser" in text_of(page(chief, DESK))
    assert send(chief, draft, f"{draft}/discard").location == DESK
    page(chief, draft, 404)
    assert desk.scalars(sa.select(CatalogueVersion.number)).all() == [1]


def test_the_past_is_replayed_on_a_draft_by_group_and_request_by_request(chief, desk):
    now = datetime.now(UTC)
    factories.technician(desk, GROUP)
    factories.technician(desk, OTHER)
    moved = [factories.ticket(desk, key=KEY, now=now) for _ in range(2)]
    factories.ticket(desk, key="mensa", now=now)
    gone = factories.ticket(desk, key="alloggi", now=now)
    desk.commit()
    draft = begun(chief, desk)
    assert "Every one of them would go where it goes now" in text_of(page(chief, f"{draft}/simulation"))
    send(chief, f"{draft}/categories/{KEY}", group=OTHER)
    send(chief, f"{draft}/categories/alloggi", f"{draft}/categories/alloggi/place", what="retire")
    shown = page(chief, f"{draft}/simulation?days=30")
    assert "2 of 4 requests would go elsewhere" in text_of(shown)
    listed = [text_of(row) for row in shown.xpath("//section[@id='requests-part']//tbody/tr")]
    assert {row.split()[0] for row in listed} == {each.number for each in moved}
    assert all(row.endswith(f"{GROUP} {OTHER}") for row in listed)
    assert "alloggi 1" in text_of(shown.xpath("//section[@aria-labelledby='lost']")[0])
    assert gone.number not in "".join(listed)
    pair = shown.xpath("//section[@aria-labelledby='pairs']//td/a/@href")[0]
    assert len(page(chief, pair.split("#")[0]).xpath("//section[@id='requests-part']//tbody/tr")) == 2
    page(chief, f"{draft}/simulation?days=31", 404)


def test_staff_who_administer_nothing_get_nowhere(app, chief, desk, sign_in):
    draft = begun(chief, desk)
    worker, client = factories.technician(desk, GROUP), browser(app)
    desk.commit()
    sign_in(client, worker.id)
    for path in (DESK, f"{DESK}/upload", draft, f"{draft}/tree", f"{draft}/simulation", f"{draft}/categories/{KEY}"):
        page(client, path, 403)


def test_what_was_typed_on_an_old_page_comes_back_and_is_compared_with_what_others_did(chief, desk):
    path = f"{begun(chief, desk)}/categories/{KEY}"
    form = next(form for form in page(chief, path).forms if form.get("action") == path)
    kept = post(chief, form, csrf_token="of an old session", name_en="Typed before").location
    send(chief, path, name_en="Meanwhile")
    shown = page(chief, kept)
    assert shown.xpath("//input[@name='name_en']/@value") == ["Typed before"]
    back = next(each for each in shown.forms if each.get("action") == path)
    assert post(chief, back).status_code == 409
    assert tree_of(desk).categories[KEY].name.en == "Meanwhile"
