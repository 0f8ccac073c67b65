"""A customer made of one party is called the same, whichever way that is found out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Party, PartyKind
from c360.values import CountryCode, PostalAddress
from resolvers.identity.keeping import draft, lone_draft, party_draft
from store.data import ProfileValueData

AT = datetime(2026, 1, 1, tzinfo=UTC)
_NAME = st.none() | st.sampled_from(["Ada", "Ada Maria", "Byron", "王", "伟", "Eckert & Co", "O'Neil"])


@given(
    st.builds(
        Party,
        connector=st.just("hub"),
        party_id=st.just("1"),
        kind=st.sampled_from(PartyKind),
        given_name=_NAME,
        family_name=_NAME,
        full_name=_NAME,
        organization_name=_NAME,
        addresses=st.sampled_from(
            [(), (PostalAddress(lines=("1 Road",)), PostalAddress(country=CountryCode("AU")))]
        ),
    )
)
def test_a_lone_party_is_called_what_it_says(party: Party) -> None:
    assert lone_draft(party) == party_draft([party], ())


@pytest.mark.parametrize(
    ("kind", "said", "called"),
    [
        (PartyKind.PERSON, {"family_name": "Byron"}, "Byron"),
        (PartyKind.PERSON, {"given_name": "Ada"}, "Ada"),
        (PartyKind.PERSON, {}, "?"),
        (PartyKind.ORGANIZATION, {"given_name": "Ada", "family_name": "Byron"}, "?"),
    ],
    ids=["family name", "given name", "nameless", "organisation"],
)
def test_a_known_customer_of_one_name_is_called_by_it(
    kind: PartyKind, said: dict[str, str], called: str
) -> None:
    kept = [
        ProfileValueData(connector="hub", party_id="1", attribute=name, value=value, observed_at=AT)
        for name, value in said.items()
    ]
    found = draft(kind, kept, ())
    assert (found.display_name, found.sort_name) == (called, called)
