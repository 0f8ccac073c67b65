"""The operations of the race."""

from __future__ import annotations

from benchmarks.stage.documents import FULL_VIEW

_MONEY = "{ amount currency }"
LIVE = {"maxAge": "PT0S", "deadline": "PT30S"}
"""Every record is asked for at its partner, whatever the hub remembers, however long it takes."""
REMEMBERED = {"deadline": "PT30S"}
"""What is within its time to live may come from memory."""
SIX_PARTNERS = {
    "kind": "PERSON",
    "holds": ["BANKING", "INSURANCE", "BROKERAGE", "LOYALTY", "HOTEL", "RENTAL"],
}
"""People whom all six partners know."""
EVERYBODY = {"kind": "PERSON"}

PROFILE = f"""query Profile($id: ID!, $gather: Gather) {{
  customer(by: {{id: $id}}, gather: $gather) {{
    id kind displayName country complete
    sources {{ connector status }}
    lifetimeValue {{ months total {_MONEY} value lines {{ line value }} }}
    offers(first: 3) {{ stage product {{ productId name }} }}
    banking {{
      accounts {{ accountId kind status displayName balance {{ current {_MONEY} }} }}
      totals {{ deposits {_MONEY} debts {_MONEY} }}
    }}
    insurance {{ policies {{ policyId line productName insurer startsOn endsOn sumInsured {_MONEY} }} }}
    brokerage {{
      positions {{ isin name instrument value {_MONEY} }}
      totals {{ portfolioValue {_MONEY} }}
    }}
    loyalty {{ memberships {{ membershipId points lifetimePoints }} }}
    hotel {{ stays(first: 3) {{
      totalCount edges {{ node {{ reservationId propertyName status checkIn checkOut total {_MONEY} }} }}
    }} }}
    rental {{ rentals(first: 3) {{
      totalCount edges {{ node {{ bookingId status startsAt price {_MONEY} }} }}
    }} }}
  }}
}}"""
"""A: one customer of six partners, with totals, and with what the hub reckons of them."""

WHOLE = FULL_VIEW
"""A+: every group with every kind of record, and the golden record with all that lost."""

LOCAL = "query Local($id: ID!) { customer(by: {id: $id}) { id kind displayName country } }"
"""B: four fields that the hub itself knows."""

PAGE = f"""query Page($first: Int!, $filter: CustomerFilter, $gather: Gather) {{
  customers(first: $first, filter: $filter, gather: $gather) {{ edges {{ node {{
    id displayName
    banking {{ accounts {{ accountId kind displayName }} }}
    insurance {{ policies {{ policyId productName }} }}
    brokerage {{ positions {{ isin value {_MONEY} }} }}
    loyalty {{ memberships {{ points }} }}
    hotel {{ stays(first: 3) {{ totalCount edges {{ node {{ checkIn status }} }} }} }}
    rental {{ rentals(first: 3) {{ totalCount edges {{ node {{ startsAt status }} }} }} }}
  }} }} }}
}}"""
"""C: fifty customers, each with something of all six partners."""

TRANSACTIONS = f"""query Transactions($first: Int!, $filter: CustomerFilter, $gather: Gather, $since: Date) {{
  customers(first: $first, filter: $filter, gather: $gather) {{ edges {{ node {{
    id banking {{ transactions(first: 100, since: $since) {{
      edges {{ node {{ transactionId postedAt description amount {_MONEY} }} }}
    }} }}
  }} }} }}
}}"""
"""D: some 5,000 transactions in one answer."""

NOTE = """mutation Note($input: AddNoteInput!) {
  addNote(input: $input) { note { id text } problems { __typename } }
}"""
"""G: something that the hub keeps, audits and tells of."""

IDS = """query Ids($first: Int!, $after: String, $filter: CustomerFilter) {
  customers(first: $first, after: $after, filter: $filter) {
    pageInfo { hasNextPage endCursor } edges { node { id } }
  }
}"""
"""Whom the race asks for."""
