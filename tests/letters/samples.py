"""The letters that people look at, as text.

`python tests/letters/samples.py` writes them to tests/letters/written, for a reader to review.
"""

from pathlib import Path

from compensation_service.demo.letters import letters
from compensation_service.letters.languages import LANGUAGES

WRITTEN = Path(__file__).parent / "written"
VARIANTS_SHOWN = (0, 1, 2, 3)


def written(language):
    """Every sample in a language, and one more in each of the other wordings."""
    pieces = []
    for variant in VARIANTS_SHOWN:
        for number, (sample, by_language) in enumerate(letters(variant)):
            if variant == 0 or number == variant * 4:
                _, letter = by_language[language]
                pieces.append(f"### {sample.title} ({variant})\n{letter.subject}\n\n{letter.text}")
    return "\n".join(pieces)


if __name__ == "__main__":
    WRITTEN.mkdir(exist_ok=True)
    for each in LANGUAGES:
        (WRITTEN / f"{each}.txt").write_text(written(each), encoding="utf-8")
