"""A running environment."""
