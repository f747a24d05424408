"""The second passenger rides free: why the same demand costs more when many operators share it."""

from __future__ import annotations

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, View
from ..inference.batching import MEASURED, ROOF, Machine, Steps, Unfit, curve
from ..inference.batching_hardware import GPUS, MODELS, RENTS, WORKS
from ..inference.batching_market import Side, break_even, closed_form
from ..quantities import digits, percent, settled
from .pictures.batching import figure

DEMANDS = (
    *(10, 20, 50, 100, 213, 500, 1000, 1900, 5000, 10_000, 16_500),
    *(50_000, 100_000, 200_000, 500_000, 1_000_000),
)
CARDS = {key: gpu.name for key, gpu in GPUS.items()}
LISTS = {
    "secure": "RunPod, data centres",
    "community": "RunPod, private hosts",
    "akash": "Akash, from",
}
PROVIDER_LISTS = LISTS | {"spot": "Google, spot (H100 only)"}
SIZES = {
    "chat": "chat: 128 in, 128 out",
    "write": "writing: 128 in, 1,024 out",
    "read": "reading: 1,024 in, 128 out",
    "talk": "long talks: 2,048 in, 2,048 out",
    "long": "long texts: 8,192 in, 512 out",
}
SPEEDS = {"measured": "as measured on one H100", "roof": "the data sheets' bound"}
SIDES = ("central", "market")


def compute(
    demand: int,
    operators: int,
    operator_gpu: str,
    operator_rent: str,
    discount: int,
    provider_gpu: str,
    provider_rent: str,
    model: str,
    work: str,
    pace: int,
    speed: str,
) -> View:
    """One provider and several operators, who serve the same demand on rented cards."""
    steps = MEASURED if speed == "measured" else ROOF
    central, no_central = _side(provider_gpu, provider_rent, 100, 1, model, work, pace, steps)
    market, no_market = _side(
        operator_gpu, operator_rent, discount, operators, model, work, pace, steps
    )
    sides = {"central": central, "market": market}
    metrics = {"demand": float(demand), "operators": float(operators)}
    for name, side in sides.items():
        if side is not None:
            metrics |= {f"{name}.{key}": value for key, value in _metrics(side, demand).items()}
    if central is not None and market is not None:
        metrics["ratio"] = market.bill(demand) / central.bill(demand)
        even = break_even(central, market, float(DEMANDS[-1]))
        smooth = closed_form(central, market)
        metrics |= {"even": even} if even is not None else {}
        metrics |= {"even_smooth": smooth} if smooth is not None else {}
        words = _takeaway(central, market, demand, even)
    else:
        words = _refusal(no_central, no_market)
    return View(
        figure=figure(central, market, demand, metrics.get("even"), float(pace)),
        takeaway=words,
        metrics=metrics,
        table=_table(central, market),
    )


def _side(
    gpu: str, rents: str, discount: int, operators: int, model: str, work: str, pace: int, s: Steps
) -> tuple[Side | None, str]:
    """The side, or None and why there is none."""
    rent = RENTS[rents].get(gpu)
    if rent is None:
        return (
            None,
            f"{PROVIDER_LISTS[rents].split(',')[0]}'s list that we have names no {GPUS[gpu].name}",
        )
    try:
        can = curve(GPUS[gpu], MODELS[model], WORKS[work], s, float(pace))
    except Unfit as why:
        return None, str(why)
    return Side(can, operators, rent * discount), ""


def _metrics(side: Side, demand: float) -> dict[str, float]:
    """Dollars, tokens/s, seconds. `cards` are GPUs, of all operators together; rates are those of
    one copy of the model, which may take several. `ten`, `full`: how many times as long as with one
    answer a step is with ten, and with the largest batch."""
    rate = side.rate(demand)
    cards = side.curve.machine.cards
    times = side.curve.times
    return {
        "cost": side.cost(demand),
        "floor": side.floor(),
        "cards": float(side.machines(demand) * cards),
        "copy": float(cards),
        "batch": side.curve.in_progress(rate),
        "step": side.curve.step(rate),
        "rate": rate,
        "capacity": side.curve.capacity,
        "alone": float(side.curve.rates[0]),
        **({"ten": float(times[9] / times[0])} if len(times) >= 10 else {}),
        "full": float(times[-1] / times[0]),
        "most": float(side.curve.batch),
        "rent": side.rent / 1e6,
    }


def _takeaway(central: Side, market: Side, demand: float, even: float | None) -> str:
    mine, theirs = central.bill(demand), market.bill(demand)
    ratio = theirs / mine
    if mine == theirs:
        compared = "the same"
    elif ratio >= 2:
        compared = f"{digits(ratio)} times as much"
    else:
        compared = f"{percent(abs(ratio - 1))} {'more' if theirs > mine else 'less'}"
    one = market.operators == 1
    who = "one operator rents" if one else f"{market.operators} operators rent"
    first = (
        f"For {demand:,} tokens/s one provider rents {_cards(central, demand)} and pays "
        f"${digits(central.cost(demand))} a million tokens; {who} {_cards(market, demand)} "
        f"and {'pays' if one else 'pay'} ${digits(market.cost(demand))}, {compared}."
    )
    if even is None:
        second = (
            f"{'It is' if one else 'They are'} dearer at every demand up to a million tokens/s."
        )
    elif even == 0:
        second = f"{'It costs' if one else 'They cost'} no more even for the smallest demand."
    else:
        costs = "It first costs" if one else "They first cost"
        second = f"{costs} no more at about {_about(even)} tokens/s."
    return f"{first} {second}"


def _about(demand: float) -> str:
    """Three digits of it are enough."""
    return digits(float(f"{settled(demand):.3g}"))


def _cards(side: Side, demand: float) -> str:
    count = side.machines(demand) * side.curve.machine.cards
    return f"{count:,} {side.curve.machine.gpu.name}{'s' if count > 1 else ''}"


def _refusal(no_central: str, no_market: str) -> str:
    said = []
    if no_central:
        said.append(f"The provider cannot do this: {no_central}.")
    if no_market:
        said.append(f"The operators cannot do this: {no_market}.")
    return " ".join(said) + " Choose another card, another list or another pace."


def _table(central: Side | None, market: Side | None) -> Table:
    def cells(side: Side | None, demand: float) -> tuple[float | None, ...]:
        if side is None:
            return (None, None, None)
        inside = side.curve.in_progress(side.rate(demand))
        cards = side.machines(demand) * side.curve.machine.cards
        return (float(cards), inside, side.cost(demand))

    return Table(
        "Cards rented, answers in work at a time on each copy of the model, and the cost.",
        (
            Column("tokens/s asked for"),
            Column("provider's cards", "", 0),
            Column("answers at a time", "", 1),
            Column("cost", "$ a million tokens", 3),
            Column("operators' cards", "", 0),
            Column("answers at a time", "", 1),
            Column("cost", "$ a million tokens", 3),
        ),
        tuple(
            (f"{demand:,}", *cells(central, demand), *cells(market, demand)) for demand in DEMANDS
        ),
    )


def _scattered(view: View) -> bool:
    m = view.metrics
    return m.get("ratio", 1) < 1 and m["operators"] >= 16 and m["demand"] <= 5000


def _crowded(view: View) -> bool:
    m = view.metrics
    return m.get("central.batch", 0) >= 100 and m["central.step"] <= 0.02


def _cheap_cards(view: View) -> bool:
    m = view.metrics
    return "ratio" in m and m["market.rent"] <= m["central.rent"] / 2 and "even" not in m


DEMO = Demo(
    id="batching",
    title="The second passenger rides free",
    part="inference",
    question=(
        "Some people want answers from an open model. One provider can serve them all, or the same "
        "demand can be scattered over many operators, each with a card of its own. What does a "
        "million tokens cost then?"
    ),
    guess=Guess(
        "1,000 tokens a second of a small model: one H100 does that easily. Now 16 operators share "
        "the demand, each with an H100 at the same rent. How much more does a token cost?",
        (
            "About the same: each card does a sixteenth of the work",
            "Two to four times as much",
            "About sixteen times as much",
        ),
        lambda view: sum(view.metrics["ratio"] >= limit for limit in (1.5, 8)),
        "A card is paid by the hour, busy or not. And ten answers at a time take hardly longer "
        "than one: reading the weights takes most of a step, and all share that.",
    ),
    controls=(
        Slider("demand", "Demand", 1000, DEMANDS, "tokens/s"),
        Slider("operators", "Operators", 16, (1, 2, 4, 8, 16, 32, 64, 128, 256)),
        Choice("operator_gpu", "Operators' card", "h100", CARDS),
        Choice("operator_rent", "Operators' rent, by the list of", "secure", LISTS),
        Slider(
            "discount",
            "Operators pay, of that list",
            100,
            (10, 20, 30, 50, 70, 85, 100),
            "%",
            "less if the cards would otherwise stand idle",
        ),
        Choice("provider_gpu", "Provider's card", "h100", CARDS),
        Choice("provider_rent", "Provider's rent, by the list of", "secure", PROVIDER_LISTS),
        Choice("model", "Model", "qwen3_8b", {key: m.name for key, m in MODELS.items()}),
        Choice("work", "Requests", "chat", SIZES),
        Slider("pace", "Each reader gets at least", 20, (5, 10, 20, 50, 100), "tokens/s"),
        Choice("speed", "Cards are as fast as", "measured", SPEEDS),
    ),
    main="demand",
    presets=(
        Preset(
            "alone",
            "One user, one H100",
            "A project that measured Qwen3-8B on an H100 from Google at $6.57 an hour: with one "
            "user, 213 tokens/s and $8.56 a million tokens.",
            "silybench",
            {"demand": 213, "provider_rent": "spot"},
        ),
        Preset(
            "crowd",
            "512 users, the same H100",
            "The same project, the same card and rent: 512 users, 16,542 tokens/s and $0.11 a "
            "million tokens.",
            "silybench",
            {"demand": 16_500, "provider_rent": "spot"},
        ),
        Preset(
            "rent_or_buy",
            "Rent a card or buy tokens?",
            "The same project's break-even: a card at $2.69 an hour has to be busy at 11% of "
            "16,542 tokens/s, or the cheapest seller's $0.40 is less.",
            "silybench",
            {"demand": 1900, "provider_rent": "community", "operator_rent": "community"},
        ),
        Preset(
            "talks",
            "Long talks",
            "The same project, the same card: 2,048 tokens in and 2,048 out. Memory is full long "
            "before 512 users are served; 4,344 tokens/s, $0.42 a million.",
            "silybench",
            {"demand": 5000, "work": "talk", "provider_rent": "spot"},
        ),
        Preset(
            "gamers",
            "Cards from gaming PCs",
            "Akash's list of 20 September 2026: an RTX 4090 from $0.39 an hour, an H100 from "
            "$2.71, as transcribed by others.",
            "akash_prices",
            {
                "demand": 5000,
                "operator_gpu": "rtx4090",
                "operator_rent": "akash",
                "provider_rent": "akash",
            },
        ),
    ),
    challenges=(
        Challenge(
            "scattered",
            "Let 16 operators or more be the cheaper side at 5,000 tokens/s or less.",
            "The smallest bill is one card for each. Make those cards cheap, and the provider's "
            "dear.",
            _scattered,
        ),
        Challenge(
            "crowded",
            "Let a hundred answers share one copy of the provider's model, while every reader gets "
            "50 tokens/s or more.",
            "Nobody has to wait for the others. It only takes more demand.",
            _crowded,
        ),
        Challenge(
            "cheap_cards",
            "Give the operators a card that rents for half of the provider's or less, and let them "
            "be dearer at every demand all the same.",
            "A cheap hour is not a cheap token. Which card was cheap because it is slow?",
            _cheap_cards,
        ),
    ),
    compute=compute,
    shown=(Machine, Steps, Side, break_even),
)
