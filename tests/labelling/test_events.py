from tuningfork.labelling.events import Event, State


def event(number, kind="answer", galaxy="g", answer="yes", annotator="a", action=None, undoes=None):
    return Event(number, "c", number, "t", annotator, kind, action or f"c/{number}", galaxy, answer, undoes)


def test_undo_uncovers_the_answer_given_before():
    state = State()
    for e in (event(1, answer="no"), event(2, answer="yes"), event(3, "undo", None, None, undoes="c/2")):
        state.apply(e)
    assert state.current()["g"].answer == "no"


def test_redo_of_an_older_answer_does_not_cover_a_newer_one_of_somebody_else():
    state = State()
    state.apply(event(1, answer="no"))
    state.apply(event(2, "undo", None, None, undoes="c/1"))
    state.apply(event(3, answer="yes", annotator="b"))
    state.apply(event(4, "redo", None, None, undoes="c/1"))
    assert state.current()["g"].answer == "yes"
    assert state.undoable("a") == "c/1"


def test_an_answer_after_an_undo_ends_the_chance_of_redo():
    state = State()
    state.apply(event(1))
    state.apply(event(2, "undo", None, None, undoes="c/1"))
    state.apply(event(3, galaxy="h"))
    assert state.redoable("a") is None


def test_pictures_are_not_galaxies():
    state = State()
    state.apply(event(1, "picture", "abc"))
    assert state.current() == {}
    assert list(state.current("picture")) == ["abc"]
