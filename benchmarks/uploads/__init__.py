"""A whole upload as an operator sees it: sent over HTTP, taken in by a worker, both killed in the middle."""
