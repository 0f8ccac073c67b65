import msgspec
from graphql import build_schema, parse, validate

from benchmarks.race import documents
from benchmarks.race.workloads import WORKLOADS, Customers
from benchmarks.stage.partners import CHECKOUT


def test_every_document_is_valid() -> None:
    text = (CHECKOUT / "schema" / "schema.graphql").read_text("utf-8")
    schema = build_schema(text, assume_valid=True)
    for document in (documents.IDS, *(each.document for each in WORKLOADS.values())):
        assert validate(schema, parse(document)) == []


def test_requests_are_shared_out_among_callers() -> None:
    callers = [{"authorization": "a"}, {"authorization": "b"}]
    shots = WORKLOADS["B"].shots(Customers(["1", "2", "3"], []), callers)
    assert [shot.headers["authorization"] for shot in shots] == ["a", "b", "a"]
    assert [msgspec.json.decode(shot.body)["variables"]["id"] for shot in shots] == ["1", "2", "3"]
