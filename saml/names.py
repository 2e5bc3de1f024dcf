"""The namespaces, bindings, status codes and algorithms of SAML 2.0 and XML Signature that this package uses."""

from typing import Final

SAMLP: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
MD: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
MDUI: Final = "urn:oasis:names:tc:SAML:metadata:ui"
SHIBMD: Final = "urn:mace:shibboleth:metadata:1.0"
SPID: Final = "https://spid.gov.it/saml-extensions"
FPA: Final = "https://spid.gov.it/invoicing-extensions"
CIE: Final = "https://www.cartaidentita.interno.gov.it/saml-extensions"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XENC: Final = "http://www.w3.org/2001/04/xmlenc#"
XENC11: Final = "http://www.w3.org/2009/xmlenc11#"
XML: Final = "http://www.w3.org/XML/1998/namespace"

NSMAP: Final = {"samlp": SAMLP, "saml": SAML, "md": MD, "mdui": MDUI, "shibmd": SHIBMD, "ds": DS, "xenc": XENC}

HTTP_REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
HTTP_POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BINDINGS: Final = (HTTP_REDIRECT, HTTP_POST)
DEFLATE: Final = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS: Final = STATUS + "Success"
REQUESTER: Final = STATUS + "Requester"
RESPONDER: Final = STATUS + "Responder"
AUTHN_FAILED: Final = STATUS + "AuthnFailed"
NO_AUTHN_CONTEXT: Final = STATUS + "NoAuthnContext"
NO_PASSIVE: Final = STATUS + "NoPassive"
PARTIAL_LOGOUT: Final = STATUS + "PartialLogout"
REQUEST_DENIED: Final = STATUS + "RequestDenied"
REQUEST_UNSUPPORTED: Final = STATUS + "RequestUnsupported"
UNKNOWN_PRINCIPAL: Final = STATUS + "UnknownPrincipal"

BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
ENTITY_FORMAT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
PASSWORD_PROTECTED: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name
BASIC_NAMES: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
URI_NAMES: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"

EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = DS + "enveloped-signature"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"

AES128_GCM: Final = XENC11 + "aes128-gcm"
AES256_GCM: Final = XENC11 + "aes256-gcm"
RSA_OAEP: Final = XENC11 + "rsa-oaep"
RSA_OAEP_MGF1P: Final = XENC + "rsa-oaep-mgf1p"

STRONG_SIGNATURES: Final = frozenset({RSA_SHA256, RSA_SHA384, RSA_SHA512})
STRONG_DIGESTS: Final = frozenset({SHA256, SHA384, SHA512})


def tag(namespace: str, name: str) -> str:
    """Return `name` in `namespace` as lxml writes it: {namespace}name."""
    return f"{{{namespace}}}{name}"
