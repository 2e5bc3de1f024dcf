"""Under which name and logo the SPID providers are known to people: the registry states their companies' names."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Brand:
    """A provider's name as its logo writes it, and the logo's file among the vendored ones."""

    name: str
    logo: str


BRANDS: Mapping[str, Brand] = {
    "https://loginspid.aruba.it": Brand("Aruba ID", "arubaid.svg"),
    "https://identity.infocert.it": Brand("InfoCert ID", "infocertid.svg"),
    "https://spid.intesa.it": Brand("Intesa ID", "intesaid.svg"),
    "https://id.lepida.it/idp/shibboleth": Brand("Lepida ID", "lepidaid.svg"),
    "https://idp.namirialtsp.com/idp": Brand("Namirial ID", "namirialid.svg"),
    "https://posteid.poste.it": Brand("Poste ID", "posteid.svg"),
    "https://identity.sieltecloud.it": Brand("Sielte ID", "sielteid.svg"),
    "https://spid.register.it": Brand("SPIDItalia Register.it", "spiditalia.svg"),
    "https://login.id.tim.it/affwebservices/public/saml2sso": Brand("TIM ID", "timid.svg"),
}
"""By entity id. Source: src/js/providers.js of the vendored package spid-smart-button."""
