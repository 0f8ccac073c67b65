"""The sandbox's population as the hub would know it: what models are fitted and judged on."""
