"""A session as one HTML file."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.web.browser import FLAGS, chromium_path
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling import Question, create_session
from tuningfork.labelling.people.tables import export_answers
from tuningfork.labelling.report_page import MOST_STAMPS, export_page
from tuningfork.labelling.streams.settings import Streams

HOSTILE = "</title><script>alert(1)</script>{{7*7}}\"'"


class Reader(HTMLParser):
    """Tags, addresses and texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [
            value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")
        ]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def drawn(collection):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)
    collection.pixels = lambda rows, *, shortest=None: [picture for _ in rows]
    collection.name = HOSTILE
    collection.flagged()
    return collection


def fill(session, collection, n=30, person="ann"):
    for seq in range(n):
        answer = "yes" if f"g{seq}" in collection.rare else "no"
        shown = {"stream": "hunt", "seconds": 2.0}
        session.answer(f"g{seq}", answer, client_id=person, client_seq=seq, annotator=person, shown=shown)


def test_it_opens_without_a_server_and_escapes_everything(drawn, tmp_path):
    question = Question(HOSTILE, ("yes", "no"))
    session = create_session(drawn, name="mine", question=question, annotator=HOSTILE, streams=Streams())
    session.add_examples(sorted(drawn.rare)[:1])
    fill(session, drawn, person=HOSTILE)
    out = tmp_path / "supplement.html"
    assert export_answers(session, out, kind="html") == len(session.labels())
    page = Reader()
    page.feed(text := out.read_text())
    assert "script" not in page.tags
    assert set(page.tags) & {"iframe", "object", "link", "form", "base"} == set()
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert not re.search(r"url\(|@import|https?://", text)
    told = "".join(page.texts)
    assert HOSTILE in told
    assert "{{7*7}}" in told  # a name is never a template
    finds = [i for i, a in session.labels().items() if a == "yes"]
    assert page.tags.count("img") == len(finds)
    assert all(i in told for i in session.labels())
    assert session.estimate()["sentences"][0].partition("(")[0] in told


def test_pictures_and_rows_have_their_limits_and_they_are_told(drawn, tmp_path, monkeypatch):
    session = create_session(drawn, name="many", annotator="ann", streams=Streams())
    for seq in range(12):
        session.answer(f"g{seq}", "yes", client_id="c", client_seq=seq, shown={"stream": "hunt"})
    monkeypatch.setattr("tuningfork.labelling.report_page.MOST_STAMPS", 5)
    monkeypatch.setattr("tuningfork.labelling.report_page.MOST_ROWS", 7)
    export_page(session, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert text.count("<img") == 5
    assert "Pictures of the 5 surest; all 12" in text
    assert "5 more are not listed" in text
    monkeypatch.setattr("tuningfork.labelling.report_page._MOST_BYTES", 1000)
    export_page(session, tmp_path / "b.html")
    assert "the file is full" in (tmp_path / "b.html").read_text()
    assert MOST_STAMPS == 400


def test_what_cannot_be_written_is_said(drawn, tmp_path):
    session = create_session(drawn, name="none", annotator="ann", streams=Streams())
    with pytest.raises(UsageError, match="nothing was answered"):
        export_page(session, tmp_path / "a.html")
    with pytest.raises(UsageError, match="HTML"):
        export_page(session, tmp_path / "a.csv")
    with pytest.raises(UnknownNameError, match="html"):
        export_answers(session, tmp_path / "a.html", kind="htm")


def test_the_page_counts_galaxies_and_answers_of_all(drawn, tmp_path):
    session = create_session(drawn, name="two", annotator="ann", streams=Streams())
    fill(session, drawn, 12)
    fill(session, drawn, 9, person="bob")
    export_page(session, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert "12 galaxies were answered, in 21 answers by 2 people." in text
    assert "12 galaxies, each with the answer that holds" in text


@pytest.mark.browser
def test_axe_finds_nothing_in_the_supplement_and_it_is_not_cut_off(drawn, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    playwright = pytest.importorskip("playwright.sync_api")
    session = create_session(drawn, name="mine", question=Question(HOSTILE), streams=Streams())
    session.add_examples(sorted(drawn.rare)[:1])
    fill(session, drawn)
    export_page(session, tmp_path / "a.html")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for width, height, scheme in [(1280, 800, "light"), (390, 844, "dark")]:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto((tmp_path / "a.html").as_uri())
            found = axe.Axe().run(page).response["violations"]
            assert [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
