"""What labs need beside the models: checkers that say what is wrong, one module a lab.

A checker takes the learner's answer and returns a Verdict. It never raises on a wrong answer,
never says only "wrong", and measures the answer instead of comparing it with a stored one.
"""

from .verdict import Verdict, not_yet, right

__all__ = ["Verdict", "not_yet", "right"]
