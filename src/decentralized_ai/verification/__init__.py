"""Did the remote node run the model? Protocols that answer, each small and whole."""
