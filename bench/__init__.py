"""How long it takes to a ready shell: us, and those who do the same, side by side."""
