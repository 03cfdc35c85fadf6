"""SIGTERM under load: the service ends in time, nothing that was promised is lost, and repeats find it done (I1, I2, I9)."""

import os
import signal
import time

import pytest
from accounts import everything_settled
from load import Load, everything_kept, newcomer
from stack import eventually, is_gone, long_only
from walkthrough.suite import OPERATOR

SECONDS_TO_END = 10


@pytest.mark.parametrize("rate", [40, pytest.param(200, marks=long_only)])
def test_the_end_under_load(stack, suite, directory, attack, rate):
    noted = attack("O5", f"SIGTERM to Directory while {rate} requests a second come in")
    cell = directory.ids["organizations"]["cell-a1"]
    load = Load(suite, cell, rate=rate)
    eventually("some work", lambda: sum(call.answer is not None for call in load.calls) > 50)
    pid = stack.pid("directory")
    before = stack.log("directory", 100_000).count("stopped")
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    eventually("the end of Directory", lambda: is_gone(pid), SECONDS_TO_END)
    print(f"it took {time.monotonic() - began:.1f} s to end")
    assert stack.log("directory", 100_000).count("stopped") == before + 1, "it did not end in peace"
    calls = load.done()
    stack.run("up")
    with noted.recovering():
        everything_settled(stack, suite)
    assert any(call.member is None and call.sent > began - 0.5 for call in calls), "nothing was under way at the end"
    again(suite, cell, calls)
    everything_settled(stack, suite)
    everything_kept(stack, [call.member for call in calls if call.member])


def again(suite, cell, calls):
    """Repeats under their keys: what was answered with the same answer, what was not, once."""
    body = newcomer(cell)
    promised = [call for call in calls if call.member]
    for call in promised[-20:]:
        answer = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=body, key=call.key)
        assert answer.json["memberId"] == call.member and answer.headers.get("idempotency-replayed") == "true"
    for call in [call for call in calls if not call.member][:20]:
        first, second = (
            suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=body, key=call.key).json["memberId"]
            for _ in range(2)
        )
        assert first == second
