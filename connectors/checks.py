"""What the host insists on before it serves a connector class: :mod:`c360.checks`, and no more."""

from __future__ import annotations

from c360 import checks
from c360.checks import ConnectorClass
from c360.config import ConnectorConfig
from c360.contract import Connector, Description
from c360.errors import ConfigError
from connectors.errors import PluginError


def described(plugin: str, found: object) -> tuple[ConnectorClass, Description]:
    """The connector class and its description, once both hold what the contract says.

    Raises:
        PluginError: something of the contract does not hold.
    """
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise PluginError(
            plugin,
            f"c360_connectors returned {checks.named(found)}",
            "return classes that extend c360.contract.Connector",
        )
    try:
        return found, checks.described(found)
    except checks.Refused as refused:
        raise _error(plugin, refused) from refused


def configured(plugin: str, connector: ConnectorClass, config: ConnectorConfig, *, where: str) -> Description:
    """What an instance with this config is, once it is sure that it promises no more than its class.

    Args:
        plugin: for the error.
        connector: the class.
        config: the instance's own.
        where: dotted name of its section, for the error.

    Raises:
        ConfigError: the config contradicts itself.
        PluginError: what comes back is no description, or promises what the class does not.
    """
    try:
        return checks.configured(connector, config)
    except ConfigError as error:
        raise ConfigError(f"{where}.{error.field}", error.found, error.remedy) from None
    except checks.Refused as refused:
        raise _error(plugin, refused) from refused


def _error(plugin: str, refused: checks.Refused) -> PluginError:
    complaint = refused.complaint
    return PluginError(plugin, f"{refused.subject} {complaint.found}", complaint.remedy)
