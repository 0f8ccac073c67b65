"""What can be wrong with a plugin or with the settings of an instance, and what the host itself refuses."""

from __future__ import annotations

from collections.abc import Sequence

from c360.errors import C360Error, ProblemCode, RetryLater


class PluginError(C360Error):
    """A plugin cannot be used.

    Args:
        plugin: the plugin as the settings name it.
        found: what is wrong with it.
        remedy: what would put it right.
    """

    def __init__(self, plugin: str, found: str, remedy: str) -> None:
        super().__init__(f"plugin {plugin!r}: {found}; {remedy}")
        self.plugin = plugin
        self.found = found
        self.remedy = remedy


class SettingsError(C360Error):
    """Everything that is wrong with the connectors in the settings, at once."""

    def __init__(self, problems: Sequence[C360Error]) -> None:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{len(problems)} of the connectors cannot be used:\n{lines}")
        self.problems = tuple(problems)


class NotSent(RetryLater):
    """The host held a request back: nothing reached the partner."""


class BreakerOpen(NotSent):
    """The operation failed too often of late; it is left alone for a while."""


class QueueFull(NotSent):
    """As many requests wait for this partner as may."""

    code = ProblemCode.RATE_LIMITED


class Paused(NotSent):
    """The partner asked to be left alone for longer than this operation has."""

    code = ProblemCode.RATE_LIMITED
