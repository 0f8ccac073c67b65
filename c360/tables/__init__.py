"""Records from rows: one mapping for every partner that hands over tables rather than an API.

:class:`~c360.tables.settings.TableMapping` is what the settings say of a table, a view or a kind of file;
:func:`~c360.tables.plan.compile_plan` checks it against the record and yields a
:class:`~c360.tables.plan.Plan`: which columns are needed, and how a row becomes a record. Where the rows
come from is the plugin's business: nothing here knows a database.
"""

from c360.tables.cells import BadCell, Check, Shape
from c360.tables.connectors import answered, for_each_domain
from c360.tables.plan import Plan, compile_plan, compile_plans
from c360.tables.settings import TableMapping, narrowed

__all__ = [
    "BadCell",
    "Check",
    "Plan",
    "Shape",
    "TableMapping",
    "answered",
    "compile_plan",
    "compile_plans",
    "for_each_domain",
    "narrowed",
]
