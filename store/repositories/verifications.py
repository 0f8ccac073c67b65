"""Callers whom somebody made sure of, and the answers that were compared for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from store.columns import new_id
from store.data_access import VerificationData, VerificationMethod
from store.errors_access import NotProven, TooOften
from store.errors_identity import CustomerUnknown
from store.models import AnswerCheck, Verification
from store.repositories.base import Repository
from store.repositories.families import Families

CHECKING = timedelta(hours=1)
"""Over what time failed answers are counted."""

AGENTS_SHARE = 4
"""How many times as many answers may fail to one agent as of one customer."""


class VerificationRepository(Repository):
    """A verification counts for the one who made it, and for the customer as they were then.

    Who was merged into another since has to be verified anew: that the caller is the one does not prove that
    the two are one.
    """

    async def open(
        self,
        customer_id: str,
        method: VerificationMethod,
        *,
        by: str,
        lasting: timedelta,
        session: str | None = None,
        answers: int = 0,
    ) -> VerificationData:
        """Note that somebody made sure who the caller is. It takes the place of an earlier one.

        Args:
            customer_id: who the caller is.
            method: how.
            by: subject of the principal for whom it counts.
            lasting: for how long.
            session: the call that it belongs to.
            answers: how many different answers must have agreed, where it was by knowledge.

        Raises:
            CustomerUnknown: no customer answers for the id.
            NotProven: it was by knowledge, and too few answers agreed.
        """
        present = await self._present(customer_id)
        now = self._scope.clock()
        if method is VerificationMethod.KNOWLEDGE:
            agreed = await self._agreed(present, by, since=now - lasting)
            if agreed < answers:
                raise NotProven(agreed, answers)
        await self._end(by, Verification.customer_id == present)
        made = VerificationData(
            id=new_id(),
            customer_id=present,
            subject=by,
            method=method,
            session=session,
            at=now,
            until=now + lasting,
        )
        await self._scope.insert_many(
            Verification,
            [
                {
                    "id": made.id,
                    "subject": by,
                    "customer_id": present,
                    "home_id": present,
                    "method": method.value,
                    "session": session,
                    "at": now,
                    "until": made.until,
                    "ended_at": None,
                }
            ],
        )
        return made

    async def end(
        self, *, by: str, customer_id: str | None = None, session: str | None = None
    ) -> tuple[str, ...]:
        """End what somebody's verifications opened: of one customer, of one call, or all of them.

        Returns:
            ids of the customers who are masked again, sorted.
        """
        which: list[ColumnElement[bool]] = []
        if customer_id is not None:
            present = (await Families(self._scope).resolve([customer_id])).get(customer_id, customer_id)
            which.append(Verification.customer_id == present)
        if session is not None:
            which.append(Verification.session == session)
        return await self._end(by, *which)

    async def end_of(
        self, session: str, *, customer_id: str, agent: str | None, since: datetime
    ) -> tuple[str, ...]:
        """End what belongs to a call or visit that is over.

        That is what was verified of the customer naming it as the session, whoever did; and what its agent
        verified of them since it began without naming any.

        Args:
            session: as it was named.
            customer_id: with whom it was.
            agent: who took part.
            since: when it began.

        Returns:
            ids of the customers who are masked again, sorted.
        """
        unnamed = and_(
            Verification.subject == (agent or ""), Verification.session.is_(None), Verification.at >= since
        )
        return await self._ended(
            Verification.customer_id == customer_id, or_(Verification.session == session, unnamed)
        )

    async def verified(self, subject: str, customer_ids: Iterable[str]) -> dict[str, datetime]:
        """Until when each of these customers is verified for somebody; who is not is left out. One query."""
        rows = await self._session.execute(
            select(Verification.customer_id, func.max(Verification.until))
            .where(
                Verification.tenant == self._tenant,
                Verification.subject == subject,
                self._scope.among(Verification.customer_id, customer_ids),
                Verification.home_id == Verification.customer_id,
                Verification.ended_at.is_(None),
                Verification.until > self._scope.clock(),
            )
            .group_by(Verification.customer_id)
        )
        return {customer_id: until for customer_id, until in rows}  # noqa: C416  # rows are no pairs to mypy

    async def check_allowed(self, customer_id: str, *, by: str, most: int) -> str:
        """Make sure that another answer may be compared; the present id of the customer.

        Failures count for the customer whoever makes them, and those of one agent over all customers, of
        whom there may be :data:`AGENTS_SHARE` times as many: neither one nor many are guessed at.

        Args:
            customer_id: whose answer.
            by: who compares.
            most: failed answers within :data:`CHECKING` at the most.

        Raises:
            CustomerUnknown: no customer answers for the id.
            TooOften: there were too many failures of late.
        """
        held = await Families(self._scope).hold([customer_id])
        present = held.get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        of_customer = await self._failures(AnswerCheck.customer_id == present)
        of_agent = await self._failures(AnswerCheck.subject == by)
        for failed, allowed in ((of_customer, most), (of_agent, AGENTS_SHARE * most)):
            if len(failed) >= allowed:
                raise TooOften(failed[-allowed] + CHECKING - self._scope.clock())
        return present

    async def note_answer(self, customer_id: str, attribute: str, *, matched: bool, by: str) -> None:
        """Note that an answer was compared, and whether it agreed; never the answer."""
        await self._scope.insert_many(
            AnswerCheck,
            [
                {
                    "id": new_id(),
                    "subject": by,
                    "customer_id": customer_id,
                    "home_id": customer_id,
                    "attribute": attribute,
                    "matched": matched,
                    "at": self._scope.clock(),
                }
            ],
        )

    async def _present(self, customer_id: str) -> str:
        held = await Families(self._scope).hold([customer_id], shared=True)
        if customer_id not in held:
            raise CustomerUnknown(customer_id)
        return held[customer_id]

    async def _agreed(self, customer_id: str, subject: str, *, since: datetime) -> int:
        """How many different attributes were answered rightly to somebody."""
        statement = select(func.count(AnswerCheck.attribute.distinct())).where(
            AnswerCheck.tenant == self._tenant,
            AnswerCheck.customer_id == customer_id,
            AnswerCheck.home_id == customer_id,
            AnswerCheck.subject == subject,
            AnswerCheck.matched.is_(True),
            AnswerCheck.at > since,
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _failures(self, whose: ColumnElement[bool]) -> list[datetime]:
        """When answers failed of late, the earliest first."""
        rows = await self._session.scalars(
            select(AnswerCheck.at)
            .where(
                AnswerCheck.tenant == self._tenant,
                whose,
                AnswerCheck.at > self._scope.clock() - CHECKING,
                AnswerCheck.matched.is_(False),
            )
            .order_by(AnswerCheck.at)
        )
        return list(rows)

    async def _end(self, subject: str, *which: ColumnElement[bool]) -> tuple[str, ...]:
        return await self._ended(Verification.subject == subject, *which)

    async def _ended(self, *which: ColumnElement[bool]) -> tuple[str, ...]:
        now = self._scope.clock()
        mine = (
            Verification.tenant == self._tenant,
            Verification.ended_at.is_(None),
            *which,
        )
        standing = await self._session.scalars(
            select(Verification.customer_id).where(*mine, Verification.until > now).distinct()
        )
        customers: Collection[str] = set(standing)
        await self._scope.change(update(Verification).where(*mine).values(ended_at=now))
        return tuple(sorted(customers))
