"""The one statement that finds customers by whatever is known of them and reads what is kept of them.

Its rows say, told apart by their first column: what an id, a key or a partner's record leads to; a customer,
as one JSON text that the database puts together; and by what it is seen that something changed which all
customers of a tenant have in common. It is built once for each :class:`Shape`: what is asked for is in its
parameters alone, so that each connection prepares it once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from c360.access import Reach
from store.data_folders import Part
from store.models import (
    ConsentDecision,
    Customer,
    FeedCursor,
    Grant,
    IdentityLink,
    LookupKey,
    OfferResponse,
    Product,
    ProfileValue,
    RecordIndex,
    Redirect,
    ScoreContest,
    SegmentVersion,
    Summary,
    Verification,
)
from store.models.base import table
from store.models.customers import PRESENT
from store.readers.base import Statement
from store.repositories import folder_forms
from store.repositories.folder_forms import Forms
from store.repositories.grant_tokens import sealed
from store.repositories.kept import kept
from store.repositories.sighting import Terms, seen
from store.repositories.survivors import merged

ID, KEY, REF, CUSTOMER = "id", "key", "ref", "customer"
"""What the first column says of a row, beside the names of :class:`~store.data_folders.Part`."""
_COMMON = (Part.SEGMENTS, Part.PRODUCTS)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement is built by."""

    postgres: bool
    reach: Reach
    by: frozenset[str]
    """By what customers are looked up: of :data:`ID`, :data:`KEY` and :data:`REF`."""
    parts: frozenset[Part]


@functools.lru_cache(maxsize=512)
def statement(shape: Shape) -> Statement:
    """The statement of a shape."""
    return kept(_Builder(shape).build(), postgres=shape.postgres)


class _Builder:
    """Builds the statement of one shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._forms: Forms = folder_forms.POSTGRES if shape.postgres else folder_forms.SQLITE
        self._tenant = bindparam("tenant", type_=Text)
        self._now = self._forms.moment_parameter("now")
        self._terms = Terms(
            tenant=self._tenant,
            subject=bindparam("sight", type_=Text),
            now=self._now,
            customer_id=bindparam("sight", type_=Text),
            own=lambda connector: self._forms.among(connector, "connectors"),
        )

    def build(self) -> Any:
        """All of it."""
        looked_up = {ID: self._ids, KEY: self._keys, REF: self._refs}
        found = union_all(*(looked_up[by]() for by in sorted(self._shape.by))).cte("found")
        rows = [
            select(found.c.what, found.c.one, found.c.two, found.c.customer_id, cast(null(), Text)),
            self._customers(found),
        ]
        rows += [self._common(part) for part in _COMMON if part in self._shape.parts]
        return union_all(*rows)

    def _seen(self, column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        reach = self._shape.reach
        return [] if reach is Reach.EVERYBODY else [seen(reach, column, self._terms)]

    def _told_by(self, connector: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [self._terms.own(connector)] if self._shape.reach is Reach.PARTNER else []

    def _ids(self) -> Select[Any]:
        present = func.coalesce(Redirect.survivor_id, Customer.id)
        return (
            select(*_row(ID, Customer.id, null(), present))
            .select_from(Customer)
            .outerjoin(Redirect, merged(Customer.tenant, Customer.id))
            .where(
                Customer.tenant == self._tenant,
                self._forms.among(Customer.id, "ids"),
                Customer.erased_at.is_(None),
                *self._seen(present),
            )
        )

    def _keys(self) -> Select[Any]:
        key = LookupKey
        return select(*_row(KEY, key.kind, self._forms.hexadecimal(key.hash), key.customer_id)).where(
            key.tenant == self._tenant,
            self._forms.paired(key.kind, "kinds", key.hash, "hashes"),
            *self._seen(key.customer_id),
            *self._told_by(key.connector),
        )

    def _refs(self) -> Select[Any]:
        link = IdentityLink
        return select(*_row(REF, link.connector, link.party_id, link.customer_id)).where(
            link.tenant == self._tenant,
            self._forms.paired(link.connector, "instances", link.party_id, "parties"),
            link.unlinked_at.is_(None),
            *self._seen(link.customer_id),
            *self._told_by(link.connector),
        )

    def _customers(self, found: FromClause) -> Select[Any]:
        """The customers who were found, each with everything that is asked for."""
        body = self._forms.object(**self._body())
        return select(*_row(CUSTOMER, null(), null(), Customer.id), cast(body, Text)).where(
            Customer.tenant == self._tenant,
            Customer.id.in_(select(found.c.customer_id)),
            *PRESENT,
            *self._seen(Customer.id),
        )

    def _body(self) -> Mapping[str, Any]:
        read = {
            Part.DECISIONS: self._decisions,
            Part.FIGURES: self._figures,
            Part.CONTESTS: self._contests,
            Part.CONTACTS: self._contacts,
            Part.VERIFIED: self._verified,
            Part.GRANTS: self._grants,
        }
        return {"customer": self._customer(), **self._chosen(read)}

    def _chosen(self, read: Mapping[Part, Callable[[], Any]]) -> Mapping[str, Any]:
        return {part.value: make() for part, make in read.items() if part in self._shape.parts}

    def _customer(self) -> Any:
        forms = self._forms
        return forms.object(
            id=Customer.id,
            kind=Customer.kind,
            display_name=Customer.display_name,
            country=Customer.country,
            created_at=forms.moment(Customer.created_at),
            updated_at=forms.moment(Customer.updated_at),
            **self._chosen({Part.LINKS: self._links, Part.VALUES: self._values}),
        )

    def _links(self) -> Any:
        forms, link = self._forms, IdentityLink
        records = forms.every(
            RecordIndex,
            RecordIndex.object_id,
            RecordIndex.tenant == link.tenant,
            RecordIndex.connector == link.connector,
            RecordIndex.party_id == link.party_id,
            RecordIndex.kind == FeedCursor.kind,
        )
        # A kind is there, if only empty, once its feed was read to its end; see the index of records.
        objects = forms.by_name(
            FeedCursor,
            FeedCursor.kind,
            records,
            FeedCursor.tenant == link.tenant,
            FeedCursor.connector == link.connector,
            FeedCursor.finished,
        )
        return forms.every(
            link,
            forms.object(
                connector=link.connector,
                party_id=link.party_id,
                method=link.method,
                confidence=forms.exact(link.confidence),
                evidence=link.evidence,
                linked_at=forms.moment(link.linked_at),
                objects=objects,
            ),
            *_theirs(link),
            link.unlinked_at.is_(None),
            *self._told_by(link.connector),
        )

    def _values(self) -> Any:
        forms, value = self._forms, ProfileValue
        return forms.every(
            value,
            forms.object(
                attribute=value.attribute,
                value=value.value,
                connector=value.connector,
                party_id=value.party_id,
                observed_at=forms.moment(value.observed_at),
                dated=forms.flag(value.observed_at != value.recorded_from),
                verified=forms.flag(value.verified),
                rank=value.rank,
                valid_from=forms.moment(value.valid_from),
                recorded_at=forms.moment(value.recorded_from),
            ),
            *_theirs(value),
            value.recorded_to.is_(None),
            value.valid_from <= self._now,
            or_(value.valid_to.is_(None), value.valid_to > self._now),
            *self._told_by(value.connector),
        )

    def _decisions(self) -> Any:
        forms, kept = self._forms, ConsentDecision
        wording = forms.object(
            id=kept.wording_id, version=kept.wording_version, language=kept.wording_language
        )
        return forms.every(
            kept,
            forms.object(
                **{name: getattr(kept, name) for name in _SAID},
                **{name: forms.moment(getattr(kept, name)) for name in ("at", "recorded_at", "expires_at")},
                others=forms.json(kept.others),
                wording=forms.where(kept.wording_id.is_not(None), wording),
                proven=forms.flag(kept.proof.is_not(None)),
            ),
            *_theirs(kept),
        )

    def _figures(self) -> Any:
        forms, kept = self._forms, Summary
        return forms.every(
            kept,
            forms.object(
                customer_id=kept.customer_id,
                connector=kept.connector,
                party_id=kept.party_id,
                as_of=forms.moment(kept.as_of),
                figures=forms.json(func.coalesce(kept.figures, literal_column("'[]'"))),
            ),
            *_theirs(kept),
            *self._told_by(kept.connector),
        )

    def _contests(self) -> Any:
        forms, kept = self._forms, ScoreContest
        return forms.every(
            kept,
            forms.object(
                **{name: getattr(kept, name) for name in _CONTESTED},
                raised_at=forms.moment(kept.raised_at),
                decided_at=forms.moment(kept.decided_at),
            ),
            *_theirs(kept),
        )

    def _contacts(self) -> Any:
        forms, kept = self._forms, OfferResponse
        return forms.every(
            kept,
            forms.object(
                id=kept.id,
                product_id=kept.product_id,
                event=kept.event,
                at=forms.moment(kept.at),
                channel=kept.channel,
            ),
            *_theirs(kept),
            kept.at >= forms.moment_parameter("since"),
        )

    def _verified(self) -> Any:
        kept = Verification
        latest = (
            select(func.max(kept.until))
            .correlate_except(table(kept))
            .where(
                *_theirs(kept),
                kept.subject == bindparam("subject", type_=Text),
                kept.home_id == kept.customer_id,
                kept.ended_at.is_(None),
                kept.until > self._now,
            )
        )
        return self._forms.moment(latest.scalar_subquery())

    def _grants(self) -> Any:
        kept = Grant
        return self._forms.every(
            kept,
            self._forms.object(
                connector=kept.connector, party_id=kept.party_id, **sealed(kept, self._forms, self._now)
            ),
            *_theirs(kept),
        )

    def _common(self, part: Part) -> Select[Any]:
        """By what it is seen that something changed."""
        if part is Part.SEGMENTS:
            # Versions are only ever added, and come into force one by one.
            count = select(func.count()).where(
                SegmentVersion.tenant == self._tenant,
                SegmentVersion.active_from <= self._now,
            )
        else:
            # Every change of the catalogue makes one version more.
            count = select(func.coalesce(func.sum(Product.version), literal_column("0"))).where(
                Product.tenant == self._tenant, Product.current
            )
        return select(*_row(part.value, null(), null(), null()), cast(count.scalar_subquery(), Text))


_SAID = (
    "id", "customer_id", "home_id", "kind", "state", "purpose", "channel", "connector", "recorded_by",
    "source",
)  # fmt: skip
_CONTESTED = ("id", "customer_id", "reason", "raised_by", "verdict", "note", "decided_by")


def _row(what: str, one: Any, two: Any, customer: Any) -> tuple[Any, ...]:
    return (
        cast(literal_column(f"'{what}'"), Text).label("what"),
        cast(one, Text).label("one"),
        cast(two, Text).label("two"),
        cast(customer, Text).label("customer_id"),
    )


def _theirs(kept: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Rows of the customer whose folder is read, and of no other tenant's."""
    return kept.tenant == Customer.tenant, kept.customer_id == Customer.id
