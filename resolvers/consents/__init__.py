"""What customers agreed to and objected to: the law, the legal bases, and what follows for one customer."""
