"""The models, rates and assumptions that a process answers with, as the settings say."""

from __future__ import annotations

import msgspec

from api.settings import Settings
from c360.errors import C360Error
from resolvers.rates import Rates, read_rates
from resolvers.serving import Models, shipped


def serving_models(settings: Settings) -> Models:
    """Read them.

    Raises:
        ConfigError: a file that the settings name cannot be read, or is wrong.
    """
    return msgspec.structs.replace(shipped(), rates=serving_rates(settings), assumptions=settings.assumptions)


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
