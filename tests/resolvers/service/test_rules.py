"""What the settings say of serving customers, and what is refused of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.errors import ConfigError
from c360.records.party import Party, PartyKind
from resolvers.service.appointments import AppointmentRules, WorkingHours, check, refused
from resolvers.service.complaints import ComplaintRules
from resolvers.service.preferences import (
    BUILT_IN,
    FurtherPreference,
    PreferenceRules,
    PreferenceType,
    catalogue,
    preferred,
)
from resolvers.service.statements import CLEAR, OwnStatement, own_statement
from store.data import HUB, ProfileValueData
from store.data_service import Severity

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_MAIL = st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example"])


def test_hours_are_those_of_the_sales_person_in_their_own_zone() -> None:
    rules = AppointmentRules(
        employees={"sue": WorkingHours(opens="22:00", closes="23:00", time_zone="Pacific/Auckland")}
    )
    check(rules)
    nine = MONDAY + timedelta(hours=9)
    hour = timedelta(hours=1)
    assert refused(rules, "sam", nine, nine + hour, MONDAY) is None
    assert refused(rules, "sue", nine, nine + hour, MONDAY) is None  # 22 hours there
    assert "22:00 to 23:00" in str(refused(rules, "sue", nine + hour, nine + 2 * hour, MONDAY))
    assert "MON" in str(refused(rules, "sam", nine + 5 * 24 * hour, nine + 5 * 24 * hour + hour, MONDAY))


@pytest.mark.parametrize(
    "hours", [WorkingHours(time_zone="Moon/Base"), WorkingHours(opens="17:00")], ids=["zone", "order"]
)
def test_hours_that_nobody_can_keep_are_refused(hours: WorkingHours) -> None:
    with pytest.raises(ConfigError, match=r"appointments\.employees\.sue"):
        check(AppointmentRules(employees={"sue": hours}))


def test_the_settings_add_preferences_of_their_own() -> None:
    found = catalogue(
        PreferenceRules(
            further={
                "pillow": FurtherPreference(choices=("SOFT", "HARD"), description="What pillow."),
                "newspaper": FurtherPreference(),
            }
        )
    )
    assert preferred(found["pillow"], " soft ") == "SOFT"
    assert found["newspaper"].type is PreferenceType.FLAG
    assert preferred(found["newspaper"], "yes") == "YES"
    with pytest.raises(ValueError, match="SOFT, HARD"):
        preferred(found["pillow"], "FLAT")
    assert len(found) == len(BUILT_IN) + 2


@pytest.mark.parametrize(
    "further",
    [
        {"seat": FurtherPreference()},
        {"Pillow": FurtherPreference()},
        {"pillow": FurtherPreference(choices=("soft",))},
        {"pillow": FurtherPreference(choices=("SOFT", "SOFT"))},
    ],
    ids=["there already", "capitals", "small choice", "choice twice"],
)
def test_preferences_that_cannot_be_are_refused(further: dict[str, FurtherPreference]) -> None:
    with pytest.raises(ConfigError, match=r"preferences\.further"):
        catalogue(PreferenceRules(further=further))


def test_what_weighs_more_is_due_sooner() -> None:
    rules = ComplaintRules()
    due = [rules.due(severity, MONDAY) for severity in Severity]
    assert due == sorted(due, reverse=True)
    assert due[-1] == MONDAY + timedelta(hours=24)


def _stored(said: OwnStatement) -> OwnStatement:
    """A statement as it comes back from the store."""
    kept = [
        ProfileValueData(
            attribute=one.attribute,
            value=one.value,
            connector=HUB,
            party_id=said.party.party_id,
            observed_at=MONDAY,
            verified=one.verified,
            rank=one.rank,
        )
        for one in reversed(said.values)
    ]
    return own_statement(said.party.kind, kept, said.party.party_id)


@given(st.lists(st.tuples(_MAIL, st.booleans(), st.booleans(), st.booleans()), max_size=8))
def test_contact_points_are_each_there_once_and_come_back_as_they_were(
    steps: list[tuple[str, bool, bool, bool]],
) -> None:
    said = OwnStatement(party=Party(connector=HUB, party_id="1", kind=PartyKind.PERSON))
    for mail, removed, first, verified in steps:
        if removed:
            said = said.without_contact("email", mail)
            assert not said.says("email", mail)
        else:
            said = said.with_contact("email", mail, preferred=first, verified=verified)
            assert said.says("email", mail)
            assert not first or said.party.emails[0] == mail
        same = [one.casefold() for one in said.party.emails]
        assert len(same) == len(set(same))
        assert _stored(said) == said
        assert {value for _, value in said.verified} <= set(said.party.emails)


def test_what_is_cleared_is_said_no_longer() -> None:
    said = OwnStatement(party=Party(connector=HUB, party_id="1", kind=PartyKind.PERSON))
    said = said.with_values({"family_name": "Byron", "language": "en"}, verified=True)
    assert {one.attribute for one in said.values if one.verified} == {"family_name", "language"}
    said = said.with_values({"family_name": CLEAR, "language": "de"}, verified=False)
    assert [(one.attribute, one.value, one.verified) for one in said.values] == [("language", "de", False)]
    assert _stored(said) == said
