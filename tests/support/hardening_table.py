# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of docs/faults.md about enforcement, rollback and lock-outs, made from what the tests play."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .hardening import MINUTES, MISHAPS, Stage
from .lockout_acts import ACTS, BY_HAND, Act
from .transcripts import KINDS

STEP = 4  # messages between two places where one kind of fault strikes; another kind strikes between them
TASKS = ("harden", "take back")
_FAULTS = {
    "unheard": "the connection is lost before the machine has the message",
    "unanswered": "the connection is lost after the machine has acted on it",
    "reset": "the connection is reset while the answer is on its way",
    "frozen": "the machine acts on it, and no answer comes until the client gives up",
    "http500": "something that is not WS-Man answers HTTP 500",
    "quota": "WinRM turns it away with a quota fault",
    "killed": "the controller is killed before it sends it",
    "killed_after": "the controller is killed after the machine has acted on it",
}


def places(kind: str, messages: int, step: int = STEP) -> range:
    """Return the numbers of the messages at which a kind of fault or mishap strikes."""
    first, every = (1 + KINDS.index(kind) % step, step) if kind in KINDS else (7, 10 * step)
    return range(first, messages + 1, every)


def sections() -> Iterator[str]:
    """Yield what does not depend on the number of messages."""
    yield from (
        "",
        "## Hardening and taking back",
        "",
        "An enforcement of five controls (registry, audit policy, service, WinRM, user right; three groups that nobody",
        f"minds and two risky ones, {MINUTES} minutes to confirm) and the rollback of it. Each message is disturbed in",
        f"two of the eight first ways, and each way comes to every {STEP}th message",
        "(`tests/integration/test_every_hardening_message.py`, a sample in `tests/unit/baseline/test_faults.py`).",
        "Always: the machine can be reached when the time to confirm is over, with all rights of the login; the same",
        "run again ends like an undisturbed one; the rollback of what the journals say brings back the exact machine",
        "of the start; and no way back and no task of ours is left. In every third case the second run comes at once,",
        "in the others when the time to confirm is over.",
        "",
        "| What goes wrong | What a person does |",
        "| --- | --- |",
    )
    yield from (f"| {_FAULTS[kind]} | runs it again |" for kind in KINDS)
    for one in MISHAPS.values():
        then = "runs it again" if one.person == "nothing" else f"{one.person}; runs it again"
        yield f"| {one.words} | {then} |"
    yield from (
        "| the controller dies on trial, and nobody comes back | nothing: the machine takes the group back by itself |",
        "| the confirmation comes at the very moment in which the minutes are over | nothing: one of the two wins |",
        "",
        "## Lock-outs",
        "",
        "Each act is done to a rehearsal server that minds it (`tests/unit/baseline/test_lockouts_shown.py`), by its",
        "row in the project's facts, and every guard is among them. The guards are described in",
        "[lockouts.md](lockouts.md).",
        "",
        "| Row | What is done | With guards and trial switched off | With guards | Guard forced, on trial |",
        "| --- | --- | --- | --- | --- |",
    )
    for act in sorted(ACTS, key=lambda one: one.row or 99):
        after = ", after the restart" if act.at_restart else ""
        told = f"{act.words}{_way(act)} | {act.happens}{after} | held by `{act.guard}` | {_tried(act)}"
        yield f"| {act.row or '-'} | {told} |"
    yield from (
        "",
        "Nothing of ours can do these two; they are done by hand, and what they were meant for by a control:",
        "",
        "| Row | What is done by hand | What happens | Our way |",
        "| --- | --- | --- | --- |",
    )
    yield from (f"| {one.row} | {one.words} | {one.happens} | {one.ours} |" for one in BY_HAND)


def _way(act: Act) -> str:
    way = act.way
    if way.scheme == "https":
        return " (over https)"
    return f" (login by {way.auth})" if way.auth != "ntlm" else " (login of the domain)" if way.domain else ""


def _tried(act: Act) -> str:
    if act.forced:
        return "a login still comes in, so it stays until a rollback, which has to be forced: Windows changed the value"
    if act.confirmed:
        return "a login still comes in, so it stays until a rollback"
    return "the machine takes it back" + (" when nobody comes in after the restart" if act.at_restart else "")


def counted(folder: Path) -> Iterator[str]:
    """Yield the table that counts cases; an undisturbed run of each task is played for it."""
    stages = {task: Stage(task, folder / task.replace(" ", "-")) for task in TASKS}
    first, second = (stages[task].messages for task in TASKS)
    yield ""
    yield f"An enforcement ({first} messages) and its rollback ({second} messages):"
    yield ""
    yield "| What happens | Enforcements | Rollbacks | Reached, run again, taken back |"
    yield "| --- | --- | --- | --- |"
    for kind, words in (*_FAULTS.items(), *((name, one.words) for name, one in MISHAPS.items())):
        cases = [len(places(kind, stages[task].messages)) for task in TASKS]
        yield f"| {words} | {cases[0]} | {cases[1]} | {sum(cases)} |"
