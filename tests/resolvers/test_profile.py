"""The golden profile: what wins, why, and laws that hold for any statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Identifier, IdentifierKind, Party
from c360.values import CountryCode, PostalAddress
from resolvers.attributes import ATTRIBUTES, party_values
from resolvers.profile import Claim, SurvivorshipRule, claims, golden_profile, survivors
from store.data import ProfileValueData

DAY = datetime(2025, 1, 10, tzinfo=UTC)
ORDER = ("bank", "insurer", "hotel")


def said(value: str, connector: str = "bank", *, days: int = 0, **more: Any) -> ProfileValueData:
    return ProfileValueData(
        attribute=more.pop("attribute", "email"),
        value=value,
        connector=connector,
        party_id=f"p-{connector}",
        observed_at=DAY + timedelta(days=days),
        **more,
    )


def winner(*values: ProfileValueData) -> tuple[Any, SurvivorshipRule]:
    email = golden_profile(values, (), ORDER).email
    assert email is not None
    return email.value, email.rule


def test_the_rules_in_their_order() -> None:
    assert winner(said("a@x.ch")) == ("a@x.ch", SurvivorshipRule.SOLE)
    verified = said("old@x.ch", days=-400, verified=True)
    assert winner(verified, said("new@x.ch", "insurer")) == ("old@x.ch", SurvivorshipRule.VERIFIED)
    assert winner(said("old@x.ch"), said("new@x.ch", "hotel", days=1)) == (
        "new@x.ch",
        SurvivorshipRule.MOST_RECENT,
    )
    two = (said("a@x.ch", "insurer"), said("A@X.ch", "hotel"), said("b@x.ch", "bank"))
    assert winner(*two) == ("a@x.ch", SurvivorshipRule.MOST_SOURCES)
    assert winner(said("a@x.ch", "hotel"), said("b@x.ch", "bank")) == (
        "b@x.ch",
        SurvivorshipRule.SOURCE_ORDER,
    )
    assert winner(said("a@x.ch", rank=1), said("b@x.ch", rank=0)) == (
        "b@x.ch",
        SurvivorshipRule.SOURCE_PREFERENCE,
    )
    assert winner(said("b@x.ch"), said("a@x.ch")) == ("a@x.ch", SurvivorshipRule.TEXT_ORDER)


def test_hours_of_one_day_are_equally_recent() -> None:
    later = said("hotel@x.ch", "hotel")
    later = ProfileValueData(
        **{name: getattr(later, name) for name in later.__struct_fields__}
        | {"observed_at": DAY + timedelta(hours=9)}
    )
    assert winner(later, said("bank@x.ch", "bank")) == ("bank@x.ch", SurvivorshipRule.SOURCE_ORDER)


def test_a_fresh_record_replaces_what_was_kept_of_the_same_source_only() -> None:
    fresh = Party(connector="bank", party_id="p-bank", emails=("new@x.ch",), updated_at=DAY)
    golden = golden_profile((said("old@x.ch"), said("mine@x.ch", "hotel", days=-9)), (fresh,), ORDER).email
    assert golden is not None
    assert golden.value == "new@x.ch"
    assert [losing.value for losing in golden.losing] == ["mine@x.ch"]


def test_what_was_verified_stays_verified_when_it_is_said_again() -> None:
    fresh = Party(connector="bank", party_id="p-bank", emails=("Old@x.ch",), updated_at=None)
    golden = golden_profile(
        (said("old@x.ch", verified=True), said("b@x.ch", "hotel", days=5)), (fresh,), ORDER
    )
    assert golden.email is not None
    assert (golden.email.value, golden.email.rule) == ("Old@x.ch", SurvivorshipRule.VERIFIED)
    assert golden.email.source.verified


def test_when_the_hub_heard_of_a_value_says_nothing_of_how_recent_it_is() -> None:
    """Or the golden value would change whenever the partner that gives no dates is down."""
    undated = msgspec.structs.replace(said("hotel@x.ch", "hotel", days=9), dated=False)
    kept = golden_profile((said("bank@x.ch"), undated), (), ORDER)
    live = Party(connector="hotel", party_id="p-hotel", emails=("hotel@x.ch",))
    assert golden_profile((said("bank@x.ch"), undated), (live,), ORDER) == kept
    assert kept.email is not None
    assert kept.email.value == "bank@x.ch"


def test_numbers_of_different_kinds_do_not_compete() -> None:
    party = Party(
        connector="bank",
        party_id="p",
        identifiers=(
            Identifier(kind=IdentifierKind.TAX_ID, value="1-2", country=CountryCode("BR")),
            Identifier(kind=IdentifierKind.PASSPORT, value="X9"),
        ),
    )
    golden = golden_profile((), (party,), ORDER)
    assert sorted(one.value.value for one in golden.identifiers) == ["1-2", "X9"]


def test_unknown_attributes_and_texts_are_left_out() -> None:
    values = (said("x", attribute="shoe_size"), said("not a date", attribute="birth_date"))
    assert golden_profile(values, (), ORDER).birth_date is None


def test_party_values_come_back_as_they_were() -> None:
    party = Party(
        connector="bank",
        party_id="p",
        given_name="Ana",
        birth_date=date(1980, 2, 29),
        emails=("a@x.ch", "b@x.ch"),
        addresses=(PostalAddress(lines=("Rua A, 1",), city="São Paulo", country=CountryCode("BR")),),
        identifiers=(Identifier(kind=IdentifierKind.TAX_ID, value="1"),),
    )
    texts = party_values(party)
    assert [name for name, _, _ in texts] == [
        "given_name",
        "birth_date",
        "email",
        "email",
        "address",
        "identifier",
    ]
    assert [ATTRIBUTES[name].read(text) for name, text, _ in texts][-2:] == [
        party.addresses[0],
        party.identifiers[0],
    ]
    assert [rank for _, _, rank in texts] == [0, 0, 0, 1, 0, 0]


statements = st.lists(
    st.builds(
        said,
        st.sampled_from(["a@x.ch", "A@x.ch", "b@x.ch", "c@x.ch", "no address"]),
        st.sampled_from(["bank", "insurer", "hotel", "unknown"]),
        days=st.integers(-3, 3),
        verified=st.booleans(),
        rank=st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)


@given(values=statements, data=st.data())
def test_the_order_of_statements_never_matters(values: list[ProfileValueData], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(values))
    assert golden_profile(values, (), ORDER) == golden_profile(shuffled, (), ORDER)


@given(values=statements)
def test_every_statement_is_somewhere_and_no_value_twice(values: list[ProfileValueData]) -> None:
    (golden,) = survivors(claims(values, ()), ORDER)
    texts = [golden.value, *(one.value for one in golden.losing)]
    same = [ATTRIBUTES["email"].same(text) for text in texts]
    assert len(set(same)) == len(same)
    assert set(same) == {ATTRIBUTES["email"].same(one.value) for one in values}
    sources = [golden.source, *golden.agreeing, *(source for one in golden.losing for source in one.sources)]
    assert {one.connector for one in sources} == {one.connector for one in values}


@given(values=statements, supporter=st.sampled_from(["bank", "insurer", "hotel", "new"]))
def test_support_never_dethrones_the_winner(values: list[ProfileValueData], supporter: str) -> None:
    before = golden_profile(values, (), ORDER).email
    assert before is not None
    more = said(str(before.value), supporter, days=-9, rank=5)
    after = golden_profile([*values, more], (), ORDER).email
    assert after is not None
    assert ATTRIBUTES["email"].same(after.value) == ATTRIBUTES["email"].same(before.value)


@given(values=statements)
def test_the_winner_obeys_the_first_rules(values: list[ProfileValueData]) -> None:
    (golden,) = survivors(claims(values, ()), ORDER)

    def group(value: object) -> Sequence[Claim]:
        return [one for one in claims(values, ()) if one.same == ATTRIBUTES["email"].same(value)]

    def key(value: object) -> tuple[bool, date]:
        mine = [one.source for one in group(value)]
        days = [one.observed_at.date() for one in mine if one.observed_at]
        return (any(one.verified for one in mine), max(days))

    assert all(key(golden.value) >= key(one.value) for one in golden.losing)
