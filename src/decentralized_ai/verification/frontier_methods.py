"""The methods, one entry each, with where every figure comes from.

The unit is one plain run: the reference answer of 500 tokens by a model of 8 billion parameters,
unless a system was measured on a model of its own. What is cited lies in tests/data/
frontier_cases.json; what was measured here in recorded/frontier.json, made by
`python bench/frontier.py --record`; the rest is worked out below.
"""

from __future__ import annotations

from collections.abc import Callable

from ..inference.regions import RTT_MS
from ..recorded import load
from .frontier import (
    CHEATS,
    SIZES,
    Cost,
    Method,
    Needs,
    Range,
    copies_needed,
    outvoted,
    rate_needed,
)

TOKENS = 500  # the reference answer
TOKENS_PER_S = 213  # one user of an 8-billion-parameter model on one H100, measured: silybench
LAYERS = 32  # of Llama 3.1 8B, whose shape the next line uses (dim, key/value, feed-forward width)
LAYER_OUTPUTS = 2 * 4096 + 2 * 1024 + 2 * 14336 + 4096  # q and o, k and v, gate and up, down
LINK = 12.5e6  # bytes per second: 100 Mbit/s, the slower line of Petals' published tests
ROUND_TRIP = max(max(row) for row in RTT_MS) / 1000  # s, the longest in the table
SHA_BLOCK, SHA_OPS = 64, 64 * 20  # bytes a block, operations a block: 64 rounds of about 20
SIGNATURES, SIGNATURE_OPS = 4, 2 * 384 * 16 * 72  # of an attestation: see attested_share
AUDIT_EVERY = 1000  # answers, one day's: how often the black-box audit is paid for here
DAY = 86_400.0
RATE = {"cpu": 1e11, "gpu": 1e14}  # operations/s of a plain run where the authors give none
EXACT = 1.0  # up to the error that the protocol's own chapter states, below 2^-20 in each
ALL = dict.fromkeys(CHEATS, EXACT)


def plain_ops(params: float, tokens: float = TOKENS) -> float:
    """Operations of a plain run: a multiplication and an addition for each weight and token."""
    return 2 * params * tokens


def plain_s(size: str) -> float:
    """Seconds of a plain run: writing a token reads all weights once, so it takes time in
    proportion to the parameters."""
    return TOKENS / TOKENS_PER_S * SIZES[size] / SIZES["8b"]


def comparing_share(copies: int) -> float:
    """Hashing `copies` answers of 4 bytes a token, over running the model once."""
    return copies * -(-4 * TOKENS // SHA_BLOCK) * SHA_OPS / plain_ops(SIZES["8b"])


def attested_share() -> float:
    """Checking an attestation, over running the model once: four signatures on a 384-bit curve,
    each 2 x 384 steps of 16 multiplications of numbers of 6 words (72 operations)."""
    return SIGNATURES * SIGNATURE_OPS / plain_ops(SIZES["8b"])


def sending_s(size: str) -> float:
    """Seconds to send what every linear layer put out, 4 bytes a number, for each token of an
    answer. Layers and their widths each grow as the cube root of the parameters."""
    numbers = LAYERS * LAYER_OUTPUTS * (SIZES[size] / SIZES["8b"]) ** (2 / 3)
    return 4 * numbers * TOKENS / LINK


def _exactly(value: float) -> Range:
    return Range(value, value, value)


def _factor_ten(value: float) -> Range:
    return Range(value / 10, value, value * 10)


def _measured(name: str, part: str) -> Range:
    """`part` over recomputing in the recorded runs: the largest run, and the range over all."""
    runs = sorted(load("frontier")["runs"][name], key=lambda run: run["size"])
    ratios = [run[part] / run["recompute"] for run in runs]
    return Range(min(ratios), ratios[-1], max(ratios))


def _always(cost: Cost) -> Callable[[Needs], Cost]:
    return lambda needs: cost


def _all_caught(needs: Needs) -> dict[str, float]:
    return ALL


def _quorum(needs: Needs) -> Cost:
    copies = copies_needed(needs.gain, needs.stake)
    return Cost(_exactly(copies - 1), _exactly(comparing_share(copies)), 2 * ROUND_TRIP)


def _quorum_catches(needs: Needs) -> dict[str, float]:
    return dict.fromkeys(CHEATS, 1 - outvoted(copies_needed(needs.gain, needs.stake)))


def _spot(needs: Needs) -> Cost:
    rate = rate_needed(needs.gain, needs.stake)
    return Cost(_exactly(0.0), _exactly(rate), plain_s(needs.size) + ROUND_TRIP)


def _spot_catches(needs: Needs) -> dict[str, float]:
    return dict.fromkeys(CHEATS, rate_needed(needs.gain, needs.stake))


def _dispute(needs: Needs) -> Cost:
    commit = _measured("dispute", "extra")
    both = Range(1 + 2 * commit.low, 1 + 2 * commit.typical, 1 + 2 * commit.high)
    rounds = (LAYERS * TOKENS - 1).bit_length()
    return Cost(both, _measured("dispute", "verifier"), rounds * ROUND_TRIP)


def _optimistic(needs: Needs) -> Cost:
    commit = _measured("dispute", "extra")
    return Cost(commit, _measured("dispute", "verifier"), 7 * DAY)


def _freivalds(needs: Needs) -> Cost:
    return Cost(_exactly(0.0), _measured("freivalds", "verifier"), sending_s(needs.size))


def _sumcheck(needs: Needs) -> Cost:
    extra = _measured("sumcheck", "extra")
    wait = extra.typical * plain_s(needs.size) + sending_s(needs.size)
    return Cost(extra, _measured("sumcheck", "verifier"), wait)


def _ezkl(needs: Needs) -> Cost:
    runs = load("frontier")["runs"]["ezkl"]
    wait = max(run["extra"] + run["verifier"] for run in runs)
    return Cost(_measured("ezkl", "extra"), _measured("ezkl", "verifier"), wait)


def _deepprove(needs: Needs) -> Cost:
    plain = plain_ops(4e6, 1) / RATE["cpu"]
    wait = 2.335 + 0.520 if needs.size == "mlp" else 1024 / 0.5
    return Cost(_factor_ten(2.335 / plain), _factor_ten(0.520 / plain), wait)


def _zkllm(needs: Needs) -> Cost:
    plain = plain_ops(13e9, 2048) / RATE["gpu"]
    return Cost(_factor_ten(900 / plain), None, 900.0)


def _fingerprint(needs: Needs) -> Cost:
    return Cost(_exactly(0.0), Range(0.01, 0.01, 1.0), ROUND_TRIP + 0.01 * plain_s(needs.size))


def _tokens(needs: Needs) -> Cost:
    share = 300 / TOKENS
    return Cost(_exactly(0.0), _exactly(share), ROUND_TRIP + share * plain_s(needs.size))


def _audit(needs: Needs) -> Cost:
    # Ten answers bought only to be tested, and ten from the reference, on each day's thousand.
    return Cost(_exactly(10 / AUDIT_EVERY), _exactly(10 / AUDIT_EVERY), DAY)


METHODS = (
    Method(
        "quorum", "Redundancy (most of n copies)", "redundancy", "redundancy", "closed form",
        _quorum, _quorum_catches, frozenset({"strangers", "majority", "bits"}), frozenset(), None,
        ("sarmenta2002",),
        "n so that collusion does not pay when 20% of the operators would collude; binomial law",
    ),
    Method(
        "spotcheck", "Spot checks with a stake", "spot checks", "economic", "closed form",
        _spot, _spot_catches, frozenset({"checker", "stake", "bits"}), frozenset(), None,
        ("posp2025",),
        "the rate at which the loss of fee and stake outweighs the gain",
    ),
    Method(
        "dispute", "Two providers and a referee", "referee", "dispute", "measured",
        _dispute, _all_caught, frozenset({"strangers", "one", "bits"}), frozenset(), None,
        ("arun2025", "recorded/frontier.json"),
        "commitments and the referee's step measured here; two plain runs",
    ),
    Method(
        "optimistic", "Optimistic, open to challenge", "optimistic", "dispute", "measured",
        _optimistic, _all_caught, frozenset({"watcher", "stake", "bits"}), frozenset(), None,
        ("conway2024", "optimism_withdrawals", "recorded/frontier.json"),
        "commitments measured here; the challenge period is a rollup's, 7 days",
    ),
    Method(
        "freivalds", "Freivalds on each linear layer", "Freivalds", "algebra", "measured",
        _freivalds, _all_caught, frozenset({"coins", "whole"}), frozenset(), None,
        ("freivalds1977", "recorded/frontier.json"),
        "one product measured here; the wait is for the layers' outputs over 100 Mbit/s",
    ),
    Method(
        "sumcheck", "Sum-check on each linear layer", "sum-check", "algebra", "measured",
        _sumcheck, _all_caught, frozenset({"coins", "whole", "hashes"}), frozenset(), None,
        ("thaler2013", "recorded/frontier.json"),
        "one product measured here, made by hashing; the layers' outputs are sent as well",
    ),
    Method(
        "ezkl", "Zero knowledge (EZKL)", "EZKL", "zero knowledge", "measured",
        _ezkl, _all_caught, frozenset({"whole", "hashes", "setup"}), frozenset({"weights"}), 34_048,
        ("ezkl", "recorded/frontier.json"),
        "ezkl 23.0.5 on networks of 320 to 34,048 weights, 2 cores, November 2026",
    ),
    Method(
        "deepprove", "Zero knowledge (DeepProve)", "DeepProve", "zero knowledge", "vendor",
        _deepprove, _all_caught, frozenset({"whole", "hashes"}), frozenset({"weights"}),
        270_000_000,
        ("deepprove", "lagrange2025"),
        "the vendor's times for 4 million weights over our estimate of a plain run, a factor 10",
    ),
    Method(
        "zkllm", "Zero knowledge (zkLLM)", "zkLLM", "zero knowledge", "published",
        _zkllm, _all_caught, frozenset({"whole", "hashes"}), frozenset({"weights"}), 13_000_000_000,
        ("sun2024",),
        "under 15 minutes for 13 billion parameters, over our estimate of a plain run, a factor 10",
    ),
    Method(
        "fingerprint", "Fingerprints of activations", "fingerprint", "fingerprint", "published",
        _fingerprint, lambda needs: {"model": 1.0, "int4": 0.999, "context": 1.0},
        frozenset({"checker", "range"}), frozenset(), None,
        ("ong2025", "toploc_code", "karvonen2025"),
        "TOPLOC: up to 100x faster than the first run, says its README; all caught in its tests",
    ),
    Method(
        "tokens", "Token audit with a shared seed", "token audit", "audit", "published",
        _tokens, lambda needs: {"model": 0.999, "int4": 0.999},
        frozenset({"checker", "range", "seed"}), frozenset(), None,
        ("karvonen2025",),
        "300 tokens run again of an answer of 500; separation (AUC) above 0.999 on 4-bit copies",
        asks=False,
    ),
    Method(
        "audit", "Black-box test of the answers", "black-box test", "audit", "published",
        _audit, lambda needs: {"model": 0.774, "int4": 0.774, "int8": 0.774},
        frozenset({"checker", "range", "blind"}), frozenset(), None,
        ("gao2025", "cai2025"),
        "10 samples found 77.4% of distortions (median); one audit a day, 1,000 answers, assumed",
        asks=False,
    ),
    Method(
        "tee", "Trusted hardware (H100)", "trusted chip", "hardware", "published",
        lambda needs: Cost(Range(0.0, 0.07, 1.0), _exactly(attested_share()), ROUND_TRIP),
        _all_caught, frozenset({"vendor", "closed"}), frozenset({"weights", "prompt"}), None,
        ("zhu2024", "tinfoil2026"),
        "below 7% on an H100; a vendor saw 1% to over 100% on Blackwell; four signatures to check",
    ),
)  # fmt: skip


def find(method_id: str) -> Method:
    return next(method for method in METHODS if method.id == method_id)
