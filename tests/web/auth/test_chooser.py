"""What the sign-in page offers of which federation: tabs, order, logos, search, the way taken last time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import pytest

from saml.registry import IdentityProvider, Registry
from servicedesk.settings import ROOT
from servicedesk.web.auth import offers
from servicedesk.web.auth.brands import BRANDS
from servicedesk.web.auth.entrances import ENTRANCES
from servicedesk.web.auth.offers import CIE, EIDAS, SPID, TABS, UNIVERSITY, Way, way_of

POSTE, TIM = "https://posteid.poste.it", "https://login.id.tim.it/affwebservices/public/saml2sso"
NEW = "https://spid.newcomer.example"
OURS = "https://idp.unidemo.example"


@dataclass(frozen=True)
class Shelf:
    """Providers by their Italian and English names, in this order; `large` ones are searched."""

    named: Mapping[str, tuple[str, str]]
    large: bool = False

    def get(self, entity_id: str) -> IdentityProvider:
        return Registry(self._all()).get(entity_id)

    def choices(self, limit: int) -> Sequence[IdentityProvider]:
        return self._all()[:limit]

    def search(self, words: str, limit: int) -> Sequence[IdentityProvider]:
        return [each for each in self._all() if words in str(each.names)][:limit]

    def is_large(self) -> bool:
        return self.large

    def _all(self) -> list[IdentityProvider]:
        return [
            IdentityProvider(
                entity_id=entity_id,
                names={language: name for language, name in (("it", italian), ("en", english)) if name},
                sso={},
                slo={},
                slo_answers={},
                certificates=(),
                scopes=(),
            )
            for entity_id, (italian, english) in self.named.items()
        ]


def spid(*others: str) -> Way:
    named = {POSTE: ("Poste Italiane SpA", ""), TIM: ("TI Trust Technologies srl", ""), NEW: ("Nuovo Gestore", "")}
    return way_of("spid", SPID, Shelf({**named, **{each: (each, "") for each in others}}))


UNI = way_of("university", UNIVERSITY, Shelf({OURS: ("Università di Esempio", "Example University")}))
IDEM = way_of(
    "idem",
    UNIVERSITY,
    Shelf({f"https://idp{number}.example": (f"Ateneo {number}", f"College {number}") for number in range(60)}, True),
)
CARD = way_of("cie", CIE, Shelf({"https://cie.example": ("Ministero dell'Interno", "")}))
EMPTY = way_of("eidas", EIDAS, Shelf({}))


def names(found: Sequence[offers.Offer]) -> list[str]:
    return [each.name for each in found]


def test_the_university_is_the_first_tab_whatever_the_order_of_the_profiles():
    assert offers.open_tabs([CARD, spid(), UNI]) == (UNIVERSITY, SPID, CIE)


def test_a_federation_without_any_provider_has_no_tab():
    assert offers.open_tabs([UNI, EMPTY]) == (UNIVERSITY,)


def test_every_tab_has_its_words_and_only_national_ones_an_official_button():
    assert set(ENTRANCES) == set(TABS)
    assert {tab for tab, each in ENTRANCES.items() if each.button} == {SPID, CIE, EIDAS}


def test_spid_providers_come_in_random_order():
    orders = {tuple(names(offers.listed([spid()], SPID, "it", Random(seed)))) for seed in range(60)}
    assert len(orders) == 6, "three providers have six orders, all of which occur"


def test_the_same_seed_gives_the_same_order():
    assert offers.listed([spid()], SPID, "it", Random(7)) == offers.listed([spid()], SPID, "it", Random(7))


def test_university_providers_keep_their_order():
    many = way_of("university", UNIVERSITY, Shelf({f"https://{each}.example": (each, "") for each in "abcdef"}))
    assert {tuple(names(offers.listed([many], UNIVERSITY, "it", Random(seed)))) for seed in range(9)} == {
        tuple("abcdef")
    }


def test_a_provider_with_a_packaged_logo_goes_by_the_name_on_it_and_others_by_their_own():
    found = {each.entity_id: (each.name, each.logo) for each in offers.listed([spid()], SPID, "it", Random(1))}
    assert found == {
        POSTE: ("Poste ID", "posteid.svg"),
        TIM: ("TIM ID", "timid.svg"),
        NEW: ("Nuovo Gestore", None),
    }


def test_no_other_federation_can_borrow_a_spid_logo():
    pretender = way_of("university", UNIVERSITY, Shelf({POSTE: ("Pretender", "")}))
    assert [(each.name, each.logo) for each in offers.listed([pretender], UNIVERSITY, "it", Random(1))] == [
        ("Pretender", None)
    ]


def test_every_logo_is_there_and_every_packaged_logo_is_used():
    folder = ROOT / "servicedesk/static/vendor/spid-smart-button/logos"
    assert {brand.logo for brand in BRANDS.values()} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("entrance", [each for each in ENTRANCES.values() if each.mark], ids=lambda each: each.mark)
def test_the_mark_of_an_official_button_is_served_by_us(entrance):
    assert (ROOT / "servicedesk/static" / entrance.mark).is_file()


@pytest.mark.parametrize(("language", "name"), [("it", "Università di Esempio"), ("en", "Example University")])
def test_a_provider_is_named_in_the_language_of_the_page(language, name):
    assert names(offers.listed([UNI], UNIVERSITY, language, Random(1))) == [name]


def test_a_provider_without_a_name_is_shown_by_its_address():
    nameless = way_of("university", UNIVERSITY, Shelf({OURS: ("", "")}))
    assert names(offers.listed([nameless], UNIVERSITY, "it", Random(1))) == [OURS]


def test_a_large_federation_is_searched_and_never_listed():
    ways = [UNI, IDEM]
    assert names(offers.listed(ways, UNIVERSITY, "en", Random(1))) == ["Example University"]
    assert offers.is_searched(ways, UNIVERSITY)
    assert not offers.is_searched([UNI, spid()], UNIVERSITY)
    assert names(offers.found(ways, UNIVERSITY, "Ateneo 42", "en")) == ["College 42"]


def test_a_search_stays_inside_its_tab_and_finds_no_more_than_it_shows_and_one():
    assert offers.found([IDEM, spid()], SPID, "Ateneo", "it") == ()
    assert len(offers.found([IDEM], UNIVERSITY, "Ateneo", "it")) == offers.MOST_FOUND + 1


def test_a_list_holds_the_providers_of_its_tab_alone():
    ways = [UNI, spid(), CARD]
    assert {each.profile for each in offers.listed(ways, SPID, "it", Random(1))} == {"spid"}
    assert [each.entity_id for each in offers.listed(ways, CIE, "it", Random(1))] == ["https://cie.example"]


def test_a_remembered_provider_is_offered_under_its_own_profile_only():
    ways = [UNI, spid(), IDEM]
    assert offers.known(ways, "spid", POSTE, "it") == offers.Offer("spid", POSTE, "Poste ID", "posteid.svg")
    assert offers.known(ways, "university", POSTE, "it") is None
    assert offers.known(ways, "gone", POSTE, "it") is None
    assert offers.known(ways, "idem", "https://idp42.example", "en") == offers.Offer(
        "idem", "https://idp42.example", "College 42"
    )


def test_one_provider_alone_is_no_choice():
    assert not offers.is_choice([UNI, EMPTY])
    assert offers.is_choice([UNI, CARD])
    assert offers.is_choice([IDEM])
