"""A learner's code, run with care: whatever goes wrong in it becomes words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


class Wrong(Exception):
    """An answer that cannot be used; the message says why, in the learner's terms."""


def accept(value: Any, name: str, arguments: str) -> Callable[..., Any]:
    """`value`, if it can be called with `arguments` ("a, b, c"); else Wrong."""
    count = arguments.count(",") + 1
    if not callable(value):
        raise Wrong(
            f"Hand over the function {name} itself, without brackets; this is {short(value)}."
        )
    try:
        inspect.signature(value).bind(*range(count))
    except TypeError:
        raise Wrong(f"{name} is called with ({arguments}): give it these arguments.") from None
    except ValueError:  # something built in that tells nothing about its arguments
        pass
    return value


def attempt(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """function(*arguments); Wrong if it raises."""
    try:
        return function(*arguments)
    except NotImplementedError:
        raise Wrong(f"{name} is not written yet: put your code where it says so.") from None
    except Exception as error:  # whatever the learner's code raises
        raise Wrong(explain(name, error)) from error


def explain(name: str, error: Exception) -> str:
    said = f": {error}" if str(error) else ""
    return f"{name} raised {type(error).__name__}{said}. Call it by hand to see where."


def yes_or_no(name: str, value: Any) -> bool:
    """A bool of Python's or of numpy's; else Wrong."""
    if value is None:
        raise Wrong(f"{name} returned None: is there a path without a return?")
    if isinstance(value, np.ndarray) and value.size > 1:
        raise Wrong(
            f"{name} returned {value.size} values: return one True or False, for instance with "
            "np.array_equal."
        )
    if not isinstance(value, bool | np.bool_):
        raise Wrong(f"{name} must return True or False, not {short(value)}.")
    return bool(value)


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def most(chance: float, runs: int) -> float:
    """A count that a chance of at most `chance` exceeds less than once in a million checks."""
    return runs * chance + 5 * (runs * chance * (1 - chance)) ** 0.5
