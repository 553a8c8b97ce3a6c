"""What the user says."""
