"""Carry functions that a reader wrote in a notebook over to other processes.

A function is its code, its defaults, what it closed over, and the global names that it uses. That
is written into a Python file which makes it anew; only for the same Python on the same machine.
(For other hosts write such a file by hand: it is a plain file with the functions.)
"""

from __future__ import annotations

import importlib
import marshal
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

HEAD = "# Written by the lab: functions from a notebook.\n"


def write_rules(path: Path, functions: dict[str, Callable[..., Any]]) -> Path:
    """A file that defines `functions` by name. Returns its path."""
    lines = [HEAD + f"from {__name__} import unpack_function"]
    lines += [
        f"{name} = unpack_function({pack_function(function)!r})"
        for name, function in functions.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pack_function(function: Callable[..., Any]) -> bytes:
    """`function` as bytes. What cannot be carried is left out: the function then fails where it
    uses it, with a NameError that names it."""
    return pickle.dumps(_pack(function, {}))


def unpack_function(packed: bytes) -> Callable[..., Any]:
    """The function of `pack_function`. Only for bytes of one's own: they are code."""
    return _unpack(pickle.loads(packed), {})  # type: ignore[no-any-return]


def _pack(value: Any, known: dict[int, int]) -> Any:
    """A tuple that begins with how it is to be read again. known: numbers of functions by id."""
    if isinstance(value, ModuleType):
        return ("module", value.__name__)
    if isinstance(value, FunctionType) and not _importable(value):
        if id(value) in known:
            return ("again", known[id(value)])
        known[id(value)] = number = len(known)
        uses = {n: value.__globals__[n] for n in _names(value.__code__) if n in value.__globals__}
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        parts = {
            "globals": {name: _pack(used, known) for name, used in uses.items()},
            "cells": [_pack(used, known) for used in cells],
            "defaults": [_pack(used, known) for used in value.__defaults__ or ()],
            "named": {n: _pack(used, known) for n, used in (value.__kwdefaults__ or {}).items()},
        }
        return ("function", number, value.__name__, marshal.dumps(value.__code__), parts)
    try:
        if "__main__" in (getattr(value, "__module__", None), type(value).__module__):
            raise TypeError("other processes have another __main__")
        return ("value", pickle.dumps(value))
    except Exception:  # pickle raises many kinds
        return ("missing",)


def _unpack(packed: Any, made: dict[int, Callable[..., Any]]) -> Any:
    kind, *rest = packed
    if kind == "module":
        return importlib.import_module(rest[0])
    if kind == "value":
        return pickle.loads(rest[0])
    if kind == "again":
        return made[rest[0]]
    number, name, code, parts = rest
    names: dict[str, Any] = {"__builtins__": __builtins__, "__name__": "rules"}
    cells = tuple(CellType() for _ in parts["cells"])
    made[number] = function = FunctionType(marshal.loads(code), names, name, None, cells)
    names |= {n: _unpack(p, made) for n, p in parts["globals"].items() if p[0] != "missing"}
    for cell, part in zip(cells, parts["cells"], strict=True):
        if part[0] != "missing":
            cell.cell_contents = _unpack(part, made)
    function.__defaults__ = tuple(_unpack(part, made) for part in parts["defaults"]) or None
    function.__kwdefaults__ = {n: _unpack(p, made) for n, p in parts["named"].items()} or None
    return function


def _names(code: CodeType) -> set[str]:
    """Every global name that a function's code may use, inner functions included."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _importable(value: Any) -> bool:
    """Whether another process finds `value` by import."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    if module is None or module.__name__ == "__main__":
        return False
    found: Any = module
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value
