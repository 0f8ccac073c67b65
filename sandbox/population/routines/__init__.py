"""What members do month by month, one module per part of life."""
