"""The picture of incentives: income and operators over time, and who stays on what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contract.figure import (
    CENTRAL,
    CHEATING,
    DECENTRALISED,
    HONEST,
    READER,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...resilience.incentives import OPERATORS, Pool, equilibrium
from ...resilience.incentives_measured import Cut

TOP = 150  # % of the first income: what grows beyond runs out of the picture


def figure(
    pools: Sequence[Pool],
    there: Sequence[int],
    costs: tuple[float, ...],
    unpaid: int,
    every: int,
    measured: Sequence[Cut],
) -> dict[str, Any]:
    """Above: fees and emission, stacked, and the operators on them. Below: how many stay on a
    share of the income, with what was reported of real cuts."""
    # Steps are drawn up to the end of the last month.
    pools, there = [*pools, pools[-1]], [*there, there[-1]]
    years = thin([t / 12 for t in range(len(pools))])
    fees = [pool.fees for pool in pools]
    taken = [
        pool.emission * (pool.taken(n) if n else float(pool.rule != "work"))
        for pool, n in zip(pools, there, strict=True)
    ]
    real = [pool.emission - gone for pool, gone in zip(pools, taken, strict=True)]
    top = min(TOP, max(105.0, 1.05 * max(pool.fees + pool.emission for pool in pools)))
    data = [
        _area("fees", years, fees, DECENTRALISED, ""),
        _area("emission", years, real, CENTRAL, "/"),
    ]
    if max(taken) > 0:
        data.append(_area("emission to fakes", years, taken, CHEATING, "x"))
    data.append(
        {
            "type": "scatter",
            "name": "operators",
            "x": years,
            "y": list(there),
            "mode": "lines",
            "line": {"color": HONEST, "width": 4, "shape": "hv"},
            "hovertemplate": "year %{x:.1f}: %{y} operators",
        }
    )
    data += _below(pools[0], costs, unpaid, measured)
    steps = thin([t / 12 for t in range(every, len(pools) - 1, every)])
    if steps:
        data.insert(-4, _cuts(steps, thin([top])[0]))
    return {
        "data": data,
        "layout": layout(
            height=520,
            margin={"l": 52, "r": 10, "t": 8, "b": 48},
            xaxis=axis("year", range=[0, 8], tickvals=[0, 2, 4, 6, 8]),
            yaxis=axis("% of the start", range=thin([0, top]), domain=[0.56, 1]),
            xaxis2=axis("% of the income left", anchor="y2", range=[-4, 104], zeroline=False),
            yaxis2=axis(
                "% who stay",
                anchor="x2",
                zeroline=False,
                range=[-10, 124],
                tickvals=[0, 50, 100],
                domain=[0, 0.38],
            ),
        ),
    }


def _area(
    name: str, x: list[float], y: Sequence[float], color: str, pattern: str
) -> dict[str, Any]:
    fill: dict[str, Any] = {"fillcolor": f"{color}66"}
    if pattern:
        fill["fillpattern"] = {"shape": pattern, "fgcolor": color, "size": 7, "solidity": 0.2}
    return {
        "type": "scatter",
        "name": name,
        "x": x,
        "y": thin(y, 3),
        "stackgroup": "income",
        "mode": "lines",
        "line": {"color": color, "width": 1, "shape": "hv"},
        "hovertemplate": f"year %{{x:.1f}}: {name} %{{y:.3g}}",
        **fill,
    }


def _below(
    pool: Pool, costs: tuple[float, ...], unpaid: int, measured: Sequence[Cut]
) -> list[dict[str, Any]]:
    shares = [0, 0.5, 1, 2, 3, 5, 7, *range(10, 101, 5)]
    curve = [equilibrium(Pool(float(share), 0.0), costs) for share in shares]
    lower: dict[str, Any] = {"type": "scatter", "xaxis": "x2", "yaxis": "y2"}
    return [
        {
            **lower,
            "name": "one for one",
            "x": [0, 100],
            "y": [0, 100],
            "mode": "lines",
            "showlegend": False,
            "line": {"color": CENTRAL, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            **lower,
            "name": "who stays",
            "x": shares,
            "y": curve,
            "mode": "lines",
            "showlegend": False,
            "line": {"color": HONEST, "width": 3},
            "hovertemplate": "%{x}% of the income left: %{y} stay",
        },
        {
            **lower,
            "name": "reported",
            "x": thin([100 * cut.income for cut in measured]),
            "y": thin([100 * cut.stayed for cut in measured]),
            "text": [cut.name for cut in measured],
            "mode": "markers+text",
            "textposition": ["bottom right", "top center", "middle left"],
            "textfont": {"size": 11},
            "marker": {"symbol": "square-open", "size": 9, "color": CENTRAL, "line": {"width": 2}},
            "hovertemplate": "%{text}: %{x:.0f}% of the income left, %{y:.0f}% stayed",
        },
        {
            **lower,
            "name": "fees only",
            "x": thin([pool.fees / (pool.fees + pool.emission) * OPERATORS]),
            "y": [unpaid],
            "mode": "markers",
            "marker": {
                "symbol": "diamond",
                "size": 14,
                "color": READER,
                "line": {"width": 1, "color": CENTRAL},
            },
            "hovertemplate": "fees only, %{x:.3g}% of the income: %{y} stay",
        },
    ]


def _cuts(steps: Sequence[float], top: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "cut",
        "x": [x for at in steps for x in (at, at, None)],
        "y": [0.0, top, None] * len(steps),
        "mode": "lines",
        "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }
