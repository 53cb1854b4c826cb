"""A team without a browser: links, roles, how many people answer, and taking a person's answers back."""

import pytest

from tests.cli.test_answers import _session


@pytest.fixture
def asked(embedded):
    _session(embedded, "rings", "A ring?", ("yes", "no", "yes"))
    return embedded


@pytest.fixture
def joined(tuningfork, asked):
    """Five people who came by links, and a sixth answer of one of them."""
    from tuningfork.labelling import open_session

    for name, role in {"ann": "adjudicator", "bob": "annotator", "dee": "viewer", "eve": "owner"}.items():
        link = tuningfork("team", "invite", asked, role, "--address", "https://x.org/", "--json").json["link"]
        page, _, token = link.rpartition("/")
        assert page == "https://x.org/join#rings"
        session = open_session(str(asked), "rings")
        session.team.members.join(token, name)
        if name == "bob":
            galaxy = str(session.collection.ids()[3])
            session.answer(galaxy, "yes", client_id="b", client_seq=0, annotator=name)
        session.close()
    return asked


def test_who_is_there_is_listed_with_what_they_gave(tuningfork, joined):
    told = tuningfork("team", "list", joined, "--json").json
    roles = {m["name"]: m["role"] for m in told["members"]}
    owner = next(name for name in roles if name not in ("ann", "bob", "dee", "eve"))
    assert roles == {
        "ann": "adjudicator",
        "bob": "annotator",
        "dee": "viewer",
        "eve": "owner",
        owner: "owner",
    }
    assert told["answers"] == {owner: 3, "bob": 1}
    shown = tuningfork("team", "list", joined)
    assert (shown.code, "adjudicator" in shown.out, shown.err) == (0, True, "")


def test_a_link_is_the_only_word_on_standard_output(tuningfork, asked):
    ran = tuningfork("team", "invite", asked)
    assert ran.code == 0
    assert ran.out.startswith("http://127.0.0.1:8642/join#rings/")
    assert len(ran.out.split()) == 1
    assert "annotator of rings, for 7 days" in ran.err


def test_a_persons_answers_are_taken_back_and_come_again(tuningfork, joined):
    ran = tuningfork("team", "revoke", joined, "bob", "--reason", "one key", "--as", "eve", "--json")
    assert ran.json == {"name": "bob", "answers": 1}
    told = tuningfork("team", "list", joined, "--json").json
    assert (told["answers"]["bob"], told["revoked"][0]["reason"]) == (0, "one key")
    assert "1 answer of bob: one key" in tuningfork("team", "list", joined).err
    assert tuningfork("team", "restore", joined, "bob", "--json").json == {"name": "bob", "answers": 1}
    assert tuningfork("team", "list", joined, "--json").json["answers"]["bob"] == 1


def test_roles_and_overlap_are_kept(tuningfork, joined):
    from tuningfork.labelling import open_session

    assert tuningfork("team", "role", joined, "bob", "viewer").code == 0
    assert tuningfork("team", "role", joined, "dee", "removed").code == 0
    ran = tuningfork("team", "overlap", joined, "1", "--finds", "2", "--json")
    assert ran.json == {"overlap": 1, "overlap_finds": 2, "overlap_audit": 1}
    session = open_session(str(joined), "rings")
    team, members = session.settings.team, session.team.members
    assert (team.overlap, team.overlap_finds, members.role_of("bob"), members.role_of("dee")) == (
        *(1, 2),
        *("viewer", None),
    )
    session.close()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("invite", "boss"), "unknown role 'boss'"),
        (("invite", "viewer", "--days", "900"), "at most 365 days"),
        (("role", "bobb", "owner"), "unknown person of this session 'bobb'. Did you mean bob?"),
        (("revoke", "mallory"), "unknown person of this session 'mallory'"),
        (("restore", "bob"), "unknown person whose answers were taken back 'bob'"),
        (("revoke", "bob", "--as", "ann"), "'ann' is only adjudicator in this session"),
        (("overlap", "2", "--as", "bob"), "'bob' is only annotator in this session"),
        (("overlap", "0"), "'K'"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(tuningfork, joined, said, told):
    verb, *rest = said
    before = tuningfork("team", "list", joined, "--json").json
    ran = tuningfork("team", verb, joined, *rest)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert tuningfork("team", "list", joined, "--json").json == before
