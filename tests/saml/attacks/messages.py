"""What a provider says besides its answers: who it is, and that a session shall end."""

import base64
import zlib
from datetime import datetime
from urllib.parse import quote

from lxml import etree

from saml.names import RSA_SHA256
from saml.signing import sign_bytes
from tests.saml.attacks.stage import IDP, Pair

ENTITY = """
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{entity_id}/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>
"""
REQUEST = """
<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_logout" Version="2.0"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" IssueInstant="{now}" Destination="{slo}">
<saml:Issuer>{issuer}</saml:Issuer><saml:NameID>_name</saml:NameID><samlp:SessionIndex>_session</samlp:SessionIndex>
</samlp:LogoutRequest>
"""


def entity(keys: Pair, entity_id: str = IDP) -> etree._Element:
    """Return a provider's description of itself with a certificate."""
    body = "".join(keys.certificate_pem.splitlines()[1:-1])
    return etree.fromstring(ENTITY.strip().format(entity_id=entity_id, certificate=body))


def logout_request(slo_url: str, issuer: str, now: datetime) -> etree._Element:
    """Return an unsigned request to end a session."""
    return etree.fromstring(REQUEST.strip().format(now=f"{now:%Y-%m-%dT%H:%M:%SZ}", slo=slo_url, issuer=issuer))


def query(root: etree._Element, keys: Pair | None, algorithm: str = RSA_SHA256) -> str:
    """Return a request as a query, signed or not."""
    packed = base64.b64encode(zlib.compress(etree.tostring(root))[2:-4]).decode()
    text = f"SAMLRequest={quote(packed, safe='')}"
    if not keys:
        return text
    text += f"&SigAlg={quote(algorithm, safe='')}"
    signature = base64.b64encode(sign_bytes(text.encode(), keys.key_pem)).decode()
    return f"{text}&Signature={quote(signature, safe='')}"
