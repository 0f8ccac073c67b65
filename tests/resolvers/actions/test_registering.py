"""Partners are had to call the hub once, whatever dies or is lost, and nothing is said unknowing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import Access, TenantId
from c360.contract import Effect, Registration, Subscription
from c360.errors import ProblemCode
from c360.values import Secret
from connectors.acting import Standing
from connectors.registering import Registered
from connectors.results import SourceProblem
from resolvers.actions.machine import ActionRules
from resolvers.actions.registering import InTheWay, NotRegistrable, Registrar
from store.data_actions import PartnerActionState
from store.data_audit import AuditFilter
from store.data_registrations import RegistrationData, RegistrationWish
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.sizes import size

T = TenantId("t")
URL = "https://hub.example/webhooks/shop"
RULES = ActionRules(timeout=5, lease=30, settle=60)
DOWN = SourceProblem(code=ProblemCode.PARTNER_UNAVAILABLE, message="down")
CALL = RegistrationWish.CALL
REQUESTED, SENT = PartnerActionState.REQUESTED, PartnerActionState.SENT
CONFIRMED, UNKNOWN = PartnerActionState.CONFIRMED, PartnerActionState.UNKNOWN


class Died(BaseException):
    """The process is killed here."""


class Info:
    def __init__(self, effect: Effect | None) -> None:
        self.id, self.registers = "shop", effect


class Partner:
    """A partner that takes registrations, and whose answers get lost as it is told."""

    def __init__(self, effect: Effect | None = Effect.KEYED) -> None:
        self.effect = effect
        self.calls: dict[str, Registration] = {}
        """What it calls, by its own ids."""
        self.keys: dict[str, Registration] = {}
        self.fates: list[str] = []
        self.deaf = False

    def infos(self) -> Sequence[Any]:
        return (Info(self.effect),)

    def fate(self) -> str:
        return self.fates.pop(0) if self.fates else "taken"

    async def register_webhook(
        self, _instance: str, wanted: Subscription, *, access: Access, deadline: timedelta
    ) -> Registered:
        assert (access.tenant, deadline > timedelta(0)) == (T, True)
        fate = self.fate()
        if fate == "unreached":
            return Registered(standing=Standing.FAILED, problem=DOWN)
        if fate == "lost":
            return Registered(standing=Standing.UNKNOWN, problem=DOWN)
        made = self.keys.get(wanted.idempotency_key) if self.effect is Effect.KEYED else None
        if made is None:
            made = Registration(
                url=wanted.url, references=(f"r{len(self.keys)}",), secret=Secret(f"s{len(self.keys)}")
            )
            self.calls[made.references[0]] = made
        self.keys[wanted.idempotency_key] = made
        if fate == "died":
            raise Died
        if fate == "unanswered":
            return Registered(standing=Standing.UNKNOWN, problem=DOWN)
        return Registered(standing=Standing.CONFIRMED, registration=made)

    async def remove_webhook(
        self, _instance: str, references: Sequence[str], *, access: Access, deadline: timedelta
    ) -> Registered:
        assert (access.tenant, deadline > timedelta(0)) == (T, True)
        fate = self.fate()
        if fate == "unreached":
            return Registered(standing=Standing.FAILED, problem=DOWN)
        if fate != "lost":
            for one in references:
                self.calls.pop(one, None)
        if fate == "died":
            raise Died
        if fate in {"lost", "unanswered"}:
            return Registered(standing=Standing.UNKNOWN, problem=DOWN)
        return Registered(standing=Standing.CONFIRMED)

    async def registered_webhooks(
        self, _instance: str, *, access: Access, deadline: timedelta
    ) -> Sequence[Registration] | SourceProblem:
        assert (access.tenant, deadline > timedelta(0)) == (T, True)
        return DOWN if self.deaf else tuple(self.calls.values())


class Stage:
    def __init__(self, database_url: str, partner: Partner) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
        self.database = Database(database_url, keyring=keyring, clock=lambda: self.now)
        self.partner = partner

    def process(self) -> Registrar:
        host: Any = self.partner
        return Registrar(self.database, T, host, lambda: self.now, RULES)

    async def kept(self) -> RegistrationData | None:
        async with self.database.read(T) as unit:
            return await unit.registrations.get("shop")

    async def until_settled(self) -> RegistrationData:
        """Let the worker come round until nothing is due any more."""
        for _ in range(60):
            kept = await self.kept()
            assert kept is not None
            if kept.next_at is None:
                return kept
            self.now = max(self.now, kept.next_at)
            with contextlib.suppress(Died):
                await self.process().round()
        raise AssertionError("it never settles")


FATES = st.lists(st.sampled_from(["taken", "unreached", "lost", "unanswered", "died"]), max_size=5)


@settings(
    max_examples=size(12, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    effect=st.sampled_from([Effect.KEYED, Effect.TRACEABLE]),
    coming=FATES,
    going=FATES,
    impatient=st.booleans(),
)
def test_a_partner_calls_once_and_then_no_more(
    empty_sqlite: Any, effect: Effect, coming: list[str], going: list[str], impatient: bool
) -> None:
    partner = Partner(effect)
    stage = Stage(empty_sqlite(), partner)

    async def scenario() -> None:
        partner.fates = list(coming)
        for _ in range(1 + impatient):
            with contextlib.suppress(Died):
                await stage.process().register("shop", URL, by="me")
        settled = await stage.until_settled()
        assert (settled.wish, settled.state) == (CALL, CONFIRMED)
        assert len(partner.calls) == 1, "it calls once, whatever was lost"
        assert set(settled.references) == set(partner.calls)
        async with stage.database.read(T) as unit:
            address = await unit.registrations.address("shop")
        assert address is not None
        (made,) = partner.calls.values()
        if effect is Effect.KEYED:
            assert address.secret == made.secret, "what its calls are signed with is known even so"
        partner.fates = list(going)
        for _ in range(1 + impatient):
            with contextlib.suppress(Died, InTheWay):
                await stage.process().remove("shop", by="me")
        settled = await stage.until_settled()
        assert (settled.wish, settled.state) == (RegistrationWish.CALL_NO_MORE, CONFIRMED)
        assert not partner.calls
        assert not settled.signed, "what nobody signs with any more is not kept"
        await stage.database.dispose()

    asyncio.run(scenario())


@pytest.fixture(scope="module")
def empty_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Addresses of migrated databases, one after the other."""
    folder, number = tmp_path_factory.mktemp("registering"), count()

    def make() -> str:
        path = folder / f"{next(number)}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite+aiosqlite:///{path}"

    return make


def test_what_is_not_known_is_not_called_done(database_url: str) -> None:
    partner = Partner(Effect.TRACEABLE)
    stage = Stage(database_url, partner)

    async def scenario() -> None:
        partner.fates, partner.deaf = ["unanswered"], True
        asked = await stage.process().register("shop", URL, by="me")
        assert (asked.state, asked.problem, asked.attempts) == (UNKNOWN, "PARTNER_UNAVAILABLE", 1)
        stage.now += timedelta(minutes=5)
        await stage.process().round()
        kept = await stage.kept()
        assert kept is not None
        assert (kept.state, kept.attempts) == (UNKNOWN, 1), "nothing is sent blindly"
        again = await stage.process().register("shop", URL, by="me")
        assert (again.id, again.state) == (kept.id, UNKNOWN)
        partner.deaf = False
        assert (await stage.until_settled()).state is CONFIRMED
        assert len(partner.calls) == 1
        await stage.database.dispose()

    asyncio.run(scenario())


def test_what_is_in_the_way_is_said(database_url: str) -> None:
    partner = Partner()
    stage = Stage(database_url, partner)

    async def scenario() -> None:
        registrar = stage.process()
        assert await registrar.remove("shop", by="me") is None
        with pytest.raises(NotRegistrable, match="no connector 'nobody'"):
            await registrar.register("nobody", URL, by="me")
        made = await registrar.register("shop", URL, by="me")
        assert (await registrar.register("shop", URL, by="me")).id == made.id
        with pytest.raises(InTheWay, match="remove that first"):
            await registrar.register("shop", f"{URL}2", by="me")
        assert len(partner.calls) == 1
        partner.fates = ["unreached"]
        going = await registrar.remove("shop", by="me")
        assert going is not None
        assert (going.state, going.signed) == (REQUESTED, True), "its calls are believed until it stops"
        with pytest.raises(InTheWay, match="call no more"):
            await registrar.register("shop", URL, by="me")
        await stage.until_settled()
        moved = await registrar.register("shop", f"{URL}2", by="me")
        assert (moved.url, moved.state) == (f"{URL}2", CONFIRMED)
        partner.effect = None
        with pytest.raises(NotRegistrable, match="by hand"):
            await registrar.register("shop", URL, by="me")
        async with stage.database.read(T) as unit:
            written = await unit.audit.page(AuditFilter(since=stage.now - timedelta(days=1)), first=10)
        actions = sorted(each.action for each in written.entries)
        assert actions == ["registerWebhook", "registerWebhook", "removeWebhook"]
        await stage.database.dispose()

    asyncio.run(scenario())


def test_a_partner_that_stays_away_is_given_up(database_url: str) -> None:
    partner = Partner()
    stage = Stage(database_url, partner)

    async def scenario() -> None:
        partner.fates = ["unreached"] * 1_000
        asked = await stage.process().register("shop", URL, by="me")
        assert (asked.state, asked.problem) == (REQUESTED, "PARTNER_UNAVAILABLE")
        stage.now += timedelta(hours=25)
        await stage.process().round()
        kept = await stage.kept()
        assert kept is not None
        assert (kept.state, kept.rejection and kept.rejection.value) == (
            PartnerActionState.REJECTED,
            "EXPIRED",
        )
        partner.fates = []
        assert (await stage.process().register("shop", URL, by="me")).state is CONFIRMED
        await stage.database.dispose()

    asyncio.run(scenario())


def test_the_secret_is_sealed_and_resealed_by_another_master_key(database_url: str) -> None:
    stage = Stage(database_url, Partner())
    new = Keyring(master=b"n" * 32, pepper=b"p" * 32)
    both = Keyring(master=b"n" * 32, pepper=b"p" * 32, former=b"m" * 32)

    async def scenario() -> None:
        await stage.process().register("shop", URL, by="me")
        async with stage.database.unit(T, keyring=both) as unit:
            assert await unit.registrations.rewrap() == 1
            assert await unit.registrations.rewrap() == 0
        async with stage.database.read(T, keyring=new) as unit:
            address = await unit.registrations.address("shop")
        assert address is not None
        assert address.secret == Secret("s0")
        await stage.database.dispose()

    asyncio.run(scenario())
