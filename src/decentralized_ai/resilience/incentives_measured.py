"""What was reported when pay fell, for the model to be set beside: book/incentives.yml."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def told() -> dict[str, Any]:
    """The file of facts."""
    file = resources.files("decentralized_ai.recorded") / "incentives.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Cut:
    """One fall of the pay. pay: of one machine, after over before. stayed: machines, after over
    before."""

    name: str
    source: str
    pay: float
    stayed: float

    @property
    def income(self) -> float:
        """Of all operators together, after over before."""
        return self.pay * self.stayed

    @property
    def elastic(self) -> float:
        """Of the number, to the pay of one."""
        return math.log(self.stayed) / math.log(self.pay)


def cuts() -> tuple[Cut, ...]:
    """In the order of their dates."""
    facts = told()["cuts"]
    b, c, f = facts["bitcoin_2020"], facts["bitcoin_2024"], facts["filecoin_2022"]
    # Until the next adjustment of the difficulty a machine finds as many blocks as before, so its
    # pay is what a block brings: the subsidy, and fees that are a given share of the whole.
    before = b["subsidy_before"] / (1 - b["fees_before"])
    after = b["subsidy_after"] / (1 - b["fees_after"])
    kept = 1 + f["capacity_change"]
    return (
        Cut("Bitcoin 2020", b["source"], after / before, b["seconds_before"] / b["seconds_after"]),
        Cut("Filecoin 2022", f["source"], (1 + f["rewards_change"]) / kept, kept),
        Cut(
            "Bitcoin 2024",
            c["source"],
            c["hashprice_after"] / c["hashprice_before"],
            c["hashrate_after"] / c["hashrate_before"],
        ),
    )


def fee_share(name: str) -> float:
    """What customers pay, of all that the operators of a set-up in the file are paid."""
    s = told()["shares"][name]
    return float(s["fees"] / (s["fees"] + s["tokens"] * s["price"] * s["to_operators"]))
