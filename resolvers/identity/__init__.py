"""Who is the same person: how keys and names are brought into one form."""
