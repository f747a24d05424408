"""Long runs of real torch training, whose results lie in `recorded/`.

    python -m decentralized_ai.experiments           run what is missing, store all results
    python -m decentralized_ai.experiments NAME      of one grid

An experiment is a module with a value EXPERIMENT (see grid.py). The rules under test (outer steps,
compressors, aggregators) are numpy and stand in `training/`; torch is needed here only for the
gradient of a small language model. Nothing that a page shows imports this.
"""
