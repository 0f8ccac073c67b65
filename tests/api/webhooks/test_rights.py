"""What the owner of an endpoint may not receive any more is not sent there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.authentication.api_keys import Made, draft, secret_of
from api.webhooks.rights import OwnersRights
from c360.access import Principal, Purpose, Reach
from schema.events.shapes import endpoint as shown
from schema.permissions.roles import granted
from schema.permissions.roles import purposes as purposes_of
from store.data_credentials import ApiKeyKind
from store.data_endpoints import DeliveryFailure, DeliveryState, EndpointDraft, EndpointState
from store.errors import DatabaseUnavailable
from tests.api.webhooks.conftest import Run, Scene, T
from tests.fixtures.receiver import receiving

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def shop(
    *roles: str,
    reach: Reach = Reach.EVERYBODY,
    narrowed: frozenset[str] | None = None,
    purposes: frozenset[Purpose] | None = None,
    client: str = "",
) -> Principal:
    return Principal(
        subject="shop",
        tenant=T,
        roles=frozenset(roles),
        scopes=granted(roles) if narrowed is None else narrowed,
        purposes=purposes_of(roles) if purposes is None else purposes,
        reach=reach,
        client=client,
    )


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
def test_what_is_told_for_other_purposes_is_not_sent(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving() as receiver, scene.delivering() as delivering:
            both = (Purpose.MARKETING, Purpose.FRAUD)
            made = await scene.register(receiver.url, scopes=("customers:read", "offers:read"), purposes=both)
            rights = OwnersRights(scene.database, T, lambda: scene.now)
            (answered,) = await scene.tell("a", kind="offer.responded")
            await delivering.settle()
            assert receiver.ids == [answered]
            await scene.tell("b", kind="offer.responded")
            async with scene.database.unit(T) as unit:
                await unit.deliveries.plan(lambda *_: True)  # made out, and not sent yet
            await rights.proven(shop("supervisor", purposes=frozenset({Purpose.FRAUD})))
            await scene.tell("c", kind="offer.responded")
            (of_any_purpose,) = await scene.tell("d")
            await delivering.settle()
            assert receiver.ids == [answered, of_any_purpose]
            assert shown(await scene.endpoint(made), {}).withheld_kinds == ("offer.responded",)
            # Somebody's other application says nothing of what they may do with this one.
            await rights.proven(shop("supervisor", client="desk", purposes=frozenset({Purpose.MARKETING})))
            assert (await scene.endpoint(made)).allowed_purposes == {Purpose.FRAUD}
            await rights.proven(shop("supervisor"))
            (again,) = await scene.tell("e", kind="offer.responded")
            await delivering.settle()
            assert receiver.ids == [answered, of_any_purpose, again]
            await rights.proven(shop("supervisor", purposes=frozenset()))
            assert shown(await scene.endpoint(made), {}).state is EndpointState.UNAUTHORISED

    run(go())


@one_database
def test_a_program_whose_key_allows_other_purposes_is_sent_no_more(scene: Scene, run: Run) -> None:
    async def go() -> None:
        def key(purpose: str) -> Made:
            return draft(
                kind=ApiKeyKind.SERVICE,
                name="till",
                roles=("front-end",),
                purposes=(purpose,),
                life=timedelta(days=90),
                at=scene.now,
            )

        async with receiving() as receiver, scene.delivering() as delivering:
            old, new = key("MARKETING"), key("RISK")
            async with scene.database.unit(T) as unit:
                await unit.api_keys.add(old.key, secret_of(old.text))
                registered = EndpointDraft(
                    url=receiver.url,
                    kinds=("offer.responded",),
                    owner="key:till",
                    client="till",
                    scopes=("offers:read",),
                    purposes=(Purpose.MARKETING,),
                )
                position = await unit.outbox.head()
                await unit.endpoints.register(registered, secret=scene.secret, position=position)
            (before,) = await scene.tell("a", kind="offer.responded")
            await delivering.settle()
            async with scene.database.unit(T) as unit:
                await unit.api_keys.add(new.key, secret_of(new.text))
                await unit.api_keys.revoke(old.key.id, scene.now)
            await scene.tell("b", kind="offer.responded")
            await delivering.settle()
            assert receiver.ids == [before]

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
                    url=receiver.url,
                    kinds=(),
                    owner="key:till",
                    client="till",
                    scopes=("customers:read",),
                    purposes=(Purpose.SERVICE,),
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
