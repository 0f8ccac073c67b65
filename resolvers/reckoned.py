"""What the models say of one customer: reckoned once, whichever fields show it.

What rests on the hub's figures alone is kept with what was read of the customer, as long as that stays the
same: figures change when the worker has read a feed, and are shown many times between.
"""

from __future__ import annotations

from resolvers.lifetime_value.purchases import USUAL_MONTHS
from resolvers.lifetime_value.value import MONTHS, CustomerProfit, CustomerValue
from resolvers.risk.behavioural import BehaviouralScore
from resolvers.summaries.customer import Summaries
from resolvers.view import CustomerView


def value_of(view: CustomerView, summaries: Summaries, months: int = MONTHS) -> CustomerValue:
    """A customer's lifetime value.

    Args:
        view: of the customer.
        summaries: what is kept of the customer.
        months: how far to look ahead, 1 to 600.

    Raises:
        ValueError: ``months`` is out of range.
    """
    valuer = view.models.valuer
    if months not in USUAL_MONTHS:
        return view.once(("value", months), lambda: valuer.value(summaries, months))
    return view.lasting(("value", months), (summaries, valuer), lambda: valuer.value(summaries, months))


def profit_of(view: CustomerView, summaries: Summaries) -> CustomerProfit:
    """What a customer contributed in the last 12 months."""
    valuer = view.models.valuer
    return view.lasting("profit", (summaries, valuer), lambda: valuer.profit(summaries))


def score_of(view: CustomerView, summaries: Summaries) -> BehaviouralScore:
    """A customer's behavioural score."""
    model = view.models.risk.behavioural
    domains = {source.connector: source.domain for source in view.sources}
    return view.lasting(
        "behavioural score",
        (model, summaries, domains),
        lambda: BehaviouralScore(model, summaries, domains),
    )
