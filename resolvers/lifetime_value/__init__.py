"""What a customer is worth: purchases to come, what they spend, and contracts that may end."""
