"""A new plugin's distribution: what is written, and the recording that makes its suite green at once."""
