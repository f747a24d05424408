"""The voting demo: its takeaway against exact arithmetic, its challenges, its presets."""

import re
from collections.abc import Callable
from decimal import Decimal, getcontext
from fractions import Fraction
from functools import lru_cache

from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.governance.voting import others
from decentralized_ai.governance.voting_cases import fact

from .. import every

DEMO = demos.get("voting")
getcontext().prec = 40

SOLUTIONS = {
    "roots": {"turnout": 1, "quorum": 1},
    "loan": {"whale": 1, "turnout": 50},
    "five": {"turnout": 50, "steep": 0, "delegated": 50},
    "wall": {"whale": 5, "turnout": 50, "quorum": 20, "delegated": 0, "wait": 1,
             "account": 10_000, "ask": 10.0, "steep": 0.5},
}  # fmt: skip

NAMES = {
    "token": "one token, one vote",
    "account": "one account, one vote",
    "quadratic": "quadratic voting",
    "delegated": "delegated voting",
    "conviction": "conviction voting",
}
ALL = 10**8
PRICE = {"buy": Fraction(1), "flash": Fraction(9, 10_000), "loan": Fraction(3, 2)}


def exact(number: float) -> Fraction:
    return Fraction(str(number))


@lru_cache(maxsize=64)
def roots(tokens: int, steep: float) -> tuple[list[Decimal], list[int]]:
    """Sums of the roots and of the tokens of the 0, 1, 2, ... smallest."""
    sums, held = [Decimal(0)], [0]
    for own in reversed(others(tokens, steep)):
        sums.append(sums[-1] + Decimal(own).sqrt())
        held.append(held[-1] + own)
    return sums, held


class House:
    """The rules once more, in fractions and decimals, from the setting of the controls."""

    def __init__(self, p: dict) -> None:
        self.p = p
        self.own = int(exact(p["whale"]) * ALL / 100)
        self.rest = ALL - self.own
        self.t = exact(p["turnout"]) / 100
        self.k = {50: Fraction(1), 60: Fraction(3, 2), 67: Fraction(2), 75: Fraction(3)}[
            p["majority"]
        ]
        self.q = Fraction(2, 3) if p["quorum"] == 67 else Fraction(p["quorum"], 100)
        self.d = Fraction(p["delegated"], 100)
        self.sums, self.held = roots(self.rest, p["steep"])

    def grown(self) -> Decimal:
        days = Decimal(str(self.p["wait"])) or Decimal(12) / 86_400
        days = Decimal(1) / 3 if 0.3 < self.p["wait"] < 0.4 else days
        return 1 - Decimal(2) ** (-days / 5)

    def votes(self, rule: str, attack: str, n: int, hired: int = 0) -> tuple:
        """For, against, and all that there are."""
        own, rest, t = self.own, self.rest, self.t
        if rule == "account":
            extra = n if attack in ("split", "bribe") else 0
            gone = n if attack == "bribe" else 0
            return 1 + extra, t * (1000 - gone), 1001 + (n if attack == "split" else 0)
        if rule == "quadratic":
            total, me = self.sums[-1], Decimal(own).sqrt()
            turn = Decimal(t.numerator) / t.denominator
            if attack == "bribe":
                return me + self.sums[n], turn * (total - self.sums[n]), me + total
            if attack == "buy":
                left = (1 - Decimal(n) / rest).sqrt()
                return Decimal(own + n).sqrt(), turn * total * left, me + total
            mine = Decimal(own * (n + 1) if attack == "split" else own + n).sqrt()
            return mine, turn * total, mine + total
        voting = t if rule == "token" else self.d + t * (1 - self.d)
        if attack == "borrow":
            return own + n, voting * rest, ALL + n
        if attack == "split":
            return own, voting * rest, ALL
        sold = self.d * hired / 5 if rule == "delegated" else Fraction(0)
        return own + sold * rest + (1 - sold) * n, (voting - sold) * (rest - n), ALL

    def passes(self, rule: str, attack: str = "buy", n: int = 0, hired: int = 0) -> bool:
        if rule == "conviction":
            return self.convinced(attack, 0 if attack == "split" else n)
        yes, no, whole = self.votes(rule, attack, n, hired)
        near = Fraction(1, 10**12)
        yes, no, whole = Fraction(yes), Fraction(no), Fraction(whole)
        return yes > self.k * no * (1 + near) and yes >= self.q * whole * (1 - near)

    def convinced(self, attack: str, n: int) -> bool:
        gap = Decimal(4) - Decimal(str(self.p["request"]))
        if gap <= 0:
            return False
        threshold = Decimal("0.48") / (gap * gap)  # 3% (4 / (4 - r))^2
        loan = attack == "borrow"
        turn = Decimal(self.t.numerator) / self.t.denominator
        staked = self.own + n + turn * (self.rest - (0 if loan else n))
        active = max(Decimal(ALL + (n if loan else 0)) / 5, staked)
        return (self.own + n) * self.grown() / active >= threshold * (1 - Decimal("1e-12"))

    def cost(self, rule: str, attack: str) -> Fraction | None:
        """By halving, and for delegates by trying each number of them."""
        ask = exact(self.p["ask"]) / 100
        if rule == "delegated" and attack == "bribe":
            own = sorted(others(self.rest, self.p["steep"])[:5])
            found = [
                ask * (sum(own[:b]) + n)
                for b in range(6)
                if (n := least(lambda n, b=b: self.passes(rule, attack, n, b), self.rest))
                is not None
            ]
            return min(found, default=None)
        by_account = attack == "bribe" and rule in ("account", "quadratic")
        most = {"split": 10**6, "borrow": 10 * ALL}.get(attack, 1000 if by_account else self.rest)
        n = least(lambda n: self.passes(rule, attack, n), most)
        if n is None:
            return None
        if by_account:
            return ask * self.held[n]
        loan = PRICE["loan" if self.p["wait"] else "flash"]
        price = {
            "buy": Fraction(1),
            "split": exact(self.p["account"]),
            "borrow": loan,
            "bribe": ask,
        }
        return price[attack] * n


def least(works: Callable[[int], bool], most: int) -> int | None:
    low, high = -1, most
    if not works(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


def dollars(text: str) -> tuple[float, float]:
    """The number said, and how far it may be off."""
    if text == "nothing":
        return 0.0, 0.001
    if text == "less than $1":
        return 0.5, 0.5
    number = re.match(r"\$([\d,.]+)( million| billion)?$", text)
    assert number, text
    scale = {None: 1.0, " million": 1e6, " billion": 1e9}[number[2]]
    value = float(number[1].replace(",", "")) * scale
    return value, 0.52 if scale == 1 else 0.00501 * value


def said_percent(text: str, true: float) -> None:
    if text.startswith("less than"):
        assert true < 0.001
    elif text.startswith("more than"):
        assert true > 0.999
    else:
        assert abs(float(text.rstrip("%")) - 100 * true) <= 0.0501 * max(1.0, 100 * true / 9.99)


SHARE = r"((?:less than |more than )?[\d.]+%)"


@settings(max_examples=80, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    house, rule, attack = House(p), p["rule"], p["attack"]
    takeaway = DEMO.view(raw).takeaway
    alone = [name for name in NAMES if house.passes(name)]
    assert takeaway.lower().startswith(NAMES[rule] + ": ")
    first, second = re.match(r"(.*?(?:alone|size passes it)\.) (.*)$", takeaway).groups()  # type: ignore[union-attr]
    if rule == "conviction":
        if p["request"] == 4:
            assert "no support of any size passes it" in first
        else:
            assert (" do not pass " in first) == (rule not in alone)
    else:
        assert ("does not pass" in first) == (rule not in alone)
        yes, no, whole = (Fraction(part) for part in house.votes(rule, "buy", 0))
        cast = re.search(rf"the proposer has {SHARE} of the votes cast", first)
        assert cast
        said_percent(cast[1], float(yes / (yes + no)))
        if "but only" in first:
            some = re.search(rf"but only {SHARE} of all votes, where {SHARE} is needed", first)
            assert some and yes > house.k * no and yes < house.q * whole
            said_percent(some[1], float(yes / whole))
            said_percent(some[2], float(house.q))
        elif rule not in alone:
            most = re.search(rf"where more than {SHARE} is needed", first)
            assert most and yes <= house.k * no
            said_percent(most[1], float(house.k / (1 + house.k)))
    if rule in alone:
        rest = [NAMES[name] for name in alone if name != rule]
        assert all((name in second) == (name in rest) for name in NAMES.values())
        assert ("Under none of the other four" in second) == (not rest)
        return
    costs = {way: house.cost(rule, way) for way in ("buy", "split", "borrow", "bribe")}
    possible = {way: cost for way, cost in costs.items() if cost is not None}
    if not possible:
        assert second == "None of the four attacks can change that."
        return
    mine, lowest = costs[attack], min(possible.values())
    if mine is None:
        assert "cannot change that; " in second
    else:
        told = re.search(
            r" (?:takes) (nothing|less than \$1|\$[\d,.]+(?: million| billion)?)", second
        )
        assert told
        value, off = dollars(told[1].rstrip("."))
        assert abs(value - float(mine)) <= off + 1e-6 * float(mine)
        if p["budget"]:
            if abs(mine - p["budget"]) > 2:
                assert ("is enough" in second) == (mine <= p["budget"])
        else:
            assert "budget" not in second
    if best := re.search(
        r"(\w+) is the cheapest attack, for (nothing|less than \$1|\$.*)\.$", second
    ):
        way = {"buying": "buy", "splitting": "split", "borrowing": "borrow", "bribing": "bribe"}
        named = possible[way[best[1]]]
        assert abs(named - lowest) <= 2
        value, off = dollars(best[2])
        assert abs(value - float(named)) <= off + 1e-6 * float(named)
    else:
        assert second.endswith("no attack is cheaper.") and mine is not None
        assert mine <= lowest + 2


def test_the_bars_are_the_votes_and_the_marks_what_is_needed() -> None:
    view = DEMO.view({"attack": "bribe", "budget": 10_000})
    bars = [t for t in view.figure["data"] if t["type"] == "bar"]
    for row, rule in enumerate(NAMES):
        whole = sum(t["x"][row] for t in bars)
        assert whole <= 1.001
        if rule != "conviction":
            assert abs(whole - 1) < 1e-3
            assert abs(view.metrics[f"share_{rule}"] - DEMO.view().metrics[f"share_{rule}"]) < 1e-12
    needed = next(t for t in view.figure["data"] if t["name"] == "needed")
    assert needed["x"][:4] == [0.5, 0.5, 0.5, 0.5]


def test_every_cost_of_the_table_stands_in_the_picture() -> None:
    view = DEMO.view({"turnout": 50})
    shown = sum(len(t["x"]) for t in view.figure["data"] if t.get("mode") == "markers+text")
    told = sum(cell is not None for row in view.table.rows for cell in row[4:8])
    assert shown == told > 8


def test_presets_say_what_was_reported() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    beanstalk = views["beanstalk"].metrics
    assert abs(100 * beanstalk["of_all"] - fact("beanstalk_share")) < 1
    assert beanstalk["after_token"] == 1 and beanstalk["alone_token"] == 0
    compound = views["compound"].metrics
    real = fact("compound_for") / (fact("compound_for") + fact("compound_against"))
    assert abs(compound["share_token"] - real) < 0.002 and compound["alone_token"] == 1
    solend = views["solend"].metrics
    assert abs(solend["share_token"] - fact("solend_wallet") / fact("solend_votes")) < 0.003
    assert solend["alone_token"] == 1
    assert views["bright"].metrics["alone_conviction"] == 1
    patient = {**DEMO.presets[3].params, "whale": 60}
    assert DEMO.view(patient).metrics["alone_conviction"] == 0
    assert views["steem"].metrics["whale"] == fact("steem_share") / 100


def test_the_first_setting_is_the_guess() -> None:
    assert DEMO.guess.answer(DEMO.view()) == 1
