"""Host side of the connector contract: loads plugins, fans out, ends every source as data."""
