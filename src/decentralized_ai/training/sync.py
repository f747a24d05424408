"""One synchronous training step: everybody computes, everybody exchanges, then the next step."""

from __future__ import annotations


def compute_s(parameters: float, tokens: float, flops_per_s: float, utilisation: float) -> float:
    """Seconds in which a node trains on `tokens`: 6 N D operations at the speed it reaches.

    utilisation: the share of the peak rate that the training reaches, 0 to 1 (MFU).
    """
    return 6 * parameters * tokens / (flops_per_s * utilisation)
