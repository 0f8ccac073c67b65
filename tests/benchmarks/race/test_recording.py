import msgspec
import pytest

from benchmarks.race.recording import Answer, Kept, Recording, Request, UnknownRequestError

ACCOUNTS = "/v2/loyalty/accounts/search"
PROFILES = "/v2/customers/bulk-retrieve"


def asked(path: str, body: object) -> Request:
    return Request("loyalty", "POST", path, body=msgspec.json.encode(body))


def answered(body: object) -> Answer:
    return Answer(200, (), msgspec.json.encode(body))


def search(*customers: str, **more: object) -> Request:
    return asked(ACCOUNTS, {"limit": 200, "query": {"customer_ids": list(customers)}, **more})


def test_what_was_answered_is_answered_again() -> None:
    recording = Recording()
    request = Request("hotel", "GET", "/api/v1.3/getGuest", query=b"guestID=1")
    answer = answered({"success": True})
    recording.keep(request, answer)
    assert recording.find(request) == answer


@pytest.mark.parametrize(
    "change",
    [{"query": b"guestID=2"}, {"method": "POST"}, {"authorization": "Bearer b"}, {"partner": "bank"}],
)
def test_another_request_is_unknown(change: dict[str, str]) -> None:
    recording = Recording()
    request = Request("hotel", "GET", "/api/v1.3/getGuest", b"guestID=1", b"", "Bearer a")
    recording.keep(request, answered({}))
    with pytest.raises(UnknownRequestError, match=r"/api/v1\.3/getGuest"):
        recording.find(msgspec.structs.replace(request, **change))


def test_batches_are_put_together_for_any_customers() -> None:
    recording = Recording()
    recording.keep(
        search("a", "b"),
        answered({"loyalty_accounts": [{"id": "1", "customer_id": "a"}, {"id": "2", "customer_id": "a"}]}),
    )
    recording.keep(search("c"), answered({"loyalty_accounts": [{"id": "3", "customer_id": "c"}]}))
    found = msgspec.json.decode(recording.find(search("c", "b", "a")).body)
    assert [account["id"] for account in found["loyalty_accounts"]] == ["3", "1", "2"]
    assert recording.find(search("b")).body == b"{}"
    with pytest.raises(UnknownRequestError):
        recording.find(search("a", "d"))
    with pytest.raises(UnknownRequestError):
        recording.find(search("a", cursor="next"))


def test_profiles_are_put_together_for_any_customers() -> None:
    recording = Recording()
    for name in "ab":
        entry = {"customer": {"id": name}}
        recording.keep(
            asked(PROFILES, {"customer_ids": [name]}),
            answered({"responses": {name: entry}}),
        )
    found = recording.find(asked(PROFILES, {"customer_ids": ["b", "a"]}))
    assert msgspec.json.decode(found.body) == {
        "responses": {"b": {"customer": {"id": "b"}}, "a": {"customer": {"id": "a"}}}
    }


def test_a_recording_survives_its_file() -> None:
    recording = Recording()
    recording.keep(search("a"), answered({"loyalty_accounts": [{"id": "1", "customer_id": "a"}]}))
    request = Request("bank", "GET", "/accounts", authorization="Bearer a")
    recording.keep(request, answered({"data": []}))
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(recording.kept()), type=Kept)
    again = Recording(kept)
    assert again.find(request) == recording.find(request)
    assert again.find(search("a")).body == recording.find(search("a")).body
