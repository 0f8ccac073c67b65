"""Customers who are all new are written as they were prepared; the others as if nothing had been."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from c360.access import DEFAULT_TENANT
from store.data_bulk import UploadKind
from store.repositories import intake as store_intake
from store.repositories.base import COPIED
from tests.api.bulk.conftest import Intake
from tests.api.bulk.test_working import lines

ROWS = COPIED + 50
TABLES = {
    "customer": "kind, display_name, sort_name, country, erased_at, standing",
    "name_token": "token",
    "identity_link": "connector, party_id, status, method, confidence, evidence, unlinked_at",
    "lookup_key": "kind, hash, connector, party_id",
    "profile_value": "connector, party_id, attribute, rank, value, verified, valid_to, recorded_to",
    "identity_entry": "kind, actor, rule, probability, model_version, reason, review_id, reverses",
    "entry_customer": "place",
    "entry_party": "connector, party_id, from_id",
}
"""What of each table does not depend on when it was written."""


def person(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "givenName": f"Zoë\t{number}",
        "familyName": f"O'Neill\\{number}",
        "birthDate": "1980-02-03",
        "email": f"zoe{number}@home.example;zoe{number}@home.example",
        "phone": f"+614{number:08d}",
        "street": f"{number} Road",
        "country": "AU",
        **more,
    }


def contents(intake: Intake) -> dict[str, list[Any]]:
    async def go() -> dict[str, list[Any]]:
        async with intake.database.read(DEFAULT_TENANT) as unit:
            session = unit.customers._session
            return {
                name: sorted(map(repr, (await session.execute(text(f"SELECT {columns} FROM {name}"))).all()))
                for name, columns in TABLES.items()
            }

    found: dict[str, list[Any]] = intake.run(go())
    return found


def emptied(intake: Intake) -> None:
    async def go() -> None:
        async with intake.database.unit(DEFAULT_TENANT) as unit:
            session = unit.customers._session
            if unit.customers._scope.postgres:
                # Customers never go: as a superuser alone may have it otherwise.
                await session.execute(text("SET LOCAL session_replication_role = replica"))
            for name in reversed(TABLES):
                await session.execute(text(f"DELETE FROM {name}"))

    intake.run(go())


def test_what_was_prepared_is_what_is_written_otherwise(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for fresh in (store_intake._FRESH, timedelta(0)):
        monkeypatch.setattr(store_intake, "_FRESH", fresh)
        upload_id = intake.upload(UploadKind.CUSTOMERS, lines(*map(person, range(ROWS))))
        intake.run(intake.worker(batch=ROWS).round())
        assert (intake.job(upload_id).rows, intake.job(upload_id).created) == (ROWS, ROWS)
        found.append(contents(intake))
        emptied(intake)
    assert found[0] == found[1]
    assert len(found[0]["customer"]) == ROWS


def test_batches_that_are_written_side_by_side_keep_their_order(intake: Intake) -> None:
    # Every batch but the first brings one customer of the batch before it anew.
    rows = [person(0), person(1)]
    for number in range(2, 12):
        rows += [person(number - 1, familyName=f"Changed{number}"), person(number)]
    upload_id = intake.upload(UploadKind.CUSTOMERS, lines(*rows))
    intake.run(intake.worker(batch=2).round())
    done = intake.job(upload_id)
    assert (done.rows, done.created, done.changed, done.failed) == (22, 12, 10, 0)
    assert intake.customer("p3").display_name.endswith("Changed4")
    assert "Changed" not in intake.customer("p11").display_name


def test_a_batch_in_which_some_are_known_or_erased_takes_each_in_as_it_must(intake: Intake) -> None:
    intake.taken(UploadKind.CUSTOMERS, lines(*map(person, range(3))))

    async def erase() -> None:
        async with intake.database.unit(DEFAULT_TENANT) as unit:
            found = await unit.customers.by_party_refs([("hub", "crm:p1")])
            assert await unit.customers.erase(found["hub", "crm:p1"])

    intake.run(erase())
    rows = [person(0), person(1), person(2, familyName="Other"), person(3)]
    upload_id = intake.upload(UploadKind.CUSTOMERS, lines(*rows))
    intake.run(intake.worker().round())
    done = intake.job(upload_id)
    assert (done.rows, done.created, done.changed, done.unchanged) == (4, 1, 1, 1)
    assert intake.problems(upload_id) == [(2, "", "CUSTOMER_ERASED")]
    # Erased alone, nobody is known: it is the hash that keeps them away.
    again = intake.taken(UploadKind.CUSTOMERS, lines(person(1)))
    assert (again.created, again.failed) == (0, 1)
