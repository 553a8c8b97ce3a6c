"""Secrets: asked for, handed over, hidden, and looked for."""
