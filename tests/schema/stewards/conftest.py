"""The desk at which stewards decide who is who, on each kind of database."""

from tests.schema.stewards.desk import desk  # noqa: F401  # a fixture is offered by being here
