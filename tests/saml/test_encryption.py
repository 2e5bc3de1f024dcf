"""Encrypted assertions as providers of a federation make them: opened with our key, then checked like any other."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree

from saml.encryption import check_encryption, decrypted, is_encrypted
from saml.errors import Code, SamlError
from saml.names import XENC
from saml.profile import KeyPair
from tests.saml.attacks.ciphers import ASSERTION, DATA, HOLDER, encrypt, sealed
from tests.saml.attacks.stage import SECRET, Stage, field_of, pair, put_signature
from tests.saml.edits import Edit, one, setting

KEY = DATA + "/ds:KeyInfo/xenc:EncryptedKey"
DIGESTS = {"sha1": "http://www.w3.org/2000/09/xmldsig#sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256"}
ENCRYPTED = """
<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
<xenc:EncryptedData Type="http://www.w3.org/2001/04/xmlenc#Element">
<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/><ds:KeyInfo><xenc:EncryptedKey>
<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep"><ds:DigestMethod Algorithm="{digest}"/>
<x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1{mgf}"/>
</xenc:EncryptionMethod>
<xenc:CipherData><xenc:CipherValue>{key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>
<xenc:CipherData><xenc:CipherValue>{content}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>
</saml:EncryptedAssertion>
""".strip()


def key_beside(root: etree._Element) -> None:
    """The encrypted key beside the cipher text, which points at it, as some providers write it."""
    key = one(root, KEY)
    info = key.getparent()
    assert info is not None
    info.remove(key)
    key.set("Id", "_key")
    kind = "http://www.w3.org/2001/04/xmlenc#EncryptedKey"
    etree.SubElement(info, "{http://www.w3.org/2000/09/xmldsig#}RetrievalMethod", {"URI": "#_key", "Type": kind})
    one(root, HOLDER).append(key)


def with_hint(root: etree._Element) -> None:
    """The encrypted key with a name of the key that opens it, which nobody here knows."""
    info = etree.Element("{http://www.w3.org/2000/09/xmldsig#}KeyInfo")
    etree.SubElement(info, "{http://www.w3.org/2000/09/xmldsig#}KeyName").text = "whatever"
    one(root, KEY + "/xenc:EncryptionMethod").addnext(info)


@pytest.mark.parametrize("signed", ["assertion response", "assertion", "response"])
@pytest.mark.parametrize("content", ["TransformAes128Gcm", "TransformAes256Gcm"])
def test_an_encrypted_assertion_signed_at_either_place_is_accepted(signed: str, content: str) -> None:
    stage = Stage("idem")
    size = 128 if "128" in content else 256
    signin = stage.read(field_of(sealed(signed=signed, content=content, key_size=size)(stage.ask())))
    assert (SECRET,) in signin.attributes.values()
    assert signin.assertion_id == "_assertion"


@pytest.mark.parametrize("edit", [key_beside, with_hint], ids=lambda edit: edit.__name__)
def test_the_key_is_found_where_providers_put_it(edit: Edit) -> None:
    stage = Stage("idem")
    signin = stage.read(field_of(sealed(edit)(stage.ask())))
    assert (SECRET,) in signin.attributes.values()


def test_every_key_for_encryption_opens_during_a_rollover() -> None:
    stage = Stage("idem")
    new, old = pair("new"), pair("ours")
    both = (
        KeyPair(new.key_pem, new.certificate_pem, True, True),
        KeyPair(old.key_pem, old.certificate_pem, True, True),
    )
    stage.profile = replace(stage.profile, keys=both)  # type: ignore[misc]
    assert stage.read(field_of(sealed()(stage.ask()))).assertion_id == "_assertion"


def test_a_key_that_only_signs_opens_nothing() -> None:
    stage = Stage("idem")
    ours = pair("ours")
    signing = (KeyPair(ours.key_pem, ours.certificate_pem, signing=True, encryption=False),)
    stage.profile = replace(stage.profile, keys=signing)  # type: ignore[misc]
    with pytest.raises(SamlError) as caught:
        stage.read(field_of(sealed()(stage.ask())))
    assert caught.value.code == Code.ENCRYPTED


def test_an_unsigned_assertion_in_a_signed_response_is_refused_where_assertions_must_be_signed() -> None:
    stage = Stage("idem")
    stage.profile = replace(stage.profile, assertions_signed=True)  # type: ignore[misc]
    with pytest.raises(SamlError) as caught:
        stage.read(field_of(sealed(signed="response")(stage.ask())))
    assert caught.value.code == Code.UNSIGNED


def test_a_response_signed_before_it_was_encrypted_is_refused() -> None:
    stage = Stage("idem")
    scene = stage.ask()
    root = encrypt(scene.signed(sign="response"), scene.ours)
    with pytest.raises(SamlError) as caught:
        stage.read(field_of(root))
    assert caught.value.code == Code.BAD_SIGNATURE


def test_opening_leaves_the_message_as_it_came() -> None:
    stage = Stage("idem")
    root = etree.fromstring(etree.tostring(sealed()(stage.ask())))
    before = etree.tostring(root)
    clear = decrypted(root, stage.profile.keys)
    assert etree.tostring(root) == before and is_encrypted(root) and not is_encrypted(clear)
    assert one(clear, ASSERTION).get("ID") == "_assertion"


@pytest.mark.parametrize("path", [DATA, KEY])
def test_an_unknown_cipher_is_refused_before_any_key_is_used(path: str) -> None:
    stage = Stage("idem")
    root = sealed(setting(f"{path}/xenc:EncryptionMethod", "Algorithm", XENC + "made-up"))(stage.ask())
    with pytest.raises(SamlError) as caught:
        check_encryption(root)
    assert caught.value.code == Code.WEAK_ALGORITHM


def test_what_is_encrypted_must_be_an_assertion() -> None:
    stage = Stage("idem")
    scene = stage.ask()
    root = encrypt(scene.facts.document(), scene.ours, what="samlp:Status")
    with pytest.raises(SamlError) as caught:
        decrypted(root, stage.profile.keys)
    assert caught.value.code == Code.ASSERTION_COUNT


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=lambda digest: digest.name)
def test_a_key_wrapped_by_oaep_of_xml_encryption_1_1_opens(digest: hashes.HashAlgorithm) -> None:
    stage = Stage("idem")
    scene = stage.ask()
    root = scene.facts.document()
    put_signature(one(root, ASSERTION), scene.theirs)
    assertion = one(root, ASSERTION)
    secret, nonce = AESGCM.generate_key(256), b"twelve bytes"
    content = nonce + AESGCM(secret).encrypt(nonce, etree.tostring(assertion, with_tail=False), None)
    public = load_pem_x509_certificate(scene.ours.certificate_pem.encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    wrapped = public.encrypt(secret, padding.OAEP(padding.MGF1(digest), digest, None))
    filled = ENCRYPTED.format(
        digest=DIGESTS[digest.name],
        mgf=digest.name,
        key=base64.b64encode(wrapped).decode(),
        content=base64.b64encode(content).decode(),
    )
    root.replace(assertion, etree.fromstring(filled))
    assert stage.read(field_of(root)).assertion_id == "_assertion"
