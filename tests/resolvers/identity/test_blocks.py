"""What a party is found by is the same whether all that can be compared of it was worked out or not."""

from __future__ import annotations

from hypothesis import given

from c360.records.party import Party
from resolvers.identity.blocked import Blocked
from resolvers.identity.blocks import blocks
from resolvers.identity.features import block_features, party_features
from tests.resolvers.identity.parties import ORGANIZATIONS, PERSONS, address, party

BLOCKED = Blocked(
    names=frozenset({"anna", "berg", "acme"}),
    emails=frozenset({"a.berg@gmail.com"}),
    birth_dates=frozenset({"1980-03-04"}),
)


@given(PERSONS | ORGANIZATIONS)
def test_blocks_need_no_more_than_their_own_features(of: Party) -> None:
    assert blocks(block_features(of)) == blocks(party_features(of, region="CH"))
    assert blocks(block_features(of, BLOCKED)) == blocks(party_features(of, region="CH", blocked=BLOCKED))


def test_a_person_is_found_by_mailbox_birth_and_home() -> None:
    found = blocks(
        block_features(
            party(
                given_name="Jürg",
                family_name="van der Berg",
                emails=("J.Berg+x@googlemail.com",),
                addresses=(address(),),
            )
        )
    )
    assert found == ("mailbox jberg@gmail.com", "lives 8002 berg jurg")
