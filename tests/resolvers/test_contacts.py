"""How a customer can be reached, from the golden profile."""

from __future__ import annotations

from datetime import UTC, datetime

from c360.records.party import Party
from c360.values import PostalAddress
from resolvers.contacts import ContactKind, contact_points
from resolvers.profile import golden_profile
from store.data import ProfileValueData

HOME = PostalAddress(lines=("1 High St",), city="Perth")


def kept(value: str, *, verified: bool) -> ProfileValueData:
    return ProfileValueData(
        attribute="email",
        value=value,
        connector="bank",
        party_id="B1",
        observed_at=datetime(2025, 1, 1, tzinfo=UTC),
        verified=verified,
    )


def test_every_way_is_there_the_preferred_one_first() -> None:
    inn = Party(
        connector="inn",
        party_id="I1",
        emails=("a@x.ch", "b@x.ch"),
        phones=("+41446681800",),
        addresses=(HOME,),
    )
    points = contact_points(golden_profile([kept("b@x.ch", verified=True)], [inn], ["bank", "inn"]))
    assert [(one.kind, one.value, one.preferred, one.verified) for one in points] == [
        (ContactKind.EMAIL, "b@x.ch", True, True),
        (ContactKind.EMAIL, "a@x.ch", False, False),
        (ContactKind.PHONE, "+41446681800", True, False),
        (ContactKind.POSTAL, HOME, True, False),
    ]
    assert [source.connector for source in points[0].sources] == ["bank", "inn"]


def test_nobody_may_use_what_no_consent_speaks_of() -> None:
    points = contact_points(golden_profile([kept("a@x.ch", verified=False)], [], []))
    assert [one.purposes for one in points] == [None]


def test_without_a_profile_there_is_no_way() -> None:
    assert contact_points(golden_profile([], [], [])) == ()
