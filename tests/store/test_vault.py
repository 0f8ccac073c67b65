from __future__ import annotations

import hmac
import pickle
from collections.abc import Callable, Coroutine, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from c360.access import TenantId
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import EnrolCustomer, EnrolGrant, EnrolLink, SnapshotData, SnapshotKeyData
from store.data_folders import Part, SealedGrant, Wanted
from store.database import Database
from store.errors import KeyringError
from store.grants import SqlGrants
from store.keyring import DataKey, Keyring, bind, new_data_key
from store.snapshots import SqlSnapshots

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")


async def customers(database: Database, number: int = 1) -> tuple[str, ...]:
    async with database.unit(T) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id=str(each),
                    kind=PartyKind.PERSON,
                    display_name=f"P{each}",
                    links=(EnrolLink(connector="bank", party_id=str(each)),),
                )
                for each in range(number)
            ]
        )
        return (await unit.customers.page()).ids


def key_of(snapshot: SnapshotData) -> SnapshotKeyData:
    return SnapshotKeyData(customer_id=snapshot.customer_id, connector=snapshot.connector, kind=snapshot.kind)


def test_copies_come_back_as_they_were_and_are_not_readable_at_rest(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        one, two = await customers(database, 2)
        kept = SqlSnapshots(database, keyring)
        copies = [
            SnapshotData(
                customer_id=each,
                connector="bank",
                kind=kind,
                fetched_at=clock.now,
                content=b"very personal",
                since=date(2025, 1, 1),
                until=date(2026, 1, 1),
                parties=(party,),
            )
            for each, party in ((one, "0"), (two, "1"))
            for kind in ("banking.accounts", "banking.transactions")
        ]
        await kept.write(T, copies)
        await kept.write(T, [])
        read = await kept.read(T, [key_of(copy) for copy in copies[:3]])
        assert sorted(read, key=repr) == sorted(copies[:3], key=repr)
        assert await kept.read(TenantId("other"), [key_of(copies[0])]) == []
        assert await kept.read(T, []) == []
        async with database.read(T) as unit:
            stored = await unit.customers._session.scalars(text("SELECT ciphertext FROM snapshot"))
            assert all(b"personal" not in bytes(each) for each in stored)

    run(go())


def test_a_newer_copy_replaces_an_older_one_and_not_the_other_way(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        kept = SqlSnapshots(database, keyring)

        def copy(minutes: int) -> SnapshotData:
            return SnapshotData(
                customer_id=one,
                connector="bank",
                kind="k",
                fetched_at=clock.now + timedelta(minutes=minutes),
                content=str(minutes).encode(),
                parties=("0",),
            )

        await kept.write(T, [copy(5), copy(6), copy(4)])
        await kept.write(T, [copy(3)])
        (read,) = await kept.read(T, [key_of(copy(0))])
        assert read.content == b"6"
        await kept.write(T, [copy(7)])
        (read,) = await kept.read(T, [key_of(copy(0))])
        assert read == copy(7)
        async with database.unit(T) as unit:
            assert await unit.snapshots.forget(before=clock.now) == 0
            assert await unit.snapshots.forget(before=clock.now + timedelta(hours=1)) == 1

    run(go())


def test_a_copy_moved_to_another_place_does_not_open(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        kept = SqlSnapshots(database, keyring)
        copy = SnapshotData(customer_id=one, connector="bank", kind="k", fetched_at=clock.now, content=b"x")
        await kept.write(T, [copy])
        async with database.unit(T) as unit:
            await unit.customers._session.execute(text("UPDATE snapshot SET kind = 'other'"))
        with pytest.raises(KeyringError, match="damaged or out of place"):
            await kept.read(T, [SnapshotKeyData(customer_id=one, connector="bank", kind="other")])

    run(go())


def test_another_master_key_is_told_from_damage(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        copy = SnapshotData(customer_id=one, connector="bank", kind="k", fetched_at=clock.now, content=b"x")
        await SqlSnapshots(database, keyring).write(T, [copy])
        other = SqlSnapshots(database, Keyring(b"o" * 32, b"p" * 32))
        with pytest.raises(KeyringError, match="another master key"):
            await other.read(T, [key_of(copy)])

    run(go())


def test_keys_are_rewrapped_bit_by_bit_and_what_they_seal_stays(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    new = Keyring(master=b"n" * 32, pepper=b"p" * 32)
    both = Keyring(master=b"n" * 32, pepper=b"p" * 32, former=b"m" * 32)

    async def go() -> None:
        ids = await customers(database, 5)
        copies = [
            SnapshotData(
                customer_id=each, connector="bank", kind="a", fetched_at=clock.now, content=b"personal"
            )
            for each in ids
        ]
        await SqlSnapshots(database, keyring).write(T, copies)
        read = [key_of(copy) for copy in copies]
        # While it goes on, and after it was interrupted, everything opens with both.
        for expected in (2, 2, 1, 0):
            async with database.unit(T, keyring=both) as unit:
                assert await unit.customers.rewrap(limit=2) == expected
            found = await SqlSnapshots(database, both).read(T, read)
            assert [each.content for each in found] == [b"personal"] * 5
        assert len(await SqlSnapshots(database, new).read(T, read)) == 5
        with pytest.raises(KeyringError, match="former_master_key"):
            await SqlSnapshots(database, keyring).read(T, read)
        with pytest.raises(KeyringError, match="another master key"):
            async with database.unit(T, keyring=Keyring(master=b"x" * 32, pepper=b"p" * 32)) as unit:
                await unit.customers.rewrap(limit=2)

    run(go())


def test_what_was_read_under_a_grant_goes_with_it(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        copies = [
            SnapshotData(
                customer_id=one, connector=connector, kind="party.profile", fetched_at=clock.now, content=b"x"
            )
            for connector in ("bank", "hotel")
        ]
        async with database.unit(T) as unit:
            await unit.grants.put({(one, "bank", "0"): EnrolGrant(token=Secret("a"))})
            await unit.snapshots.write(copies)
            assert await unit.grants.revoke(one, "bank")
        keys = [SnapshotKeyData(customer_id=one, connector=copy.connector, kind=copy.kind) for copy in copies]
        async with database.read(T) as unit:
            assert [copy.connector for copy in await unit.snapshots.read(keys)] == ["hotel"]

    run(go())


async def read_with(database: Database, customer_id: str) -> Mapping[tuple[str, str], SealedGrant]:
    """Grants as they are read with their customer."""
    wanted = Wanted(ids=(customer_id,), parts=frozenset({Part.GRANTS}))
    grants = (await database.folders(T).find(wanted)).of[customer_id].grants
    assert grants is not None
    return grants


def test_grants_end_when_they_expire_or_are_revoked(
    database: Database, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        at_bank, at_hotel = (one, "bank", "0"), (one, "hotel", "h")
        soon = EnrolGrant(token=Secret("a"), expires_at=clock.now + timedelta(hours=1))
        async with database.unit(T) as unit:
            new = {at_bank: soon, at_hotel: EnrolGrant(token=Secret("b"))}
            assert await unit.grants.put(new) == {at_bank, at_hotel}
        grants = SqlGrants(database, keyring)
        assert await grants.tokens(T, [at_bank, at_hotel]) == {at_bank: Secret("a"), at_hotel: Secret("b")}
        assert await grants.tokens(T, [at_bank, ("\0", "bank", "0")]) == {at_bank: Secret("a")}
        assert await grants.tokens(T, []) == {}
        with_customer = await read_with(database, one)
        assert set(with_customer) == {("bank", "0"), ("hotel", "h")}
        tokens = {at: grants.opened(T, at[0], sealed) for at, sealed in with_customer.items()}
        assert tokens == {("bank", "0"): Secret("a"), ("hotel", "h"): Secret("b")}
        with pytest.raises(KeyringError, match="does not open"):  # not at another partner
            grants.opened(T, "hotel", with_customer["bank", "0"])
        assert await grants.tokens(TenantId("other"), [at_bank]) == {}
        with pytest.raises(KeyringError, match="another master key"):
            await SqlGrants(database, Keyring(master=b"x" * 32, pepper=b"p" * 32)).tokens(T, [at_bank])
        async with database.unit(T) as unit:
            assert await unit.grants.revoke(one, "hotel")
            assert not await unit.grants.revoke(one, "hotel")
        clock.tick(hours=1)
        assert await grants.tokens(T, [at_bank, at_hotel]) == {at_bank: None, at_hotel: None}
        ended = (await read_with(database, one)).items()
        assert [grants.opened(T, at[0], sealed) for at, sealed in ended] == [None, None]
        async with database.unit(T) as unit:
            # The token that was withdrawn stays so; a new one is a new grant.
            assert await unit.grants.put({at_hotel: EnrolGrant(token=Secret("b"))}) == set()
            assert await unit.grants.tokens([at_hotel]) == {at_hotel: None}
            assert await unit.grants.put({at_hotel: EnrolGrant(token=Secret("c"))}) == {at_hotel}
            assert await unit.grants.tokens([at_hotel]) == {at_hotel: Secret("c")}
            assert await unit.grants.put({("nobody", "bank", "0"): soon}) == set()

    run(go())


@pytest.mark.parametrize(("master", "pepper"), [(b"m" * 31, b"p" * 32), (b"m" * 32, b"p" * 15), (b"", b"")])
def test_short_keys_are_refused(master: bytes, pepper: bytes) -> None:
    with pytest.raises(KeyringError, match="random bytes"):
        Keyring(master, pepper)


def test_a_keyring_shows_nothing(keyring: Keyring) -> None:
    assert "mmm" not in repr(keyring)
    assert "ppp" not in repr(keyring)
    with pytest.raises(TypeError):
        pickle.dumps(keyring)


def test_hashes_depend_on_everything(keyring: Keyring) -> None:
    hashes = {
        keyring.lookup_hash("t", "EMAIL", "a"),
        keyring.lookup_hash("u", "EMAIL", "a"),
        keyring.lookup_hash("t", "PHONE", "a"),
        keyring.lookup_hash("t", "EMAIL", "b"),
        Keyring(b"m" * 32, b"q" * 32).lookup_hash("t", "EMAIL", "a"),
    }
    assert len(hashes) == 5


@given(st.binary(min_size=16, max_size=150), st.text(max_size=300))
def test_a_hash_is_the_hmac_of_what_it_is_about(pepper: bytes, value: str) -> None:
    mine = Keyring(b"m" * 32, pepper).lookup_hash("t", "EMAIL", value)
    assert mine == hmac.digest(pepper, bind("t", "EMAIL", value), "sha256")


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_different_parts_never_bind_alike(one: list[str], other: list[str]) -> None:
    assert (bind(*one) == bind(*other)) == (one == other)


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_in_its_place_only(content: bytes) -> None:
    key = DataKey(new_data_key())
    sealed = key.seal(content, "t", "c")
    assert key.open(sealed, "t", "c") == content
    assert key.seal(content, "t", "c") != sealed
    for wrong in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"\x02" + sealed[1:], b""):
        with pytest.raises(KeyringError):
            key.open(wrong, "t", "c")
    with pytest.raises(KeyringError):
        key.open(sealed, "tc")
    with pytest.raises(KeyringError):
        DataKey(new_data_key()).open(sealed, "t", "c")
