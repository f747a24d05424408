"""The picture of swarm: who holds what, how often each block is there, how long each token took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout, thin
from ...inference.swarm import OVERHEAD_S, Span, one_way_s
from ...inference.swarm_join import Distances, coverage
from ...inference.swarm_life import READ_START, READ_TOKEN, Life

CROSS = {"color": READER, "symbol": "x", "size": 9}


def figure(life: Life, blocks: int, offloaded_s: float | None) -> dict[str, Any]:
    """Top: servers against blocks, the chain through them. Middle: how many hold each block.
    Bottom: seconds for each token, and what one machine would need, if that is known."""
    row = {server.name: i + 1 for i, server in enumerate(sorted(life.servers, key=_name))}
    data = [*_servers(life, row), _held(life, blocks), *_tokens(life, offloaded_s)]
    ticks = list(range(0, blocks + 1, 10))
    low, high = _span(life, offloaded_s)
    held = coverage(life.servers, blocks)
    nothing = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.1, "showarrow": False}
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("", range=[0, blocks], domain=[0, 1], showticklabels=False, tickvals=ticks),
            yaxis=axis(
                "server",
                range=[0.3, len(row) + 0.7],
                domain=[0.53, 1],
                tick0=0,
                dtick=_whole(len(row), 5),
            ),
            xaxis2=axis("block of the model", range=[0, blocks], anchor="y2", tickvals=ticks),
            yaxis2=axis(
                "servers<br>with it",
                anchor="x2",
                domain=[0.36, 0.49],
                range=[0, 1.08 * max(2, *held)],
                tick0=0,
                dtick=_whole(max(held), 3),
            ),
            xaxis3=axis("token", anchor="y3", rangemode="tozero", tickformat=",d", nticks=6),
            yaxis3=axis(
                "seconds",
                anchor="x3",
                domain=[0, 0.22],
                type="log",
                range=[low, high],
                tickvals=[0.1, 1, 10, 100, 1000],
                ticktext=["0.1", "1", "10", "100", "1,000"],
            ),
            annotations=[] if life.token_s else [{**nothing, "text": "no token came"}],
            shapes=[
                {
                    "type": "line",
                    "xref": "x2",
                    "yref": "y2",
                    "x0": 0,
                    "x1": blocks,
                    "y0": 1,
                    "y1": 1,
                    "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
                }
            ],
        ),
    }


def _whole(most: int, steps: int) -> int:
    """A whole step between marks, so that there are about `steps` of them up to `most`."""
    return next((step for step in (1, 2, 5, 10, 20) if step * steps >= most), 20)


def _name(server: Any) -> str:
    return str(server.name)


def _servers(life: Life, row: dict[str, int]) -> list[dict[str, Any]]:
    width = max(3, min(12, 200 // max(1, len(row))))
    x: list[float | None] = []
    y: list[float | None] = []
    for server in life.servers:
        x += [server.start, server.end, None]
        y += [row[server.name], row[server.name], None]
    # A gap between neighbours, so that equal spans do not run together.
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "blocks it holds",
            "x": x,
            "y": y,
            "line": {"color": DECENTRALISED, "width": width},
            "opacity": 0.45,
            "hovertemplate": "server %{y}: to block %{x}<extra></extra>",
        }
    ]
    if life.chain:
        path_x = [edge for _, first, last in life.chain.spans for edge in (first, last)]
        path_y = [row[name] for name, _, _ in life.chain.spans for _ in range(2)]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "your chain",
                "x": path_x,
                "y": path_y,
                "line": {"color": READER, "width": 3},
                "hoverinfo": "skip",
            }
        )
    if life.repairs:
        # Marked on the bar, where the server stood at first, even if it has been elsewhere since.
        first: dict[str, int] = {}
        for repair in life.repairs:
            first.setdefault(repair.lost[0], repair.token)
        middle = {server.name: (server.start + server.end) / 2 for server in life.servers}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "left the chain",
                "x": [middle[name] for name in first],
                "y": [row[name] for name in first],
                "text": [str(token) for token in first.values()],
                "marker": CROSS,
                "hovertemplate": "server %{y} left after token %{text}<extra></extra>",
            }
        )
    return data


def _held(life: Life, blocks: int) -> dict[str, Any]:
    held = coverage(life.servers, blocks)
    edges = [0, *(i for i in range(1, blocks) if held[i] != held[i - 1])]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "servers with a block",
        "showlegend": False,
        "x": [*edges, blocks],
        "y": [*(held[i] for i in edges), held[-1]],
        "line": {"color": DECENTRALISED, "width": 2, "shape": "hv"},
        "fill": "tozeroy",
        "xaxis": "x2",
        "yaxis": "y2",
        "hovertemplate": "from block %{x}: %{y} servers<extra></extra>",
    }


def _tokens(life: Life, offloaded_s: float | None) -> list[dict[str, Any]]:
    values = life.token_s
    if not values:
        return []
    # A run of equal times needs its two ends alone.
    kept = [
        i
        for i in range(len(values))
        if i in (0, len(values) - 1) or values[i] != values[i - 1] or values[i] != values[i + 1]
    ]
    common = {"type": "scatter", "xaxis": "x3", "yaxis": "y3"}
    data: list[dict[str, Any]] = []
    if offloaded_s:
        data.append(
            {
                **common,
                "mode": "lines",
                "name": "one GPU, at best",
                "x": [1, len(values)],
                "y": thin([offloaded_s] * 2),
                "line": {"color": CENTRAL, "width": 2, "dash": "dash"},
                "hovertemplate": "one A100, weights from main memory: %{y} s<extra></extra>",
            }
        )
    data.append(
        {
            **common,
            "mode": "lines",
            "name": "seconds for a token",
            "showlegend": False,
            "x": [i + 1 for i in kept],
            "y": thin([values[i] for i in kept]),
            "line": {"color": DECENTRALISED, "width": 2},
            "hovertemplate": "token %{x}: %{y} s<extra></extra>",
        }
    )
    late = sorted({min(repair.token, len(values) - 1) for repair in life.repairs})
    if late:
        data.append(
            {
                **common,
                "mode": "markers",
                "name": "left the chain",
                "showlegend": False,
                "x": [i + 1 for i in late],
                "y": thin([values[i] for i in late]),
                "marker": CROSS,
                "hovertemplate": "token %{x}: %{y} s<extra></extra>",
            }
        )
    return data


def _span(life: Life, offloaded_s: float | None) -> tuple[float, float]:
    """Powers of ten around all times: whole ones, so that the picture does not tremble."""
    values = [*life.token_s, *([offloaded_s] if offloaded_s else [])] or [1.0]
    low = next(e for e in (0, -1, -2) if min(values) > 1.3 * 10.0**e or e == -2)
    high = next(e for e in (1, 2, 3, 4) if 1.5 * max(values) < 10.0**e or e == 4)
    return low, high


def scene(life: Life, far: Distances) -> dict[str, Any] | None:
    """Tokens around the first departure from the chain, for live/js/scenes/swarm.js."""
    if not life.chain or not life.token_s:
        return None
    names = sorted(server.name for server in life.servers)
    row = {name: i for i, name in enumerate(names)}
    pace = {server.name: server.block_s() for server in life.servers}

    def hops(spans: Sequence[Span], times: float) -> list[list[float]]:
        """[row, first, last, seconds to enter, seconds of work] of each span, the client first."""
        found, before = [], None
        for name, first, last in spans:
            rtt = far.client[name] if before is None else far.between[before, name]
            work = times * (last - first) * pace[name]
            found.append([row[name], first, last, *thin([one_way_s(rtt) + OVERHEAD_S, work])])
            before = name
        return found

    def token(number: int, spans: Sequence[Span]) -> dict[str, Any]:
        back = thin([one_way_s(far.client[spans[-1][0]])])[0]
        return {"what": "token", "number": number, "hops": hops(spans, 1.0), "back": back}

    spans = list(life.chain.spans)
    breaks = [repair for repair in life.repairs if repair.token == life.repairs[0].token]
    begin = max(0, breaks[0].token - 2) if breaks else 0
    acts = [token(begin + i + 1, spans) for i in range(breaks[0].token - begin if breaks else 2)]
    for repair in breaks:
        name, first, last = repair.lost
        gone = {"what": "gone", "row": row[name], "first": first, "last": last}
        acts.append({**gone, "wait": thin([repair.waited])[0]})
        if not repair.found:
            acts.append({"what": "stop"})
            break
        index = next((i for i, span in enumerate(spans) if span == repair.lost), None)
        if index is None or life.lost:  # the answer begins again, through a chain of its own
            spans, begin = list(repair.found), 0
            continue
        history = repair.token + 1
        read = hops(repair.found, READ_START + READ_TOKEN * history)
        acts.append({"what": "read", "number": history, "hops": read})
        spans[index : index + 1] = repair.found
    else:
        done = breaks[0].token if breaks and not life.lost else 0 if breaks else 2
        acts += [token(done + i + 1, spans) for i in range(2)]
    places = {server.name: [server.start, server.end] for server in life.servers}
    return {
        "kind": "swarm",
        "blocks": max(server.end for server in life.servers),
        "servers": [places[name] for name in names],
        "acts": acts,
    }
