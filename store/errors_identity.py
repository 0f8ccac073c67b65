"""Why who is who cannot be changed as asked.

::

    StoreError
    └── IdentityError
        ├── CustomerUnknown     no customer answers for this id, or it was erased
        ├── PartyUnknown        the party belongs to nobody, or not to the customer named
        ├── PartyTaken          the party belongs to another customer
        ├── PartyErased         the party belonged to an erased person
        ├── KindsDiffer         a person and an organisation
        ├── KeptApart           a human keeps parties of the two apart
        ├── NothingToSplit      none or all parties of a customer were named
        ├── NotMerged           the id is not an old one
        ├── EntryUnknown        no entry of the ledger has this id
        ├── CannotReverse       the entry has no opposite any more
        ├── ReviewUnknown       no review has this id
        ├── ReviewClosed        the review is decided or moot
        └── KeyReused           an idempotency key came with another request

Messages name ids of the hub only: a partner's own id may be personal.
"""

from __future__ import annotations

from store.data_identity import PartyRef
from store.errors import StoreError


class IdentityError(StoreError):
    """Who is who cannot be changed so."""


class CustomerUnknown(IdentityError):
    """No customer answers for an id.

    Args:
        customer_id: the id.
    """

    def __init__(self, customer_id: str) -> None:
        super().__init__("no customer answers for this id; look the customer up again")
        self.customer_id = customer_id


class PartyUnknown(IdentityError):
    """A party belongs to nobody, or not to the customer named.

    Args:
        party: the party.
    """

    def __init__(self, party: PartyRef) -> None:
        super().__init__(
            f"a party of {party.connector} does not belong to the customer; read its identities again"
        )
        self.party = party


class PartyTaken(IdentityError):
    """A party belongs to another customer.

    Args:
        party: the party.
        customer_id: whose it is.
    """

    def __init__(self, party: PartyRef, customer_id: str) -> None:
        super().__init__(
            f"the party of {party.connector} belongs to customer {customer_id}; merge the two, "
            "or unlink it there first"
        )
        self.party = party
        self.customer_id = customer_id


class PartyErased(IdentityError):
    """A party belonged to an erased person.

    Args:
        party: the party.
    """

    def __init__(self, party: PartyRef) -> None:
        super().__init__(
            f"the party of {party.connector} belonged to an erased person; nothing is kept of it"
        )
        self.party = party


class KindsDiffer(IdentityError):
    """A person and an organisation were to become one."""

    def __init__(self) -> None:
        super().__init__("a person and an organisation are never one customer; merge customers of one kind")


class KeptApart(IdentityError):
    """A human keeps parties of the customers apart.

    Args:
        pairs: the pairs.
    """

    def __init__(self, pairs: tuple[tuple[PartyRef, PartyRef], ...]) -> None:
        super().__init__(
            f"{len(pairs)} pairs of their parties are kept apart by a human decision; "
            "overrule it where that was wrong"
        )
        self.pairs = pairs


class NothingToSplit(IdentityError):
    """None or all parties of a customer were to leave it."""

    def __init__(self) -> None:
        super().__init__("a split takes some of a customer's parties; name at least one and not all")


class NotMerged(IdentityError):
    """An id stands on its own.

    Args:
        customer_id: the id.
    """

    def __init__(self, customer_id: str) -> None:
        super().__init__("this customer was not merged into another; name an old id or a merge entry")
        self.customer_id = customer_id


class EntryUnknown(IdentityError):
    """No entry of the ledger has an id.

    Args:
        entry_id: the id.
    """

    def __init__(self, entry_id: str) -> None:
        super().__init__("no entry of the ledger has this id; list the customer's entries")
        self.entry_id = entry_id


class CannotReverse(IdentityError):
    """An entry has no opposite, or no longer.

    Args:
        entry_id: the entry.
        why: half a sentence.
    """

    def __init__(self, entry_id: str, why: str) -> None:
        super().__init__(f"entry {entry_id} cannot be taken back: {why}")
        self.entry_id = entry_id
        self.why = why


class ReviewUnknown(IdentityError):
    """No review has an id.

    Args:
        review_id: the id.
    """

    def __init__(self, review_id: str) -> None:
        super().__init__("no review has this id; list the queue again")
        self.review_id = review_id


class ReviewClosed(IdentityError):
    """A review is decided or moot.

    Args:
        review_id: the review.
    """

    def __init__(self, review_id: str) -> None:
        super().__init__(
            "the review is closed: it was decided, or the two are one by now; list the queue again"
        )
        self.review_id = review_id


class KeyReused(IdentityError):
    """An idempotency key came with another request than before."""

    def __init__(self) -> None:
        super().__init__("the idempotency key was used for another request; choose a new key")
