"""Schemes as documents: what an author writes, read and proved, and turned into what `decision.schemes` evaluates."""
