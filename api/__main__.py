"""``python -m api``: the command line."""

from __future__ import annotations

import sys

from api.commands import run

if __name__ == "__main__":
    sys.exit(run())
