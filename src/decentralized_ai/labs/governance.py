"""The checkers of the lab "Run the network's politics", in the order of its exercises.

Each tries the learner's answer on cases and networks that the lab does not show.
"""

from __future__ import annotations

from .governance_capture import carry_out, check_7
from .governance_contest import tournament
from .governance_game import Setting, Validator, play
from .governance_median import check_1
from .governance_operator import check_4
from .governance_tune import check_8, report
from .governance_validator import check_2, check_3
from .governance_vote import check_5, check_6
from .governance_world import Network, Plan

__all__ = [
    "Network",
    "Plan",
    "Setting",
    "Validator",
    "carry_out",
    "check_1",
    "check_2",
    "check_3",
    "check_4",
    "check_5",
    "check_6",
    "check_7",
    "check_8",
    "play",
    "report",
    "tournament",
]
