"""The house's own pages in a browser: theme, statements, which counter for which question (D4), the app (C11)."""

from playwright.sync_api import Browser, Page, expect

from servicedesk.settings_house import Theme
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
