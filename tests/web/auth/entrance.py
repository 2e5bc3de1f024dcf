"""Settings with the federations a test of the sign-in page is about, and metadata of as many providers as it names."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from servicedesk.settings import ROOT, SamlProfile, Settings, Source

PROFILES = ROOT / "config" / "saml"
CERTIFICATE = PROFILES / "demo" / "idp-demo.crt"
ENTITY = """<md:EntityDescriptor entityID="{entity_id}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
      Location="{entity_id}/sso"/>
  </md:IDPSSODescriptor>
  <md:Organization><md:OrganizationName xml:lang="it">{name}</md:OrganizationName>
    <md:OrganizationDisplayName xml:lang="it">{name}</md:OrganizationDisplayName>
    <md:OrganizationURL xml:lang="it">{entity_id}</md:OrganizationURL></md:Organization>
</md:EntityDescriptor>"""
ENTITIES = """<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{entities}</md:EntitiesDescriptor>"""


def with_federations(settings: Settings, folder: Path, named: Mapping[str, Mapping[str, str]]) -> Settings:
    """Return the settings with these profiles (`university`, `spid`, `cie`), each with its providers: names by id."""
    profiles = tuple(
        SamlProfile(file=PROFILES / f"{name}.toml", sources=(Source(path=metadata(folder / f"{name}.xml", providers)),))
        for name, providers in named.items()
    )
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"profiles": profiles})})


def metadata(path: Path, providers: Mapping[str, str]) -> Path:
    """Write metadata of these providers and return its place."""
    lines = CERTIFICATE.read_text(encoding="ascii").splitlines()
    certificate = "".join(line for line in lines if "-----" not in line)
    entities = "".join(
        ENTITY.format(entity_id=entity_id, name=escape(name), certificate=certificate)
        for entity_id, name in providers.items()
    )
    path.write_text(ENTITIES.format(entities=entities), encoding="utf-8")
    return path
