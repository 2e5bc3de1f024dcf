"""Keys and certificates as AgID wants them, and their files."""

import stat
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from saml.errors import ConfigurationError
from saml.keys import ORGANISATION_ID, URI, new_key_pair, write_key_pair
from saml.profile import Profile
from saml.signing import key_pair_problem
from tests.saml.examples import EXAMPLES, NOW, example, key_pair


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(key_pair(name).certificate_pem.encode())


def stated(name: str) -> dict[x509.ObjectIdentifier, object]:
    """Return the subject of an example's certificate."""
    return {part.oid: part.value for part in certificate(name).subject}


def policies(name: str) -> dict[str, list[str | None]]:
    """Return the certificate's policies with their explicit texts."""
    found = certificate(name).extensions.get_extension_for_class(x509.CertificatePolicies)
    assert not found.critical
    return {
        policy.policy_identifier.dotted_string: [
            notice.explicit_text for notice in policy.policy_qualifiers or [] if isinstance(notice, x509.UserNotice)
        ]
        for policy in found.value
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_key_has_3072_bits_and_a_sha256_certificate_of_an_end_entity(name: str) -> None:
    found = certificate(name)
    key = found.public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 3072
    assert found.signature_hash_algorithm
    assert found.signature_hash_algorithm.name == "sha256"
    constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (False, False)
    assert found.not_valid_before_utc == NOW
    assert found.not_valid_after_utc == NOW + timedelta(days=1095)
    assert found.subject == found.issuer
    found.verify_directly_issued_by(found)


def test_a_public_body_is_named_by_its_ipa_code() -> None:
    assert stated("spid-public") == {
        NameOID.COMMON_NAME: "Università di Esempio",
        NameOID.ORGANIZATION_NAME: "Università degli Studi di Esempio",
        NameOID.LOCALITY_NAME: "Milano",
        NameOID.COUNTRY_NAME: "IT",
        ORGANISATION_ID: "PA:IT-uniesempio",
        URI: "https://desk.unidemo.example/saml/spid/metadata",
    }
    assert policies("spid-public") == {"1.3.76.16.6": ["agIDcert"], "1.3.76.16.4.2.1": ["cert_SP_Pub"]}


def test_a_private_body_is_named_by_its_vat_number_or_its_fiscal_code() -> None:
    assert stated("spid-private")[ORGANISATION_ID] == "VATIT-12345678903"
    assert policies("spid-private") == {"1.3.76.16.6": ["agIDcert"], "1.3.76.16.4.3.1": ["cert_SP_Priv"]}
    profile = example("spid-private")
    contact = replace(profile.contacts[0], vat_number="", fiscal_code="BNCDAA80A41F205X")
    pair = new_key_pair(replace(profile, contacts=(contact,)), locality="Roma", days=30, now=NOW)
    subject = x509.load_pem_x509_certificate(pair.certificate_pem.encode()).subject
    assert subject.get_attributes_for_oid(ORGANISATION_ID)[0].value == "CF:IT-BNCDAA80A41F205X"


def test_the_technical_partner_of_cie_does_not_lend_its_codes() -> None:
    assert stated("cie")[ORGANISATION_ID] == "PA:IT-uniesempio"


@pytest.mark.parametrize("name", ["spid-public", "spid-private", "cie", "eidas"])
def test_agids_keys_sign_and_bind_and_never_encrypt(name: str) -> None:
    usage = certificate(name).extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    others = ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
    assert not any(getattr(usage.value, name) for name in others)
    assert not key_pair(name).encryption


def test_a_key_for_idem_is_named_after_the_host_and_may_encrypt() -> None:
    assert stated("idem")[NameOID.COMMON_NAME] == "desk.unidemo.example"
    assert ORGANISATION_ID not in stated("idem")
    assert certificate("idem").extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    with pytest.raises(x509.ExtensionNotFound):
        policies("idem")
    assert key_pair("idem").encryption


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("spid-public", {"ipa_code": ""}, "an ipa_code is needed"),
        ("spid-private", {"vat_number": "DE123456789", "fiscal_code": ""}, "a vat_number"),
    ],
)
def test_a_body_without_its_code_gets_no_key(name: str, change: dict[str, str], expected: str) -> None:
    profile = example(name)
    nameless: Profile = replace(profile, contacts=(replace(profile.contacts[0], **change),))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=expected):
        new_key_pair(nameless, locality="Milano", days=30, now=NOW)


def test_names_that_do_not_fit_into_a_certificate_are_told_together() -> None:
    profile = example("spid-public")
    long = {"it": "x" * 65, "en": "x"}
    organisation = replace(profile.organisation, name=long, display_name=long)
    with pytest.raises(ConfigurationError) as caught:
        new_key_pair(replace(profile, organisation=organisation), locality="", days=30, now=NOW)
    keys = [error.partition(":")[0] for error in caught.value.errors]
    assert keys == ["organisation.name.it", "organisation.display_name.it", "locality"]


def test_the_files_match_and_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    key, crt = write_key_pair(key_pair("spid-public"), tmp_path / "new" / "folder", "spid-1")
    assert (key.name, crt.name) == ("spid-1.key", "spid-1.crt")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key_pair_problem(key, crt) is None
    checked = subprocess.run(["openssl", "rsa", "-in", key, "-check", "-noout"], capture_output=True, text=True)
    assert "RSA key ok" in checked.stdout


@pytest.mark.parametrize("there", ["spid-1.key", "spid-1.crt"])
def test_no_file_is_ever_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(ConfigurationError, match="is there already and is not overwritten"):
        write_key_pair(key_pair("spid-public"), tmp_path, "spid-1")
    assert (tmp_path / there).read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == [there]
