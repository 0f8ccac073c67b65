"""What every partner application of the sandbox stands on: its world, its behaviour, its counters."""

from sandbox.framework.application import partner_app
from sandbox.framework.behaviour import Behaviour, Mode, Rule
from sandbox.framework.counters import Counters
from sandbox.framework.errors import ErrorRenderer
from sandbox.framework.world import World

__all__ = ["Behaviour", "Counters", "ErrorRenderer", "Mode", "Rule", "World", "partner_app"]
