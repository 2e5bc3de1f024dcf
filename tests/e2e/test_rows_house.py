"""The house's own pages in a browser: theme, statements, which counter for which question (D4), the app (C11)."""

from playwright.sync_api import Browser, Page, expect

from servicedesk.settings_house import Manual, Theme, Words
from servicedesk.web.house import theme
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

USUAL_BLUES = """() => {
  const blues = /rgba?\\(0, (102, 204|77, 153|82, 163|87, 173)/;
  const names = ["color", "backgroundColor", "borderTopColor", "borderBottomColor", "boxShadow", "fill"];
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(element, part);
      if (part && style.content === "none") continue;
      for (const name of names) if (blues.test(style[name])) found.push(`${element.className} ${part} ${name}`);
    }
  }
  return [...new Set(found)];
}"""

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  }
  return found;
}"""


def assert_wears_no_usual_blue(page: Page) -> None:
    assert page.evaluate(USUAL_BLUES) == []


def test_theme_another_colour_reaches_every_button_link_and_header(browser: Browser, world: World) -> None:
    world.app.extensions[theme.KEY] = theme.look_of(Theme(primary="#7a0019", link="#00563f"))
    page = visitor(browser, world)
    page.goto("/")
    expect(page.locator(".desk-central")).to_have_css("background-color", "rgb(122, 0, 25)")
    expect(page.locator(".desk-footer")).to_have_css("background-color", "rgb(61, 0, 13)")
    sign_in(page, "Sofia Saggi")
    expect(page.locator(".desk-after a, .desk-card__cover").first).to_have_css("color", "rgb(0, 86, 63)")
    assert_wears_no_usual_blue(page)
    for path in ("/catalogue", "/tickets", "/tickets/new/iscrizione-rinnovo-lettere", "/search?q=tasse"):
        page.goto(path)
        assert_wears_no_usual_blue(page)
        button = page.locator("main .btn-primary:visible").last
        button.hover()
        expect(button).to_have_css("background-color", "rgb(92, 0, 19)")
        assert_wears_no_usual_blue(page)
    page.context.close()


def test_statement_everyone_finds_what_is_declared_and_how_to_complain(browser: Browser, world: World) -> None:
    page = visitor(browser, world, 375, "it")
    page.goto("/")
    footer = page.locator("footer")
    footer.locator("a[href='/accessibility']").click()
    expect(page.locator("main a[href^='https://www.agid.gov.it']")).to_be_visible()
    expect(page.locator("main a[href^='mailto:']")).to_be_visible()
    footer.locator("a[href='/privacy']").click()
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert cookies <= set(page.locator("main code").all_text_contents())
    footer.locator("a[href='/help']").click()
    page.locator("main a[href='/status']").click()
    expect(page.get_by_label("E-mail").first).to_be_visible()
    page.context.close()


def test_d4_a_student_finds_the_counter_for_a_question_and_a_manual(browser: Browser, world: World) -> None:
    manual = Manual(title=Words(it="Guida alle tasse", en="Guide to fees"), url="https://x.example/fees")
    settings = world.app.extensions["desk_settings"]
    world.app.extensions["desk_settings"] = settings.model_copy(update={"manuals": (manual,)})
    page = visitor(browser, world, 375)
    sign_in(page, "Sofia Saggi")
    expect(page.get_by_role("link", name="Guide to fees")).to_have_attribute("href", "https://x.example/fees")
    page.locator("main").get_by_role("link", name="Which counter for which question").click()
    row = page.get_by_role("row").filter(has_text="Change of degree course")
    expect(row).to_be_hidden()
    page.get_by_text("Unfold everything").click()
    expect(row).to_contain_text("Student careers -")
    page.get_by_label("Search by words").fill("forgot my password")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("helpdesk@ateneo.example")
    page.context.close()


def test_c11_installable_the_desk_runs_as_an_app_and_keeps_nothing_personal(browser: Browser, world: World) -> None:
    page = visitor(browser, world, 375)
    page.goto("/")
    page.locator("footer").get_by_role("link", name="Activate the app on your phone").click()
    expect(page.get_by_role("heading", name="iPhone and iPad")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    installing = page.context.new_cdp_session(page)
    said = installing.send("Page.getAppManifest")
    assert (said["errors"], said["url"]) == ([], f"{world.address}/manifest.webmanifest")
    errors = installing.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}
    sign_in(page, "Sofia Saggi")
    page.goto("/tickets")
    expect(page.get_by_text("Sofia Saggi").first).to_be_visible()
    page.context.set_offline(True)
    page.goto("/tickets")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.locator("body")).to_have_css("color", "rgb(23, 50, 77)")
    assert "Sofia" not in page.content()
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="My tickets")).to_be_visible()
    kept = page.evaluate(KEPT)
    assert "/offline" in kept
    assert all(path.startswith(("/offline", "/static/", "/theme.css")) for path in kept)
    sign_out(page)
    page.wait_for_load_state("networkidle")  # what was kept is cleared meanwhile
    page.go_back()
    assert "Sofia" not in page.locator("body").inner_text()
    page.context.close()


def sign_out(page: Page) -> None:
    page.locator("summary").filter(has_text="Sofia Saggi").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
