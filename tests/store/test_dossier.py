"""Every table is told of, or says why not; what is sealed is opened, and a new column is noticed."""

from __future__ import annotations

from sqlalchemy import LargeBinary

from api.privacy.provenance import PROVENANCE
from store.models import Base
from store.models.base import table
from store.moving import MOVABLES
from store.repositories.dossier import NOTHING_TOLD, OTHERS, UNTOLD
from store.sealed import SEALED

TOLD = {one.name for one in MOVABLES} | {str(table(one).name) for one in OTHERS}


def test_every_table_is_told_of_or_says_why_not() -> None:
    tables = set(Base.metadata.tables)
    assert tables - TOLD - NOTHING_TOLD.keys() == set(), "say in the dossier what these are, or why not"
    assert TOLD & NOTHING_TOLD.keys() == set()
    assert NOTHING_TOLD.keys() <= tables, "these are gone"


def test_every_table_that_is_told_of_says_where_it_comes_from() -> None:
    assert TOLD - PROVENANCE.keys() == set()
    assert PROVENANCE.keys() - TOLD == set()


def test_every_sealed_or_binary_column_is_opened_or_says_why_not() -> None:
    binary = {
        (name, column.name)
        for name in TOLD
        for column in Base.metadata.tables[name].columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary - SEALED.keys() - UNTOLD.keys() == set(), "say how it is opened, or why nobody is told"
    for name, column in {*SEALED, *UNTOLD}:
        assert column in Base.metadata.tables[name].columns, f"{name}.{column} is gone"
