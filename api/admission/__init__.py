"""Who may send how much, and which documents."""
