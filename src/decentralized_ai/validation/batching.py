"""inference/batching*.py against measured cards, a vendor's table, and a search."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from ..inference.batching import MEASURED, ROOF, Machine, Steps, curve, fit, rate_of
from ..inference.batching_hardware import GPUS, MODELS, RENTS, WORKS, Work
from ..inference.batching_market import Side, break_even
from ..inference.batching_measured import (
    BF16,
    BUSY,
    BUSY_RENT,
    CAPACITY,
    FP8,
    ROOM,
    SELLER,
    USERS,
)
from ..inference.batching_nvidia import H200, ROWS, Row, machine
from .check import Check

MODEL, MARKET = "tests/inference/test_batching.py", "tests/inference/test_batching_market.py"
QWEN = Machine(GPUS["h100"], MODELS["qwen3_8b"], 1)
QWEN_16 = Machine(GPUS["h100"], replace(MODELS["qwen3_8b"], bits=16), 1)
RUNS = ((QWEN, FP8), (QWEN_16, BF16))


def measured(run: Machine, curves: dict[str, tuple[float, ...]], steps: Steps) -> dict[str, list]:
    """For each kind of request the predicted over the measured throughput, by users."""
    return {
        kind: [rate_of(run, WORKS[kind], u, steps) / r for u, r in zip(USERS, rates, strict=False)]
        for kind, rates in curves.items()
    }


def fitted(run: Machine, curves: dict[str, tuple[float, ...]]) -> tuple[float, float]:
    """Overhead and share that fit the chat curve best."""
    points = zip(USERS, curves["chat"], strict=True)
    return fit([(run, WORKS["chat"], users, rate) for users, rate in points])


def nvidia(steps: Steps, rows: tuple[Row, ...] = ROWS) -> list[float]:
    """Predicted over printed throughput, row by row."""
    ratios = []
    for card, model, cards, batch, coming, going, printed in rows:
        run = machine(card, model, cards)
        took = float(steps.times(run, Work(coming, going), batch)[-1])
        ratios.append(batch / took / cards / printed)
    return ratios


def split(row: int) -> bool:
    """Whether several cards share one copy of the model in that row."""
    return ROWS[row][2] > 1


def busy() -> dict[str, float]:
    """How busy a card at $2.69 an hour has to be, with our throughput at the source's users."""
    out = {}
    for kind, (users, _) in CAPACITY.items():
        requests = rate_of(QWEN, WORKS[kind], users, MEASURED) / WORKS[kind].going * 3600
        out[kind] = BUSY_RENT / (requests * SELLER[kind] / 1000)
    return out


def searched(provider: Side, market: Side, most: float) -> float:
    """The first demand at which the market costs no more, by trying the edges of all stairs."""
    edges = {0.0}
    for side in (provider, market):
        full = side.operators * side.curve.capacity
        edges |= {k * full for k in range(1 + int(most / full))}
    for edge in sorted(edges):
        demand = edge * (1 + 1e-9) + 1e-6
        if edge < most and market.bill(demand) <= provider.bill(demand):
            return edge
    return math.inf


def sides(seed: int) -> tuple[Side, Side]:
    """A provider and a market drawn at random."""
    rng = random.Random(seed)
    drawn = []
    for operators in (1, rng.choice((1, 2, 3, 8, 16, 50))):
        card = rng.choice(("h200", "h100", "a100", "l40s", "rtx4090"))
        can = curve(GPUS[card], MODELS["qwen3_8b"], WORKS["chat"], MEASURED, 20)
        drawn.append(
            Side(can, operators, RENTS["secure"][card] * rng.choice((10, 30, 70, 100, 130)))
        )
    return drawn[0], drawn[1]


def checks() -> list[Check]:
    """Well under a second."""
    ratios = [r for run, c in RUNS for row in measured(run, c, ROOF).values() for r in row]
    under = min([*ratios, *nvidia(ROOF), *nvidia(ROOF, H200)])
    chat = [abs(r - 1) for run, c in RUNS for r in measured(run, c, MEASURED)["chat"]]
    others = [
        abs(r - 1)
        for run, c in RUNS
        for kind, row in measured(run, c, MEASURED).items()
        if kind != "chat"
        for r in row
    ]
    table = [abs(r - 1) for r in nvidia(MEASURED)]
    alone = [e for i, e in enumerate(table) if not split(i)]
    shared = [e for i, e in enumerate(table) if split(i)]
    last = [abs(r - 1) for r in nvidia(MEASURED, H200)]
    last_alone = [e for row, e in zip(H200, last, strict=True) if row[2] == 1]
    room = max(
        abs(run.room(WORKS[kind]) / published - 1)
        for run, _ in RUNS
        for kind, published in ROOM[run.model.bits].items()
    )
    return [
        Check(
            model="batching: the roofline, as a bound on measured throughput",
            against="117 points, an H100 and NVIDIA's tables: largest share of it reached",
            source="silybench",
            error=1 / under,
            tolerance=1.0,
            why="a bound may not be passed; most cards stay far below it",
            test=f"{MODEL}::test_no_measurement_passes_the_roofline",
        ),
        Check(
            model="batching: step time with overhead and share, where they were fitted",
            against="chat curves of Qwen3-8B on an H100, 8 and 16 bits: largest relative error",
            source="silybench",
            error=max(chat),
            tolerance=0.12,
            why="two constants for eight points each, over a factor of 77 in throughput",
            test=f"{MODEL}::test_the_constants_are_those_that_fit_the_chat_curves",
        ),
        Check(
            model="batching: the same, predicted",
            against=f"the {len(others)} points of the other curves: mean relative error",
            source="silybench",
            error=math.fsum(others) / len(others),
            tolerance=0.06,
            why=f"largest {max(others):.0%}; medium batches with long questions are worst",
            test=f"{MODEL}::test_the_other_curves_are_predicted",
        ),
        Check(
            model="batching: the same, other cards and models, one card a copy",
            against=f"{len(alone)} rows of NVIDIA's table of 2023: largest relative error",
            source="tensorrt_llm",
            error=max(alone),
            tolerance=0.2,
            why=f"mean {math.fsum(alone) / len(alone):.0%}; other software, a vendor's figures",
            test=f"{MODEL}::test_nvidias_own_table_is_predicted",
        ),
        Check(
            model="batching: the same, several cards a copy",
            against=f"{len(shared)} rows of that table: median relative error",
            source="tensorrt_llm",
            error=sorted(shared)[len(shared) // 2],
            tolerance=0.2,
            why=f"largest {max(shared):.0%}: where LLaMA 70B writes 2,048 tokens",
            test=f"{MODEL}::test_copies_on_several_cards_are_predicted_worse",
        ),
        Check(
            model="batching: the same, a table read when all was settled, one card a copy",
            against=f"{len(last_alone)} rows of NVIDIA's on the H200: largest relative error",
            source="tensorrt_h200",
            error=max(last_alone),
            tolerance=0.25,
            why=f"mean {math.fsum(last_alone) / len(last_alone):.0%}; the row on two cards: "
            f"{max(last):.0%}",
            test=f"{MODEL}::test_a_table_that_was_read_last",
        ),
        Check(
            model="batching: requests whose keys and values fit",
            against="what vLLM reported at its start, ten cases",
            source="silybench",
            error=room,
            tolerance=0.03,
            why="a request is a whole number; its own working memory is not known to us",
            test=f"{MODEL}::test_as_many_requests_fit_as_vllm_reported",
        ),
        Check(
            model="batching: how busy a rented H100 must be to match the cheapest seller",
            against="five kinds of requests, 11% to 51%: largest relative error",
            source="silybench",
            error=max(abs(share / BUSY[kind] - 1) for kind, share in busy().items()),
            tolerance=0.12,
            why="their prices and users, our throughput: its error, and nothing else",
            test=f"{MODEL}::test_the_published_break_even",
        ),
        Check(
            model="batching: demand at which a market first costs no more",
            against="a search over all stairs of both bills, 60 random markets",
            source="src/decentralized_ai/validation/batching.py",
            error=max(gap(*sides(seed), 3e5) for seed in range(60)),
            tolerance=1e-6,
            why="tokens/s; closed form on one side",
            test=f"{MARKET}::test_break_even_against_a_search",
        ),
    ]


def gap(provider: Side, market: Side, most: float) -> float:
    """Between the formula and the search; none and none is no gap."""
    found = break_even(provider, market, most)
    true = searched(provider, market, most)
    return (0.0 if true == math.inf else math.inf) if found is None else abs(found - true)
