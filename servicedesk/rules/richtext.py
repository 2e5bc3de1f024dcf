"""Formatted text from people: cleaned on the way in, with a plain version beside it."""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

import nh3

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

POLICY = 1
"""Version of the rules below, kept with every text so that older ones can be cleaned again."""
LONGEST = 50_000
LARGEST = 6 * LONGEST
"""Characters of cleaned HTML: every one of a text may become an entity, and no more is needed."""
TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h3",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "u",
    "ul",
}
# A parser opens formatting that was never closed anew in each later paragraph. Bare, each kind comes three times at
# most; with attributes, which tell one from another, a short text would grow to gigabytes.
_FORMATTING = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/])[^<>]*>?", re.ASCII | re.IGNORECASE
)
_BLOCKS = {"blockquote", "div", "h3", "li", "ol", "p", "pre", "ul"}


@dataclass(frozen=True, slots=True)
class RichText:
    """A text as it is shown (`html`, safe) and as it is mailed and searched (`text`)."""

    html: str
    text: str
    policy: int = POLICY

    def __bool__(self) -> bool:
        return bool(self.text)


def from_html(markup: str) -> RichText:
    """Clean what an editor sent: known tags only, links of http, https and mailto only.

    Raises Invalid when it is longer than 50,000 characters, or grows to more than `LARGEST` on being cleaned.
    """
    _measure(markup, LONGEST)
    clean = nh3.clean(
        _FORMATTING.sub(r"<\1>", markup),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    _measure(clean, LARGEST)
    # An editor's only heading is h1; inside a page it comes below the page's own. The cleaned tags are bare.
    clean = clean.replace("<h1>", "<h3>").replace("</h1>", "</h3>")
    return RichText(clean, plain(clean))


def from_plain(text: str) -> RichText:
    """Keep a typed text as it is, its line breaks included. Raises Invalid when it is longer than 50,000 characters."""
    _measure(text, LONGEST)
    text = text.replace("\r\n", "\n").strip()
    paragraphs = [escape(part).replace("\n", "<br>") for part in re.split(r"\n{2,}", text) if part]
    return RichText("".join(f"<p>{part}</p>" for part in paragraphs), text)


def plain(markup: str) -> str:
    """Return clean HTML as text: one line per block, `-` before list items, addresses behind their links."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    text = re.sub(r"[ \t\xa0]+", " ", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text)).strip()


def _measure(text: str, most: int) -> None:
    if len(text) > most:
        raise Invalid(N_("The text is too long: at most %(most)s characters. Attach a file instead."), most=LONGEST)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "li":
            self.parts.append("- ")
        if tag == "a":
            self.link = (dict(attrs).get("href") or "", len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "a" and self.link:
            address, start = self.link
            if address and address not in "".join(self.parts[start:]):
                self.parts.append(f" ({address})")
            self.link = None

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
