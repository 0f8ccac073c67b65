"""What the owner of an endpoint may not receive any more is not sent there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.authentication.api_keys import draft, secret_of
from api.webhooks.rights import OwnersRights
from c360.access import Principal, Reach
from schema.events.shapes import endpoint as shown
from schema.permissions.roles import granted
from store.data_credentials import ApiKeyKind
from store.data_endpoints import DeliveryFailure, DeliveryState, EndpointDraft, EndpointState
from store.errors import DatabaseUnavailable
from tests.api.webhooks.conftest import Run, Scene, T
from tests.fixtures.receiver import receiving

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def shop(*roles: str, reach: Reach = Reach.EVERYBODY, narrowed: frozenset[str] | None = None) -> Principal:
    scopes = granted(roles) if narrowed is None else narrowed
    return Principal(subject="shop", tenant=T, roles=frozenset(roles), scopes=scopes, reach=reach)


@one_database
def test_a_token_that_grants_less_ends_what_it_took(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving() as receiver, scene.delivering() as delivering:
            made = await scene.register(receiver.url, scopes=("customers:read", "offers:read"))
            rights = OwnersRights(scene.database, T, lambda: scene.now)
            (first,) = await scene.tell("a")
            await delivering.settle()
            assert receiver.ids == [first]
            await scene.tell("b")
            # Made out, and not sent yet: it is checked again right before it is.
            async with scene.database.unit(T) as unit:
                await unit.deliveries.plan(lambda *_: True)
            await rights.proven(shop("operator"))
            await scene.tell("c")
            await delivering.settle()
            assert receiver.ids == [first]
            unsent = (await scene.deliveries(made))[-1]
            assert (unsent.state, unsent.failure) == (DeliveryState.DEAD, DeliveryFailure.NOT_ALLOWED)
            found = shown(await scene.endpoint(made), {})
            assert found.state is EndpointState.UNAUTHORISED
            assert {"customer.changed", "offer.responded"} <= set(found.withheld_kinds)
            # One that was narrowed for an occasion takes nothing away; what happened meanwhile is not sent.
            await rights.proven(shop("integrator", narrowed=frozenset()))
            (later,) = await scene.tell("d")
            await delivering.settle()
            assert receiver.ids == [first, later]
            assert shown(await scene.endpoint(made), {}).state is EndpointState.ENABLED
            await rights.proven(shop("integrator", reach=Reach.BOOK))
            await scene.tell("e")
            await delivering.settle()
            assert receiver.ids == [first, later]

    run(go())


@one_database
def test_who_does_not_come_any_more_is_sent_nothing(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving() as receiver, scene.delivering() as delivering:
            await scene.register(receiver.url)
            rights = OwnersRights(scene.database, T, lambda: scene.now)
            scene.tick(days=29)
            await rights.proven(shop("integrator"))
            scene.tick(days=29)
            (here,) = await scene.tell("a")
            await delivering.settle()
            scene.tick(days=2)
            await scene.tell("b")
            await delivering.settle()
            assert receiver.ids == [here]

    run(go())


@one_database
def test_a_key_that_is_taken_back_ends_its_endpoint_at_once(scene: Scene, run: Run) -> None:
    async def go() -> None:
        made = draft(
            kind=ApiKeyKind.SERVICE,
            name="till",
            roles=("integrator",),
            life=timedelta(days=90),
            at=scene.now,
        )
        async with receiving() as receiver, scene.delivering() as delivering:
            async with scene.database.unit(T) as unit:
                await unit.api_keys.add(made.key, secret_of(made.text))
                registered = EndpointDraft(
                    url=receiver.url, kinds=(), owner="key:till", client="till", scopes=("customers:read",)
                )
                await unit.endpoints.register(
                    registered, secret=scene.secret, position=await unit.outbox.head()
                )
            scene.tick(days=60)
            (before,) = await scene.tell("a")
            await delivering.settle()
            async with scene.database.unit(T) as unit:
                await unit.api_keys.revoke(made.key.id, scene.now)
            await scene.tell("b")
            await delivering.settle()
            assert receiver.ids == [before]

    run(go())


@one_database
def test_what_cannot_be_kept_of_owners_is_said_now_and_then(
    scene: Scene, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise DatabaseUnavailable("it has no such column yet")

    monkeypatch.setattr(scene.database, "read", refused)

    async def go() -> None:
        rights = OwnersRights(scene.database, T, lambda: scene.now)
        for _ in range(3):
            await rights.proven(shop("operator"))
        assert caplog.text.count("could not be kept") == 1
        scene.now += timedelta(minutes=5)
        await rights.proven(shop("operator"))
        assert caplog.text.count("could not be kept") == 2

    run(go())
