"""The root type of the mutations, their payloads and their problems, as types of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import msgspec

from schema.derive import Deriver
from schema.docs import description
from schema.inputs import Arguments
from schema.mutations.base import Mutation, Payload
from schema.mutations.problems import PROBLEMS, Problem

_RULES = (
    "Each field takes one input and is one transaction; the fields of an operation take effect one after "
    "the other. A field is null only where there is an error; what the caller can mend is in `problems`."
)


def mutation_type(
    make: Deriver, mutations: Iterable[type[Mutation]], resolver: Callable[..., Any]
) -> tuple[Any, Sequence[Any]]:
    """The root type of some mutations, and the types that only an interface of theirs leads to."""
    interface = make.build("Problem", description(Problem), make.fields(Problem), interface=True)
    make.stand("Problem", interface)
    problems = [_problem(make, interface, kind) for kind in PROBLEMS]
    fields = {
        one.name: make.computed(
            resolver,
            _payload(make, one.payload_type) | None,
            one.description,
            arguments=_arguments(one),
            rule=one.rule,
        )
        for one in mutations
    }
    return make.build("Mutation", f"What can be changed. {_RULES}", fields), problems


def _problem(make: Deriver, interface: type, kind: type[Problem]) -> Any:
    return make.build(
        kind.__name__,
        description(kind),
        make.fields(kind),
        bases=(interface,),
        is_type_of=lambda value, _info: type(value) is kind,
    )


def _payload(make: Deriver, payload: type[Payload]) -> Any:
    fields = make.fields(payload)
    fields["problems"] = fields.pop("problems")  # last, where readers look for it
    return make.build(payload.__name__, description(payload), fields)


def _arguments(mutation: type[Mutation]) -> type[Arguments]:
    given = Annotated[mutation.input_type, msgspec.Meta(description="What is to be done.")]  # type: ignore[name-defined]  # known at run time
    made: Any = msgspec.defstruct(
        "MutationArguments", [("input", given)], bases=(Arguments,), kw_only=True, frozen=True
    )
    struct: type[Arguments] = made
    return struct
