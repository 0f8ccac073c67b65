"""``publishWording``: the next version of the words in which customers are asked for a consent."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from msgspec import Meta

from c360.values import LanguageTag
from schema.consents.answers import wording
from schema.consents.shapes import ConsentWording
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments, NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_consents import WordingData

LONGEST_WORDING = 20_000
"""Characters of one text."""
MOST_LANGUAGES = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")


class WordingTextInput(Arguments, frozen=True, kw_only=True):
    """What a wording says in one language."""

    language: Annotated[LanguageTag, Meta(description="Language of the text.")]
    text: Annotated[str, Meta(description=f"1 to {LONGEST_WORDING:,} characters.")]


class PublishWordingInput(MutationInput, frozen=True, kw_only=True):
    """The next version of a wording."""

    wording_id: Annotated[
        NodeId, Meta(description="Its name: small letters, digits, dots and hyphens, up to 100 characters.")
    ]
    texts: Annotated[
        tuple[WordingTextInput, ...],
        Meta(description=f"What it says, each language once; 1 to {MOST_LANGUAGES}."),
    ]
    valid_from: Annotated[
        dt.datetime | None, Meta(description="From when on it is used; from now on unless told.")
    ] = None


class WordingOutcome(Outcome, frozen=True, kw_only=True):
    """What was published."""

    wordings: tuple[WordingData, ...]


class PublishWordingPayload(Payload, frozen=True, kw_only=True):
    """What publishing a wording did."""

    wordings: Annotated[
        tuple[ConsentWording, ...], Meta(description="The new version, in each of its languages.")
    ] = ()


class PublishWording(Mutation):
    """Publishes a wording."""

    name = "publishWording"
    description = (
        "Publishes the next version of the words in which customers are asked for a consent. Earlier "
        "versions stay: decisions were made on them."
    )
    input_type = PublishWordingInput
    outcome_type = WordingOutcome
    payload_type = PublishWordingPayload
    rule = needs(Scope.CONSENTS_WRITE, Scope.CATALOGUE_WRITE)

    def check(self) -> None:
        """Check the name and the texts."""
        if not _NAME.match(self.asked.wording_id):
            message = "A wording's name has small letters, digits, dots and hyphens; up to 100 characters."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.wordingId")
        texts = self.asked.texts
        self._texts = {one.language: one.text for one in texts}
        if not 1 <= len(texts) <= MOST_LANGUAGES or len(self._texts) != len(texts):
            message = f"A wording has 1 to {MOST_LANGUAGES} texts, each in another language."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.texts")
        for place, text in enumerate(self._texts.values()):
            if not 1 <= len(text.strip()) <= len(text) <= LONGEST_WORDING or "\0" in text:
                message = f"A text has 1 to {LONGEST_WORDING:,} characters, and no NUL."
                argument = f"input.texts.{place}.text"
                raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=argument)

    async def effect(self, unit: Unit) -> WordingOutcome:
        """Publish it."""
        made = await unit.consents.publish(
            self.asked.wording_id, self._texts, valid_from=self.asked.valid_from or self.at, by=self.actor
        )
        return WordingOutcome(wordings=made)

    def concerns(self, outcome: WordingOutcome) -> Concerns:
        """Nobody."""
        return Concerns()

    def payload(self, outcome: WordingOutcome, shown: Shown) -> Payload:
        """What was published, now or when the key was first used."""
        return PublishWordingPayload(wordings=tuple(map(wording, outcome.wordings)))
