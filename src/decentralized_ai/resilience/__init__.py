"""Models of why it might matter: what survives a ban, who can use it, and who stays to run it."""
