"""The operations that are measured and tested."""

from __future__ import annotations

from collections.abc import Iterable

_MONEY = "{ amount currency }"
_GAPS = "partial missing { connector status records }"
_STATES = "sources { connector domain status fetchedAt age latency problem { code message retryAfter } }"

EVERYTHING = f"""
fragment Everything on Customer {{
  id kind displayName complete {_STATES}
  profile {{
    displayName
    givenName {{ value rule source {{ connector }} losing {{ value }} }}
    familyName {{ value rule source {{ connector }} losing {{ value }} }}
    birthDate {{ value source {{ connector }} }}
    email {{ value source {{ connector }} agreeing {{ connector }} }}
    phone {{ value source {{ connector }} }}
    address {{ value {{ lines city postalCode country }} }}
  }}
  identities {{ connector partyId linkedAt }}
  banking {{
    {_GAPS}
    accounts {{ connector accountId kind status balance {{ current {_MONEY} available {_MONEY} }} }}
    totals {{ deposits {_MONEY} debts {_MONEY} }}
    transactions(first: 50) {{
      totalCount edges {{ node {{ connector transactionId accountId amount {_MONEY} postedAt }} }}
    }}
  }}
  insurance {{
    {_GAPS}
    policies {{ connector policyId line startsOn endsOn sumInsured {_MONEY} premium {{ total {_MONEY} }} }}
    claims {{ claimId policyId status }}
    totals {{ annualPremiums {_MONEY} openClaims }}
  }}
  brokerage {{
    {_GAPS}
    accounts {{ accountId kind }}
    positions {{ connector isin instrument name quantity value {_MONEY} }}
    totals {{ portfolioValue {_MONEY} }}
    transactions(first: 20) {{ totalCount edges {{ node {{ transactionId kind isin quantity }} }} }}
  }}
  loyalty {{
    {_GAPS}
    memberships {{ connector membershipId points lifetimePoints }}
    activity(first: 20) {{ totalCount edges {{ node {{ eventId kind points }} }} }}
  }}
  hotel {{
    {_GAPS}
    preferences {{ guestId }}
    notes {{ noteId reservationId }}
    totals {{ nights spend {_MONEY} }}
    stays(first: 50) {{
      totalCount edges {{ node {{ connector reservationId status checkIn checkOut total {_MONEY} }} }}
    }}
  }}
  rental {{
    {_GAPS}
    totals {{ finished spend {_MONEY} }}
    rentals(first: 50) {{
      totalCount edges {{ node {{ connector bookingId status startsAt price {_MONEY} }} }}
    }}
    charges(first: 20) {{ totalCount edges {{ node {{ entryId bookingId amount {_MONEY} }} }} }}
  }}
}}
"""
"""Every group of a customer, with every kind of record that a front end's first page shows."""

FULL_VIEW = (
    "query FullView($by: CustomerKey!, $gather: Gather) "
    "{ customer(by: $by, gather: $gather) { ...Everything } }" + EVERYTHING
)
"""The full view of one customer."""

POINTS = f"""
fragment Points on Customer {{
  id complete {_STATES} profile {{ displayName }} loyalty {{ memberships {{ membershipId points }} }}
}}
"""
"""What the loyalty programme answers in batches: profiles by a hundred, accounts by thirty."""

ONE_PAGE = f"""
fragment Page on Customer {{
  id complete identities {{ connector domain partyId }}
  profile {{ displayName }}
  banking {{ accounts {{ accountId }} totals {{ deposits {_MONEY} debts {_MONEY} }} }}
  insurance {{ policies {{ policyId line }} }}
  brokerage {{ positions {{ isin }} }}
  loyalty {{ memberships {{ points }} }}
  hotel {{ stays(first: 5) {{ totalCount }} }}
  rental {{ rentals(first: 5) {{ totalCount }} }}
}}
"""
"""One line of a list with something of every domain."""


def listed(fragment: str) -> str:
    """A list of customers with the fragment's fields of each."""
    return (
        "query List($first: Int!, $filter: CustomerFilter, $gather: Gather) "
        "{ customers(first: $first, filter: $filter, gather: $gather) "
        f"{{ edges {{ node {{ {_spread(fragment)} }} }} }} }}" + fragment
    )


def aliased(ids: Iterable[str], fragment: str, *, gather: str = "null") -> str:
    """One root field per customer, each under an alias of its own."""
    fields = " ".join(
        f'c{place}: customer(by: {{id: "{one}"}}, gather: {gather}) {{ {_spread(fragment)} }}'
        for place, one in enumerate(ids)
    )
    return f"{{ {fields} }}{fragment}"


def _spread(fragment: str) -> str:
    return f"...{fragment.split()[1]}"
