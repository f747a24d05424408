"""The checkers of the lab "Train together", in the order of its exercises.

The first two measure a law, the others a rule: with made-up vectors first, and then in a short
training on several processes.
"""

from __future__ import annotations

from .training_aggregator import check_4
from .training_bytes import check_1, check_2
from .training_compressor import check_3
from .training_launch import Kill, Training
from .training_processes import Host
from .training_program import program

__all__ = ["Host", "Kill", "Training", "check_1", "check_2", "check_3", "check_4", "program"]
