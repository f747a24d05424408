"""The market over time against the same rules written down plainly, machine by machine."""

import numpy as np
import pytest

from decentralized_ai.inference.pricing import Market, simulate


class Machine:
    def __init__(self, full: float, running: float, inside: bool, price: float) -> None:
        self.full, self.cost = full, running * full
        self.rent = full - self.cost
        self.inside, self.income = inside, self.rent
        self.ask = max(self.cost, price)


def crossing(costs: list[float], values: list[float]) -> tuple[int, float | None]:
    """Sell the next cheapest to the next keenest as long as both gain."""
    units = 0
    while units < min(len(costs), len(values)) and costs[units] <= values[units]:
        units += 1
    if not units:
        return 0, None
    return units, min([*costs[units : units + 1], values[units - 1]])


def plain(market: Market, buyers: np.ndarray, rule: str, seed: int) -> list[tuple[float, int, int]]:
    """(price, sold, machines) of each round."""
    machines_luck = np.random.default_rng([seed, 15]).random((len(buyers), len(market.costs)))
    queue_luck = np.random.default_rng([seed, 59])

    def values(count: int) -> list[float]:
        return [market.top * (1 - (i + 0.5) / count) for i in range(count)]

    first, _ = crossing(list(market.costs), values(int(buyers[0])))
    price = fee = float(market.costs[first - 1])
    line = [Machine(c, market.running, i < first, price) for i, c in enumerate(market.costs)]
    told = []
    for now, count in enumerate(int(n) for n in buyers):
        keen, here = values(count), [m for m in line if m.inside]
        use = 1.0
        if rule == "uniform":
            sold, paid = crossing([m.cost for m in here], keen)
            price = price if paid is None else paid
        elif rule == "base_fee":
            willing = sum(m.cost <= fee for m in here)
            wanted = sum(v >= fee for v in keen)
            sold, price = min(willing, wanted), fee
            use = sold / willing if willing else float(wanted > 0)
            fee = max(0.01, fee * (1 + market.step * (use - market.target) / market.target))
        else:
            luck = queue_luck.random(count)
            queue = [keen[i] for i in sorted(range(count), key=lambda i: luck[i])]
            shop = sorted(here, key=lambda m: m.ask)
            takers = []
            for value in queue:
                if len(takers) < len(shop) and shop[len(takers)].ask <= value:
                    takers.append(shop[len(takers)])
            sold = len(takers)
            if sold:
                price = sum(m.ask for m in takers) / sold
            use = sold / max(1, len(here))
            idle = shop[sold:]
            if not idle:
                for m in takers:
                    m.ask *= 1.03
            else:
                best = shop[max(0, sold - 1)].ask
                goal = best * 0.97 if min(m.cost for m in idle) < best * 0.97 else best
                for m in takers:
                    m.ask = max(m.cost, m.ask + 0.5 * (goal - m.ask))
                for m in idle:
                    m.ask = max(m.cost, min(m.ask, goal))
        told.append((price, sold, len(here)))
        hope = price if here or not keen else keen[0]
        for m, luck in zip(line, machines_luck[now], strict=True):
            earned = (use if here else 1.0) * max(0.0, hope - m.cost)
            m.income += 0.1 * (earned - m.income)
            if luck >= market.entry:
                continue
            if m.inside and m.income < m.rent * 0.95:
                m.inside = False
            elif not m.inside and m.income > m.rent * 1.05:
                m.inside, m.ask = True, max(m.cost, price)
    return told


@pytest.mark.parametrize("rule", ["posted", "uniform", "base_fee"])
@pytest.mark.parametrize("running", [0.03, 0.5, 1.0])
def test_the_market_is_the_plain_one(rule: str, running: float) -> None:
    """Prices to 1e-9: sums are taken in another order."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        costs = np.sort(0.5 + rng.random(30))
        market = Market(costs, np.zeros(30, dtype=bool), running, entry=0.2, target=0.6)
        buyers = np.concatenate([rng.integers(15, 30, 60), rng.integers(40, 90, 60), [0] * 10])
        run = simulate(market, buyers.astype(np.int64), rule, seed)
        told = plain(market, buyers, rule, seed)
        assert [row[1:] for row in told] == list(zip(run.sold, run.machines, strict=True))
        assert np.allclose([row[0] for row in told], run.price, rtol=1e-9, atol=0)
