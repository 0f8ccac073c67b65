"""Connector for banks that speak the Consumer Data Right (CDR) of Australia, Banking and Common 1.36.0.

The customer's consent token is the customer: there is no search, and one request never concerns two
customers. What is read of the API, by kind of record:

========================  =============================================================================
``party.profile``         ``GET /common/customer/detail``. The API has neither a customer's id nor a
                          date of birth nor a language, and no e-mail or phone of an organisation.
                          Left out: titles, occupation, industry, and the name of the organisation's
                          agent, who is somebody else.
``banking.accounts``      ``GET /banking/accounts``
``banking.balances``      ``POST /banking/accounts/balances`` for all accounts of the consent
``banking.account_terms`` ``GET /banking/accounts/{accountId}``, once an account: there is no batch.
                          Left out: fees, features, tiers and conditions of rates, correspondence
                          addresses, offers to pay by instalments: they describe products.
``banking.direct_debits`` ``GET /banking/accounts/direct-debits`` for all accounts at once
``banking.transactions``  ``GET /banking/accounts/{accountId}/transactions``, once an account. Left out:
                          BPAY customer references and APCA numbers, which identify somebody else's
                          customer or bank.
========================  =============================================================================

Not covered, and why:

- transaction detail: one request per transaction, for the other party's name; no view needs it.
- scheduled payments, instalment plans and payees: no kind of record of the hub holds them yet, and
  payees are data about other people.
- products: they are the bank's catalogue, not a customer's data.
- status and outages: the host learns from the requests themselves whether a bank answers.
- ``x-fapi-customer-ip-address`` and ``x-cds-client-headers``: they say that the customer is present;
  here an agent asks, so every request is an unattended one.
- ``x-min-v``: the payloads are read in the versions of 1.36.0 alone.
- registration and pushed authorisation requests (FAPI 1.0): the client is registered beforehand, and the
  customer is sent to the bank with code and PKCE; the certificate of mutual TLS is the instance's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import msgspec

from c360.contract import (
    CodeFlow,
    Connector,
    Description,
    Exemption,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    fetch_each,
)
from c360.kinds import PARTY
from c360.lookups import fetch_in_turn, together
from c360.records.banking import BankTransaction
from c360.records.base import Record
from plugins.banking import mapping
from plugins.banking.client import Consent
from plugins.banking.config import REQUESTS_PER_SECOND, CdsAuBankingConfig
from plugins.banking.party_mapping import party

SCOPES = (
    "openid",
    "common:customer.detail:read",
    "bank:accounts.basic:read",
    "bank:accounts.detail:read",
    "bank:transactions:read",
    "bank:regular_payments:read",
)
"""What a customer is asked for: exactly what the kinds of record above are read with, and who it is."""
_IN_TURN = frozenset({"banking.accounts", "banking.balances"})
"""Balances are asked for by the ids of the accounts: nothing is gained by reading them side by side."""
_LIMITS = Limits(requests_per_second=REQUESTS_PER_SECOND)


class CdsAuBanking(Connector[CdsAuBankingConfig]):
    """One bank of the Consumer Data Right."""

    description: ClassVar[Description] = Description(
        name="cds_au_banking",
        title="Consumer Data Right Australia: banking",
        domain="banking",
        lookup=Lookup.BY_GRANT,
        fetches=(
            Fetch(kind=PARTY),
            Fetch(kind="banking.accounts"),
            Fetch(kind="banking.balances"),
            Fetch(kind="banking.account_terms"),
            Fetch(kind="banking.direct_debits"),
            Fetch(kind="banking.transactions"),
        ),
        config=CdsAuBankingConfig,
        limits=_LIMITS,
        exemptions=(
            Exemption(
                rule="identify",
                reason="A consent's token is the customer: the API has no search and no customer's id.",
            ),
            Exemption(rule="feeds", reason="The API has no list of changes, nor of the customers."),
            Exemption(rule="webhooks", reason="Banks do not call when a customer's data change."),
            Exemption(rule="actions", reason="The API only reads: it changes no data and moves no money."),
        ),
        documentation="https://consumerdatastandardsaustralia.github.io/standards/",
    )

    @classmethod
    def configured(cls, config: CdsAuBankingConfig) -> Description:
        """What the class says, at the pace of this bank."""
        limits = msgspec.structs.replace(_LIMITS, requests_per_second=config.requests_per_second)
        return msgspec.structs.replace(cls.describe(), limits=limits)

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """See :meth:`c360.contract.Connector.fetch`."""
        consents = {ref: self._consent(ref) for ref in refs}

        def reader(kind: str) -> Callable[[Ref, Need], Awaitable[Sequence[Record]]]:
            read = _READERS[kind]
            return lambda ref, need: read(consents[ref], need)

        fetchers = {need.kind: reader(need.kind) for need in needs}
        if fetchers.keys() == _IN_TURN and len(refs) == 1:
            in_turn = sorted(needs, key=lambda need: need.kind)
            return fetch_in_turn(in_turn, refs, fetchers)
        return fetch_each(needs, refs, fetchers)

    def grant_flow(self, redirect_uri: str) -> CodeFlow | None:
        """See :meth:`c360.contract.Connector.grant_flow`."""
        return self.config.flow(redirect_uri, SCOPES)

    def _consent(self, ref: Ref) -> Consent:
        return Consent(ref, self.ctx, page_size=self.config.page_size, max_records=_LIMITS.max_records)


async def _profile(consent: Consent, _: Need) -> Sequence[Record]:
    return (party(await consent.customer(), consent.party_id),)


async def _accounts(consent: Consent, _: Need) -> Sequence[Record]:
    return tuple(mapping.account(account) for account in await consent.accounts())


async def _balances(consent: Consent, _: Need) -> Sequence[Record]:
    account_ids = [account.account_id for account in await consent.accounts()]
    if not account_ids:
        return ()
    return tuple(mapping.balance(balance) for balance in await consent.balances(account_ids))


async def _account_terms(consent: Consent, _: Need) -> Sequence[Record]:
    def job(account_id: str) -> Callable[[], Awaitable[Record | None]]:
        async def read() -> Record | None:
            detail = await consent.account(account_id)
            return None if detail is None else mapping.account_terms(detail)

        return read

    accounts = await consent.accounts()
    terms = await together([job(account.account_id) for account in accounts])
    return tuple(found for found in terms if found is not None)


async def _direct_debits(consent: Consent, _: Need) -> Sequence[Record]:
    return tuple(mapping.direct_debit(debit) for debit in await consent.direct_debits())


async def _transactions(consent: Consent, need: Need) -> Sequence[Record]:
    wanted = None if need.fields is None else need.fields | mapping.MOVEMENT
    transaction = mapping.TRANSACTION.only(wanted)

    def job(account_id: str) -> Callable[[], Awaitable[Sequence[BankTransaction]]]:
        async def read() -> Sequence[BankTransaction]:
            found = await consent.transactions(account_id, need, transaction.wire)
            return [transaction(each) for each in found]

        return read

    accounts = await consent.accounts()
    by_account = await together([job(account.account_id) for account in accounts])
    return mapping.newest_first(each for found in by_account for each in found)


_READERS: Mapping[str, Callable[[Consent, Need], Awaitable[Sequence[Record]]]] = MappingProxyType(
    {
        PARTY: _profile,
        "banking.accounts": _accounts,
        "banking.balances": _balances,
        "banking.account_terms": _account_terms,
        "banking.direct_debits": _direct_debits,
        "banking.transactions": _transactions,
    }
)
