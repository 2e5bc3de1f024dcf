"""What the house says as stored: the version that holds now, read once per version and process, and its logos."""

from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.house_texts import House
from servicedesk.store.models.house_texts import HouseBook, HouseLogo

VERSIONS_KEPT = 4
_lock = Lock()
_loaded: dict[str, House] = {}


def current(session: Session) -> tuple[int, House]:
    """Return number and content of the version that holds now; 0 and an empty one while there is none."""
    query = sa.select(HouseBook.number, HouseBook.content_hash).order_by(HouseBook.number.desc()).limit(1)
    row = session.execute(query).first()
    return (row.number, _load(session, row.number, row.content_hash)) if row else (0, House())


def logo(session: Session, digest: str) -> tuple[bytes, str] | None:
    """Return content and type of a logo, None when there is none of this digest."""
    query = sa.select(HouseLogo.content, HouseLogo.mimetype).where(HouseLogo.digest == digest)
    row = session.execute(query).first()
    return (row.content, row.mimetype) if row else None


def _load(session: Session, number: int, content_hash: str) -> House:
    with _lock:
        if content_hash not in _loaded:
            content = session.scalars(sa.select(HouseBook.content).where(HouseBook.number == number)).one()
            while len(_loaded) >= VERSIONS_KEPT:
                del _loaded[next(iter(_loaded))]
            _loaded[content_hash] = House(content)
        return _loaded[content_hash]
