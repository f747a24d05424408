"""Round-trip times between eight regions, measured and published by a cloud provider.

Source: IBM Cloud documentation, "Network latency dashboards", inter-region average latency in
milliseconds, 20 December 2025 to 18 January 2026; repository ibm-cloud-docs/vpc, file
_include-segments/network-latency.md at commit be2d5d2e. Eight of its twelve regions are kept.
Rows are where the client is, columns where the operator is. The two directions differ by a
millisecond or two in the source and are kept as printed.

A client in the operator's own region is given 2 ms: the source's times between two data centres
of one region lie between 0.2 and 2.1 ms. The client's own line (the "last mile") is left out.
"""

from __future__ import annotations

REGIONS = (
    "Dallas",
    "Washington DC",
    "Sao Paulo",
    "London",
    "Frankfurt",
    "Chennai",
    "Tokyo",
    "Sydney",
)

SAME_REGION_MS = 2

# fmt: off
RTT_MS = (
    #  Dal  Was  Sao  Lon  Fra  Che  Tok  Syd
    (    2,  31, 144, 113, 122, 246, 142, 185),  # Dallas
    (   31,   2, 127,  76,  89, 237, 139, 215),  # Washington DC
    (  143, 128,   2, 194, 204, 366, 283, 326),  # Sao Paulo
    (  113,  76, 195,   2,  13, 137, 245, 260),  # London
    (  123,  88, 205,  13,   2, 138, 235, 248),  # Frankfurt
    (  246, 238, 365, 137, 139,   2, 113, 125),  # Chennai
    (  142, 139, 283, 246, 235, 111,   2, 118),  # Tokyo
    (  184, 213, 328, 260, 248, 124, 115,   2),  # Sydney
)
# fmt: on
