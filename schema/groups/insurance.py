"""Insurance in the graph."""

from __future__ import annotations

from resolvers.groups import insurance
from schema.groups.base import Group, RecordList, Total

GROUP = Group(
    domain="insurance",
    description="Policies of every line at every linked insurer, their premiums and claims.",
    main="insurance.policies",
    lists=(
        RecordList(name="policies", kind="insurance.policies", description="Policies of every line."),
        RecordList(name="claims", kind="insurance.claims", description="Claims under all policies."),
    ),
    totals=(
        Total(name="annual_premiums", compute=insurance.annual_premiums),
        Total(name="sums_insured", compute=insurance.sums_insured),
        Total(name="reserves", compute=insurance.reserves),
        Total(name="open_claims", compute=insurance.open_claims),
    ),
)
