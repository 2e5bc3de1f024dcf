"""Collects every sentence into translations/<locale>/LC_MESSAGES/messages.po; English is the text itself.

Run it after changing a sentence: `make messages`. It says which translations are missing and then ends with status 1.
Names of places are left out of the files: they would change with every edit.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from servicedesk.rules.languages import LANGUAGES, WRITTEN, catalogue_of  # noqa: E402 - found on the path just set

KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "NN_": (1, 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LOCALES = tuple(catalogue_of(each.code) for each in LANGUAGES)
STAFF = (
    "saml/errors.py",
    "servicedesk/commands/",
    "servicedesk/federations.py",
    "servicedesk/gateways/answer_files.py",
    "servicedesk/gateways/catalogue_",
    "servicedesk/gateways/counters_file.py",
    "servicedesk/gateways/log_cipher.py",
    "servicedesk/gateways/logos.py",
    "servicedesk/gateways/metadata_source.py",
    "servicedesk/gateways/standard_answers_file.py",
    "servicedesk/gateways/yaml_tree.py",
    "servicedesk/actions/absences.py",
    "servicedesk/actions/work_drafts.py",
    "servicedesk/actions/approvals.py",
    "servicedesk/rules/approvals.py",
    "servicedesk/web/approval_desk_words.py",
    "servicedesk/web/approval_moves.py",
    "templates/mail/approval_",
    "servicedesk/actions/asking_inside.py",
    "servicedesk/actions/catalogue",
    "servicedesk/actions/federation_sources.py",
    "servicedesk/actions/refusals.py",
    "servicedesk/actions/problems.py",
    "servicedesk/actions/change",
    "servicedesk/rules/change",
    "servicedesk/web/change_",
    "servicedesk/actions/relations.py",
    "servicedesk/actions/joint_answers.py",
    "servicedesk/actions/merging.py",
    "servicedesk/actions/automation.py",
    "servicedesk/actions/rule_steps.py",
    "servicedesk/actions/recurring",
    "servicedesk/actions/memberships.py",
    "servicedesk/actions/roles.py",
    "servicedesk/actions/saml_log.py",
    "servicedesk/actions/splitting.py",
    "servicedesk/actions/standard_",
    "servicedesk/actions/taking.py",
    "servicedesk/actions/queue_views.py",
    "servicedesk/rules/automation.py",
    "servicedesk/rules/outcomes.py",
    "servicedesk/rules/recurring.py",
    "servicedesk/actions/house_texts.py",
    "servicedesk/rules/house_texts.py",
    "servicedesk/web/house_words.py",
    "templates/mail/house_",
    "servicedesk/rules/catalogue_",
    "servicedesk/actions/lines.py",
    "servicedesk/rules/lines.py",
    "servicedesk/rules/counters.py",
    "servicedesk/rules/absences.py",
    "servicedesk/actions/level_book.py",
    "servicedesk/rules/line_moves.py",
    "servicedesk/rules/watching.py",
    "servicedesk/actions/watching.py",
    "servicedesk/actions/held.py",
    "servicedesk/actions/on_behalf.py",
    "servicedesk/rules/relations.py",
    "servicedesk/rules/routing.py",
    "servicedesk/rules/standard_answers.py",
    "servicedesk/store/catalogue_drafts.py",
    "servicedesk/store/standard_answers.py",
    "servicedesk/web/admin/",
    "servicedesk/web/privacy_words.py",
    "servicedesk/actions/reading_log.py",
    "servicedesk/actions/person_data.py",
    "servicedesk/web/retention_words.py",
    "servicedesk/actions/anonymising",
    "servicedesk/actions/holds.py",
    "servicedesk/actions/retention.py",
    "servicedesk/rules/retention.py",
    "servicedesk/web/answers/editing.py",
    "servicedesk/web/answers/forms.py",
    "servicedesk/web/demo/",
    "servicedesk/web/watch_words.py",
    "servicedesk/web/figures_words.py",
    "servicedesk/web/problem_moves.py",
    "servicedesk/web/standard_moves.py",
    "servicedesk/web/drafting.py",
    "servicedesk/web/on_behalf.py",
    "servicedesk/web/recurring",
    "servicedesk/web/level_words.py",
    "servicedesk/web/line_words.py",
    "servicedesk/web/problem_words.py",
    "servicedesk/web/rule_words.py",
    "servicedesk/web/workbench/",
    "templates/admin/",
    "templates/answers/desk.html",
    "templates/answers/edit.html",
    "templates/appointments/agenda",
    "templates/demo/",
    "servicedesk/actions/figure_reports.py",
    "templates/mail/figures_",
    "templates/mail/level_",
    "templates/mail/change_",
    "templates/mail/line_",
    "templates/mail/recurring_",
    "templates/mail/watch_",
    "templates/mail/merged_comment",
    "templates/workbench/",
)
"""Where sentences stand that only staff read: what stands nowhere else is in Italian and English alone."""
FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""One date for all files, so that collecting again changes nothing when no sentence changed."""


def collect() -> Catalog:
    """Return every sentence of the code and the templates with the files in which it stands."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="servicedesk", version="1", creation_date=FIXED, charset="utf-8")
    for place, _line, message, _comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, comment_tags=()
    ):
        if message and message != ("", ""):
            found.add(message, locations=[(place, 0)], context=context)
    return found


def of_requesters(message: Message) -> bool:
    """Whether others than staff read this sentence."""
    return not all(place.startswith(STAFF) for place, _line in message.locations)


def wanted(found: Catalog, locale: str) -> list[Message]:
    """Return the sentences that a locale has: all, or in languages that staff do not work in those of requesters."""
    return [each for each in found if each.id and (locale in WRITTEN or of_requesters(each))]


def po_file(locale: str) -> Path:
    """Return the file of a locale's translations."""
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """Return the translations there are; an empty catalogue where there is no file yet."""
    path = po_file(locale)
    if not path.exists():
        return Catalog(locale=locale, project="servicedesk", version="1", creation_date=FIXED, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def merged(locale: str, found: Catalog) -> Catalog:
    """Return the locale's translations of exactly the sentences it wants; English repeats the text."""
    old = read(locale)
    new = Catalog(
        locale=locale,
        header_comment="# The sentences of the service desk, collected by scripts/messages.py.\n#",
        project="servicedesk",
        version="1",
        creation_date=FIXED,
        revision_date=FIXED,
        charset="utf-8",
        fuzzy=False,  # a fuzzy file is not compiled
    )
    for message in wanted(found, locale):
        kept = old.get(message.id, message.context)
        text = message.id if locale == "en" else (kept.string if kept else "")
        new.add(message.id, text, context=message.context, flags=message.flags)
    return new


def missing(catalogue: Catalog) -> list[str]:
    """Return the sentences without a translation."""
    return [str(m.id) for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]


def main() -> int:
    """Rewrite the files; return 1 while something is missing."""
    found = collect()
    open_ends = 0
    for locale in LOCALES:
        catalogue = merged(locale, found)
        path = po_file(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, no_location=True)
        lacking = missing(catalogue)
        open_ends += len(lacking)
        print(f"{locale}: {len(catalogue)} sentences, {len(lacking)} without translation")
        for text in lacking if locale == "it" else ():
            print(f"  {text!r}")
    return 1 if open_ends else 0


if __name__ == "__main__":
    sys.exit(main())
