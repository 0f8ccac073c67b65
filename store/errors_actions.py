"""Why an action at a partner cannot go on.

::

    StoreError
    └── ActionError
        ├── ActionUnknown      there is no such action
        ├── ActionMoved        somebody else did something about it meanwhile
        └── ActionNotAllowed   nothing leads from where it stands to there
"""

from __future__ import annotations

from store.errors import StoreError


class ActionError(StoreError):
    """An action at a partner cannot go on."""


class ActionUnknown(ActionError):
    """There is no such action.

    Args:
        action_id: its id.
    """

    def __init__(self, action_id: str) -> None:
        super().__init__("there is no action of this id; list the customer's actions")
        self.action_id = action_id


class ActionMoved(ActionError):
    """Somebody else did something about the action meanwhile.

    Args:
        action_id: its id.
    """

    def __init__(self, action_id: str) -> None:
        super().__init__("the action went on meanwhile; read it again")
        self.action_id = action_id


class ActionNotAllowed(ActionError):
    """Nothing leads from where the action stands to there.

    Args:
        action_id: its id.
    """

    def __init__(self, action_id: str) -> None:
        super().__init__("the action does not go on so from where it stands; read it again")
        self.action_id = action_id
