"""Who may see and do what: scopes, rules of fields, and how they are held to."""
