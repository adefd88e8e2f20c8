# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""For which language a package file is, by its name or its answer file (private to this collection).

Almost all packages of NT 6.0 are for every language. Those that are not, Windows refuses with the code for "does not
apply", which sends people looking for a missing prerequisite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# The three-letter codes with which the vendor marks a package for one language (IE, language packs).
CODES: Mapping[str, int] = {
    **{"enu": 1033, "deu": 1031, "fra": 1036, "esn": 3082, "ita": 1040, "jpn": 1041, "kor": 1042, "nld": 1043},
    **{"plk": 1045, "ptb": 1046, "ptg": 2070, "rus": 1049, "sve": 1053, "trk": 1055, "csy": 1029, "hun": 1038},
    **{"chs": 2052, "cht": 1028, "ell": 1032, "fin": 1035, "dan": 1030, "nor": 1044, "heb": 1037, "ara": 1025},
}
_TAGS: Mapping[str, int] = {
    **{"en-us": 1033, "de-de": 1031, "fr-fr": 1036, "es-es": 3082, "it-it": 1040, "ja-jp": 1041, "ko-kr": 1042},
    **{"nl-nl": 1043, "pl-pl": 1045, "pt-br": 1046, "pt-pt": 2070, "ru-ru": 1049, "sv-se": 1053, "tr-tr": 1055},
    **{"cs-cz": 1029, "hu-hu": 1038, "zh-cn": 2052, "zh-tw": 1028, "el-gr": 1032, "fi-fi": 1035, "da-dk": 1030},
    **{"nb-no": 1044, "he-il": 1037, "ar-sa": 1025},
}
_LANGUAGE = re.compile(rf"(?<![a-z0-9])({'|'.join(CODES)})(?![a-z0-9])", re.I)


def foreign_name(stem: str, language: int | None) -> str | None:
    """Return why a file of this name is not for a machine of this language (1033 is en-US), None when it may be."""
    word = _LANGUAGE.search(stem)
    if word is None or language is None or CODES[word[1].lower()] == language:
        return None
    return f"is for the language {word[1].lower()}, and this machine has {spell(language)}"


def foreign_tag(tag: str, language: int | None) -> str | None:
    """The same by the tag that a package's identity carries, ``neutral`` mostly."""
    number = _TAGS.get(tag.lower())
    if number is None or language is None or number == language:
        return None
    return f"is for the language {tag}, and this machine has {spell(language)}"


def spell(language: int) -> str:
    """Return the tag of a language, or its number."""
    return next((tag for tag, number in _TAGS.items() if number == language), f"the language number {language}")
