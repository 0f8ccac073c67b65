"""Customers that may be the one a partner tells of."""

from __future__ import annotations

from collections.abc import Iterable

from store.data import EnrolKey
from store.data_identity import CandidateSet
from store.repositories.base import Repository

MOST = 50
"""Candidates that are compared, at the most."""


class CandidateRepository(Repository):
    """Finds candidates by keys and blocks, which are stored as keyed hashes only."""

    async def find(
        self, keys: Iterable[EnrolKey], blocks: Iterable[str] = (), *, limit: int = MOST
    ) -> CandidateSet:
        """The customers that any of the keys or blocks leads to, with what their parties say now.

        Two queries, however many keys. Of a key that leads to many customers only so many are looked at
        as candidates are wanted, and the key is reported as crowded.

        Args:
            keys: normalised e-mail addresses, phones and numbers.
            blocks: what a party is found by where no key agrees, such as birth date and a word of the
                name; normalised as when the party was brought in.
            limit: how many candidates at the most, those with most hits first.

        Raises:
            KeyringError: the database was opened without a keyring.
        """
        raise NotImplementedError
