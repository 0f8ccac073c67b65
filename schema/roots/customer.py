"""``customer``: one customer by any key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from c360.contract import KeyKind, PartyQuery
from resolvers.identity import normalise
from schema import ids
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.inputs import CustomerArguments, CustomerKey, LookupMode, PartnerRef
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.roots.base import Lookups, RootField, Search, Searched
from store.data import CustomerData

_KINDS = {
    "email": KeyKind.EMAIL,
    "phone": KeyKind.PHONE,
    "policy_number": KeyKind.POLICY_NUMBER,
    "account_number": KeyKind.ACCOUNT_NUMBER,
    "membership_number": KeyKind.MEMBERSHIP_NUMBER,
}
_EXPECTED = {
    "email": "an e-mail address, such as `name@example.org`",
    "phone": "a phone number with its country code, such as `+61 2 5550 1234`",
}
_LIVE_MATCHES = 20


class CustomerRoot(RootField):
    """Looks a customer up by exactly one key."""

    name = "customer"
    rule = needs(Scope.CUSTOMERS_READ)
    description = (
        "One customer by any key; null where the hub knows none by it. The id of a customer who was merged "
        "into another leads to that one, whose `mergedFrom` names it. A key that several customers "
        "share, such as a family's phone number, is the error `AMBIGUOUS_KEY`: search for it instead."
    )
    takes = frozenset()
    arguments_type = CustomerArguments
    arguments: CustomerArguments

    def check(self) -> None:
        """Bring the key into its one form."""
        by = self.arguments.by
        self._id: str | None = None
        self._ref: tuple[str, str] | None = None
        self._key: tuple[KeyKind, str] | None = None
        self._live: tuple[tuple[str, str], ...] = ()
        if by.id is not None:
            self._id = ids.decode_as("Customer", by.id, argument="by.id")
        elif by.partner_ref is not None:
            self._ref = _reference(by.partner_ref)
        else:
            self._key = _key(by)

    def queries(self) -> Sequence[Search]:
        """A search by the key, where it is looked up live."""
        if self._key is None or self.arguments.lookup is not LookupMode.LIVE:
            return ()
        kind, value = self._key
        return (Search(query=PartyQuery(key=kind, value=value, limit=_LIVE_MATCHES)),)

    def want(self, lookups: Lookups, searched: Searched) -> None:
        """The key, and the parties that partners found by it."""
        if self._id is not None:
            lookups.ids[self._id] = None
        if self._key is not None:
            lookups.keys[self._key] = None
        found = (result for search in self.queries() for result in searched.get(search, ()))
        self._live = tuple((party.connector, party.party_id) for result in found for party in result.parties)
        for ref in (*self._live, *((self._ref,) if self._ref else ())):
            lookups.refs[ref] = None

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """The customer that the key leads to: the hub's own knowledge goes before a partner's."""
        if self._id is not None:
            return (lookups.known[self._id],) if self._id in lookups.known else ()
        if self._ref is not None:
            return (lookups.by_ref[self._ref],) if self._ref in lookups.by_ref else ()
        found = tuple(lookups.by_key.get(self._key, ())) if self._key else ()
        live = dict.fromkeys(lookups.by_ref[ref] for ref in self._live if ref in lookups.by_ref)
        return found or tuple(live)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The one customer.

        Raises:
            InputError: ``AMBIGUOUS_KEY``, there are several.
        """
        self._found = tuple(loaded)
        if len(self._found) > 1:
            message = f"{len(self._found)} customers share this key; use `search` to see them."
            raise InputError(message, code=ErrorCode.AMBIGUOUS_KEY, argument="by")
        return self._found

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The customer, or null."""
        return customers[self._found[0]] if self._found else None


def _key(by: CustomerKey) -> tuple[KeyKind, str]:
    field, text = next((name, value) for name in _KINDS if (value := getattr(by, name)) is not None)
    value = normalise.key(_KINDS[field], text)
    if value is None:
        head, *rest = field.split("_")
        name = head + "".join(word.capitalize() for word in rest)
        message = f"This cannot be {_EXPECTED.get(field, 'such a number: letters, digits and separators')}."
        raise InputError(message, code=ErrorCode.INVALID_KEY, argument=f"by.{name}")
    return _KINDS[field], value


def _reference(ref: PartnerRef) -> tuple[str, str]:
    for name, text in (("connector", ref.connector), ("partyId", ref.party_id)):
        if not text or len(text) > normalise.MAX_KEY or not text.isprintable():
            message = "This cannot be an id at a partner."
            raise InputError(message, code=ErrorCode.INVALID_KEY, argument=f"by.partnerRef.{name}")
    return ref.connector, ref.party_id
