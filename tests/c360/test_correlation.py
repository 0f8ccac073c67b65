from __future__ import annotations

import uuid

from c360.correlation import correlation_id


def test_correlation_ids_are_random_uuids() -> None:
    made = [correlation_id() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    for text in made:
        read = uuid.UUID(text)
        assert (read.version, read.variant, str(read)) == (4, uuid.RFC_4122, text)
