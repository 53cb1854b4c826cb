"""The data doctor's page as a browser shows it: axe, the keyboard, narrow windows."""

import pytest

from tests.web.browser import FLAGS, chromium_path
from tuningfork.collection import create_collection
from tuningfork.tasks.doctor import CheckReport, Finding, write_report

pytestmark = pytest.mark.browser

DETAILS = {
    "half_black": "the lower half is pure black",
    "lines": "a dark line at 90 degrees",
    "near_duplicate": "the picture of g001 (detail agrees to 0.98)",
    "label": "given 'spiral', looks 'elliptical' by 0.81",
}


@pytest.fixture
def page_file(tmp_path):
    from tests.collection.made import write_jpegs

    write_jpegs(tmp_path / "in", 8)
    collection = create_collection(tmp_path / "in", tmp_path / "galaxies", quiet=True).collection
    found = [
        Finding(row, f"g00{row}", kind, detail, 1.5, (0, 1) if kind == "near_duplicate" else None, "g001")
        for row in range(2, 8)
        for kind, detail in DETAILS.items()
    ]
    report = CheckReport(8, dict.fromkeys(DETAILS, 6), found, ["near-duplicates by pixels alone"])
    write_report(report, collection, tmp_path / "report.html")
    return tmp_path / "report.html"


@pytest.fixture
def browser():
    path = chromium_path()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def test_axe_finds_nothing_and_keys_reach_every_kind(browser, page_file):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(page_file.as_uri())
    results = axe.Axe().run(page).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results] == []
    for kind in DETAILS:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"#{kind}"
    page.keyboard.press("Enter")
    page.wait_for_function("window.scrollY > 400")
    assert page.evaluate("document.querySelector('#label').getBoundingClientRect().top") < 800


@pytest.mark.parametrize("width", [320, 640])
def test_narrow_windows_need_no_sideways_scrolling(browser, page_file, width):
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
