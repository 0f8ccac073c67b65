"""Uploads over HTTP: announced, sent in pieces, resumed after a break, refused where they must be."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.authentication.errors import Unauthenticated
from api.bulk.endpoints import BYTES, UploadEndpoints
from api.bulk.settings import BulkSettings
from c360.access import Reach
from store.data_bulk import UploadState
from tests.api.bulk.conftest import CUSTOMERS, Intake
from tests.fixtures.access import access

DIGEST = hashlib.sha256(CUSTOMERS).hexdigest()
ANNOUNCED = {
    "kind": "CUSTOMERS",
    "format": "CSV",
    "source": "crm",
    "size": len(CUSTOMERS),
    "sha256": DIGEST,
}
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
Ask = Callable[..., httpx.Response]


class _Door:
    """Lets in whoever names a principal."""

    async def authenticate(self, headers: Any) -> Any:
        who = headers.get("authorization")
        if who is None:
            raise Unauthenticated("send a token")
        if who == "agent":
            return access("agent", scopes=frozenset({"customers:read"}))
        if who == "narrow":
            return access("narrow", reach=Reach.BOOK)
        return access(who)


@pytest.fixture
def ask(intake: Intake) -> Ask:
    """Sends requests to the addresses of uploads."""
    hub: Any = SimpleNamespace(store=SimpleNamespace(database=intake.database))
    settings = BulkSettings(largest=10_000, at_once=2)
    app = Starlette(routes=UploadEndpoints(hub, settings, patience=5).routes())
    app.state.authenticator = _Door()
    transport = httpx.ASGITransport(app=app)

    def asked(method: str, path: str, *, who: str | None = "integrator", **given: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            headers = {**({"authorization": who} if who else {}), **given.pop("headers", {})}
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                return await client.request(method, path, headers=headers, **given)

        answer: httpx.Response = intake.run(go())
        return answer

    return asked


def send(ask: Ask, path: str, start: int, content: bytes, **headers: str) -> httpx.Response:
    given = {"content-type": BYTES, "upload-offset": str(start), **headers}
    return ask("PATCH", path, content=content, headers=given)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def test_an_upload_is_resumed_and_reported(ask: Ask, intake: Intake) -> None:
    made = ask("POST", "/uploads", json=ANNOUNCED)
    assert (made.status_code, made.headers["upload-offset"]) == (201, "0")
    path = made.headers["location"]
    assert send(ask, path, 0, CUSTOMERS[:100]).headers["upload-offset"] == "100"
    assert code(send(ask, path, 0, CUSTOMERS[:100])) == (409, "OFFSET_DIFFERS")
    assert send(ask, path, 7, b"x").headers["upload-offset"] == "100"
    here = ask("HEAD", path)
    assert (here.headers["upload-offset"], here.headers["upload-length"]) == ("100", str(len(CUSTOMERS)))
    checksum = base64.b64encode(hashlib.sha256(CUSTOMERS[100:]).digest()).decode()
    assert code(send(ask, path, 100, b"others", **{"upload-checksum": f"sha256 {checksum}"})) == (
        460,
        "CHECKSUM_DIFFERS",
    )
    assert code(ask("GET", f"{path}/report")) == (409, "NOT_FINISHED")
    done = send(ask, path, 100, CUSTOMERS[100:], **{"upload-checksum": f"sha256 {checksum}"})
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(CUSTOMERS)))
    assert code(send(ask, path, len(CUSTOMERS), b"more")) == (409, "OFFSET_DIFFERS")
    intake.run(intake.worker().round())
    shown = ask("GET", path).json()
    assert (shown["state"], shown["progress"], shown["rows"]["created"]) == ("DONE", 1.0, 3)
    assert ask("GET", f"{path}/report").text == "row,field,code,message\r\n"
    assert code(ask("DELETE", path)) == (410, "UPLOAD_CLOSED")
    assert intake.customer("ada").display_name == "Ada Byron"


def test_what_arrived_before_a_break_is_kept(ask: Ask, intake: Intake) -> None:
    path = ask("POST", "/uploads", json=ANNOUNCED).headers["location"]

    async def breaking() -> AsyncIterator[bytes]:
        yield CUSTOMERS[:150]
        raise httpx.ReadError("the line is gone")

    with pytest.raises(httpx.ReadError):
        ask(
            "PATCH",
            path,
            content=breaking(),
            headers={"content-type": BYTES, "upload-offset": "0"},
        )
    offset = int(ask("HEAD", path).headers["upload-offset"])
    assert offset in {0, 150}
    assert send(ask, path, offset, CUSTOMERS[offset:]).status_code == 204
    intake.run(intake.worker().round())
    assert ask("GET", path).json()["state"] == "DONE"


@one_database
def test_the_report_has_every_problem_and_no_value(ask: Ask, intake: Intake) -> None:
    content = b"id,familyName,email\n1,Ash,nobody\n2,,a@b.example\n3,Cole,c@d.example\n"
    announced = {**ANNOUNCED, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path = ask("POST", "/uploads", json=announced).headers["location"]
    send(ask, path, 0, content)
    intake.run(intake.worker().round())
    report = ask("GET", f"{path}/report")
    assert report.headers["content-type"].startswith("text/csv")
    assert [line.split(",")[:3] for line in report.text.splitlines()] == [
        ["row", "field", "code"],
        ["1", "email", "INVALID"],
        ["2", "familyName", "INVALID"],
    ]
    assert "nobody" not in report.text


@one_database
def test_uploads_are_for_those_alone_who_may_and_each_sees_their_own(ask: Ask) -> None:
    path = ask("POST", "/uploads", json=ANNOUNCED).headers["location"]
    refused = ask("POST", "/uploads", who=None, json=ANNOUNCED)
    assert (refused.status_code, "www-authenticate" in refused.headers) == (401, True)
    for who in ("agent", "narrow"):
        assert code(ask("POST", "/uploads", who=who, json=ANNOUNCED)) == (403, "FORBIDDEN")
    for method in ("GET", "DELETE"):
        assert code(ask(method, path, who="somebody")) == (404, "NOT_FOUND")
    assert ask("HEAD", path, who="somebody").status_code == 404
    assert ask("POST", "/uploads", json=ANNOUNCED).status_code == 201
    assert code(ask("POST", "/uploads", json=ANNOUNCED)) == (429, "TOO_MANY_UPLOADS")
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).json()["state"] == UploadState.CANCELLED.value
    assert ask("POST", "/uploads", json=ANNOUNCED).status_code == 201


@one_database
@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"kind": "SPACESHIPS"}, 400),
        ({"size": 0}, 400),
        ({"size": 10_001}, 413),
        ({"sha256": "beef"}, 400),
        ({"source": "CRM!"}, 400),
        ({"colour": "red"}, 400),
    ],
    ids=["kind", "empty", "too large", "digest", "source", "unknown"],
)
def test_what_cannot_be_announced_is_refused(ask: Ask, changed: dict[str, Any], status: int) -> None:
    answer = ask("POST", "/uploads", json={**ANNOUNCED, **changed})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


@one_database
def test_what_is_sent_wrongly_is_refused(ask: Ask) -> None:
    path = ask("POST", "/uploads", json=ANNOUNCED).headers["location"]
    assert code(ask("POST", "/uploads", content=b"\xff"))[0] == 400
    assert code(ask("PATCH", path, content=b"x", headers={"upload-offset": "0"}))[0] == 415
    compressed = {"upload-offset": "0", "content-type": BYTES, "content-encoding": "gzip"}
    assert code(ask("PATCH", path, content=b"x", headers=compressed))[0] == 415
    assert code(send(ask, path, 0, b"x", **{"upload-offset": "-1"}))[0] == 400
    assert code(send(ask, path, 0, b"x", **{"upload-checksum": "md5 eA=="}))[0] == 400
    assert code(send(ask, path, 0, CUSTOMERS + b"more"))[0] == 409
    assert ask("OPTIONS", "/uploads", who=None).headers["tus-version"] == "1.0.0"
