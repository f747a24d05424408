"""The cheapest route stops at the law: who can use what, from where, at what price."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    Toggle,
    View,
)
from ..quantities import digits, listed, percent, settled
from ..resilience.access import (
    GATES,
    SHUT,
    UNKNOWN,
    Country,
    Route,
    able,
    at_home,
    by_token,
    cell,
    countries,
    first,
    price,
)
from ..resilience.access_reach import Setting, added, everybody, in_country, reached, without
from .pictures.access import figure

WHERE = tuple(sorted(countries(), key=lambda country: -country.people))
ROUTES = {"closed": "company", "own": "machine", "market": "market"}
SAID = {
    "closed": "a company's service",
    "own": "an open model on one's own machine",
    "market": "the decentralised market",
}
COMPANIES = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "deepseek": "DeepSeek",
    "any": "whichever of the three is open",
}
PLANS = {
    "token": "by the token, 2026",
    "plus": "$20 a month (Plus, 2026)",
    "go": "$8, in India $4.60 (Go)",
    "free": "nothing (a free tier)",
}
LICENCES = {"apache": "Apache 2.0 (Qwen3)", "llama": "Llama 3.2 Vision"}
WORDS = {
    "provider": "the rule of whoever offers it",
    "law": "the law",
    "network": "the network",
    "price": "the price",
}
READ_AS = ("By what is known", "If all that is unknown is open")
USE: dict[int | float, str] = {
    0.1: "0.1 million (a chat a day)",
    1: "1 million (an hour's chat a day)",
    10: "10 million (help all day long)",
    100: "100 million (an agent that never rests)",
    300: "300 million (several agents)",
}


def compute(
    bar: float,
    tokens: float,
    routes: tuple[str, ...],
    gates: tuple[str, ...],
    company: str,
    plan: str,
    licence: str,
    unknown: str,
    unequal: bool,
) -> View:
    """Sixteen countries, up to three routes, four gates: who gets through, and what stops whom."""
    setting = Setting(bar / 100, unequal, gates)
    every = _routes(tokens, company, plan, licence)
    chosen = {name: every[name] for name in routes}
    bound = int(unknown == "open")
    metrics = _metrics(chosen, every, setting, bound)
    return View(
        figure=figure(chosen, WHERE, setting, bound, metrics),
        takeaway=_takeaway(chosen, setting, bound, metrics),
        metrics=metrics,
        table=_table(chosen, setting),
    )


def _routes(tokens: float, company: str, plan: str, licence: str) -> dict[str, Route]:
    if plan == "token":
        dollars = {"rest": by_token("token", tokens)}
    else:
        dollars = {"rest": price(plan)["month"]}
    if plan == "go":
        dollars["india"] = price("go_india")["month"]
    firms = ("openai", "anthropic", "deepseek") if company == "any" else (company,)
    return {
        "closed": Route(ROUTES["closed"], firms, dollars),
        "own": Route(ROUTES["own"], (licence,), {"rest": at_home(tokens)}),
        "market": Route(ROUTES["market"], ("market",), {"rest": by_token("market", tokens)}),
    }


def _metrics(
    chosen: dict[str, Route], every: dict[str, Route], setting: Setting, bound: int
) -> dict[str, float]:
    """Shares from 0 to 1, people, dollars a month; of routes not chosen only the price."""
    routes = list(chosen.values())
    low, up = reached(routes, WHERE, setting)
    india = next(country for country in WHERE if country.id == "india")
    found = {
        "low": low,
        "up": up,
        "people": everybody(WHERE),
        "countries": len(WHERE),
        "gates": len(setting.gates),
        "routes": len(chosen),
        **{f"cost.{name}": route.cost("rest") for name, route in every.items()},
        "barred": everybody([c for c in WHERE if _barred(every["closed"], c)]) / everybody(WHERE),
        "india.cost": every["closed"].cost("india"),
        "india.share": every["closed"].cost("india") / (india.income / 12),
    }
    for name, route in chosen.items():
        found[f"low.{name}"], found[f"up.{name}"] = reached([route], WHERE, setting)
        states = [route.best(country.id, setting.gates)[1] for country in WHERE]
        found[f"shut.{name}"] = states.count(SHUT)
        found[f"unknown.{name}"] = states.count(UNKNOWN)
    for gate in setting.gates:
        found[f"without.{gate}"] = without(gate, routes, WHERE, setting)[bound]
    if "market" in chosen and len(chosen) > 1:
        others = [route for name, route in chosen.items() if name != "market"]
        found["added"] = added(chosen["market"], others, WHERE, setting, bound)
    return found


def _barred(route: Route, country: Country) -> bool:
    """Whether the company's own rule shuts the country out."""
    return route.best(country.id, ("provider",))[1] == SHUT


def _takeaway(
    chosen: dict[str, Route], setting: Setting, bound: int, metrics: dict[str, float]
) -> str:
    low, up = percent(metrics["low"]), percent(metrics["up"])
    share = low if low == up else f"{low} to {up}"
    left = [WORDS[gate] for gate in GATES if gate not in setting.gates]
    by = "at least one of these routes" if len(chosen) > 1 else SAID[next(iter(chosen))]
    count = f", with {listed(left)} left out of the count" if left else ""
    paying = f"With {digits(100 * setting.bar)}% of a month's income to spend, "
    head = (
        f"{paying}{share} of the {_people(metrics['people'])} in {len(WHERE)} countries get "
        f"through by {by}{count}."
    )
    if "market" not in chosen:
        return f"{head} {_dearest(setting, bound, metrics)}"
    names = sorted(c.name for c in WHERE if cell("market", "law", c.id).state == SHUT)
    law = f"in {listed(names)} a law shuts it, and a law holds on every route."
    if "law" not in setting.gates:
        law = f"but {law}"
    if "added" not in metrics:
        return f"{head} {law[0].upper()}{law[1:]}"
    more = f"the decentralised market adds {_people(metrics['added'])} to the rest"
    return f"{head} {READ_AS[bound]}, {more}; {law}"


def _dearest(setting: Setting, bound: int, metrics: dict[str, float]) -> str:
    """Which gate, taken away, would let the most people through."""
    now = metrics["up"] if bound else metrics["low"]
    gains = {gate: round(metrics[f"without.{gate}"] - now, 9) for gate in setting.gates}
    gate = max(gains, key=lambda name: gains[name])
    if gains[gate] <= 0:
        return f"{READ_AS[bound]}, no gate alone keeps anybody out."
    then = percent(metrics[f"without.{gate}"])
    most = f"what alone keeps out most is {WORDS[gate]}"
    return f"{READ_AS[bound]}, {most}: without it, {then} would get through."


def _people(count: float) -> str:
    count = settled(count)
    if count < 1:
        return "nobody"
    if count < 1e5:
        return "fewer than 0.1 million people"
    if count < 1e9:
        return f"{digits(count / 1e6)} million people"
    return f"{digits(count / 1e9)} billion people"


def _table(chosen: dict[str, Route], setting: Setting) -> Table:
    rows: tuple[tuple[str | float | None, ...], ...] = tuple(
        (
            country.name,
            country.people / 1e6,
            country.income / 12,
            100 * country.online,
            *(_told(route, country, setting) for route in chosen.values()),
            100 * in_country(list(chosen.values()), country, setting)[0],
        )
        for country in WHERE
    )
    return Table(
        "Each country, and what stops its people on each route; keys of the bibliography. Last: "
        "who gets through by any of them, with what is unknown taken as shut.",
        (
            Column("country"),
            Column("people", "million", 0),
            Column("mean income", "$ a month", 0),
            Column("online", "%", 0),
            *(Column(route.name) for route in chosen.values()),
            Column("any", "%", 0),
        ),
        rows,
    )


def _told(route: Route, country: Country, setting: Setting) -> str:
    offer, found = route.best(country.id, setting.gates)
    if found in (SHUT, UNKNOWN):
        gate = first(offer, country.id, found, setting.gates)
        why = cell(offer, gate, country.id)
        return f"{found}, {gate}: {why.why} [{why.source}]"
    if "price" not in setting.gates:
        return "open"
    share = able(route.cost(country.id), setting.bar, country, setting.unequal)
    return f"open; {percent(share)} can pay"


def _whole(view: View) -> bool:
    return view.metrics["gates"] == len(GATES)


def _half(view: View) -> bool:
    return _whole(view) and view.metrics["low"] >= 0.5


def _nobody(view: View) -> bool:
    of = view.metrics
    return _whole(view) and of["routes"] == len(ROUTES) and of["added"] < 1


def _machine(view: View) -> bool:
    of = view.metrics
    return of["cost.own"] < min(of["cost.closed"], of["cost.market"])


def _one_gate(view: View) -> bool:
    return view.metrics["gates"] == len(GATES) - 1 and view.metrics["low"] > 0.6


DEMO = Demo(
    id="access",
    title="The cheapest route stops at the law",
    part="resilience",
    question=(
        "A language model may be shut to you by the rule of whoever offers it, by a law, by the "
        "network or by its price. Three routes lead to one: a company's service, an open model on "
        "a machine of your own, a decentralised market. Who gets through, and by which?"
    ),
    guess=Guess(
        "Help all day long, ten million tokens a month, for at most 2% of a month's income. Of "
        "the three routes, which one is open to most people in sixteen countries, as far as it is "
        "known?",
        (
            "a company's service, paid by the token",
            "an open model on a machine of one's own, paid off in three years",
            "the decentralised market, at less than half the company's price",
        ),
        lambda view: max(range(3), key=lambda i: view.metrics[f"low.{tuple(ROUTES)[i]}"]),
        "The market is cheapest. But four countries have a law against paying it, and of eight we "
        "do not know. A machine asks nobody, once it is paid and the weights are there.",
    ),
    controls=(
        Slider(
            "bar",
            "One may spend",
            2,
            (0.2, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 50),
            "% of a month's income",
        ),
        Slider("tokens", "Tokens a month", 10, tuple(sorted((*USE, 3, 30))), "million", words=USE),
        MultiChoice("routes", "Routes", tuple(ROUTES), dict(ROUTES), len(ROUTES)),
        MultiChoice(
            "gates",
            "Gates that count",
            GATES,
            {"provider": "the offer's rule", "law": "law", "network": "network", "price": "price"},
            len(GATES),
            "leave one out to see what it stops",
        ),
        Choice("company", "Company", "openai", COMPANIES, "changes the rules; prices are OpenAI's"),
        Choice("plan", "The company asks", "token", PLANS),
        Choice("licence", "Open model", "apache", LICENCES),
        Choice("unknown", "What is unknown counts as", "shut", {"shut": "shut", "open": "open"}),
        Toggle("unequal", "Incomes differ within a country", True, "off: all have the mean"),
    ),
    main="bar",
    presets=(
        Preset(
            "target",
            "The broadband target",
            "The Broadband Commission's target of 2018: entry-level broadband below 2% of the mean "
            "income of a month. Here the same bar for a plan of $20.",
            "broadband_target",
            {"bar": 2, "plan": "plus", "routes": ("closed",), "unequal": False},
        ),
        Preset(
            "go",
            "A price for one country",
            "ChatGPT Go in India, August 2025: $4.60 a month as reported, where the same company "
            "asked $20 elsewhere for its next plan. That is 2.08% of India's mean income.",
            "reuters_go2025",
            {"plan": "go", "routes": ("closed",), "unequal": False, "bar": 3},
        ),
        Preset(
            "italy",
            "Forbidden and reachable",
            "Italy's data protection authority ordered DeepSeek on 30 January 2025 to stop using "
            "Italians' data. The web page stayed reachable, the press reported months later.",
            "sole2025",
            {"company": "deepseek", "plan": "free", "routes": ("closed",)},
        ),
        Preset(
            "licence",
            "A licence with a border",
            "Llama 3.2 Vision, September 2024: the weights can be downloaded, and the licence "
            "grants no rights to who lives in the European Union.",
            "llama32_policy",
            {"licence": "llama", "routes": ("own",), "bar": 5},
        ),
        Preset(
            "seller",
            "The market alone",
            "Qwen3.8-27B on AkashML, 7 October 2026: $0.225 for a million tokens read, $1.98 for a "
            "million written.",
            "silybench",
            {"routes": ("market",), "unknown": "open"},
        ),
        Preset(
            "free",
            "A free tier",
            "ChatGPT's free tier, January 2026, as reported: nothing to pay, strict limits. What "
            "is free today may be changed by the one who gives it.",
            "techlife2026",
            {"plan": "free", "tokens": 0.1},
        ),
    ),
    challenges=(
        Challenge(
            "half",
            "Let half of all people get through, counting every gate, by what is known.",
            "Somebody may give it away. Or people may spend more.",
            _half,
        ),
        Challenge(
            "nobody",
            "With all routes and all gates, find a setting in which the decentralised market adds "
            "nobody.",
            "When would nobody whom a company or a machine turns away find it open?",
            _nobody,
        ),
        Challenge(
            "machine",
            "Find a use for which a machine of one's own is the cheapest of the three.",
            "A machine costs the same whether it works or rests.",
            _machine,
        ),
        Challenge(
            "one_gate",
            "Take away one gate, and only one, so that more than 60% get through by what is known.",
            "Two gates are candidates. Try a use that costs little, then one that costs much.",
            _one_gate,
        ),
    ),
    compute=compute,
    shown=(able, Route, reached),
)
