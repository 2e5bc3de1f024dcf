"""Who the desk knows: persons, their identities, student records, roles, absences, sign-in sessions."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Person(Base):
    """A human being, or one guest's appearance on one ticket (`is_guest`)."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index("ix_person_family", "family_name", "id", postgresql_ops={"family_name": "text_pattern_ops"}),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    """What a technician is called towards requesters, such as '067010'; None for everybody else."""
    given_name: Mapped[str] = mapped_column(sa.String(120))
    family_name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    locale: Mapped[str | None] = mapped_column(sa.String(10))
    """The language chosen or last used; None when nobody knows, and mails then carry two."""
    is_guest: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    anonymised_at: Mapped[datetime | None]
    """When everything personal was overwritten; nobody signs in as this person any more."""

    @property
    def display_name(self) -> str:
        """Given name and family name, as one reads them."""
        return f"{self.given_name} {self.family_name}".strip()


class Identity(Base):
    """A stable way to know a person again: `fiscal` with a keyed hash, or a provider's entity id with its subject."""

    __tablename__ = "identity"
    __table_args__ = (sa.UniqueConstraint("namespace", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    namespace: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime]


class StudentRecord(Base):
    """One row of the university's register, found by the keyed hash of the fiscal code."""

    __tablename__ = "student_record"
    id: Mapped[int] = mapped_column(primary_key=True)
    fiscal_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    student_number: Mapped[str] = mapped_column(sa.String(20), index=True)
    given_name: Mapped[str] = mapped_column(sa.String(120))
    family_name: Mapped[str] = mapped_column(sa.String(120))
    institutional_email: Mapped[str] = mapped_column(sa.String(254), index=True)
    degree_course: Mapped[str] = mapped_column(sa.String(40))
    degree_course_name: Mapped[str] = mapped_column(sa.String(200), index=True)
    area: Mapped[str] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(sa.String(20))
    imported_at: Mapped[datetime]


class RoleGrant(Base):
    """A role of a person: technician or supervisor of a group, or administrator (of one service, or of all)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "role", "group_code", "service_id"),
        sa.Index("ix_role_grant_group_role", "group_code", "role"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(sa.String(20))
    group_code: Mapped[str] = mapped_column(sa.String(40), default="")
    service_id: Mapped[str] = mapped_column(sa.String(36), default="")
    areas: Mapped[list[str]] = mapped_column(default=list)
    """Areas this technician answers for where the group chooses by an attribute of the requester."""
    from_federation: Mapped[bool] = mapped_column(default=False)
    """Given by a mapping of sign-in attributes: renewed or withdrawn at each sign-in."""
    granted_at: Mapped[datetime]


class Absence(Base):
    """Days (both included, in the desk's time zone) on which nothing is assigned to a technician."""

    __tablename__ = "absence"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "first_day", "last_day"),
        sa.Index("ix_absence_days", "last_day", "first_day"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    first_day: Mapped[date] = mapped_column(sa.Date)
    last_day: Mapped[date] = mapped_column(sa.Date)
    substitute_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """Who is told in the meantime."""
    note: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    handling: Mapped[str] = mapped_column(sa.String(12), default="keep", server_default="keep")
    """What becomes of the open tickets: the value of a `rules.absences.Handling`."""
    begun_at: Mapped[datetime | None]
    """When that was done and the substitute told."""


class LoginSession(Base):
    """A signed-in browser; its cookie holds the token of which only the hash is kept."""

    __tablename__ = "login_session"
    __table_args__ = (sa.Index("ix_login_session_saml", "provider", "name_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    profile: Mapped[str] = mapped_column(sa.String(40), server_default="")
    """The federation's profile; empty for an account of the desk's own."""
    level: Mapped[int] = mapped_column(server_default="0")
    """The level of assurance reached; 0 where the provider states none."""
    provider: Mapped[str] = mapped_column(sa.String(255))
    name_id: Mapped[str] = mapped_column(sa.String(255))
    name_id_format: Mapped[str] = mapped_column(sa.String(120))
    name_qualifier: Mapped[str] = mapped_column(sa.String(255), default="")
    sp_qualifier: Mapped[str] = mapped_column(sa.String(255), default="")
    session_index: Mapped[str] = mapped_column(sa.String(255))
    started_at: Mapped[datetime]
    last_seen: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
