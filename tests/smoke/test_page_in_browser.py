"""The day's page as a browser shows it: complete by itself, readable on a phone, and asking nobody for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from csp_receivables.adapters.page import write_page
from tests.airflow_home import ROOT
from tests.conftest import unavailable
from tests.days import sample_day

pytestmark = pytest.mark.smoke
# As root a sandbox can't be had; the rest keeps the browser from calling home, where nothing answers.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
DESKTOP, PHONE = 1280, 390  # pixels wide


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        unavailable("a browser (chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def page(browser: Browser, width: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    yield page
    page.close()


def test_the_page_is_complete_by_itself_and_fits_its_reader(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    file = tmp_path / "day.html"
    write_page(sample_day(), file, ROOT / "include" / "templates")

    page.goto(file.as_uri())

    assert [file.as_uri()] == asked
    assert [] == complaints
    assert page.locator("h1").inner_text().startswith("Daily reconciliation")
    assert page.locator("article").count() == 3  # a card for each currency
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate("document.querySelector('svg').getBoundingClientRect().width > 200")
