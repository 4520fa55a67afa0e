"""Names that CEL keeps for itself, and what conditions call them instead, so that authors can use them all the same."""

CEL_WORDS = frozenset(
    {
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"),
        *("namespace", "return", "var", "void", "while", "bool", "bytes", "double", "dyn", "duration", "int", "list"),
        *("map", "null_type", "string", "timestamp", "type", "uint", "google"),
    }
)
ALIASES = {"size": "count", "has": "given"}
"""Functions of CEL in place of which ours are asked: they know exact numbers, and facts that are lacking."""

_SUFFIX = "__renamed"


def renamed(word: str) -> str:
    """What the checker calls a name that CEL keeps for itself."""
    return f"{word}{_SUFFIX}"


def original(name: str) -> str:
    """The name as the author wrote it, dots included."""
    return name.replace(_SUFFIX, "")
