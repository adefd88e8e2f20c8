# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of docs/faults.md about the matrix, hardening, rollback and lock-outs, made from what the tests play."""

from __future__ import annotations

from collections.abc import Iterator

from .hardening import MINUTES
from .lockout_acts import ACTS, BY_HAND, Act
from .matrix import MISHAPS, STEP, WORDS


def sections() -> Iterator[str]:
    """Yield what does not depend on the number of messages."""
    yield from (
        "",
        "## Hardening and taking back",
        "",
        "An enforcement of five controls (registry, audit policy, service, WinRM, user right; three groups that nobody",
        f"minds and two risky ones, {MINUTES} minutes to confirm) and its rollback meet every fault of the matrix.",
        "Always: the machine can be reached when the time to confirm is over, with all rights of the login; the same",
        "run again ends like an undisturbed one; the rollback of what the journals say brings back the exact machine",
        "of the start; and no way back and no task of ours is left.",
        "On trial, also:",
        "",
        "| What goes wrong | What a person does |",
        "| --- | --- |",
        "| the controller dies on trial, and nobody comes back | nothing: the machine is as before by itself |",
        "| the network dies on trial | nothing: the machine is as before by itself |",
        "| the controller dies on trial, and then the power fails | nothing: the machine is as before by itself |",
        "| the network or the machine comes back before the minutes are over | nothing: the run goes on and confirms |",
        "| no new login comes in after a rollback | nothing: the machine is as it was before the rollback |",
        "| the confirmation comes at the very moment in which the minutes are over | nothing: one of the two wins |",
        "",
        "These are played for enforcement and rollback alike (`tests/unit/baseline/test_on_trial.py`).",
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


def matrix() -> Iterator[str]:
    """Yield what the matrix is, without the numbers."""
    yield from (
        "",
        "## The matrix",
        "",
        "An update (one package with its restart), an enforcement and a rollback meet each of these at each of their",
        "messages (`tests/integration/test_every_fault.py`; a sample in `tests/unit/baseline/test_faults.py` and",
        "`tests/unit/servicing/test_transcripts.py`). Then a person does what the table says, waits until nothing runs",
        "any more and the time to confirm is over, and runs the same again. After a controller was killed the second",
        f"run is also tried at once, and so it is after everything else in every {STEP}th place.",
        "Kinds of setting that have a tool of their own (the boot store, a method of WMI, access lists of files and",
        "keys) meet one fault at each message, each kind in turn.",
        "",
        "| What goes wrong | What a person does |",
        "| --- | --- |",
    )
    for kind, words in WORDS.items():
        person = MISHAPS[kind].person if kind in MISHAPS else ""
        yield f"| {words} | {f'{person}; ' if person else ''}runs it again |"


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
