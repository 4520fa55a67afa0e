"""Use cases, one file a noun. They know neither HTTP nor SQL, and never commit."""
