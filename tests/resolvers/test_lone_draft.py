"""A customer made of one party is called the same, whichever way that is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Party, PartyKind
from c360.values import CountryCode, PostalAddress
from resolvers.identity.keeping import lone_draft, party_draft

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
