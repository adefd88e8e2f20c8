# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of the tools: complete, encodable, with the same marks in every language."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import tools
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools.texts import LOCALES, WIN32, Text

CODEPAGES = {"en-US": "cp437", "de-DE": "cp850", "ru-RU": "cp866"}


def _texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list | tuple) else []


MODULES = sorted(path.stem for path in Path(tools.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_words_fit_their_code_page_and_carry_the_same_marks(name: str) -> None:
    module = importlib.import_module(f"{tools.__name__}.{name}")
    for text in _texts([value for key, value in vars(module).items() if key.isupper()]):
        marks = set(re.findall(r"\{\d", text.en))
        for locale in LOCALES:
            word = text.within(locale)
            assert word == "" or set(re.findall(r"\{\d", word)) == marks, word
            assert word.encode(CODEPAGES[locale], "replace").count(b"?") == word.count("?"), word


def test_every_win32_text_is_there_in_three_languages() -> None:
    for code, text in WIN32.items():
        assert text.en and text.de and text.ru, code
        assert len({text.en, text.de, text.ru}) == 3, code


def test_an_untranslated_text_stays_english() -> None:
    assert Text("Only English").within("de-DE") == "Only English"
