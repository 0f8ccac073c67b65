"""What can go wrong between a connector and its source, for connectors that speak no HTTP."""

from __future__ import annotations

import enum


class SourceFault(enum.Enum):
    """Something that :meth:`~c360.testing.ConnectorSuite.fault` is asked to break."""

    UNREACHABLE = "UNREACHABLE"
    """The database does not answer, the folder is not there: :class:`~c360.errors.RetryLater`."""
    REFUSED = "REFUSED"
    """The credential or the permission is refused: :class:`~c360.errors.Reconfigure`."""
    MISSING = "MISSING"
    """A table, a column or a file that the settings name is not there: :class:`~c360.errors.Reconfigure`
    or :class:`~c360.errors.PartnerFault`."""
    RETYPED = "RETYPED"
    """A column holds values of another type: :class:`~c360.errors.PartnerFault`, or records as before."""
    ADDED = "ADDED"
    """There is a column more: records as before."""
    TRUNCATED = "TRUNCATED"
    """A file ends in the middle: :class:`~c360.errors.PartnerFault` or :class:`~c360.errors.RetryLater`."""
