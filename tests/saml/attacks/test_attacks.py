"""Every attack of the corpus: refused for the reason expected, nothing of the person told, nothing remembered as used.

tests/web/auth/test_attacks.py sends the same corpus to the running desk.
"""

import pytest

from saml.errors import Code, SamlError
from tests.saml.attacks import addressing, ciphers, contents, documents, signatures, wrapping
from tests.saml.attacks.stage import SECRET, Attack, Stage, field_of

ATTACKS = [
    *wrapping.ATTACKS,
    *signatures.ATTACKS,
    *contents.ATTACKS,
    *addressing.ATTACKS,
    *ciphers.ATTACKS,
    *documents.ATTACKS,
]
SPENDING = {Code.WRONG_SUBJECT, Code.WRONG_RECIPIENT, Code.WRONG_AUDIENCE, Code.BAD_ATTRIBUTE, Code.WRONG_CONTEXT,
            Code.NO_AUTHENTICATION}  # fmt: skip
"""What is found out only once a signature of the provider confirmed the request, which is spent by then."""


@pytest.mark.parametrize("federation", ["spid-public", "spid-private", "cie-public", "idem", "eidas"])
def test_the_answer_that_every_attack_changes_is_accepted(federation: str) -> None:
    stage = Stage(federation)
    signin = stage.read(field_of(stage.ask().signed()))
    assert (signin.request_id, signin.response_id, signin.assertion_id) == ("_request", "_response", "_assertion")
    assert signin.level == (0 if federation == "idem" else 2)
    assert (SECRET,) in signin.attributes.values()


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_the_attack_is_refused(attack: Attack) -> None:
    stage = Stage(attack.federation)
    with pytest.raises(SamlError) as caught:
        stage.read(attack.make(stage.ask()))
    assert caught.value.code in attack.codes, caught.value
    assert not stage.used.ids
    assert stage.pending.requests or caught.value.code in SPENDING | {Code.EXPIRED, Code.TOO_EARLY, Code.WRONG_ISSUER,
                                                                      Code.MALFORMED}  # fmt: skip
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value)


def test_no_two_attacks_have_one_name() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
