"""What one H100 was measured to do with Qwen3-8B, and what its answers would cost elsewhere.

From tgarg01/silybench-data, derived/csv/perf_points.csv, capacity.csv and comparisons.csv at commit
93e4887, data under CC BY 4.0: vLLM 0.30.0 on one H100 80GB SXM rented from Google, 24 September
2026, weights in 8 bits (dynamic fp8) and in 16. A closed loop of N users, each of whom asks again
as soon as the answer is there; random prompts of exactly the named lengths; medians of three
repeats. Throughput in output tokens/s, rounded to 0.01.
"""

from __future__ import annotations

USERS = (1, 4, 16, 32, 64, 128, 256, 512)

FP8: dict[str, tuple[float, ...]] = {
    "chat": (213.32, 796.85, 3087.58, 5413.14, 9170.45, 13376.87, 15703.81, 16541.95),
    "write": (214.12, 796.88, 3027.01, 5248.63, 8620.67, 12176.47, 15263.92, 15389.46),
    "read": (205.12, 759.77, 2393.33, 3444.25, 3700.61, 4263.54, 4560.82, 4417.53),
    "talk": (207.62, 716.17, 2136.11, 3086.09, 4032.95, 4428.23, 4310.44, 4344.14),
    "long": (182.59, 505.43, 966.25, 1124.48, 1140.56, 1153.96, 1153.55, 1157.38),
}

# The same with weights in 16 bits. One point (read, 512 users) was not copied.
BF16: dict[str, tuple[float, ...]] = {
    "chat": (145.32, 548.17, 2156.20, 4030.31, 6957.70, 11193.69, 13092.67, 14539.53),
    "write": (145.66, 547.85, 2116.79, 3910.22, 6596.98, 10300.96, 13566.87, 13522.58),
    "read": (141.00, 531.57, 1756.84, 2697.14, 2847.32, 3348.51, 3617.74),
    "talk": (142.37, 506.39, 1625.12, 2528.52, 3462.84, 3917.07, 3881.39, 3901.08),
    "long": (128.85, 377.61, 783.98, 951.48, 981.79, 994.11, 994.09, 997.00),
}

# Requests whose keys and values fit at once, as vLLM reported at its start.
ROOM = {
    8: {"read": 373, "write": 373, "talk": 105, "long": 49, "chat": 1680},
    16: {"read": 327, "write": 327, "talk": 92, "long": 43, "chat": 1472},
}

# The most users who see a first token within 2 s (99 of 100 of them) and one every 50 ms,
# with the tokens/s then; and how busy such a GPU, rented for $2.69 an hour, has to be for its
# answers to cost what the cheapest seller asks. Weights in 8 bits.
CAPACITY = {
    "read": (108, 4129.03),
    "write": (472, 15103.48),
    "talk": (52, 3653.10),
    "long": (10, 786.88),
    "chat": (512, 16541.95),
}
BUSY = {"talk": 0.51136, "chat": 0.11293, "write": 0.21988, "long": 0.40808, "read": 0.13010}
BUSY_RENT = 2.69
# Dollars a thousand requests at that seller.
SELLER = {"talk": 0.8192, "chat": 0.0512, "write": 0.2304, "long": 1.191424, "read": 0.178048}

# Dollars a million output tokens at the rent of the run, 1 user and 512, chat.
RUN_RENT = 6.571
RUN_COST = {1: 8.5552, 512: 0.11033}
