"""Opening an encrypted assertion: only authenticated ciphers, only with our own keys, and nothing fetched.

CBC content and PKCS#1 v1.5 key transport are refused before any key is used: both give their clear text away to whoever
may ask often enough. Sources: XML Encryption 1.1 (5.2.4, 5.5.2), SAML 2.0 core 2.3.4, saml2int 1.0 (SDP-ALG).
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Final

import xmlsec
from lxml import etree
from xmlsec import constants

from saml.errors import Code, SamlError
from saml.names import AES128_GCM, AES256_GCM, DS, RSA_OAEP, RSA_OAEP_MGF1P, SAML, tag
from saml.profile import KeyPair
from saml.safexml import find, only, refuse_hidden_nodes, refuse_invalid, refuse_repeated_ids

CONTENT_CIPHERS: Final = frozenset({AES128_GCM, AES256_GCM})
KEY_TRANSPORTS: Final = frozenset({RSA_OAEP, RSA_OAEP_MGF1P})
HOLDER: Final = "/samlp:Response/saml:EncryptedAssertion"


def is_encrypted(root: etree._Element) -> bool:
    """Tell whether an encrypted assertion stands anywhere in the document."""
    return bool(find(root, "//saml:EncryptedAssertion"))


def decrypted(root: etree._Element, pairs: Iterable[KeyPair]) -> etree._Element:
    """Return a copy of the Response `root` with its one encrypted assertion in clear, checked as any document is.

    Nothing is said yet of its signature. SamlError when it is not encrypted as we accept, or not for one of `pairs`.
    """
    check_encryption(root)
    for pair in pairs:
        copy = deepcopy(root)
        if pair.encryption and opens(copy, pair.key_pem):
            refuse_hidden_nodes(copy)
            refuse_repeated_ids(copy)
            refuse_invalid(copy)
            return copy
    raise SamlError(Code.ENCRYPTED, "none of our keys opens the encrypted assertion")


def check_encryption(root: etree._Element) -> None:
    """There is one encrypted assertion, in place, with one key inside the message, by ciphers that we accept."""
    holder = only(root, HOLDER, Code.ENCRYPTED)
    data, key = encrypted_data(holder), encrypted_key(holder)
    if len(find(root, "//xenc:EncryptedData | //xenc:EncryptedKey")) != 2 or find(root, "//xenc:CipherReference"):
        raise SamlError(Code.ENCRYPTED, "encrypted things beside the assertion and its key")
    for node, accepted in ((data, CONTENT_CIPHERS), (key, KEY_TRANSPORTS)):
        algorithm = only(node, "xenc:EncryptionMethod", Code.ENCRYPTED).get("Algorithm")
        if algorithm not in accepted:
            raise SamlError(Code.WEAK_ALGORITHM, f"encryption by {algorithm!r} is not accepted")


def encrypted_data(holder: etree._Element) -> etree._Element:
    """Return the cipher text of the assertion."""
    return only(holder, "xenc:EncryptedData", Code.ENCRYPTED)


def encrypted_key(holder: etree._Element) -> etree._Element:
    """Return the one encrypted key, which stands inside the cipher text's KeyInfo or beside it."""
    return only(holder, "xenc:EncryptedData/ds:KeyInfo/xenc:EncryptedKey | xenc:EncryptedKey", Code.ENCRYPTED)


def opens(root: etree._Element, key_pem: str) -> bool:
    """Put the assertion in clear into the place of the encrypted one; False when the key does not open it."""
    holder = only(root, HOLDER)
    data = encrypted_data(holder)
    bring_key(data, encrypted_key(holder))
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(key_pem, constants.KeyDataFormatPem))
    try:
        xmlsec.EncryptionContext(manager).decrypt(data)
    except xmlsec.Error:
        return False
    clear = [node for node in holder if node.tag == tag(SAML, "Assertion")]
    if len(clear) != 1:
        raise SamlError(Code.ASSERTION_COUNT, "what was encrypted is not an assertion")
    root.replace(holder, clear[0])
    return True


def bring_key(data: etree._Element, key: etree._Element) -> None:
    """Leave in the KeyInfo of `data` nothing but `key`, without its hints: each of our keys is tried in turn."""
    for hint in find(key, "ds:KeyInfo"):
        key.remove(hint)
    for info in find(data, "ds:KeyInfo"):
        data.remove(info)
    info = etree.Element(tag(DS, "KeyInfo"))
    info.append(key)
    only(data, "xenc:EncryptionMethod").addnext(info)
