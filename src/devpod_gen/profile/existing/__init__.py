"""What a repo's own setup says already, for the profile that init writes."""
