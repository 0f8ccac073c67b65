"""Which partners a customer has let the hub in at."""
