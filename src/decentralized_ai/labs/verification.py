"""The checkers of the lab "Prove it", in the order of its exercises.

Each tries the learner's answer on cases that the lab does not show, honest and dishonest ones.
"""

from __future__ import annotations

from .verification_dispute import check_7
from .verification_freivalds import check_4
from .verification_spotcheck import check_1, check_2, check_3, check_8
from .verification_sumcheck import check_5, check_6

__all__ = ["check_1", "check_2", "check_3", "check_4", "check_5", "check_6", "check_7", "check_8"]
