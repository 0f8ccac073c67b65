"""The models, rates and assumptions that a process answers with, as the settings say."""

from __future__ import annotations

import msgspec

from api.settings import Settings
from c360.errors import C360Error
from resolvers.rates import Rates, read_rates
from resolvers.registry import Registry
from resolvers.serving import Models, load


def serving_models(settings: Settings) -> Models:
    """Read them: of each model the promoted version, else the one that is shipped.

    Raises:
        ConfigError: a file that the settings name cannot be read, or is wrong.
        RegistryError: a promoted version is gone, or cannot be read.
    """
    models = load(kept_models(settings))
    rates = serving_rates(settings)
    return msgspec.structs.replace(
        models,
        rates=rates,
        ranks=models.ranks.priced_in(rates),
        assumptions=settings.assumptions,
        offers=settings.offers,
        policy_loan=settings.policy_loan,
    )


def kept_models(settings: Settings) -> Registry:
    """The fitted versions of this deployment."""
    return Registry(settings.folder / settings.models.folder)


def check_models(settings: Settings) -> list[str]:
    """What is wrong with them."""
    try:
        serving_models(settings)
    except C360Error as error:
        return [str(error)]
    return []


def serving_rates(settings: Settings) -> Rates:
    """The exchange rates alone.

    Raises:
        ConfigError: their file cannot be read, or is wrong.
    """
    money = settings.money
    if not money.rates:
        return Rates(base=money.currency)
    return read_rates(settings.folder / money.rates, money.currency)
