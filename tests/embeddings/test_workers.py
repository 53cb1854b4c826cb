"""Threads: order kept, memory bounded, settings put back."""

import threading

import cv2
import numpy as np
import pytest
import torch

from tuningfork.embeddings.workers import in_threads, shared_cores


def test_results_come_in_order_and_few_are_ahead():
    started, most = [], 0
    for number, rows in enumerate(
        in_threads(
            lambda rows: started.append(rows) or rows, np.arange(50), 3, workers=4, waiting=5, threads=1
        )
    ):
        np.testing.assert_array_equal(rows, np.arange(50)[3 * number : 3 * number + 3])
        most = max(most, len(started) - number)
    assert len(started) == 17
    assert most <= 6


def test_each_worker_has_its_cores_and_the_caller_keeps_its_own():
    before = torch.get_num_threads(), cv2.getNumThreads()
    with shared_cores(before[0]) as threads:
        seen = set(
            in_threads(
                lambda rows: torch.get_num_threads(), np.arange(8), 1, workers=2, waiting=2, threads=threads
            )
        )
        assert cv2.getNumThreads() == 1
    assert seen == {1}
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_leaving_early_leaves_no_thread():
    batches = in_threads(len, np.arange(100), 1, workers=2, waiting=4, threads=1)
    next(batches)
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("embed_")]


def test_a_failure_in_a_worker_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda rows: 1 / 0, np.arange(3), 1, workers=2, waiting=2, threads=1))
