"""Files of identity providers' metadata: those shipped with the demo, several in one, wrong ones."""

from pathlib import Path

import pytest
from lxml import etree
from onelogin import saml2

from saml.devidp_answers import idp_metadata
from saml.devidp_config import load_config
from saml.errors import Code, ConfigurationError, SamlError
from saml.names import BINDINGS
from saml.registry import Registry
from tests.saml.desk import CONFIG, IDP_BASE, Desk

SCHEMA = Path(saml2.__file__).parent / "schemas" / "saml-schema-metadata-2.0.xsd"


def assert_valid(root: etree._Element) -> None:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    assert schema.validate(root), schema.error_log


def test_the_committed_metadata_of_the_demo_provider_is_what_it_publishes(desk: Desk) -> None:
    published = desk.browser.get("/metadata", base_url=IDP_BASE).data
    assert published == (CONFIG / "demo" / "idp-metadata.xml").read_bytes()
    assert_valid(etree.fromstring(published))


def test_the_registry_reads_names_addresses_certificates_and_scopes() -> None:
    (provider,) = Registry.load([CONFIG / "demo" / "idp-metadata.xml"]).all()
    assert provider.entity_id == f"{IDP_BASE}/metadata"
    assert provider.sso == dict.fromkeys(BINDINGS, f"{IDP_BASE}/sso")
    assert provider.slo == provider.slo_answers == dict.fromkeys(BINDINGS, f"{IDP_BASE}/slo")
    assert provider.certificates == ((CONFIG / "demo" / "idp-demo.crt").read_text(),)
    assert provider.scopes == ("unidemo.example",)
    assert (provider.name("it"), provider.name("en")) == ("Università degli Studi di Esempio", "Example University")
    assert provider.name("de") == "Università degli Studi di Esempio"


def test_an_unknown_provider_is_an_error(desk: Desk) -> None:
    with pytest.raises(SamlError) as caught:
        desk.registry.get("https://evil.example")
    assert caught.value.code == Code.UNKNOWN_PROVIDER


def test_several_providers_come_from_several_files_or_one(tmp_path: Path) -> None:
    files = [tmp_path / "one.xml", tmp_path / "two.xml"]
    both = etree.Element("{urn:oasis:names:tc:SAML:2.0:metadata}EntitiesDescriptor")
    for file, base in zip(files, (IDP_BASE, "https://two.example"), strict=True):
        file.write_bytes(idp_metadata(load_config(CONFIG / "devidp.toml", base)))
        both.append(etree.fromstring(file.read_bytes()))
    (tmp_path / "both.xml").write_bytes(etree.tostring(both))
    assert Registry.load(files).all() == Registry.load([tmp_path / "both.xml"]).all()
    assert len(Registry.load(files).all()) == 2


def test_wrong_metadata_files_are_told_all_at_once(tmp_path: Path) -> None:
    good = (CONFIG / "demo" / "idp-metadata.xml").read_text()
    contents = {
        "empty.xml": "",
        "doctype.xml": "<!DOCTYPE a><a/>",
        "ours.xml": "<a/>",
        "script.xml": good.replace(f"{IDP_BASE}/sso", "javascript:alert(1)"),
        "once.xml": good,
        "twice.xml": good,
    }
    paths = []
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        paths.append(tmp_path / name)
    with pytest.raises(ConfigurationError) as caught:
        Registry.load([*paths, tmp_path / "missing.xml"])
    text = "\n".join(caught.value.errors)
    for expected in (*list(contents)[:4], "missing.xml", "not a web address", "entityID: occurs twice"):
        assert expected in text
