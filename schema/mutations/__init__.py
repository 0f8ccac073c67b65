"""The mutations of the graph: what each changes in one transaction, and what it answers then."""

from __future__ import annotations

from collections.abc import Sequence

from schema.mutations.base import Mutation

MUTATIONS: Sequence[type[Mutation]] = ()
"""Every mutation, in the order in which the printed schema has them."""
