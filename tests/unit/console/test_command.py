# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command lines: what cmd.exe can carry, and many questions in one line."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import builtin, command
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import (
    LINE_LIMIT,
    Question,
    Reply,
    conversation,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError

CARRIED = st.text(st.characters(exclude_characters='\0\r\n"%', exclude_categories=["Cs"]), max_size=40)


def c_runtime_words(line: str) -> list[str]:
    """Split like the Microsoft C run-time does, written from its published rules and not from our code."""
    words, word, quoted, started, i = [], "", False, False, 0
    while i < len(line):
        slashes = re.match(r"\\*", line[i:])
        count = len(slashes[0]) if slashes else 0
        following = line[i + count : i + count + 1]
        if count and following == '"':
            word += "\\" * (count // 2)
            i += count
            if count % 2:
                word += '"'
                i += 1
            started = True
        elif count:
            word += "\\" * count
            i += count
            started = True
        elif following == '"':
            quoted, started = not quoted, True
            i += 1
        elif following in " \t" and not quoted:
            if started:
                words.append(word)
            word, started = "", False
            i += 1
        else:
            word += following
            started = True
            i += 1
    return [*words, word] if started else words


def active_outside_quotes(line: str) -> str:
    """Return what cmd.exe sees outside quotes."""
    return "".join(line.split('"')[0::2])


@given(st.lists(CARRIED, min_size=1, max_size=4))
@example(["a b\\", "\\\\", "x\\y z\\\\"])
@example(["& del *.* &", "|", ">x", "^", "(", ""])
def test_quoted_words_arrive_unchanged(words: list[str]) -> None:
    assert c_runtime_words(command.command("tool", *words)) == ["tool", *words]


@given(CARRIED)
def test_nothing_special_to_cmd_is_left_outside_quotes(word: str) -> None:
    assert not set(active_outside_quotes(command.quote(word))) & set("&|<>^()%!;,= \t")


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b", 'a"b', "%PATH%", "100%", "\ud800"])
def test_what_no_line_can_carry_is_refused(bad: str) -> None:
    with pytest.raises(command.CannotQuote):
        command.quote(bad)


def test_questions_share_lines_within_the_limit_and_keep_their_order() -> None:
    questions = [Question(f"k{n}", f'reg query "HKLM\\SOFTWARE\\Some longer key number {n}" 2>&1') for n in range(300)]
    packed = command.batches(questions)
    assert [key for batch in packed for key in batch.keys] == [question.key for question in questions]
    assert all(len(batch.line) <= command.LINE_LIMIT for batch in packed)
    assert len(packed) <= 4


@pytest.mark.parametrize(
    "line",
    [
        'reg query "HKLM\\a & b" 2>&1',
        'reg query "HKLM\\a!b" 2>&1',
        "reg query HKLM\\a!b 2>&1",
        "echo %PATH%",
        'echo "a|b"',
        'echo "open',
    ],
)
def test_a_question_that_would_change_its_meaning_is_asked_alone(line: str) -> None:
    packed = command.batches([Question("a", "ver"), Question("b", line), Question("c", "ver")])
    alone = next(batch for batch in packed if "b" in batch.keys)
    assert alone.line == line
    assert alone.replies(7, "text") == {"b": Reply(7, "text")}


def test_the_windows_folder_may_stand_in_a_batch() -> None:
    assert command.can_be_batched(Question("a", builtin.folders(r"%windir%\servicing\Version")))
    assert command.can_be_batched(Question("a", builtin.exists(r"%windir%\winsxs\pending.xml")))


def test_a_question_longer_than_cmd_reads_is_refused() -> None:
    with pytest.raises(ConsoleError, match="longer than cmd.exe reads"):
        command.batches([Question("a", "x" * 8001)])


@given(
    st.lists(
        st.tuples(st.integers(-(2**31), 2**31 - 1), st.lists(st.text("ab \t\x85\u2028ÿ[]:0", max_size=8), max_size=3)),
        max_size=5,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_framed_answers_come_apart_as_they_were_put_together(answers: list[tuple[int, list[str]]], end: str) -> None:
    batch = command.Batch("line", tuple(f"k{n}" for n in range(len(answers))), framed=True)
    answers = [(rc, [line for line in lines if "]]" not in line and "[[" not in line]) for rc, lines in answers]
    printed = "".join(
        f"[[{n}{end}" + "".join(line + end for line in lines) + f"]]{n} {rc}{end}"
        for n, (rc, lines) in enumerate(answers)
    )
    assert batch.replies(0, printed) == {f"k{n}": Reply(rc, "\n".join(lines)) for n, (rc, lines) in enumerate(answers)}


def test_an_answer_without_a_line_end_is_still_framed() -> None:
    batch = command.Batch("line", ("a", "b"), framed=True)
    assert batch.replies(0, "[[0\r\nno end]]0 0\r\n[[1\r\nx\r\n]]1 1\r\n") == {
        "a": Reply(0, "no end"),
        "b": Reply(1, "x"),
    }


def test_an_output_that_broke_off_has_no_answer_for_the_rest() -> None:
    batch = command.Batch("line", ("a", "b", "c"), framed=True)
    assert batch.replies(1, "[[0\r\nx\r\n]]0 0\r\n[[1\r\nhalf of i") == {"a": Reply(0, "x")}


def test_a_conversation_carries_any_number_of_questions_and_none_can_eat_the_next() -> None:
    questions = [Question(str(number), f"reg query HKLM\\S\\{number} 2>&1") for number in range(400)]
    talk = conversation(questions)
    script = talk.stdin.decode("ascii").split("\r\n")
    assert script[0] == "@echo off" and len(talk.line) < 20
    assert script[1:4] == ["echo [[0", "(reg query HKLM\\S\\0 2>&1) <nul", "echo ]]0 %errorlevel%"]
    assert all(len(line) <= LINE_LIMIT for line in script)
    replies = talk.replies("banner\r\n[[0\r\nfirst\r\n]]0 0\r\n[[1\r\nno end]]1 1\r\n[[2\r\nbroken off")
    assert replies == {"0": Reply(0, "first"), "1": Reply(1, "no end")}


def test_a_raw_question_gets_the_delayed_expansion_that_it_counts_on() -> None:
    talk = conversation([Question("k", "for %a in (1) do @echo !k!%a", raw=True)])
    assert b'(cmd /v:on /c "for %a in (1) do @echo !k!%a") <nul' in talk.stdin


@pytest.mark.parametrize("line", ["reg query Ключ", "echo a\necho b", "echo " + "x" * LINE_LIMIT])
def test_what_a_pipe_to_cmd_cannot_carry_is_refused(line: str) -> None:
    with pytest.raises(ConsoleError):
        conversation([Question("k", line)])
