import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling import Question


def test_the_first_answer_is_the_one_looked_for():
    question = Question("Bar?", ("barred", "unbarred"))
    assert question.positive == "barred"
    assert question.all_answers == ("barred", "unbarred", "maybe", "junk", "skip")
    assert [question.target(a) for a in question.all_answers] == [1, 0, None, None, None]


@pytest.mark.parametrize(
    ("text", "answers"),
    [("", ("yes", "no")), ("?", ("yes",)), ("?", ("a", "a")), ("?", ("yes", "skip")), ("?", ("yes", " "))],
)
def test_a_question_that_is_none_is_refused(text, answers):
    with pytest.raises(UsageError):
        Question(text, answers)


def test_an_unknown_answer_names_the_nearest():
    with pytest.raises(UnknownNameError, match="maybe"):
        Question("Merger?").check("mayb")
