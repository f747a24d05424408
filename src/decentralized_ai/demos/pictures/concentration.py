"""The picture of concentration: accounts by size, the Lorenz curve, and the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout, thin
from ...governance.concentration import lorenz
from ...governance.concentration_accounts import LAYERS, Holders
from ...quantities import digits

SHOWN = 30  # accounts with a bar of their own
TOP = 0.54  # where the lower panels end


def figure(
    holders: Holders, found: Mapping[str, float], layers: Mapping[str, int], share: str,
    names: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Above: the accounts, and those that together pass the threshold. Below: how far from equal,
    and how many it takes layer by layer."""
    weights = holders.weights if holders.owned else []
    return {
        "data": [
            *_bars(holders, int(found.get("needed", 0)), names),
            *_curve(weights),
            _layers(found, layers),
        ],
        "layout": layout(
            height=520,
            showlegend=False,
            bargap=0.15,
            margin={"l": 46, "r": 8, "t": 58, "b": 44},
            xaxis=axis(
                f"largest first; hatched: together past {share}",
                anchor="y",
                showgrid=False,
                tickangle=0,
                tick0=1,
                dtick=1 if len(weights) <= 12 else 5,
            ),
            yaxis=axis("counts for, %", domain=[TOP + 0.05, 1], rangemode="tozero", nticks=5),
            xaxis2=axis(
                "holders, poorest first",
                domain=[0, 0.4],
                anchor="y2",
                range=[0, 1],
                tickvals=[0, 0.5, 1],
                ticktext=["0", "half", "all"],
            ),
            yaxis2=axis(
                "what they hold",
                domain=[0, TOP - 0.16],
                anchor="x2",
                range=[0, 1.01],
                tickvals=[0, 0.5, 1],
                ticktext=["0", "half", "all"],
            ),
            xaxis3=axis(
                f"to pass {share}",
                domain=[0.68, 1],
                anchor="y3",
                range=[0, 1.45 * max([1, *layers.values(), found.get("needed", 0)])],
                showgrid=False,
                showticklabels=False,
                ticks="",
            ),
            yaxis3={
                "domain": [0, TOP - 0.16],
                "anchor": "x3",
                "range": [len(layers) + 0.6, -0.6],
                "tickvals": list(range(len(layers) + 1)),
                "ticktext": _labels(found, layers),
                "showgrid": False,
                "zeroline": False,
            },
            annotations=[*_strip(found, share), *_notes(holders, weights)],
        ),
    }


def _bars(holders: Holders, passing: int, names: Sequence[str]) -> list[dict[str, Any]]:
    """One trace for those that pass together, one for the others; of the split holder in purple."""
    total = sum(holders.owners)
    every = [
        (rank, 100 * weight / total, owner)
        for rank, (weight, owner) in enumerate(holders.accounts[:SHOWN], 1)
    ]
    split = holders.owned[0][0] if holders.parts > 1 and holders.owned else -1

    def trace(name: str, bars: list[tuple[int, float, int]], color: str, shape: str) -> dict:
        return {
            "type": "bar",
            "name": name,
            "x": [rank for rank, _, _ in bars],
            "y": thin([height for _, height, _ in bars]),
            "marker": {
                "color": [
                    READER if owner == split and not shape else color for _, _, owner in bars
                ],
                "pattern": {"shape": shape},
                "line": {
                    "color": READER,
                    "width": [2 if owner == split else 0 for _, _, owner in bars],
                },
            },
            "hovertext": [names[o] if o < len(names) else "one of many" for _, _, o in bars],
            "hovertemplate": "%{hovertext}: %{y:.3g}%<extra></extra>",
        }

    return [
        trace("together they pass", every[:passing], THRESHOLD, "/"),
        trace("the others", every[passing:], DECENTRALISED, ""),
    ]


def _curve(weights: Sequence[int]) -> list[dict[str, Any]]:
    corners = lorenz(weights) if weights else []
    below = {"type": "scatter", "mode": "lines", "xaxis": "x2", "yaxis": "y2", "hoverinfo": "skip"}
    return [
        {
            **below,
            "name": "all equal",
            "x": [0, 1],
            "y": [0, 1],
            "line": {"color": CENTRAL, "width": 1.5, "dash": "dash"},
        },
        {
            **below,
            "name": "Lorenz curve",
            "x": thin([x for x, _ in corners]),
            "y": thin([y for _, y in corners]),
            "line": {"color": DECENTRALISED, "width": 3},
            "fill": "tonexty",
            "fillcolor": "rgba(0, 114, 178, 0.18)",
        },
    ]


def _layers(found: Mapping[str, float], layers: Mapping[str, int]) -> dict[str, Any]:
    counts = [int(found.get("needed", 0)), *layers.values()]
    low = min(count for count in counts if count)
    colors = [READER, *[DECENTRALISED] * len(layers)]
    return {
        "type": "bar",
        "orientation": "h",
        "name": "layers",
        "x": counts,
        "y": list(range(len(counts))),
        "text": [str(count) if count else "nobody" for count in counts],
        "textposition": "outside",
        "cliponaxis": False,
        "xaxis": "x3",
        "yaxis": "y3",
        "marker": {
            "color": [
                THRESHOLD if count == low else color
                for count, color in zip(counts, colors, strict=True)
            ],
            "pattern": {"shape": ["/" if count == low else "" for count in counts]},
        },
        "hoverinfo": "skip",
    }


def _labels(found: Mapping[str, float], layers: Mapping[str, int]) -> list[str]:
    counts = {"yours": int(found.get("needed", 0)), **layers}
    low = min(count for count in counts.values() if count)
    words = {"yours": "yours", **{name: str(LAYERS[name]["short"]) for name in layers}}
    return [
        f"<b>{words[name]}</b>" if count == low else words[name] for name, count in counts.items()
    ]


def _strip(found: Mapping[str, float], share: str) -> list[dict[str, Any]]:
    """The four numbers, above everything."""
    cells = [
        (name, digits(round(found[key], places), 5) if key in found else "?")
        for name, key, places in (
            (f"to pass {share}", "needed", 0),
            ("Gini", "gini", 2),
            ("HHI", "hhi", 0),
            ("evenness", "evenness", 2),
        )
    ]
    return [
        {
            "text": f"<b>{value}</b><br>{name}",
            "xref": "paper",
            "yref": "paper",
            "x": at,
            "y": 1.015,
            "xanchor": "center",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for at, (name, value) in zip((0.1, 0.38, 0.62, 0.89), cells, strict=True)
    ]


def _notes(holders: Holders, weights: Sequence[int]) -> list[dict[str, Any]]:
    """In the empty corner above the small accounts."""
    lines = []
    if holders.parts > 1 and weights:
        lines.append(f"purple: {holders.parts} accounts of one owner")
    if len(weights) > SHOWN:
        share = digits(100 * sum(weights[SHOWN:]) / sum(weights), 2)
        lines.append(f"and {len(weights) - SHOWN} more with {share}% in all")
    if not lines:
        return []
    return [
        {
            "text": "<br>".join(lines),
            "align": "right",
            "xref": "x domain",
            "yref": "y domain",
            "x": 1,
            "y": 0.97,
            "xanchor": "right",
            "yanchor": "top",
            "showarrow": False,
        }
    ]
