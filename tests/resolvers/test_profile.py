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
from resolvers.profile import Claim, GoldenValue, SurvivorshipRule, claims, golden_profile, survivors
from resolvers.survivorship import AttributeRules, ProfileRules
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


def named(given: str | None, family: str | None, connector: str, days: int = 0, **more: Any) -> Party:
    return Party(
        connector=connector,
        party_id=f"p-{connector}",
        given_name=given,
        family_name=family,
        updated_at=DAY + timedelta(days=days),
        **more,
    )


def value_and_rule(golden: GoldenValue | None) -> tuple[Any, SurvivorshipRule]:
    assert golden is not None
    return golden.value, golden.rule


def test_given_and_family_name_come_from_one_record() -> None:
    # The newest family name stands alone; the newest whole name wins, and both its parts.
    parties = (
        named("Anna", "Rossi", "bank", 3),
        named("Annamaria", "Weber", "insurer", 1),
        named(None, "Bianchi", "hotel", 9),
    )
    golden = golden_profile((), parties, ORDER)
    assert value_and_rule(golden.given_name) == ("Anna", SurvivorshipRule.MOST_RECENT)
    assert value_and_rule(golden.family_name) == ("Rossi", SurvivorshipRule.MOST_RECENT)
    assert golden.family_name is not None
    assert [one.value for one in golden.family_name.losing] == ["Weber", "Bianchi"]


def test_a_part_that_all_agree_on_says_so() -> None:
    golden = golden_profile((), (named("Anna", "Rossi", "bank", 3), named("ANNA", "Weber", "hotel")), ORDER)
    assert value_and_rule(golden.given_name) == ("Anna", SurvivorshipRule.SOLE)
    assert value_and_rule(golden.family_name) == ("Rossi", SurvivorshipRule.MOST_RECENT)
    assert golden.given_name is not None
    assert [source.connector for source in golden.given_name.agreeing] == ["hotel"]


def test_a_whole_name_beats_newer_parts() -> None:
    golden = golden_profile((), (named("Anna", "Rossi", "bank"), named(None, "Weber", "hotel", 9)), ORDER)
    assert value_and_rule(golden.family_name) == ("Rossi", SurvivorshipRule.COMPLETE)


def test_where_nobody_states_both_the_parts_stand_for_themselves() -> None:
    golden = golden_profile((), (named("Anna", None, "bank"), named(None, "Weber", "hotel", 9)), ORDER)
    assert value_and_rule(golden.given_name) == ("Anna", SurvivorshipRule.SOLE)
    assert value_and_rule(golden.family_name) == ("Weber", SurvivorshipRule.SOLE)


names = st.lists(
    st.builds(
        named,
        st.sampled_from(["Anna", "ANNA", "Berta", None]),
        st.sampled_from(["Rossi", "Weber", None]),
        st.sampled_from(["bank", "insurer", "hotel"]),
        st.integers(-2, 2),
    ),
    max_size=5,
    unique_by=lambda party: party.connector,
)


@given(parties=names, data=st.data())
def test_laws_of_names(parties: list[Party], data: st.DataObject) -> None:
    golden = golden_profile((), parties, ORDER)
    assert golden_profile((), data.draw(st.permutations(parties)), ORDER) == golden
    given, family = golden.given_name, golden.family_name
    whole = {
        (party.given_name, party.family_name) for party in parties if party.given_name and party.family_name
    }
    if whole:
        assert given is not None
        assert family is not None
        assert (given.value, family.value) in whole
        assert given.source.connector == family.source.connector
    for part, found in (("given_name", given), ("family_name", family)):
        stating = {party.connector for party in parties if getattr(party, part)}
        if found is None:
            assert not stating
            continue
        sources = [found.source, *found.agreeing, *(one for losing in found.losing for one in losing.sources)]
        assert sorted(source.connector for source in sources) == sorted(stating)


def test_rules_and_trusted_sources_are_data() -> None:
    values = (
        said("new@x.ch", "hotel", days=9),
        said("bank@x.ch", "bank"),
        said("old@x.ch", "insurer", days=-9),
    )
    rules = ProfileRules(
        rules=(SurvivorshipRule.SOURCE_ORDER,),
        attributes={"email": AttributeRules(sources=("insurer",))},
    )
    assert value_and_rule(golden_profile(values, (), ORDER, rules=rules).email) == (
        "old@x.ch",
        SurvivorshipRule.SOURCE_ORDER,
    )
    recent = ProfileRules(attributes={"email": AttributeRules(rules=(SurvivorshipRule.MOST_RECENT,))})
    assert value_and_rule(golden_profile(values, (), ORDER, rules=recent).email)[0] == "new@x.ch"
    none = ProfileRules(rules=())
    assert value_and_rule(golden_profile(values, (), ORDER, rules=none).email) == (
        "bank@x.ch",
        SurvivorshipRule.TEXT_ORDER,
    )


def test_values_say_when_they_were_fetched_and_whether_they_were_verified() -> None:
    recorded = DAY + timedelta(days=2)
    kept = said("a@x.ch", "hotel", verified=True, recorded_at=recorded)
    live = Party(connector="bank", party_id="p-bank", emails=("A@x.ch",), updated_at=DAY)
    now = DAY + timedelta(days=30)
    golden = golden_profile((kept,), (live,), ORDER, fetched={"bank": now}).email
    assert golden is not None
    assert {one.connector: one.fetched_at for one in (golden.source, *golden.agreeing)} == {
        "bank": now,
        "hotel": recorded,
    }
    assert golden.verified
