"""Real exchanges are kept without a secret or a person in them, and replay as they were."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from c360.auth import ApiKey
from c360.contract import KeyKind, connect
from c360.http import Http, Request, Response
from c360.testing import CHECKS, ConnectorSuite, Known, run
from c360.testing.exercising import exercise
from c360.testing.pseudonyms import Category, Pseudonyms
from c360.testing.recording import (
    About,
    Recorder,
    Recording,
    RecordingError,
    Replay,
    UnrecordedError,
    load,
    save,
)
from c360.testing.scrubbing import config_secrets, scrub
from c360.values import Secret
from tests.c360.testing import suites
from tests.c360.testing.club import BASE_URL, KEY, MEMBERS, WEBHOOK_SECRET, Club
from tests.c360.testing.good import ClubConfig, GoodClub
from tests.c360.testing.suites import NOW


def record(run: Callable[..., Any]) -> Recording:
    """What a command records of the club."""
    config = ClubConfig(base_url=BASE_URL, api_key=Secret(KEY), webhook_secret=Secret(WEBHOOK_SECRET))
    recorder = Recorder(Club())
    connector = connect(GoodClub, config, recorder, instance="club", now=lambda: NOW)
    since, until = date(2025, 6, 15), date(2026, 6, 15)
    asked = [msgspec.structs.replace(customer, records={}) for customer in suites.ClubSuite.customers]
    customers = run(exercise(connector, asked, unknown="M-404", since=since, until=until))
    assert customers == suites.ClubSuite.customers
    assert KEY not in repr(recorder)
    about = About(
        connector="good_club",
        recorded_at=NOW,
        base_url=BASE_URL,
        customers=customers,
        unknown="M-404",
        since=since,
        until=until,
    )
    return scrub(recorder.exchanges, about=about, secrets=config_secrets(config))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(record(asyncio.run), tmp_path_factory.mktemp("recordings") / "club")


def test_nothing_personal_or_secret_is_kept(folder: Path) -> None:
    text = "".join(file.read_text("utf-8") for file in folder.iterdir())
    assert KEY not in text
    assert WEBHOOK_SECRET not in text
    for member in MEMBERS.values():
        for field in ("id", "first_name", "last_name", "email", "phone", "born"):
            assert member[field] is None or f'"{member[field]}"' not in text, field
    assert "7 George Street" not in text
    assert "margaret" not in text.lower()


def test_a_suite_over_recordings_alone_passes(folder: Path) -> None:
    class TestRecorded(ConnectorSuite):
        connector = GoodClub
        config: ClassVar[Mapping[str, Any]] = {"api_key": "another-key-1", "webhook_secret": "another-key-2"}
        recordings = folder

    report = run(TestRecorded, only=[check for check in _IDS if not check.startswith(("webhook", "action"))])
    assert not report.failures, report.text()
    known = {rule.name: rule.state.value for rule in report.standing.rules}
    assert {known[name] for name in ("mapping", "errors", "paging", "privacy", "identify")} == {"DONE"}


_IDS = [check.id for check in CHECKS]


def test_a_secret_in_a_recording_fails(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    file = next(copy.glob("001-*.json"))
    file.write_text(file.read_text("utf-8").replace('"status": 200', '"status": 200, "key": "another-key-1"'))

    class TestLeaky(ConnectorSuite):
        connector = GoodClub
        config: ClassVar[Mapping[str, Any]] = {"api_key": "another-key-1", "webhook_secret": "another-key-2"}
        recordings = copy

    (failure,) = run(TestLeaky, only=["recordings-scrubbed"]).failures
    assert "shows api_key" in failure.found


def test_pseudonyms_are_consistent(folder: Path) -> None:
    recording = load(folder)
    ids = [customer.party_id for customer in recording.about.customers]
    assert len(set(ids)) == 2
    paths = {it.path for it in recording.exchanges}
    assert {f"/members/{party_id}" for party_id in ids} <= paths
    found = next(it for it in recording.exchanges if it.path == f"/members/{ids[0]}")
    assert found.answer["id"] == ids[0]
    assert found.answer["email"] == recording.about.customers[0].keys[KeyKind.EMAIL]
    assert found.answer["email"].endswith("@mail.example")


def test_one_recording_is_like_no_other(run: Callable[..., Any]) -> None:
    first, second = record(run), record(run)
    assert first.about.customers != second.about.customers


def http(replay: Replay) -> Http:
    return Http(replay, base_url=BASE_URL, auth=ApiKey("x-club-key", Secret("anything")))


def test_unrecorded_names_the_nearest(folder: Path, run: Callable[..., Any]) -> None:
    replay = Replay(load(folder))
    with pytest.raises(UnrecordedError, match=r"POST /accounts/search.*a body of ids.*nearest is POST"):
        run(http(replay).post("/accounts/search", json={"ids": ["margaret"]}, safe=True))
    assert len(replay.unanswered) == 1


def test_unrecorded_quotes_no_values(folder: Path, run: Callable[..., Any]) -> None:
    with pytest.raises(UnrecordedError) as caught:
        run(http(Replay(load(folder))).get("/members", params={"email": "someone@mail.example"}))
    assert "someone" not in str(caught.value)
    assert "differs in email" in str(caught.value)


def exchange(path: str, answer: Any, params: tuple[tuple[str, str], ...] = ()) -> tuple[Request, Response]:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    headers = {"content-type": "application/json", "set-cookie": "session=1", "x-next-cursor": "c"}
    request = Request(method="GET", url=f"{BASE_URL}{path}", params=params)
    return request, Response(status=200, headers=headers, content=content)


ABOUT = About(connector="club", recorded_at=NOW, base_url=BASE_URL)


def test_repeated_requests_answer_in_turn(run: Callable[..., Any]) -> None:
    recording = scrub([exchange("/state", {"at": 1}), exchange("/state", {"at": 2})], about=ABOUT)
    client = http(Replay(recording))
    got = [run(client.get("/state")).content for _ in range(3)]
    assert got == [b'{"at":1}', b'{"at":2}', b'{"at":2}']


def test_secrets_are_gone_wherever_they_stand() -> None:
    secret = "s3cret/with+signs"
    sent = exchange(
        "/members/s3cret%2Fwith%2Bsigns",
        {"access_token": "something-new", "note": f"uses {secret} here"},
        (("api_key", "unknown-to-us"), ("q", secret)),
    )
    recording = scrub([sent], about=ABOUT, secrets=[Secret(secret)])
    (kept,) = recording.exchanges
    assert kept.path == "/members/scrubbed"
    assert dict(kept.params) == {"api_key": "scrubbed", "q": "scrubbed"}
    assert kept.answer["access_token"] == "scrubbed"
    assert "s3cret" not in str(kept)
    assert set(kept.headers) == {"content-type", "x-next-cursor"}


def test_amounts_keep_their_digits(tmp_path: Path, run: Callable[..., Any]) -> None:
    made = scrub([exchange("/a", b'{"amount": 10.10, "id": 90071992547409931}')], about=ABOUT)
    again = load(save(made, tmp_path / "kept"))
    assert b'"amount":10.10' in run(http(Replay(again)).get("/a")).content


def test_strangers_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RecordingError, match="thesis"):
        save(scrub([], about=ABOUT), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="record it first"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("customerId", "AB-1200-x", Category.ID),
        ("guest_id", "90210", Category.ID),
        ("givenName", "Margaret", Category.GIVEN_NAME),
        ("last_name", "HOLLIS", Category.FAMILY_NAME),
        ("emailAddress", "m.hollis@corp.example", Category.EMAIL),
        ("mobilePhone", "+61 400 123 456", Category.PHONE),
        ("dateOfBirth", "1980-05-17", Category.BIRTH_DATE),
        ("addressLine1", "7 George Street", Category.STREET),
        ("postalCode", "SW1A 2AA", Category.POSTAL_CODE),
        ("notes", "Likes quiet rooms", Category.TEXT),
    ],
)
def test_formats_are_kept(name: str, value: str, kind: Category) -> None:
    names = Pseudonyms(b"a key of the test")
    names.learn({name: value})
    other = names.replace({name: value})[name]
    assert other != value
    assert names.name(value, kind) == other
    if kind not in {Category.GIVEN_NAME, Category.FAMILY_NAME, Category.EMAIL, Category.STREET}:
        assert len(other) == len(value)
        assert [sign.isdigit() for sign in other] == [sign.isdigit() for sign in value]
    if kind is Category.EMAIL:
        assert other.endswith("@mail.example")
    assert other.isupper() == value.isupper()


@pytest.mark.parametrize("name", ["productName", "status", "amount", "hotelName", "pageNumber", "currency"])
def test_what_is_not_personal_is_kept(name: str) -> None:
    names = Pseudonyms()
    names.learn({name: "Harbour 12"})
    assert names.replace({name: "Harbour 12"}) == {name: "Harbour 12"}


def test_known_customers_need_no_telling_names() -> None:
    sent = exchange("/x/C77", {"who": "C77", "text": "about C77: fine", "code": "C777"})
    about = About(connector="c", recorded_at=NOW, base_url=BASE_URL, customers=(Known(party_id="C77"),))
    made = scrub([sent], about=about)
    (kept,) = made.exchanges
    other = made.about.customers[0].party_id
    assert (kept.path, kept.answer["who"]) == (f"/x/{other}", other)
    assert kept.answer["code"] == "C777"
