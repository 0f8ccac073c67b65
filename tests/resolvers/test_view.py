"""One customer's view: joins, groups that are there or not, completeness, totals."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from c360.kinds import kind, kinds
from c360.records.banking import Account, AccountKind, Balance
from c360.records.base import Record
from c360.records.hotel import Stay, StayStatus
from c360.records.insurance import Claim, ClaimStatus, Policy, PolicyLine, Premium
from c360.records.loyalty import Membership
from c360.records.party import PartyKind
from c360.values import CurrencyCode, Money
from connectors.results import KindResult, SourceResult, SourceState
from resolvers.groups import banking, hotel, insurance, loyalty
from resolvers.joins import joins_of
from resolvers.view import CustomerView
from store.data import CustomerData

NOW = datetime(2025, 6, 15, tzinfo=UTC)


def view(*sources: SourceResult) -> CustomerView:
    customer = CustomerData(
        id="c", kind=PartyKind.PERSON, display_name="C", country=None, created_at=NOW, updated_at=NOW
    )
    order = [source.connector for source in sources]
    return CustomerView(customer, sources, today=NOW.date(), at=NOW, order=order)


def source(
    connector: str,
    domain: str,
    records: dict[str, tuple[Record, ...]] | None = None,
    state: SourceState = SourceState.FRESH,
) -> SourceResult:
    found = {
        name: KindResult(
            records=tuple(msgspec.structs.replace(one, connector=connector) for one in mine), state=state
        )
        for name, mine in (records or {}).items()
    }
    return SourceResult(connector=connector, domain=domain, state=state, kinds=found)


def aud(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode("AUD"))


def account(name: str) -> Account:
    return Account(
        account_id=name,
        kind=AccountKind.TRANSACTION,
        display_name=name,
        masked_number="1",
        product_name="p",
    )


def balance(name: str, amount: str) -> Balance:
    return Balance(account_id=name, current=aud(amount))


def test_every_join_a_record_declares_can_be_made() -> None:
    declared = [join for one in kinds().values() for join in joins_of(one.record)]
    assert {"banking.balances", "insurance.premiums", "insurance.claims"} <= {join.kind for join in declared}
    for join in declared:
        assert join.key in kind(join.kind).record.__struct_fields__


def test_records_join_within_their_connector_only() -> None:
    one = source(
        "one", "banking", {"banking.accounts": (account("1"),), "banking.balances": (balance("1", "5"),)}
    )
    two = source("two", "banking", {"banking.accounts": (account("1"), account("2"))})
    joined = view(one, two).joined("banking.accounts")
    found = {(acc.connector, acc.account_id): acc.balance for acc in joined if isinstance(acc, Account)}
    assert found["one", "1"] is not None
    assert found["two", "1"] is None
    assert found["two", "2"] is None


def test_many_join_into_a_tuple() -> None:
    policy = Policy(policy_id="p", line=PolicyLine.MOTOR)
    claims = tuple(Claim(claim_id=name, policy_id="p", status=ClaimStatus.OPEN) for name in "ab")
    (joined,) = view(
        source("i", "insurance", {"insurance.policies": (policy,), "insurance.claims": claims})
    ).joined("insurance.policies")
    assert isinstance(joined, Policy)
    assert [claim.claim_id for claim in joined.claims] == ["a", "b"]


def test_records_are_given_their_customer_only_where_they_are_referred_to() -> None:
    bank = source("bank", "banking", {"banking.accounts": (account("1"),)})
    referring = view(bank)
    plain = CustomerView(referring.customer, [bank], today=NOW.date(), at=NOW, order=["bank"], refers=False)
    assert plain.joined("banking.accounts") == bank.kinds["banking.accounts"].records
    (owned,) = referring.joined("banking.accounts")
    assert isinstance(owned, Account)
    assert getattr(owned, "hub_customer_id") == "c"  # noqa: B009  # no record has it by itself


def test_what_follows_from_what_the_hub_knows_is_computed_again_only_where_that_changed() -> None:
    remembered: dict[Any, Any] = {}
    made = iter(range(9))

    def asked(given: object, *, kept: bool = True) -> int:
        memory = remembered if kept else None
        one = CustomerView(view().customer, (), today=NOW.date(), at=NOW, order=(), remembered=memory)
        found = one.lasting("figure", (given,), lambda: next(made))
        assert one.lasting("figure", (given,), lambda: next(made)) == found
        return found

    assert [asked("a"), asked("a"), asked("b"), asked("b"), asked("a")] == [0, 0, 1, 1, 2]
    assert asked("a", kept=False) == 3


def test_complete_counts_kept_and_withheld_but_not_stale_or_unavailable() -> None:
    good = (
        SourceState.FRESH,
        SourceState.KEPT,
        SourceState.WITHHELD,
        SourceState.NOT_LINKED,
        SourceState.NOT_REQUESTED,
    )
    assert view(*(source(state.value, "banking", state=state) for state in good)).complete
    for state in (SourceState.STALE, SourceState.UNAVAILABLE):
        assert not view(source("a", "banking"), source("b", "loyalty", state=state)).complete


def test_a_domain_is_answered_by_an_empty_list_but_not_by_a_profile_alone() -> None:
    assert view(source("a", "banking", {"banking.accounts": ()})).answered("banking")
    assert not view(source("a", "banking", {"party.profile": ()})).answered("banking")
    gone = source("a", "banking", {"banking.accounts": ()}, SourceState.UNAVAILABLE)
    assert not view(gone).answered("banking")
    assert [(one.source.connector, one.kinds) for one in view(gone).missing("banking")] == [
        ("a", ("banking.accounts",))
    ]


def test_a_domain_misses_nothing_where_only_the_profile_is_missing() -> None:
    fetched = KindResult(records=(), state=SourceState.FRESH)
    gone = KindResult(records=(), state=SourceState.UNAVAILABLE)
    partly = SourceResult(
        connector="a",
        domain="loyalty",
        state=SourceState.UNAVAILABLE,
        kinds={"party.profile": gone, "loyalty.memberships": fetched},
    )
    assert view(partly).missing("loyalty") == ()
    assert not view(partly).complete
    unknown = source("b", "loyalty", state=SourceState.UNAVAILABLE)
    assert [one.kinds for one in view(unknown).missing("loyalty")] == [()]


def test_a_kind_is_known_where_any_source_gave_it_even_an_empty_one() -> None:
    good = source("a", "banking", {"banking.accounts": (), "banking.balances": ()})
    gone = source("b", "banking", {"banking.balances": ()}, SourceState.UNAVAILABLE)
    assert view(good, gone).knows(["banking.balances", "banking.accounts"])
    assert not view(gone).knows(["banking.balances"])
    assert not view(good).knows(["banking.accounts", "banking.direct_debits"])


def test_a_domain_says_whether_it_is_stale_and_how_old_its_oldest_record_is() -> None:
    early, late = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 14, tzinfo=UTC)
    kinds_found = {
        "banking.accounts": KindResult(records=(), state=SourceState.FRESH, fetched_at=late),
        "banking.balances": KindResult(records=(), state=SourceState.STALE, fetched_at=early),
        "banking.transactions": KindResult(
            records=(), state=SourceState.UNAVAILABLE, fetched_at=datetime(2020, 1, 1, tzinfo=UTC)
        ),
    }
    mixed = SourceResult(connector="a", domain="banking", state=SourceState.UNAVAILABLE, kinds=kinds_found)
    kept = SourceResult(
        connector="b",
        domain="loyalty",
        state=SourceState.KEPT,
        kinds={"loyalty.memberships": KindResult(records=(), state=SourceState.KEPT, fetched_at=late)},
    )
    found = view(mixed, kept)
    assert found.stale("banking")
    assert found.fetched_at("banking") == early
    assert not found.stale("loyalty")
    assert found.fetched_at("loyalty") == late
    assert not found.stale("hotel")
    assert found.fetched_at("hotel") is None


def test_banking_totals_split_by_sign() -> None:
    found = view(
        source("a", "banking", {"banking.balances": (balance("1", "10.50"), balance("2", "-3"))}),
        source("b", "banking", {"banking.balances": (balance("1", "1"), balance("9", "0"))}),
    )
    assert banking.deposits(found) == (aud("11.50"),)
    assert banking.debts(found) == (aud("3"),)
    assert banking.available(found) == ()


def test_premiums_are_of_policies_in_force_and_brought_to_a_year() -> None:
    def policy(name: str, start: date, end: date | None) -> Policy:
        return Policy(policy_id=name, line=PolicyLine.HOME, starts_on=start, ends_on=end)

    policies = (
        policy("year", date(2025, 1, 1), date(2026, 1, 1)),
        policy("decade", date(2020, 1, 1), date(2030, 1, 1)),
        policy("over", date(2020, 1, 1), date(2021, 1, 1)),
        policy("open", date(2020, 1, 1), None),
    )
    premiums = tuple(Premium(policy_id=one.policy_id, total=aud("1000.00")) for one in policies)
    found = view(source("i", "insurance", {"insurance.policies": policies, "insurance.premiums": premiums}))
    (sums,) = insurance.annual_premiums(found)
    assert sums.amount == Decimal("2099.99")  # 3653 days are a little more than ten years


def test_points_of_two_programmes_are_not_added() -> None:
    found = view(
        source(
            "p",
            "loyalty",
            {
                "loyalty.memberships": tuple(
                    Membership(membership_id=name, program_id=program, points=points, lifetime_points=points)
                    for name, program, points in (("1", "A", 5), ("2", "A", 7), ("3", "B", 1))
                )
            },
        )
    )
    assert [(one.program_id, one.points) for one in loyalty.points(found)] == [("A", 12), ("B", 1)]


def test_hotel_totals_keep_to_the_last_year_whatever_was_gathered() -> None:
    def stay(name: str, day: date, status: StayStatus = StayStatus.CHECKED_OUT) -> Stay:
        return Stay(
            reservation_id=name,
            status=status,
            check_in=day,
            check_out=date.fromordinal(day.toordinal() + 2),
            total=aud("100"),
            balance=aud("10"),
        )

    stays = (
        stay("now", date(2025, 5, 1)),
        stay("long ago", date(2020, 5, 1)),
        stay("cancelled", date(2025, 5, 1), StayStatus.CANCELLED),
        stay("to come", date(2025, 8, 1), StayStatus.CONFIRMED),
    )
    found = view(source("h", "hotel", {"hotel.stays": stays}))
    assert hotel.nights(found) == 2
    assert hotel.spend(found) == (aud("100"),)
    assert hotel.outstanding(found) == (aud("20"),)
