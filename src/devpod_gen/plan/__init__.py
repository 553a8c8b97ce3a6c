"""What will exist."""
