"""What the demo says of a market, in words."""

from __future__ import annotations

from ..quantities import settled
from .pricing import Market
from .pricing_sellers import Seller
from .pricing_setting import MACHINES, USUAL, in_wave

NAMES = {
    "posted": "posted prices",
    "vickrey": "Vickrey auction",
    "uniform": "one price for all",
    "base_fee": "base fee",
}
TIMES = {
    0.25: "a quarter",
    0.5: "half",
    0.75: "three quarters",
    1: "as many as ever",
    1.25: "1.25 times as many",
    1.5: "1.5 times as many",
    2: "twice as many",
    2.5: "2.5 times as many",
    3: "three times as many",
    4: "four times as many",
    5: "five times as many",
}


def _usd(value: float) -> str:
    return f"${settled(value):,.2f}"


def takeaway(metrics: dict[str, float], rules: tuple[str, ...], shock: float, lasts: int) -> str:
    def get(rule: str, key: str) -> float:
        # Two rules may pay the same but for the last bits; then the first one is named everywhere.
        return settled(metrics[f"{rule}.{key}"])

    key = "high" if shock == 1 else "extreme"
    dear = max(rules, key=lambda rule: get(rule, key))
    cheap = min(rules, key=lambda rule: get(rule, key))
    pair = dict.fromkeys((cheap, dear) if shock < 1 else (dear, cheap))
    if shock == 1:
        parts = [
            f"between {_usd(get(r, 'low'))} and {_usd(get(r, 'high'))} under {_named(r)}"
            for r in pair
        ]
        first = f"With no wave of buyers, the price stays {', and '.join(parts)}."
    else:
        many = TIMES[shock] if shock < 1 else TIMES[shock].removesuffix(" as many")
        who = f"With only {many} of the" if shock < 1 else f"With {many} the"
        parts = [
            f"{_usd(get(r, 'extreme'))} under {_named(r)} ({_usd(get(r, 'before'))} before)"
            for r in pair
        ]
        end = "lowest" if shock < 1 else "highest"
        first = f"{who} buyers for {lasts} rounds, the price at its {end} is {' and '.join(parts)}."
    least = min(rules, key=lambda rule: get(rule, "paid"))
    most = max(rules, key=lambda rule: get(rule, "paid"))
    a, b = _usd(get(least, "paid")), _usd(get(most, "paid"))
    if len(rules) == 1:
        return f"{first} Over the whole time buyers pay {a} per million tokens on average."
    if a == b:
        return f"{first} Over the whole time buyers pay {a} on average, whatever the rule."
    return (
        f"{first} Over the whole time buyers pay least under {_named(least)}, {a} on average, and "
        f"most under {_named(most)}, {b}."
    )


def _named(rule: str) -> str:
    return f"a {NAMES[rule]}" if rule in ("vickrey", "base_fee") else NAMES[rule]


def line_takeaway(market: Market, shock: float, line: list[Seller] | None, mix: float) -> str:
    usual, price = market.balance(USUAL)
    units, high = market.balance(in_wave(shock))
    costs = "asks" if line else "costs"
    mean = sum(market.costs[:usual].tolist()) / usual
    first = (
        f"{usual} of {MACHINES} machines are needed: they {costs[:-1]} {_usd(mean)} on average, "
        f"the dearest of them {costs} {_usd(price)}"
    )
    if shock != 1:
        first += f"; in the wave {units} are, and the dearest {costs} {_usd(high)}"
    if not line:
        return f"{first}. At one price for all, that is about what each of them is paid."
    return (
        f"{first}. Of 18 sellers, {line[0].name} asks least at this mix of tokens, "
        f"{_usd(line[0].blended(mix))} per million, and {line[-1].name} most, "
        f"{_usd(line[-1].blended(mix))}."
    )
