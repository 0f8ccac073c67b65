"""Having partners call the hub, once: by whoever asks for it, and by the worker where that one is gone.

It goes as with an action: what is wished for is kept before anything goes out, and that it goes out is kept
before it does. A partner that honours keys is asked again under the same key; any other is looked at first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from c360.access import Access, IdempotencyKey, Principal, Purpose, TenantId
from c360.contract import Effect, Subscription
from c360.errors import C360Error
from connectors.acting import Standing
from connectors.host import Host
from connectors.registering import Registered
from connectors.results import SourceProblem
from resolvers.actions import machine
from resolvers.actions.machine import VALID_FOR, ActionRules, Doing
from resolvers.actions.telling import HUB
from store.data_actions import FINAL, ActionRejection, PartnerActionState
from store.data_audit import WriteEntry
from store.data_registrations import RegistrationChange, RegistrationData, RegistrationWish
from store.database import Database
from store.errors_registrations import RegistrationMoved
from store.unit import Unit

REQUESTED, SENT = PartnerActionState.REQUESTED, PartnerActionState.SENT
CONFIRMED, UNKNOWN = PartnerActionState.CONFIRMED, PartnerActionState.UNKNOWN
_log = logging.getLogger(__name__)


class NotRegistrable(C360Error):
    """The partner's API registers no address, or there is no such instance; the message says which."""


class InTheWay(C360Error):
    """Something else is registered or under way; the message says what to do first."""


class Registrar:
    """Has partners call the hub, and call it no more.

    Args:
        database: where it is kept.
        tenant: whose hub it is.
        host: reaches the partners.
        clock: the present in UTC.
        rules: how long is waited for what.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        host: Host,
        clock: Callable[[], datetime],
        rules: ActionRules | None = None,
    ) -> None:
        self.rules = rules or ActionRules()
        self._database = database
        self._tenant = tenant
        self._host = host
        self._clock = clock
        self._timeout = timedelta(seconds=self.rules.timeout)
        self._lease = timedelta(seconds=self.rules.lease)

    async def register(self, connector: str, url: str, *, by: str) -> RegistrationData:
        """Have a partner call an address; how that stands once the partner was asked.

        Where it calls there already, or is about to, nothing is registered a second time.

        Args:
            connector: instance id of the partner.
            url: the address.
            by: who wants it, for the audit.

        Raises:
            NotRegistrable: the partner's API does not offer that.
            InTheWay: another address is registered, or it is being removed.
            StoreError: it cannot be kept.
        """
        self._effect(connector)
        async with self._database.unit(self._tenant) as unit:
            present = await unit.registrations.get(connector)
            if present is not None and _open(present):
                if present.url != url:
                    raise InTheWay(f"{connector} calls {present.url}: remove that first")
                kept = present
            elif present is not None and _leaving(present):
                raise InTheWay(f"{connector} is being asked to call no more: see what became of that first")
            else:
                kept = await unit.registrations.begin(connector, present, url, by=by, **self._times())
                await self._note(unit, "registerWebhook", kept, by)
        return await self._go_on(kept)

    async def remove(self, connector: str, *, by: str) -> RegistrationData | None:
        """Have a partner call no more; how that stands once the partner was asked, none where it never was.

        Raises:
            NotRegistrable: the partner's API does not offer that.
            InTheWay: the partner is being asked to call just now.
            StoreError: it cannot be kept.
        """
        self._effect(connector)
        async with self._database.unit(self._tenant) as unit:
            present = await unit.registrations.get(connector)
            if present is None or (
                present.wish is RegistrationWish.CALL_NO_MORE and present.state is CONFIRMED
            ):
                return present
            if present.state is SENT and not self._due(present):
                raise InTheWay(f"{connector} is being asked just now: see what became of that first")
            if _leaving(present):
                kept = present
            else:
                kept = await unit.registrations.withdraw(present, by=by, **self._times())
                await self._note(unit, "removeWebhook", kept, by)
        return await self._go_on(kept)

    async def round(self) -> None:
        """Go on with all that is due, from whichever process left it.

        Raises:
            StoreError: what is due cannot be read.
        """
        async with self._database.read(self._tenant) as unit:
            due = await unit.registrations.due()
        for each in due:
            try:
                await self._go_on(each)
            except C360Error as error:
                _log.warning("the webhook of %s is left for later (%s)", each.connector, error)

    async def _go_on(self, present: RegistrationData) -> RegistrationData:
        """Do what is to be done about it now; as it stands then."""
        try:
            if present.state is SENT and not self._due(present):
                return present
            doing = machine.course(present, self._promised(present), self._clock())
            if doing is Doing.DOUBT:
                present = await self._move(present, RegistrationChange(after=UNKNOWN, next_at=self._clock()))
                doing = machine.course(present, self._promised(present), self._clock())
            if doing is Doing.TRACE:
                present = await self._trace(present)
                doing = Doing.SEND if present.state is REQUESTED else Doing.REST
            if doing is Doing.EXPIRE:
                return await self._move(present, _expiring(present))
            return await self._send(present) if doing is Doing.SEND else present
        except RegistrationMoved:  # somebody else goes on with it
            return await self._read(present.connector) or present

    async def _send(self, present: RegistrationData) -> RegistrationData:
        doubtful = present.state is UNKNOWN
        going = RegistrationChange(after=SENT, next_at=self._clock() + self._lease, sent=True)
        sent = await self._move(present, going)
        asked = await (self._ask(sent) if sent.wish is RegistrationWish.CALL else self._ask_no_more(sent))
        change = self._outcome(sent, asked, doubtful=doubtful)
        try:
            return await self._move(sent, change)
        except RegistrationMoved:
            found = await self._read(sent.connector)
            # Somebody gave this process up. That the partner did it stays true.
            late = found is not None and (found.id, found.wish, found.state) == (sent.id, sent.wish, UNKNOWN)
            if found is None or not late or change.after is not CONFIRMED:
                raise
            return await self._move(found, change)

    async def _ask(self, sent: RegistrationData) -> Registered:
        wanted = Subscription(url=sent.url, idempotency_key=IdempotencyKey(sent.id))
        return await self._host.register_webhook(
            sent.connector, wanted, access=self._access, deadline=self._timeout
        )

    async def _ask_no_more(self, sent: RegistrationData) -> Registered:
        references = sent.references
        if not references:  # it is not known what came of asking
            found = await self._listed(sent)
            if isinstance(found, SourceProblem):
                return Registered(standing=Standing.FAILED, problem=found)
            references = found
        if not references:
            return Registered(standing=Standing.CONFIRMED)
        return await self._host.remove_webhook(
            sent.connector, references, access=self._access, deadline=self._timeout
        )

    async def _trace(self, present: RegistrationData) -> RegistrationData:
        """Look at the partner whether it calls; believed only when nothing is on its way any more."""
        now = self._clock()
        found = await self._listed(present)
        believed = machine.believed(present.sent_at, now, self.rules)
        if isinstance(found, SourceProblem):
            later = now + self.rules.after(now - (present.sent_at or now))
            change = RegistrationChange(after=UNKNOWN, next_at=later, problem=found.code.value)
        elif found:
            change = RegistrationChange(after=CONFIRMED, references=found)
        elif now < believed:
            change = RegistrationChange(after=UNKNOWN, next_at=believed, problem=present.problem)
        else:
            change = RegistrationChange(after=REQUESTED, next_at=now)
        return await self._move(present, change)

    async def _listed(self, present: RegistrationData) -> tuple[str, ...] | SourceProblem:
        """The partner's ids of the address."""
        found = await self._host.registered_webhooks(
            present.connector, access=self._access, deadline=self._timeout
        )
        if isinstance(found, SourceProblem):
            return found
        return tuple(one for each in found if each.url == present.url for one in each.references)

    def _outcome(self, sent: RegistrationData, asked: Registered, *, doubtful: bool) -> RegistrationChange:
        now = self._clock()
        if asked.standing is Standing.CONFIRMED:
            if asked.registration is None:  # it calls no more
                return RegistrationChange(after=CONFIRMED, references=(), secret=None)
            made = asked.registration
            return RegistrationChange(after=CONFIRMED, references=made.references, secret=made.secret)
        problem = None if asked.problem is None else asked.problem.code.value
        later = now + self.rules.after(now - sent.requested_at)
        after = machine.unanswered(asked.standing, doubtful=doubtful)
        return RegistrationChange(after=after, next_at=later, problem=problem)

    def _times(self) -> dict[str, datetime]:
        now = self._clock()
        return {"valid_until": now + VALID_FOR, "due_at": now + self._lease}

    def _due(self, present: RegistrationData) -> bool:
        return present.next_at is not None and present.next_at <= self._clock()

    def _promised(self, present: RegistrationData) -> Effect:
        """What can be promised of asking again, where it is open what became of it.

        To call no more does the same however often it is said.
        """
        again = present.state is UNKNOWN and present.wish is RegistrationWish.CALL
        return self._effect(present.connector) if again else Effect.KEYED

    def _effect(self, connector: str) -> Effect:
        info = next((each for each in self._host.infos() if each.id == connector), None)
        if info is None:
            raise NotRegistrable(f"there is no connector {connector!r}")
        if info.registers is None:
            raise NotRegistrable(f"the API of {connector} registers no address: do it by hand at the partner")
        return info.registers

    @property
    def _access(self) -> Access:
        principal = Principal(subject=HUB, tenant=self._tenant, purposes=frozenset({Purpose.SERVICE}))
        return Access(principal=principal, purpose=Purpose.SERVICE)

    async def _note(self, unit: Unit, what: str, kept: RegistrationData, by: str) -> None:
        entry = WriteEntry(
            at=self._clock(),
            principal=by,
            purpose=Purpose.SERVICE.value,
            action=what,
            detail={"connector": kept.connector, "registration": kept.id},
        )
        await unit.audit.append(entry)

    async def _move(self, present: RegistrationData, change: RegistrationChange) -> RegistrationData:
        return await self._database.retrying(
            self._tenant, lambda unit: unit.registrations.move(present, change)
        )

    async def _read(self, connector: str) -> RegistrationData | None:
        async with self._database.read(self._tenant) as unit:
            return await unit.registrations.get(connector)


def _open(present: RegistrationData) -> bool:
    """Whether the partner calls, or is to."""
    return present.wish is RegistrationWish.CALL and present.state is not PartnerActionState.REJECTED


def _leaving(present: RegistrationData) -> bool:
    """Whether the partner is being asked to call no more."""
    return present.wish is RegistrationWish.CALL_NO_MORE and present.state not in FINAL


def _expiring(present: RegistrationData) -> RegistrationChange:
    """The step of one that is not valid any more."""
    return RegistrationChange(
        after=PartnerActionState.REJECTED, rejection=ActionRejection.EXPIRED, problem=present.problem
    )
