"""What all tables have in common: names of constraints, the tenant, references to a customer."""

from sqlalchemy import ForeignKeyConstraint, MetaData, Table

from store.columns import BINARY_TEXT
from store.mapping import Mapped, Model, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, the same on both databases, so that a later migration can drop it."""


class Base(Model):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)

    tenant: Mapped[str] = mapped_column(BINARY_TEXT, primary_key=True)
    """Part of every primary key and of every reference: no row can point into another tenant."""


def of_customer() -> ForeignKeyConstraint:
    """The reference to the customer of the same tenant."""
    return ForeignKeyConstraint(["tenant", "customer_id"], ["customer.tenant", "customer.id"])


def of_home(of: str) -> ForeignKeyConstraint:
    """The reference of a table to the node that a row hangs on: its customer before all merges."""
    return ForeignKeyConstraint(
        ["tenant", "home_id"], ["customer.tenant", "customer.id"], name=f"fk_{of}_home"
    )


CHECKED = "by the statement"
"""Under which a reference's ``info`` says that PostgreSQL has triggers for it."""


def by_statement(reference: ForeignKeyConstraint) -> ForeignKeyConstraint:
    """A reference of rows that are written by the thousand: checked by triggers on PostgreSQL.

    There a reference is looked up row by row, at ten times the cost of looking up together what a statement
    inserted (docs/decisions/0171). What such rows refer to is never deleted.
    """
    reference.info[CHECKED] = True
    return reference.ddl_if(dialect="sqlite")


def table(model: type[Base]) -> Table:
    """The table of a model, for statements that ask for more than its columns."""
    return model.__table__
