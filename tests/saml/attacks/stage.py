"""A provider and a service of one federation with keys of their own, and answers made by hand between them.

Nothing here comes from the code under test but the signing profile: a provider's words are spelled out.
"""

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from saml.names import HTTP_POST, HTTP_REDIRECT, SAML, tag
from saml.profile import Profile, load_profile
from saml.registry import IdentityProvider, Registry
from saml.responses import PendingRequest, SignIn, read_response
from tests.saml.edits import Edit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = "https://desk.example"
IDP = "https://idp.example/metadata"
SCOPE = "unidemo.example"
SET = 99
"""The index of the one attribute set; eIDAS has fixed ones, of which this is the minimum."""
SECRET = "Lucia"
"""A value of the answer that must never be seen in a log or on a page."""
LEVELS = tuple(f"https://www.spid.gov.it/SpidL{level}" for level in (1, 2, 3))
PERSON = {"name": SECRET, "familyName": "Studente", "dateOfBirth": "2003-04-12"}
SPID_ATTRIBUTES = {**PERSON, "fiscalNumber": "TINIT-STDLCU03D52X999N"}
EIDAS_ATTRIBUTES = {**PERSON, "spidCode": "DEMO-0001"}
IDEM_ATTRIBUTES = {
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": f"l.studente2@{SCOPE}",
    "urn:oid:2.5.4.42": SECRET,
    "urn:oid:2.5.4.4": "Studente",
    "urn:oid:1.3.6.1.4.1.25178.1.2.15": "urn:schac:personalUniqueID:IT:CF:STDLCU03D52X999N",
}
PROFILE = """
name = "{federation}"
federation = "{federation}"
entity_id = "{{base_url}}/saml/{federation}/metadata"
{more}
[service_name]
it = "Servizio"
en = "Service"
[organisation]
name = {{it = "Ateneo", en = "University"}}
display_name = {{it = "Ateneo", en = "University"}}
url = {{it = "https://uni.example/", en = "https://uni.example/"}}
[[contacts]]
type = "other"
email = "desk@uni.example"
ipa_code = "uni_ex"
[[keys]]
key = "ours.key"
certificate = "ours.crt"
use = [{uses}]
[[attribute_sets]]
index = {index}
attributes = [{attributes}]
[attribute_sets.name]
it = "Servizio"
en = "Service"
[terms]
attribute_set = {index}
"""
OWN_LINES = {"idem": f'assertions_signed = false\nown_scopes = ["{SCOPE}"]'}
RESPONSE = """
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="_response" Version="2.0" IssueInstant={issued} Destination={acs} InResponseTo={request}>
<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 ID="_assertion" Version="2.0" IssueInstant={issued}>
<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">{issuer}</saml:Issuer>
<saml:Subject>
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier={idp}>_name</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData InResponseTo={request} NotOnOrAfter={until} Recipient={acs}/>
</saml:SubjectConfirmation>
</saml:Subject>
<saml:Conditions NotBefore={issued} NotOnOrAfter={until}>
<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>
</saml:Conditions>
<saml:AuthnStatement AuthnInstant={issued} SessionIndex="_session">
<saml:AuthnContext><saml:AuthnContextClassRef>{class_ref}</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement>
<saml:AttributeStatement>{attributes}</saml:AttributeStatement>
</saml:Assertion>
</samlp:Response>
"""
ATTRIBUTE = """
<saml:Attribute Name={name}><saml:AttributeValue xsi:type="xs:string">{value}</saml:AttributeValue></saml:Attribute>
"""


@dataclass(frozen=True)
class Pair:
    """A key and its certificate."""

    key_pem: str
    certificate_pem: str


@cache
def pair(name: str) -> Pair:
    """Return the key pair of somebody, made once."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(NOW + timedelta(days=9000))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode())


def write_profile(folder: Path, federation: str) -> Path:
    """Write a profile of `federation` with our keys and return its file."""
    (folder / "ours.key").write_text(pair("ours").key_pem)
    (folder / "ours.crt").write_text(pair("ours").certificate_pem)
    names = ["givenName", "sn"] if federation == "idem" else attributes_of(federation)
    attributes = ", ".join(f'"{name}"' for name in names)
    path = folder / "profile.toml"
    uses = '"signing", "encryption"' if federation == "idem" else '"signing"'
    more = OWN_LINES.get(federation, "")
    path.write_text(PROFILE.format(federation=federation, attributes=attributes, uses=uses, more=more, index=SET))
    return path


def attributes_of(federation: str) -> dict[str, str]:
    """Return what a right answer tells of a person, by name."""
    return {"idem": IDEM_ATTRIBUTES, "eidas": EIDAS_ATTRIBUTES}.get(federation, SPID_ATTRIBUTES)


@cache
def profile_of(federation: str) -> Profile:
    """Return our profile in `federation`."""
    with TemporaryDirectory() as folder:
        return load_profile(write_profile(Path(folder), federation), BASE, is_default=False)


def provider_with(certificate: str, entity_id: str = IDP, scope: str = SCOPE) -> IdentityProvider:
    """Return an identity provider with one certificate and one scope."""
    places = {binding: f"{entity_id}/sso" for binding in (HTTP_REDIRECT, HTTP_POST)}
    return IdentityProvider(entity_id, {"en": "Provider"}, places, places, places, (certificate,), (scope,))


@dataclass(frozen=True)
class Facts:
    """What a right answer says."""

    request_id: str
    acs_url: str
    audience: str
    attributes: Mapping[str, str]
    issuer: str = IDP
    now: datetime = NOW
    class_ref: str = LEVELS[1]

    def document(self) -> etree._Element:
        """Return the unsigned answer, right in everything."""
        values = {
            "request": self.request_id,
            "acs": self.acs_url,
            "idp": self.issuer,
            "issued": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "until": f"{self.now + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        }
        texts = {"issuer": self.issuer, "audience": self.audience, "class_ref": self.class_ref}
        attributes = "".join(
            ATTRIBUTE.format(name=quoteattr(name), value=escape(value)) for name, value in self.attributes.items()
        )
        quoted = {name: quoteattr(value) for name, value in values.items()}
        escaped = {name: escape(value) for name, value in texts.items()}
        return etree.fromstring(RESPONSE.strip().format(attributes=attributes, **quoted, **escaped))


@dataclass(frozen=True)
class Scene:
    """What an attacker works with: a right answer, the provider's key to have it signed, our key and a stranger's."""

    facts: Facts
    theirs: Pair = field(default_factory=lambda: pair("theirs"))
    ours: Pair = field(default_factory=lambda: pair("ours"))
    stranger: Pair = field(default_factory=lambda: pair("stranger"))

    def at(self, minutes: float) -> str:
        """Return an instant so many minutes after the answer."""
        return f"{self.facts.now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"

    def signed(
        self,
        before: Edit | None = None,
        after: Edit | None = None,
        *,
        keys: Pair | None = None,
        sign: str = "assertion response",
    ) -> etree._Element:
        """Return an answer changed `before` and `after` signing (by the provider) what `sign` names."""
        root = self.facts.document()
        if before:
            before(root)
        if "assertion" in sign:
            for assertion in root.findall(tag(SAML, "Assertion"))[:1]:
                put_signature(assertion, keys or self.theirs)
        if "response" in sign:
            put_signature(root, keys or self.theirs)
        if after:
            after(root)
        return root


def put_signature(
    element: etree._Element, keys: Pair, method: str = "TransformRsaSha256", digest: str = "TransformSha256"
) -> etree._Element:
    """Sign `element` (or, where it has no ID, the document) as SAML wants it, with the named xmlsec transforms."""
    constants, template = xmlsec.constants, xmlsec.template
    signature = template.create(element, constants.TransformExclC14N, getattr(constants, method), ns="ds")
    issuer = element.find(tag(SAML, "Issuer"))
    element.insert(0 if issuer is None else element.index(issuer) + 1, signature)
    uri = f"#{element.get('ID')}" if element.get("ID") else ""
    reference = template.add_reference(signature, getattr(constants, digest), uri=uri)
    template.add_transform(reference, constants.TransformEnveloped)
    template.add_transform(reference, constants.TransformExclC14N)
    template.add_x509_data(template.ensure_key_info(signature))
    complete(element, signature, keys)
    return signature


def complete(element: etree._Element, signature: etree._Element, keys: Pair) -> None:
    """Compute a signature over whatever its SignedInfo says."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(keys.key_pem, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(keys.certificate_pem, xmlsec.constants.KeyDataFormatPem)
    if element.get("ID"):
        context.register_id(element, "ID")
    context.sign(signature)


@dataclass
class Pending:
    """Requests in memory."""

    requests: dict[str, PendingRequest] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def was_taken(self, request_id: str) -> bool:
        return request_id in self.taken and request_id not in self.requests

    def find(self, request_id: str) -> PendingRequest | None:
        return self.requests.get(request_id)

    def take(self, request_id: str) -> bool:
        self.taken.add(request_id)
        return self.requests.pop(request_id, None) is not None


@dataclass
class Used:
    """Assertion ids in memory."""

    ids: dict[str, datetime] = field(default_factory=dict)

    def remember(self, assertion_id: str, until: datetime) -> bool:
        if assertion_id in self.ids:
            return False
        self.ids[assertion_id] = until
        return True


@dataclass
class Stage:
    """Our service in a federation with one provider: it asks, and reads what is answered."""

    federation: str = "spid-public"
    level: int = 2
    now: datetime = NOW
    pending: Pending = field(default_factory=Pending)
    used: Used = field(default_factory=Used)

    @cached_property
    def profile(self) -> Profile:
        return profile_of(self.federation)

    @cached_property
    def registry(self) -> Registry:
        return Registry([provider_with(pair("theirs").certificate_pem)])

    def ask(self, request_id: str = "_request") -> Scene:
        """Send a request and return what an answer to it is made from."""
        asked = self.level if self.profile.levels else 0
        self.pending.requests[request_id] = PendingRequest(
            request_id, IDP, self.now.replace(microsecond=500_000), level=asked, attribute_set=SET
        )
        attributes, class_ref = attributes_of(self.federation), LEVELS[self.level - 1]
        return Scene(
            Facts(request_id, self.profile.acs_url, self.profile.entity_id, attributes, IDP, self.now, class_ref)
        )

    def read(self, saml_response: str, bound: Collection[str] | None = None) -> SignIn:
        """Read an answer in the browser that holds every pending request (or `bound`)."""
        return read_response(
            self.profile,
            self.registry,
            saml_response,
            pending=self.pending,
            bound=list(self.pending.requests) if bound is None else bound,
            used=self.used,
            now=self.now.replace(microsecond=700_000),
        )


@dataclass(frozen=True)
class Attack:
    """Something that must not sign anybody in: how it is made (the field of the form) and why it is refused."""

    name: str
    make: Callable[[Scene], str]
    codes: frozenset[str]
    federation: str = "spid-public"


def attack(name: str, make: Callable[[Scene], etree._Element | bytes | str], *codes: str, **more: str) -> Attack:
    """Return an attack whose `make` gives a document, its bytes or the finished field."""
    return Attack(name, lambda scene: field_of(make(scene)), frozenset(codes), **more)


def field_of(content: etree._Element | bytes | str) -> str:
    """Return a document or its bytes as the field of a form; a finished field as it is."""
    if isinstance(content, str):
        return content
    xml = content if isinstance(content, bytes) else etree.tostring(content)
    return base64.b64encode(xml).decode()
