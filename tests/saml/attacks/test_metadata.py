"""Metadata poisoning: a stranger's key in metadata unsigned, wrongly signed, over, or second, signs nobody in."""

from datetime import timedelta

import pytest
from lxml import etree

from saml.errors import Code, SamlError
from saml.federation_metadata import Copy, read_metadata
from saml.names import DS, MD, tag
from saml.registry import Registry
from tests.saml.attacks.messages import entity
from tests.saml.attacks.stage import IDP, NOW, Pair, Stage, field_of, pair, put_signature
from tests.saml.edits import copied, one


def aggregate(*entities: etree._Element, until: timedelta = timedelta(days=1)) -> etree._Element:
    """Return an unsigned aggregate."""
    root = etree.Element(tag(MD, "EntitiesDescriptor"), {"ID": "_all"}, nsmap={"md": MD})
    root.set("validUntil", f"{NOW + until:%Y-%m-%dT%H:%M:%SZ}")
    root.extend(entities)
    return root


def signed(root: etree._Element, keys: Pair) -> etree._Element:
    """Sign an aggregate."""
    put_signature(root, keys)
    return root


def read(root: etree._Element) -> Copy:
    """Read metadata as the desk does from a source of which it knows the federation's certificate."""
    copy = read_metadata(etree.tostring(root), [pair("federation").certificate_pem])
    copy.refuse_ended(NOW)
    return copy


def refused(root: etree._Element) -> Code:
    """Return why metadata is refused."""
    with pytest.raises(SamlError) as caught:
        read(root)
    return caught.value.code


def stranger_signs_in(stage: Stage, registry: Registry) -> bool:
    """Whether a stranger's key signs somebody in, with these providers."""
    stage.registry = registry  # type: ignore[misc]
    scene = stage.ask()
    try:
        stage.read(field_of(scene.signed(keys=scene.stranger)))
    except SamlError as error:
        assert error.code == Code.BAD_SIGNATURE
        return False
    return True


def test_the_federation_itself_could_sign_a_stranger_in() -> None:
    copy = read(signed(aggregate(entity(pair("stranger"))), pair("federation")))
    assert stranger_signs_in(Stage(), Registry(entry.provider for entry in copy.entries))


def test_unsigned_metadata_is_refused() -> None:
    assert refused(aggregate(entity(pair("stranger")))) == Code.UNSIGNED


@pytest.mark.parametrize("whose", ["stranger", "theirs", "ours"])
def test_metadata_signed_by_anybody_else_is_refused(whose: str) -> None:
    assert refused(signed(aggregate(entity(pair("stranger"))), pair(whose))) == Code.BAD_SIGNATURE


def test_metadata_that_is_over_is_refused() -> None:
    over = aggregate(entity(pair("stranger")), until=timedelta())
    assert refused(signed(over, pair("federation"))) == Code.EXPIRED


def test_a_key_put_in_after_signing_is_refused() -> None:
    root = signed(aggregate(entity(pair("theirs"))), pair("federation"))
    place = one(root, "md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor")
    place.addnext(copied(one(entity(pair("stranger")), "md:IDPSSODescriptor/md:KeyDescriptor")))
    assert refused(root) == Code.BAD_SIGNATURE


def test_a_signed_aggregate_wrapped_into_another_is_refused() -> None:
    inner = signed(aggregate(entity(pair("theirs"))), pair("federation"))
    outer = aggregate(entity(pair("stranger")), inner)
    outer.set("ID", "_evil")
    assert refused(outer) == Code.UNSIGNED
    outer.insert(0, one(inner, "ds:Signature"))
    assert refused(outer) == Code.WRAPPED


def test_a_weakly_signed_aggregate_is_refused() -> None:
    root = aggregate(entity(pair("stranger")))
    put_signature(root, pair("federation"), "TransformRsaSha1", "TransformSha1")
    assert root.find(tag(DS, "Signature")) is not None
    assert refused(root) == Code.WEAK_ALGORITHM


def test_a_provider_described_twice_keeps_its_first_key_and_the_second_is_reported() -> None:
    both = aggregate(entity(pair("theirs")), entity(pair("stranger")))
    copy = read(signed(both, pair("federation")))
    assert any(IDP in problem for problem in copy.problems)
    assert not stranger_signs_in(Stage(), Registry(entry.provider for entry in copy.entries))


def test_a_second_source_cannot_take_over_a_provider_of_the_first() -> None:
    first = read(signed(aggregate(entity(pair("theirs"))), pair("federation")))
    second = read_metadata(etree.tostring(entity(pair("stranger"))), [])
    providers = [entry.provider for copy in (first, second) for entry in copy.entries]
    assert not stranger_signs_in(Stage(), Registry(providers))


def test_a_provider_cannot_speak_for_another_of_the_same_federation() -> None:
    other = "https://other.example/metadata"
    copy = read(signed(aggregate(entity(pair("theirs")), entity(pair("stranger"), other)), pair("federation")))
    assert not stranger_signs_in(Stage(), Registry(entry.provider for entry in copy.entries))
