"""Words for what administrators try out: the mails that say that mails arrive."""

from collections.abc import Mapping

from servicedesk.rules.sentences import N_

MAILS: Mapping[str, str] = {
    "house_test": N_("Test of the mails"),
    "house_example": N_("Example of a mail"),
}
"""What those mails are called; an example carries the subject of what it is an example of."""
