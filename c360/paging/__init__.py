"""Reading a list page by page: one function, and a value for each of the ways that partners page.

::

    async for page in pages(
        lambda step: self.ctx.http.get(step.path("/events"), params=step.params({"member": member_id})),
        lambda response: response.decode(Events),
        PageNumber(items=lambda page: page.events, size=("size", 100)),
    ):
        ...

=================================  ==========================================================
page and size                      :class:`PageNumber`
offset and limit                   :class:`Offset`
a cursor in the answer's body      :class:`Cursor`
a cursor in the answer's headers   :class:`HeaderCursor`
``links.next`` in the body         :class:`NextLink`
a ``Link`` header (RFC 8288)       :class:`LinkHeader`
a FHIR Bundle's ``link``           :class:`NextLink` with :func:`bundle_next`
no paging                          :class:`OnePage`
=================================  ==========================================================

What holds for all: a page, a cursor or a link that comes a second time is a
:class:`~c360.errors.PartnerFault` that says at which page, so are more pages than allowed; and a
partner's link never leads away from scheme, host and port of the request it answers.
"""

from c360.paging.base import Paging, Step, Turn
from c360.paging.counting import Counting, Offset, PageNumber
from c360.paging.following import Cursor, HeaderCursor, LinkHeader, NextLink, OnePage, bundle_next
from c360.paging.reading import MAX_PAGES, every, pages

__all__ = [
    "MAX_PAGES",
    "Counting",
    "Cursor",
    "HeaderCursor",
    "LinkHeader",
    "NextLink",
    "Offset",
    "OnePage",
    "PageNumber",
    "Paging",
    "Step",
    "Turn",
    "bundle_next",
    "every",
    "pages",
]
