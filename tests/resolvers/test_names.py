"""What customers are called, and how that is sorted."""

from __future__ import annotations

import pytest

from c360.records.party import Party, PartyKind
from resolvers.names import display_name, full_name, sort_name
from resolvers.profile import golden_profile

PERSON, ORGANIZATION = PartyKind.PERSON, PartyKind.ORGANIZATION


def called(*parties: Party, kind: PartyKind = PERSON, otherwise: str = "") -> tuple[str, str]:
    golden = golden_profile((), parties, ())
    return display_name(golden, kind, otherwise), sort_name(golden, kind, otherwise)


@pytest.mark.parametrize(
    ("given", "family", "expected"),
    [
        ("Ada", "Byron", "Ada Byron"),
        ("静", "邓", "邓静"),
        ("太郎", "山田", "山田太郎"),
        ("민준", "김", "김민준"),
        ("Jing", "邓", "Jing 邓"),
        ("Μιχαήλ", "Δήμας", "Μιχαήλ Δήμας"),
    ],
)
def test_a_name_is_written_as_its_script_does(given: str, family: str, expected: str) -> None:
    assert full_name(given, family) == expected


def test_a_person_is_called_by_both_names_and_sorted_by_the_family_name() -> None:
    insurer = Party(connector="i", party_id="1", full_name="ADA BIRON")
    bank = Party(connector="b", party_id="2", given_name="Ada", family_name="Byron")
    assert called(insurer, bank) == ("Ada Byron", "Byron Ada")
    assert called(insurer) == ("ADA BIRON", "ADA BIRON")


def test_an_organisation_is_not_called_by_its_contact() -> None:
    hotel = Party(connector="h", party_id="1", given_name="Ada", family_name="Byron")
    bank = Party(connector="b", party_id="2", kind=ORGANIZATION, organization_name="Byron Ltd")
    assert called(hotel, bank, kind=ORGANIZATION) == ("Byron Ltd", "Byron Ltd")


def test_an_organisation_that_only_rents_is_called_by_the_one_name_there_is() -> None:
    rental = Party(connector="r", party_id="1", family_name="Xu Logistics Co., Ltd.")
    assert called(rental, kind=ORGANIZATION)[0] == "Xu Logistics Co., Ltd."


def test_who_has_no_name_is_called_as_the_hub_does() -> None:
    assert called(Party(connector="r", party_id="1"), otherwise="P000001") == ("P000001", "P000001")
    half = Party(connector="r", party_id="1", family_name="Byron")
    assert called(half, otherwise="Ada Byron") == ("Ada Byron", "Ada Byron")
    assert called(half)[0] == "Byron"
