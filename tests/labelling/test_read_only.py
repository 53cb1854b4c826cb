"""A log that may not be written: its copy is of one moment, or refused."""

from pathlib import Path

import pytest

from tuningfork.errors import BusyError, CollectionError, UsageError
from tuningfork.labelling import read_only


def test_a_log_that_never_rests_is_no_moment(tmp_path, monkeypatch):
    log = tmp_path / "labels.sqlite"
    log.write_bytes(b"0")
    moments = iter(range(100))
    monkeypatch.setattr(read_only, "_marks", lambda log: next(moments))
    with pytest.raises(BusyError, match="being written"):
        read_only.copied_log(log)


def test_without_a_log_nobody_has_answered(tmp_path):
    with pytest.raises(CollectionError, match="nobody has answered"):
        read_only.copied_log(tmp_path / "labels.sqlite")


def test_the_copy_goes_with_the_session(session, monkeypatch):
    from tuningfork.labelling import open_session

    session.answer("g0", "no", client_id="c", client_seq=0)
    monkeypatch.setattr("tuningfork.labelling.label_log.is_read_only", lambda folder: True)
    with_copy = open_session(session.collection, session.name, reading=True)
    folder = with_copy.log._aside.name
    assert with_copy.labels() == {"g0": "no"}
    with pytest.raises(UsageError, match="reading only"):  # it would be lost with the copy
        with_copy.answer("g1", "no", client_id="c", client_seq=1)
    with_copy.close()
    assert session.labels() == {"g0": "no"}
    assert not Path(folder).exists()
