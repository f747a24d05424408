"""Decentralised inference: who answers a request, how fast, and for how much."""
