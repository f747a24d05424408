"""The one contract that every demo keeps: controls, view, demo."""

from .controls import (
    BadParameter,
    Choice,
    Control,
    Grid,
    MultiChoice,
    Slider,
    Toggle,
    Value,
    linear,
)
from .demo import Challenge, Demo, Guess, Params, Preset
from .view import Column, Table, View

__all__ = [
    "BadParameter",
    "Challenge",
    "Choice",
    "Column",
    "Control",
    "Demo",
    "Grid",
    "Guess",
    "MultiChoice",
    "Params",
    "Preset",
    "Slider",
    "Table",
    "Toggle",
    "Value",
    "View",
    "linear",
]
