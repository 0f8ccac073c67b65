"""What customers agreed to and objected to, with the words it was asked in."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home


class ConsentWording(Base):
    """A version of a wording in a language. Rows are only ever added."""

    __tablename__ = "consent_wording"

    id: Mapped[Key] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[Key] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(BINARY_TEXT)
    valid_from: Mapped[Moment]
    published_at: Mapped[Moment]
    published_by: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (CheckConstraint("version > 0", name="version"),)


class ConsentDecision(Base):
    """What a customer decided about the use of their data. Rows are only ever added."""

    __tablename__ = "consent_decision"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    others: Mapped[str] = mapped_column(BINARY_TEXT)
    """Ids of the customers merged into that one then, as a JSON list: always read as a whole."""
    kind: Mapped[Key]
    state: Mapped[Key]
    purpose: Mapped[str | None] = mapped_column(BINARY_TEXT)
    channel: Mapped[str | None] = mapped_column(BINARY_TEXT)
    connector: Mapped[str | None] = mapped_column(BINARY_TEXT)
    at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    recorded_by: Mapped[str] = mapped_column(BINARY_TEXT)
    source: Mapped[Key]
    wording_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    wording_version: Mapped[int | None]
    wording_language: Mapped[str | None] = mapped_column(BINARY_TEXT)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof: Mapped[bytes | None]
    """Sealed with the key of ``home_id``."""
    import_key: Mapped[bytes | None]

    __table_args__: Any = (
        of_customer(),
        of_home("consent_decision"),
        ForeignKeyConstraint(
            ["tenant", "wording_id", "wording_version", "wording_language"],
            [
                "consent_wording.tenant",
                "consent_wording.id",
                "consent_wording.version",
                "consent_wording.language",
            ],
        ),
        CheckConstraint(
            "(kind = 'CONSENT' AND state IN ('GIVEN', 'REFUSED', 'WITHDRAWN')) "
            "OR (kind IN ('OBJECTION', 'RESTRICTION') AND state IN ('RAISED', 'LIFTED'))",
            name="state",
        ),
        CheckConstraint("(kind = 'RESTRICTION') = (purpose IS NULL)", name="purpose"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        Index("uq_consent_decision_import", "tenant", "import_key", unique=True),
    )
