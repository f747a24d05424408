"""How networks shrink what they mint: published schedules, in whole units as in their code."""

from __future__ import annotations

SATOSHI = 100_000_000  # of a bitcoin
BITCOIN_BLOCKS = 210_000  # between halvings
BITCOIN_START = 50 * SATOSHI
RAO = 1_000_000_000  # of a TAO
TAO_SUPPLY = 21_000_000 * RAO
HELIUM_START = 60_000_000.0  # HNT a year
FIL_MINTED = 1_100_000_000.0  # FIL, for storage, in the end
FIL_HALF_LIFE = 6.0  # years
LIVEPEER_STEP = 500  # of 10^9: 0.00005% of the supply, each round
LIVEPEER_TARGET = 0.5  # share of the tokens that is to be bonded


def bitcoin_subsidy(height: int) -> int:
    """Satoshi for the block at that height: 50 bitcoin, shifted right by one bit each 210,000."""
    halvings = height // BITCOIN_BLOCKS
    return 0 if halvings >= 64 else BITCOIN_START >> halvings


def bitcoin_supply(height: int | None = None) -> int:
    """Satoshi ever minted before that height, or at all: a geometric sum of whole numbers."""
    total, start = 0, 0
    while (subsidy := bitcoin_subsidy(start)) and (height is None or start < height):
        blocks = BITCOIN_BLOCKS if height is None else min(BITCOIN_BLOCKS, height - start)
        total += subsidy * blocks
        start += BITCOIN_BLOCKS
    return total


def tao_emission(issued: int) -> int:
    """Rao a block in Bittensor, from what has been issued so far: it halves each time the rest
    that is still to come has halved. Not the time decides, but the supply."""
    if issued >= TAO_SUPPLY:
        return 0
    halvings = 0
    while (TAO_SUPPLY - issued) << (halvings + 1) <= TAO_SUPPLY:
        halvings += 1
    return RAO >> halvings


def tao_supply(halvings: int = 100) -> int:
    """Rao issued, if each rate is paid for 10,500,000 blocks."""
    issued = 0
    for _ in range(halvings):
        issued += tao_emission(issued) * 10_500_000
    return issued


def helium_year(year: int) -> float:
    """HNT minted in that year of the network, from 1 on: halved every two years."""
    return HELIUM_START / 2 ** ((year - 1) // 2)


def helium_supply(year: int) -> float:
    """HNT minted up to the end of that year."""
    return sum(helium_year(y) for y in range(1, year + 1))


def filecoin_minted(years: float) -> float:
    """FIL minted by time alone: no steps, half of the rest in each six years."""
    return FIL_MINTED * (1 - 0.5 ** (years / FIL_HALF_LIFE))


def livepeer_inflation(rate: int, bonded: float, step: int = LIVEPEER_STEP) -> int:
    """The next round's inflation, of 10^9: up a step if less than half of the tokens is bonded,
    down a step if more. It answers to stakers, not to customers."""
    if bonded < LIVEPEER_TARGET:
        return rate + step
    return max(0, rate - step) if bonded > LIVEPEER_TARGET else rate
