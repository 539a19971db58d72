"""The set of due work in Redis: what is claimed, when, and by how many."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from kernel.events import due_set
from kernel.events.due_set import MESSAGE_LOST_AFTER, Entry

pytestmark = pytest.mark.usefixtures("empty_set")

START = 1_000_000.0
A = Entry("test.kind", "t_a")
B = Entry("test.kind", "t_b")


def test_an_entry_is_claimed_when_it_is_due_the_oldest_first() -> None:
    due_set.add({A: START + 2, B: START + 1})
    assert due_set.claim(now=START) == []
    assert due_set.claim(now=START + 1) == [B]
    assert due_set.claim(now=START + 9) == [A]
    assert due_set.claim(now=START + 9) == []


def test_the_earlier_of_two_notes_counts() -> None:
    due_set.add({A: START + 5})
    due_set.add({A: START + 60})
    assert due_set.claim(now=START + 5) == [A]
    assert due_set.claim(now=START + 99) == []


def test_one_message_is_under_way_at_most() -> None:
    assert due_set.promise(A, now=START)
    assert not due_set.promise(A, now=START + 1)
    due_set.add({A: START + 1})
    assert due_set.claim(now=START + 2) == []  # its message will find the work
    due_set.begin(A, now=START + 3, seconds=60, alone=False)
    assert due_set.promise(A, now=START + 4)  # what comes while it runs may have been overlooked


def test_a_lost_message_is_sent_again() -> None:
    due_set.add({A: START})
    assert due_set.claim(now=START) == [A]
    assert due_set.claim(now=START + MESSAGE_LOST_AFTER - 1) == []
    assert due_set.claim(now=START + MESSAGE_LOST_AFTER) == [A]


@pytest.mark.parametrize("alone", [True, False])
def test_a_dead_worker_s_entry_comes_back_and_a_living_one_s_does_not(alone: bool) -> None:
    due_set.promise(A, now=START)
    lease = due_set.begin(A, now=START, seconds=60, alone=alone)
    assert lease
    assert due_set.claim(now=START + 59) == []
    assert due_set.claim(now=START + 60) == [A]
    due_set.begin(A, now=START + 61, seconds=60, alone=alone)
    due_set.finish(lease)


def test_work_that_must_be_alone_is_alone() -> None:
    lease = due_set.begin(A, now=START, seconds=60, alone=True)
    assert lease
    assert due_set.begin(A, now=START + 59, seconds=60, alone=True) is None
    due_set.finish(lease)
    assert due_set.begin(A, now=START + 59, seconds=60, alone=True)


def test_what_is_noted_while_it_runs_stays_noted() -> None:
    lease = due_set.begin(A, now=START, seconds=60, alone=True)
    due_set.add({A: START + 500})
    assert lease
    due_set.finish(lease)
    assert due_set.claim(now=START + 500) == [A]


def test_two_dispatchers_at_once_claim_each_entry_once() -> None:
    entries = [Entry("test.kind", f"t_{number:04}") for number in range(2_000)]
    due_set.add(dict.fromkeys(entries, START))
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda _: due_set.claim(now=START, limit=100), range(40)))
    claimed = [entry for claim in claims for entry in claim]
    assert len(claimed) == len(set(claimed)) == 2_000


def test_only_what_is_missing_is_added() -> None:
    noted, queued, at_work, missing = (Entry("test.kind", f"t_{name}") for name in "abcd")
    due_set.add({noted: START})
    due_set.promise(queued, now=START)
    due_set.begin(at_work, now=START, seconds=60, alone=True)
    assert due_set.add_missing(dict.fromkeys([noted, queued, at_work, missing], START + 5)) == 1
    assert due_set.claim(now=START + 6) == [noted, missing]
