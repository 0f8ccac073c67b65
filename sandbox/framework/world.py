"""What one partner application serves and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sandbox.framework.behaviour import Behaviour
from sandbox.framework.counters import Counters
from sandbox.framework.effects import Effects
from sandbox.population import Population


@dataclass
class World:
    """The population one partner serves from, and everything about the partner that changes.

    Each partner application has a world of its own; the population behind them is the same.
    """

    population: Population
    live: bool = False
    """Whether the clock runs; else it stands at noon UTC of the population's day."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    counters: Counters = field(default_factory=Counters)
    effects: Effects = field(default_factory=Effects)
    state: dict[str, Any] = field(default_factory=dict)
    """What clients created or changed at run time, laid over the population by the partner."""

    def now(self) -> datetime:
        """The partner's clock, in UTC."""
        if self.live:
            return datetime.now(UTC)
        return datetime.combine(self.population.today, time(12), tzinfo=UTC)
