"""What no partner's own API can be asked to do, and a back office does by work order.

The back office decides later: until then such an action is ``SENT`` and accepted.
"""

from __future__ import annotations

from schema.mutations.actions.base import partner_mutation

ACTIONS = (
    partner_mutation("workorders.open_account", name="openAccount", text="Asks the bank to open an account."),
    partner_mutation(
        "workorders.reissue_cheque",
        name="reissueCheque",
        text="Asks the bank to stop a cheque, and to issue another unless told.",
    ),
    partner_mutation(
        "workorders.request_policy_loan",
        name="requestPolicyLoan",
        text="Asks the insurer to lend against a policy.",
    ),
    partner_mutation(
        "workorders.request_policy_valuation",
        name="requestPolicyValuation",
        text="Asks the insurer what a policy is worth.",
    ),
    partner_mutation("workorders.report_claim", name="reportClaim", text="Reports a claim to the insurer."),
    partner_mutation(
        "workorders.change_stay", name="changeStay", text="Asks the hotel to change a reservation."
    ),
    partner_mutation(
        "workorders.cancel_order",
        name="cancelWorkOrder",
        text="Withdraws a work order that nobody has taken up yet.",
    ),
)
