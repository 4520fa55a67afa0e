"""What must hold between the values of a policy document, one file per part of it.

A rule takes the document and yields a `Finding` for each place that breaks it.
"""
