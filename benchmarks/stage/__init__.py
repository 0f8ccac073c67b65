"""The stage: six partners over real HTTP, a store with their customers, and the hub between them."""
