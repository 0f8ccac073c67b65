"""What can be wrong with work over the population."""

from __future__ import annotations

from c360.errors import C360Error


class PopulationError(C360Error):
    """The input cannot be worked with; the message names what is wrong and what to do."""
