"""What the words mean: a system's layers, who can stop each, and how far each kind has come."""
