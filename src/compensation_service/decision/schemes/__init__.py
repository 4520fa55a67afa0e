"""Schemes: laws, contracts and promises, evaluated exactly. Start reading at `evaluate.py`.

Standard library only. `policies/schemes` turns documents into values of this package; conditions arrive as callables.
"""
