"""What is said, in English, Russian, Bulgarian and Persian: the reasons of a decision, its remedies, its money."""
