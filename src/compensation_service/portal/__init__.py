"""The customer's pages: what happened, what is owed, what can be chosen, and what became of it. No script is needed."""
