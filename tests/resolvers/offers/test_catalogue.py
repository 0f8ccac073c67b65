"""The catalogue's file: the same out as in, and errors that name the product and the field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from resolvers.offers.catalogue import SHIPPED, CatalogueError, draft, product, read, write
from resolvers.offers.facts import LINES
from resolvers.offers.stages import Stage
from tests.resolvers.offers.helpers import case, catalogue, facts

ALL = read(SHIPPED.read_bytes())


def file(**changes: Any) -> bytes:
    plain: dict[str, Any] = {
        "id": "savings",
        "domain": "banking",
        "line": "DEPOSITS",
        "name": "Savings",
        "description": "Interest.",
        "currency": "AUD",
        "worth": {"a_year": 10},
    }
    return msgspec.json.encode({"products": [plain | changes]})


def test_what_is_shipped_covers_every_domain_and_is_written_as_it_was_read() -> None:
    assert len(ALL) >= 15
    assert {each.domain for each in ALL} == set(LINES)
    assert write(ALL) == SHIPPED.read_bytes()
    assert all(product(draft(each)) == each for each in ALL)


def test_everything_shipped_can_be_weighed_with_whoever_holds_nothing() -> None:
    found = case(facts({})).offers(catalogue(*ALL), rejected=True)
    assert len(found) == len(ALL)
    assert {Stage.OFFERED, Stage.ELIGIBILITY} <= {offer.stage for offer in found}


@pytest.mark.parametrize(
    ("changes", "field", "what"),
    [
        ({"name": ""}, "name", "length >= 1"),
        ({"worth": {"a_year": -1}}, "worth.a_year", ">= 0"),
        ({"line": "TULIPS"}, "line", "TULIPS"),
        ({"line": "MOTOR"}, "line", "banking has CARDS, DEPOSITS, LENDING"),
        ({"currency": "QQQ"}, "currency", "ISO 4217"),
        ({"colour": "red"}, None, "colour"),
        (
            {"eligibility": {"is": "ALL", "of": [{"is": "HELD", "line": "X"}]}},
            "eligibility.of[0].line",
            "'X'",
        ),
        ({"suitability": {"is": "AGE", "at_least": 18}}, "suitability.is", "AGE"),
        ({"suitability": {"is": "INCOME"}}, "suitability", "at_least, at_most, or both"),
        ({"suitability": {"is": "INCOME", "at_least": 2, "at_most": 1}}, "suitability", "more than at_most"),
        (
            {"suitability": {"is": "FIGURE", "line": "HOTEL", "measure": "LAST_ON", "at_least": 1}},
            "suitability",
            "DAYS_SINCE",
        ),
        (
            {"worth": {"shares": [{"line": "DEPOSITS", "measure": "BALANCE", "share": 1, "margin": "luck"}]}},
            "worth.shares[0].margin",
            "luck",
        ),
        (
            {
                "worth": {
                    "shares": [
                        {"line": "HOTEL", "measure": "TRIPS_36M", "share": 1, "margin": "hotel_margin"}
                    ]
                }
            },
            "worth.shares[0].measure",
            "amount of money",
        ),
        ({"contexts": {"DANCING": 1}}, "contexts", "DANCING"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "valid_until", "before valid_from"),
        (
            {
                "levers": [
                    {"name": "x", "percent": 1, "valid_from": "2026-02-01", "valid_until": "2026-01-01"}
                ]
            },
            "levers[0].valid_until",
            "before valid_from",
        ),
        ({"purpose": "RISK"}, "purpose", "MARKETING or SERVICE"),
        ({"caps": {"most": 0}}, "caps.most", ">= 1"),
    ],
)
def test_an_error_names_the_product_and_the_field(changes: Any, field: str | None, what: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read(file(**changes))
    assert caught.value.product == "'savings'"
    assert caught.value.field == field or (field or "") in str(caught.value.field)
    assert what in str(caught.value)
    assert "import again" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "product_name", "what"),
    [
        (b"[]", None, "object"),
        (b"{", None, "no JSON"),
        (b'{"products": [{"name": "x"}]}', "number 1", "id"),
        (b'{"products": [7]}', "number 1", "object"),
        (b'{"products": [], "x": 1}', None, "x"),
    ],
)
def test_what_is_no_catalogue_is_refused(content: bytes, product_name: str | None, what: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read(content)
    assert caught.value.product == product_name
    assert what in str(caught.value)


def test_a_product_stands_in_a_file_once() -> None:
    one = msgspec.json.decode(file())["products"][0]
    with pytest.raises(CatalogueError, match="'savings', field id: another product"):
        read(msgspec.json.encode({"products": [one, one]}))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(CatalogueError):
        read(b'{"products": [{"id": "\xff"}]}')
