"""The demo's own words: a welcome, a line of the footer, and what the mails of opening and of solving say besides."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.house_texts import keep
from servicedesk.commands.demo_rules import ADMINISTRATOR
from servicedesk.rules.house_texts import About, Entry, MailText, mail_entry, mail_name, page_entry, text_name
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

PAGES: Mapping[str, Mapping[str, str]] = {
    "welcome": {
        "it": "Gli uffici rispondono **dal lunedì al venerdì**. Prima di scrivere, guarda se c'è già una risposta.",
        "en": "The offices answer **from Monday to Friday**. Before you write, see whether there is an answer already.",
    },
    "footer": {"it": "Via delle Scienze 8, piano terra", "en": "Via delle Scienze 8, ground floor"},
}
MAILS: Mapping[str, Mapping[str, MailText]] = {
    "opened": {
        "it": MailText(after="{group} risponde di solito entro due giorni di apertura."),
        "en": MailText(after="{group} usually answers within two opening days."),
    },
    "solution": {
        "it": MailText(after="Se la risposta non ti aiuta, rifiutala e scrivi che cosa manca: la riprendiamo noi."),
        "en": MailText(after="If the answer does not help, refuse it and say what is missing: we take it up again."),
    },
}


def add(session: Session, now: datetime) -> int:
    """Write them as the administrator does, and return how many they are."""
    said: dict[str, Entry] = {text_name(key): page_entry(key, texts) for key, texts in PAGES.items()}
    said |= {mail_name(key): mail_entry(texts, About.TICKET) for key, texts in MAILS.items()}
    with writing(session):
        actor = people.actor_of(session, person_meant(session, ADMINISTRATOR).id)
        assert actor is not None
        for name, entry in said.items():
            keep(session, actor, name, entry, "", now)
    return len(said)
