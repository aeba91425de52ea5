"""A notice as mail programs show it: on a telephone and a computer, by day and by night, and complete by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from csp_receivables.adapters.notices import render
from csp_receivables.domain.collections.notice_examples import CASES, example_notices
from tests.airflow_home import ROOT
from tests.smoke.test_page_in_browser import browser

pytestmark = pytest.mark.smoke
TEMPLATES = ROOT / "include" / "templates" / "notices"
NARROW, WIDE = 320, 640
__all__ = ["browser"]  # the fixture


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_awkward_case_fits_a_telephone_and_asks_for_nothing(
    browser: Browser,
    tmp_path: Path,
    theme: Literal["light", "dark"],
) -> None:
    page = browser.new_page(color_scheme=theme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for case, content in example_notices("final_notice", "de").items():
        file = tmp_path / f"{re.sub('[^a-z]', '-', case)}.html"
        file.write_text(render(content, TEMPLATES).html, encoding="utf-8")
        for width in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(file.as_uri())

            assert page.evaluate("document.documentElement.scrollWidth") <= width, (case, width)
    page.close()

    assert len(asked) == 2 * len(CASES)
    assert all(url.startswith("file://") for url in asked)
