"""The shipped partner connectors, one folder each; they enter by the same hook as a stranger's."""
