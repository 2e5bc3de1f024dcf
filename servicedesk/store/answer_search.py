"""Finds published answers by words: scored in Python, hence the same on both databases; SQL says who may read."""

from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.permissions import Actor
from servicedesk.rules.search import DESCRIPTION, NAME, PATH, WordIndex, rank
from servicedesk.store import catalogue
from servicedesk.store.answers import IS_PUBLISHED, Listed, readable_by
from servicedesk.store.models.answers import Answer, AnswerVersion

CANDIDATES = 200
Published = tuple[int, ...]
"""The number of the catalogue's version and the ids of the published answers: these texts never change."""
_lock = Lock()
_indexes: WeakKeyDictionary[Any, tuple[Published, WordIndex]] = WeakKeyDictionary()


def answers_fitting(session: Session, actor: Actor, typed: str, locale: str, most: int) -> Sequence[Listed]:
    """Return at most `most` of the published answers that fit the words and that this person may read, best first."""
    index = _index(session)
    best = rank(index, typed, index.keys(), locale)[:CANDIDATES]
    if not best:
        return []
    columns = Answer.id, Answer.key, Answer.kind, Answer.category_key, AnswerVersion.titles, AnswerVersion.revisions
    query = (
        sa.select(*columns)
        .join(AnswerVersion, sa.and_(AnswerVersion.answer_id == Answer.id, IS_PUBLISHED))
        .where(Answer.key.in_(best), readable_by(actor))
    )
    readable = {row.key: Listed(*row) for row in session.execute(query)}
    return [readable[key] for key in best if key in readable][:most]


def _index(session: Session) -> WordIndex:
    """Return the words of all published answers; made again once another version is published."""
    number, tree = catalogue.current_version(session)
    ids = session.scalars(sa.select(AnswerVersion.id).where(IS_PUBLISHED).order_by(AnswerVersion.id))
    published = number, *ids
    bind = session.get_bind()
    with _lock:
        known = _indexes.get(bind)
        if known is None or known[0] != published:
            known = _indexes[bind] = published, _indexed(session, tree)
        return known[1]


def _indexed(session: Session, tree: Catalogue) -> WordIndex:
    columns = Answer.key, Answer.category_key, AnswerVersion.titles, AnswerVersion.texts
    query = sa.select(*columns).join(AnswerVersion, AnswerVersion.answer_id == Answer.id).where(IS_PUBLISHED)
    return WordIndex(
        {
            key: {
                language: (
                    (title, NAME),
                    (texts[language]["text"], DESCRIPTION),
                    (_about(tree, category_key, language), PATH),
                )
                for language, title in titles.items()
            }
            for key, category_key, titles, texts in session.execute(query.order_by(Answer.id))
        }
    )


def _about(tree: Catalogue, category_key: str, language: str) -> str:
    """Return the names and synonyms of a category: what people call the subject that an answer is about."""
    category = tree.categories.get(category_key)
    return f"{category.name.get(language)} {' '.join(category.synonyms.get(language, ()))}" if category else ""
