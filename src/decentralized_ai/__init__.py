"""Models, demos and live pages of the book *Decentralized AI Explained*."""

__version__ = "0.1.0"
