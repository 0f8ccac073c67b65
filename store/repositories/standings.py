"""Who belongs to a segment, and who is best by a figure, as the population was last counted."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, delete, false, select, tuple_

from store.columns import storable
from store.data_segments import CustomerScore, StandingPage
from store.errors import CursorError
from store.models import Customer, SegmentMember
from store.models import CustomerScore as ScoreRow
from store.models.base import table
from store.models.customers import PRESENT
from store.repositories.base import Repository
from store.repositories.entries import decode_cursor, encode_cursor


class _Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    figure: str
    line: str
    score: float
    id: str


class StandingRepository(Repository):
    """Written by counts, a page of customers at a time; read by index.

    A customer who was merged away since is in no list, and one who was erased nowhere at all.
    """

    async def put(
        self,
        members: Mapping[str, Collection[str]],
        scores: Sequence[CustomerScore],
        *,
        day: date,
    ) -> None:
        """Keep where customers stand, in place of where they stood.

        Args:
            members: every customer of the page, with the names of their segments.
            scores: their figures.
            day: of the count.
        """
        living = await self._scope.living(members)
        await self._members({one: members[one] for one in sorted(living)}, day)
        await self._scores(living, [each for each in scores if each.customer_id in living])

    async def hold(self, customer_ids: Collection[str]) -> None:
        """Let nobody decide about the use of these customers' data until this unit of work ends."""
        await self._scope.living(customer_ids)

    async def drop(self, customer_id: str) -> None:
        """A customer stands nowhere any more."""
        for model in (SegmentMember, ScoreRow):
            rows = table(model)
            await self._scope.change(
                delete(rows).where(rows.c.tenant == self._tenant, rows.c.customer_id == customer_id)
            )

    async def forget(self, names: Collection[str]) -> int:
        """Drop the members of all other segments than these; how many there were."""
        known = await self._session.scalars(
            select(SegmentMember.name).where(SegmentMember.tenant == self._tenant).distinct()
        )
        return await self._scope.change(
            delete(SegmentMember).where(
                SegmentMember.tenant == self._tenant,
                self._scope.among(SegmentMember.name, set(known) - set(names)),
            )
        )

    async def members(self, name: str, *, first: int = 20, after: str | None = None) -> StandingPage:
        """The customers of a segment, by id.

        Raises:
            CursorError: the cursor is damaged.
        """
        conditions = [
            SegmentMember.tenant == self._tenant,
            SegmentMember.name == name,
            *self._counted(SegmentMember.customer_id),
        ]
        if after is not None:
            conditions.append(SegmentMember.customer_id > decode_cursor(after))
        rows = await self._session.scalars(
            select(SegmentMember.customer_id)
            .join(
                Customer,
                and_(Customer.tenant == SegmentMember.tenant, Customer.id == SegmentMember.customer_id),
            )
            .where(*conditions, *PRESENT)
            .order_by(SegmentMember.customer_id)
            .limit(first + 1)
        )
        found = rows.all()
        return StandingPage(
            ids=tuple(found[:first]),
            cursors=tuple(map(encode_cursor, found[:first])),
            has_next=len(found) > first,
            has_previous=after is not None,
        )

    async def best(
        self, figure: str, line: str = "", *, first: int = 20, after: str | None = None
    ) -> StandingPage:
        """Customers by a figure, the greatest first, and among equals by id.

        Args:
            figure: its name.
            line: of which line of business; over all of them unless told.
            first: how many.
            after: cursor to go on from.

        Raises:
            CursorError: the cursor is damaged, or of another figure or line.
        """
        conditions = [
            ScoreRow.tenant == self._tenant,
            ScoreRow.figure == figure,
            ScoreRow.line == line,
            *self._counted(ScoreRow.customer_id),
        ]
        if after is not None:
            place = _decode(after, figure, line)
            here = tuple_(ScoreRow.score, ScoreRow.customer_id)
            there = tuple_(
                bindparam(None, place.score, type_=ScoreRow.score.type),
                bindparam(None, place.id, type_=ScoreRow.customer_id.type),
            )
            conditions.append(here < there)
        rows = await self._session.execute(
            select(ScoreRow.customer_id, ScoreRow.score)
            .join(Customer, and_(Customer.tenant == ScoreRow.tenant, Customer.id == ScoreRow.customer_id))
            .where(*conditions, *PRESENT)
            .order_by(ScoreRow.score.desc(), ScoreRow.customer_id.desc())
            .limit(first + 1)
        )
        found = rows.all()
        shown = found[:first]
        return StandingPage(
            ids=tuple(one for one, _ in shown),
            scores=tuple(score for _, score in shown),
            cursors=tuple(_encode(_Place(figure, line, score, one)) for one, score in shown),
            has_next=len(found) > first,
            has_previous=after is not None,
        )

    def _counted(self, column: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Rows in sight. What was counted over all partners is none of a single one's."""
        return [false()] if self._scope.sight.partial else self._scope.seen(column)

    async def _members(self, members: Mapping[str, Collection[str]], day: date) -> None:
        rows = await self._session.execute(
            select(SegmentMember.customer_id, SegmentMember.name).where(
                SegmentMember.tenant == self._tenant,
                self._scope.among(SegmentMember.customer_id, members),
            )
        )
        left: defaultdict[str, set[str]] = defaultdict(set)
        held = {(customer_id, name) for customer_id, name in rows}
        for customer_id, name in held:
            if name not in members[customer_id]:
                left[name].add(customer_id)
        for name, ids in sorted(left.items()):
            await self._scope.change(
                delete(SegmentMember).where(
                    SegmentMember.tenant == self._tenant,
                    SegmentMember.name == name,
                    self._scope.among(SegmentMember.customer_id, ids),
                )
            )
        new: list[dict[str, Any]] = [
            {"customer_id": customer_id, "name": name, "since": day}
            for customer_id, names in members.items()
            for name in sorted(set(names))
            if (customer_id, name) not in held
        ]
        await self._scope.insert_many(SegmentMember, new)

    async def _scores(self, customer_ids: Collection[str], scores: Sequence[CustomerScore]) -> None:
        await self._scope.change(
            delete(ScoreRow).where(
                ScoreRow.tenant == self._tenant, self._scope.among(ScoreRow.customer_id, customer_ids)
            )
        )
        await self._scope.insert_many(ScoreRow, [msgspec.structs.asdict(each) for each in scores])


def _encode(place: _Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _decode(cursor: str, figure: str, line: str) -> _Place:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        place = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=_Place)
    except (UnicodeError, binascii.Error, msgspec.DecodeError):
        raise CursorError("is damaged") from None
    if (place.figure, place.line) != (figure, line):
        raise CursorError("belongs to another order")
    if not storable(place.id):
        raise CursorError("is damaged")
    return place
