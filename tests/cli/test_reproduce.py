"""``tuningfork reproduce`` from the command line."""


def test_without_arguments_it_lists_the_tables(tuningfork):
    ran = tuningfork("reproduce", "--json")
    assert ran.code == 0, ran.err
    assert all(set(each) == {"paper", "table", "what", "hours"} for each in ran.json["tables"])
    assert "hours on 2 cores" in tuningfork("reproduce").out


def test_unknown_papers_and_tables_get_the_nearest(tuningfork):
    assert tuningfork("reproduce", "nobody1900", "x").code == 2
