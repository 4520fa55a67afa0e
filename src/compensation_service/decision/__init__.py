"""The decision: `decide(facts, policy)`, a pure function of its two arguments.

Start reading at `engine.py`. Standard library only; no clock, no database, no network, no randomness.
"""
