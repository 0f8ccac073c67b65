"""The back office, served by c360's own small API: docs/workorders.openapi.yaml."""

from sandbox.partners.workorders.application import CREDENTIALS, app
from sandbox.partners.workorders.orders import call, move

__all__ = ["CREDENTIALS", "app", "call", "move"]
