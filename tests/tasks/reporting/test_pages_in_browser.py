"""Report and passport as a browser shows them: axe in light and dark, the keyboard, narrow windows, no
request."""

from dataclasses import replace

import numpy as np
import pytest

from tests.tasks.morphology.made import TOLD
from tests.web.browser import FLAGS, chromium_path
from tuningfork.tasks.explaining import Explained
from tuningfork.tasks.morphology.model import Member, Model
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.reporting import read_run, write_passport, write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(trained, tmp_path_factory):
    """Both pages; the network is made worse, so that there are mistakes to show."""
    collection, classifier, run = trained
    read, root = read_run(run, collection=collection), tmp_path_factory.mktemp("pages")
    judged = read.judged
    rng = np.random.default_rng(0)
    p = np.where(rng.random((len(judged), 1)) < 0.4, judged.probabilities[:, ::-1], judged.probabilities)
    read = replace(read, judged=judged.told(p))
    one = Explained("test_resnet", classifier.classes, classifier.network)
    built = (Member(classifier.network, classifier.classes, "", classifier.facts),)
    file = save_model(root / "model.safetensors", Model(classifier.classes, built), TOLD)
    read = replace(read, model=str(file), fold=np.arange(len(judged)) % 3)
    return [
        write_report(read, root / "report.html"),
        write_passport(read, "g071", root / "passport.html", explained=[one]),
    ]


@pytest.fixture
def browser():
    path = chromium_path()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "dark"), (1280, 800, "light")])
def test_axe_finds_nothing_and_nothing_is_fetched(browser, pages, width, height, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for file in pages:
        page = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
        ).new_page()
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        results = axe.Axe().run(page).response["violations"]
        assert [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results] == []
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


@pytest.mark.parametrize("width", [320, 640])
def test_narrow_windows_need_no_sideways_scrolling(browser, pages, width):
    for file in pages:
        page = browser.new_page(viewport={"width": width, "height": 700})
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_keys_reach_every_section_and_every_wide_table(browser, pages):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(pages[0].as_uri())
    links = page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert {
        "#confusion",
        "#data",
        "#folds",
        "#calibration",
        "#facts",
        "#learning",
        "#features",
        "#looks",
        "#mistakes",
        "#run",
    } <= set(links)
    for link in links:
        assert page.evaluate(f"document.querySelector('{link}') !== null"), link
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.ariaLabel")
        )
    assert {*links, "Confusion matrix", "Table of classes", "Coverage of conformal sets"} <= reached


def test_the_page_opens_at_once_and_prints(browser, pages):
    page = browser.new_page()
    page.goto(pages[0].as_uri())
    took = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert took < 2000
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 10_000
