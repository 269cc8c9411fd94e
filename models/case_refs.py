"""Case references: numbers by which a case worker finds the matter. They are kept, not masked.

Three ways to say one are read: announced by a word (`models.announced_refs`), spoken (`models.spoken_refs`), and bare,
where the form alone tells (`models.bare_refs`).
"""

from models.announced_refs import find_announced_refs
from models.bare_refs import bare_refs
from models.score import CaseRef
from models.spoken_refs import spoken_refs


def find_case_refs(text: str, language: str) -> list[CaseRef]:
    """References in `text` in reading order, without overlaps; offsets are code points of what says the value.

    `language` chooses the words of spoken ones, whose value is given in digits and capitals.
    """
    found = find_announced_refs(text)
    for more in (spoken_refs(text, language), bare_refs(text, language)):
        found.extend(
            ref for ref in more if all(ref["end"] <= other["begin"] or ref["begin"] >= other["end"] for other in found)
        )
    return sorted(found, key=lambda ref: ref["begin"])
