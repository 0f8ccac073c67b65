"""``python -m c360``: make a connector, prove it, try it, record what its partner says."""

from __future__ import annotations

import sys

from c360.cli import run

if __name__ == "__main__":
    sys.exit(run())
