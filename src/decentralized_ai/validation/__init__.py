"""What each model was held against that its authors did not write, and the error found."""

from .check import Check, all_checks

__all__ = ["Check", "all_checks"]
