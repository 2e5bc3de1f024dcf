"""Right answers that are not for us, not for this request, not of this time, not of this level."""

from collections.abc import Callable

from lxml import etree

from saml.errors import Code
from tests.saml.attacks.stage import LEVELS, Attack, Scene, attack
from tests.saml.edits import Edit, all_of, doubling, setting, writing

ASSERTION = "saml:Assertion"
DATA = ASSERTION + "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
CONDITIONS = ASSERTION + "/saml:Conditions"
AUDIENCE = CONDITIONS + "/saml:AudienceRestriction/saml:Audience"
STATEMENT = ASSERTION + "/saml:AuthnStatement"
CLASS_REF = STATEMENT + "/saml:AuthnContext/saml:AuthnContextClassRef"


def signed_with(edit: Edit) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer that the provider signs after the edit."""
    return lambda scene: scene.signed(before=edit)


def places(url: str) -> dict[str, str]:
    """Return addresses that a careless comparison takes for `url`."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    other = "http" if scheme == "https" else "https"
    return {
        "longer": url + "/evil",
        "with another ending": url + ".evil",
        "shorter": url[:-4],
        "with a query": url + "?x=1",
        "with a fragment": url + "#x",
        "with a slash": url + "/",
        "in capitals": url.upper(),
        "at another port": f"{scheme}://{host.partition(':')[0]}:8443/{path}",
        "by another scheme": f"{other}://{rest}",
        "inside another": f"https://evil.example/?{url}",
        "as the user of another": f"{scheme}://evil.example@{rest}",
        "with dots": f"{scheme}://{host}/x/../{path}",
        "with a space": " " + url,
        "at another host": f"{scheme}://evil.example/{path}",
    }


def misdirected(how: str, path: str, attribute: str, code: Code) -> Attack:
    """Return an answer whose `attribute` is our address spelled in the way named `how`."""
    what = f"{attribute} {how}"

    def make(scene: Scene) -> etree._Element:
        return scene.signed(before=setting(path, attribute, places(scene.facts.acs_url)[how]))

    return attack(what, make, code)


def for_another_audience(suffix: str) -> Attack:
    """Return an answer for somebody whose name is ours with something more."""

    def make(scene: Scene) -> etree._Element:
        return scene.signed(before=writing(AUDIENCE, scene.facts.audience + suffix))

    return attack(f"the audience with {suffix!r}", make, Code.WRONG_AUDIENCE)


def second_audience(scene: Scene) -> etree._Element:
    """Two restrictions of which only one names us: both must hold (core 2.5.1.4)."""
    restriction = CONDITIONS + "/saml:AudienceRestriction"
    other = writing(f"{restriction}[2]/saml:Audience", "https://evil.example/metadata")
    return scene.signed(before=all_of(doubling(restriction), other))


def timed(path: str, attribute: str, minutes: float) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer with an instant so many minutes off."""
    return lambda scene: scene.signed(before=setting(path, attribute, scene.at(minutes)))


def of_level(stated: str) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer that states an authentication context."""
    return signed_with(writing(CLASS_REF, stated))


ATTACKS: list[Attack] = [
    *[misdirected(how, ".", "Destination", Code.WRONG_DESTINATION) for how in places("://")],
    *[misdirected(how, DATA, "Recipient", Code.WRONG_RECIPIENT) for how in places("://")],
    *[for_another_audience(suffix) for suffix in ("/", "2", "#x", "/../metadata")],
    attack("a second audience restriction for another", second_audience, Code.WRONG_AUDIENCE),
    attack("no InResponseTo", signed_with(setting(".", "InResponseTo", None)), Code.NO_REQUEST),
    attack("no InResponseTo in the confirmation", signed_with(setting(DATA, "InResponseTo", None)), Code.NO_REQUEST),
    attack("no InResponseTo anywhere", signed_with(all_of(setting(".", "InResponseTo", None),
           setting(DATA, "InResponseTo", None))), Code.NO_REQUEST),
    attack("the request of another in the confirmation", signed_with(setting(DATA, "InResponseTo", "_other")),
           Code.NO_REQUEST),
    attack("the request of another in the Response", signed_with(setting(".", "InResponseTo", "_other")),
           Code.OTHER_BROWSER),
    attack("the InResponseTo put back unsigned", lambda scene: scene.signed(
           before=all_of(setting(".", "InResponseTo", None), setting(DATA, "InResponseTo", None)),
           after=all_of(setting(".", "InResponseTo", scene.facts.request_id),
                        setting(DATA, "InResponseTo", scene.facts.request_id))), Code.BAD_SIGNATURE),
    attack("another provider", signed_with(writing("saml:Issuer", "https://other.example/metadata")),
           Code.WRONG_ISSUER),
    attack("another provider's assertion", signed_with(writing(ASSERTION + "/saml:Issuer", "https://other.example")),
           Code.WRONG_ISSUER),
    attack("issued before the request", timed(".", "IssueInstant", -2), Code.EXPIRED),
    attack("the assertion issued before the request", timed(ASSERTION, "IssueInstant", -2),
           Code.EXPIRED),
    attack("issued in the future", timed(".", "IssueInstant", 2), Code.TOO_EARLY),
    attack("over", timed(CONDITIONS, "NotOnOrAfter", -2), Code.EXPIRED),
    attack("to come", timed(CONDITIONS, "NotBefore", 2), Code.TOO_EARLY),
    attack("the confirmation over", timed(DATA, "NotOnOrAfter", -2), Code.EXPIRED),
    attack("the session over", timed(STATEMENT, "SessionNotOnOrAfter", -2), Code.EXPIRED),
    attack("a level below the one asked", of_level(LEVELS[0]), Code.WRONG_CONTEXT),
    attack("a level that does not exist", of_level("https://www.spid.gov.it/SpidL4"), Code.WRONG_CONTEXT),
    attack("a level of the former rules", of_level("urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL3"),
           Code.WRONG_CONTEXT),
    attack("a level in small letters", of_level(LEVELS[1].lower()), Code.WRONG_CONTEXT),
    attack("two levels", signed_with(doubling(CLASS_REF)), Code.MALFORMED, Code.WRONG_CONTEXT),
    attack("a level raised after signing", lambda scene: scene.signed(
           before=writing(CLASS_REF, LEVELS[0]), after=writing(CLASS_REF, LEVELS[2])), Code.BAD_SIGNATURE),
]  # fmt: skip
