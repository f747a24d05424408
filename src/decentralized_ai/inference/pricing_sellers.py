"""What eighteen sellers asked for one open model on one day, and what that is at a mix of tokens.

Qwen3.8-27B through one router, 7 October 2026, in dollars per million tokens. From
tgarg01/silybench-data, derived/csv/api_prices.csv at commit 045df3b (data: CC BY 4.0). Prices that
were asked, not costs, and not what anybody paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Seller:
    """input, output: dollars per million tokens read and written. precision: of the weights as
    declared, "" if it is not. network: it says of itself that it is decentralised."""

    name: str
    input: float
    output: float
    precision: str
    network: bool = False

    def blended(self, mix: float) -> float:
        """Dollars per million tokens of which `mix` are read for each one written."""
        return (mix * self.input + self.output) / (mix + 1)


SELLERS = (
    Seller("Cerebras", 0.99, 1.49, "fp16"),
    Seller("DeepInfra", 0.15, 1.875, "bf16"),
    Seller("Phala", 0.15, 1.875, ""),
    Seller("AkashML", 0.225, 1.98, "fp8", network=True),
    Seller("Chutes", 0.24, 2.2, "fp8", network=True),
    Seller("Darkbloom", 0.05, 2.2, "fp4", network=True),
    Seller("Parasail", 0.24, 2.2, "fp8"),
    Seller("Ionstream", 0.0893, 2.35, "fp8"),
    Seller("Mancer 2", 0.2, 2.5, "fp8"),
    Seller("Alibaba", 0.425, 2.55, ""),
    Seller("CoreWeave", 0.4, 3.0, "fp8"),
    Seller("DekaLLM", 0.049, 3.0, ""),
    Seller("ModelRun", 0.45, 3.0, "fp4"),
    Seller("Novita", 0.42, 3.0, ""),
    Seller("Cloudflare", 0.45, 3.2, ""),
    Seller("Venice", 0.45, 3.2, "fp8"),
    Seller("Reka", 0.0239, 4.35, ""),
    Seller("Wafer", 0.024, 4.35, ""),
)


def ranked(mix: float) -> list[Seller]:
    """Cheapest first at this mix; in the order of the list where two ask the same."""
    return sorted(SELLERS, key=lambda seller: seller.blended(mix))


def rank(name: str, mix: float) -> int:
    """1 plus the number of sellers that ask less. A difference of a last bit is none."""
    own = next(seller for seller in SELLERS if seller.name == name).blended(mix)
    return 1 + sum(seller.blended(mix) < own * (1 - 1e-12) for seller in SELLERS)


def spread(prices: npt.NDArray[np.float64] | list[float]) -> float:
    """The dearest over the cheapest."""
    return float(max(prices) / min(prices))
