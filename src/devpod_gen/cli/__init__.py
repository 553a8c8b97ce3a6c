"""Argv to one call."""
