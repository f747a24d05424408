"""The units in which a takeaway may speak, for tests that read it back."""

TIMES = {"µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "hours": 3600, "days": 86_400}
TIMES["years"] = 365.25 * 86_400
SIZES = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
