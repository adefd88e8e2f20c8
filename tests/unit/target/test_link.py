# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent again, what is not, and what becomes of a conversation that breaks."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.sentences import LastAnswer
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import (
    ProtocolFault,
    TimedOut,
    Unreachable,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import BACKOFF, Link, Risk

LOST = requests.ConnectionError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
REFUSED_PORT = requests.ConnectionError(type("NewConnectionError", (Exception,), {})("[Errno 111] Connection refused"))


class TaskTimeout(BaseException):
    """As ansible-core raises it out of a signal handler."""


def identify(protocol: Any) -> bytes:
    answer: bytes = protocol.send_message(soap.IDENTIFY)
    return answer


def test_question_is_asked_again_once_after_a_lost_connection(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", LOST)
    assert link.ask("again", Risk.NONE, identify)
    assert (target.protocols, target.closed) == (2, 1)


def test_question_is_not_asked_a_third_time(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", LOST, LOST)
    with pytest.raises(Unreachable, match="broke off"):
        link.ask("again", Risk.NONE, identify)
    assert len(target.verbs) == 3


def test_action_is_never_repeated_when_it_may_have_run(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", LOST)
    with pytest.raises(Unreachable, match="may have been carried out.*look before repeating"):
        link.ask("act", Risk.ACTS, identify)
    assert len(target.verbs) == 2


def test_action_that_was_not_heard_is_sent_again(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.last = LastAnswer(400)
    target.trouble("Identify", WinRMTransportError("http", 400, ""))
    assert link.ask("act", Risk.ACTS, identify)
    assert target.protocols == 2


def test_lost_page_is_no_reason_to_look_before_repeating(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", LOST)
    with pytest.raises(Unreachable) as caught:
        link.ask("page", Risk.STEP, identify)
    assert "carried out" not in str(caught.value)


def test_first_message_of_an_action_is_a_harmless_one(link: Link, target: Any) -> None:
    link.ask("act", Risk.ACTS, lambda p: p.open_shell())
    assert target.verbs == ["Identify", "Create"]


def test_closed_modern_port_leads_to_the_stock_one(link: Link, target: Any) -> None:
    target.trouble("Identify", REFUSED_PORT)
    link.ask("first", Risk.NONE, identify)
    assert link.port == 80


def test_both_ports_closed_names_both(link: Link, target: Any) -> None:
    target.trouble("Identify", REFUSED_PORT, REFUSED_PORT)
    with pytest.raises(Unreachable, match="port 5985 and 80"):
        link.ask("first", Risk.NONE, identify)


def test_wrong_password_tries_no_other_port_and_no_second_time(link: Link, target: Any) -> None:
    target.last = LastAnswer(401, "Negotiate")
    target.trouble("Identify", InvalidCredentialsError("rejected"))
    with pytest.raises(Exception, match="refused the login"):
        link.ask("first", Risk.NONE, identify)
    assert target.verbs == ["Identify"]


def test_idle_conversation_is_renewed_before_it_breaks(link: Link, target: Any, clock: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    clock.time += 100
    link.ask("later", Risk.NONE, identify)
    assert target.protocols == 2


def test_connection_quota_is_waited_for(link: Link, target: Any, clock: Any, notices: list[str]) -> None:
    target.trouble("Identify", *[target.fault(1, "w:InternalError") for _number in range(3)])
    link.ask("first", Risk.NONE, identify)
    assert clock.slept == list(BACKOFF[:3])
    assert "over one of its WinRM quotas" in notices[0]


def test_waiting_for_a_quota_ends(link: Link, target: Any, clock: Any) -> None:
    target.trouble("Identify", *[target.fault(7, "w:QuotaLimit") for _number in range(20)])
    with pytest.raises(ProtocolFault) as caught:
        link.ask("first", Risk.NONE, identify)
    assert (caught.value.code, caught.value.subcode) == (7, "QuotaLimit")
    assert clock.slept == list(BACKOFF)


def test_internal_error_later_on_is_an_error(link: Link, target: Any, clock: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", target.fault(1, "w:InternalError"))
    with pytest.raises(ProtocolFault):
        link.ask("later", Risk.NONE, identify)
    assert clock.slept == []


def test_stopped_service_is_waited_for(link: Link, target: Any, clock: Any) -> None:
    target.last = LastAnswer(503)
    target.trouble("Identify", WinRMTransportError("http", 503, ""))
    link.ask("first", Risk.NONE, identify)
    assert clock.slept == [BACKOFF[0]]


def test_operation_time_out_says_which_variable(link: Link, target: Any) -> None:
    target.trouble("Identify", target.fault(2150858793, "w:TimedOut"))
    with pytest.raises(TimedOut, match="ansible_winrm_operation_timeout_sec"):
        link.ask("first", Risk.NONE, identify)


def test_task_time_out_is_not_masked_and_ends_the_conversation(link: Link, target: Any) -> None:
    link.ask("first", Risk.NONE, identify)
    target.trouble("Identify", TaskTimeout())
    with pytest.raises(TaskTimeout):
        link.ask("act", Risk.ACTS, identify)
    assert target.closed == 1
    link.ask("later", Risk.NONE, identify)
    assert target.protocols == 2


def test_garbage_in_place_of_an_answer_is_a_sentence(link: Link, target: Any) -> None:
    target.trouble("Create", target.envelope("<nothing/>"))
    with pytest.raises(Unreachable, match="cannot be read as WS-Man"):
        link.ask("opening", Risk.ACTS, lambda p: p.open_shell())


def test_defect_of_ours_stays_a_defect(link: Link) -> None:
    def broken(_protocol: Any) -> None:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        link.ask("x", Risk.NONE, broken)


def test_hurry_shortens_every_wait(link: Link, settings: Settings) -> None:
    link.hurry()
    assert link.settings.times.read < settings.times.read
    assert link.settings.times.operation < link.settings.times.read
