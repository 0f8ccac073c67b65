"""What execution asks of the store and of the host, by subject. The composition root passes real ones in."""

from schema.ports.host import Host
from schema.ports.unit import Database, ReadingUnit, Unit

__all__ = ["Database", "Host", "ReadingUnit", "Unit"]
