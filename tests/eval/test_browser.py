"""Reports in a real browser: they open without a network, and people can use what they show."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs selenium: pip install 'dispatchlab[slow]'")
pytest.importorskip("plotly")
pytest.importorskip("jinja2")
pytest.importorskip("ortools")
pytest.importorskip("stable_baselines3")

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from dispatchlab.eval.report import html_report
from dispatchlab.eval.run_report.page import run_report
from dispatchlab.eval.summary import summarise
from tests.eval.hostile import IMAGE, LONG, NAMES, QUOTES, hostile
from tests.eval.run_folders import write_run

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]
FAMILIES = ("job-shop", "soc", "edge", "uam")
PHONE, DESK = 390, 1280
Browser = Any


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a screen and without a network; it notes all that pages ask for."""
    options = Options()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(110)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of every family with hostile names, and one of two training runs."""
    folder = tmp_path_factory.mktemp("pages")
    runs = [write_run(folder / "first"), write_run(folder / "<img src=x onerror=alert(3)>")]
    found = {"run": folder / "run.html"}
    found["run"].write_text(run_report(runs), encoding="utf-8")
    for family in FAMILIES:
        made = hostile(family)
        page = html_report(made, summarise(made), {IMAGE: LONG}, title=IMAGE, run_folders=runs[:1])
        found[family] = folder / f"{family}.html"
        found[family].write_text(page, encoding="utf-8")
    return found


def show(browser: Browser, page: Path, width: int = DESK) -> None:
    """Open a page as a file in a window of some width; forget what was noted before."""
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    browser.get(page.as_uri())
    WebDriverWait(browser, 30).until(
        lambda b: b.execute_script("return document.readyState") == "complete"
    )


def shown_rows(browser: Browser, label: str) -> list[list[str]]:
    """Texts of the rows of a table that are not hidden."""
    rows: list[list[str]] = browser.execute_script(
        """const table = document.querySelector(`table[aria-label=${CSS.escape(arguments[0])}]`);
        return [...table.tBodies[0].rows].filter((row) => !row.hidden)
          .map((row) => [...row.cells].filter((c) => !c.hidden).map((c) => c.textContent.trim()));
        """,
        label,
    )
    return rows


def table(browser: Browser, label: str) -> Any:  # noqa: ANN401 (an element of a page)
    """The box around a table, with its filter."""
    return browser.find_element(
        By.XPATH, f"//table[@aria-label='{label}']/ancestor::*[@class='table']"
    )


@pytest.mark.parametrize("name", [*FAMILIES, "run"])
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_opens(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    """No complaint, no request, every chart drawn, nothing wider than the window, names as text."""
    show(browser, pages[name], width)
    assert browser.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {
        m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in urls if not url.startswith(("data:", "blob:"))} == {pages[name].as_uri()}
    sizes = browser.execute_script(
        """return [...document.querySelectorAll(".js-plotly-plot")].map((chart) => [
          chart.querySelector("svg.main-svg").getBoundingClientRect().width,
          chart.querySelectorAll(".trace, .hm, .point").length]);"""
    )
    assert len(sizes) >= 4
    assert all(wide > 200 and drawn > 0 for wide, drawn in sizes)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert len(browser.find_elements(By.CSS_SELECTOR, "main h2")) >= 4


def test_hostile_names_are_text(browser: Browser, pages: dict[str, Path]) -> None:
    """Names stand in tables, choices and charts letter for letter, and hover shows them so."""
    show(browser, pages["job-shop"])
    assert browser.title == IMAGE
    assert [row[0] for row in shown_rows(browser, "Objectives")] == list(NAMES)
    options = Select(browser.find_element(By.CSS_SELECTOR, "#choices select")).options
    assert [option.get_attribute("value") for option in options] == ["", *NAMES]
    ticks = browser.execute_script(
        "return [...document.querySelectorAll('.ytick text')].map((t) => t.textContent)"
    )
    assert {IMAGE, QUOTES} <= set(ticks)
    bar = browser.find_element(By.CSS_SELECTOR, ".barlayer .point path")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", bar)
    ActionChains(browser).move_to_element(bar).perform()
    hover = WebDriverWait(browser, 10).until(
        lambda b: b.find_element(By.CSS_SELECTOR, ".hoverlayer .hovertext")
    )
    assert NAMES[0] in hover.get_attribute("textContent")


def test_sorting(browser: Browser, pages: dict[str, Path]) -> None:
    """Headings sort by click and by key, say so, and put what is missing last."""
    show(browser, pages["job-shop"])
    box = table(browser, "Runs")
    gap, time = (box.find_element(By.XPATH, f".//th[.='{text}']") for text in ("gap %", "time"))
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", gap)
    gap.find_element(By.TAG_NAME, "button").click()
    gaps = [float(row[6]) for row in shown_rows(browser, "Runs")]
    assert gaps == sorted(gaps)
    assert (gap.get_attribute("aria-sort"), time.get_attribute("aria-sort")) == (
        "ascending",
        "none",
    )
    gap.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert [float(row[6]) for row in shown_rows(browser, "Runs")] == gaps[::-1]
    assert gap.get_attribute("aria-sort") == "descending"
    time.find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    factors = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}
    taken = [row[8].split() for row in shown_rows(browser, "Runs")]
    seconds = [float(number) * factors[unit] for number, unit in taken]
    assert seconds == sorted(seconds)
    decision = box.find_element(By.XPATH, ".//th[.='decision']//button")
    for _ in range(2):
        decision.send_keys(Keys.ENTER)
        cells = [row[10] for row in shown_rows(browser, "Runs")]
        assert [cell == "–" for cell in cells] == [False] * 10 + [True] * 5


def test_filtering(browser: Browser, pages: dict[str, Path]) -> None:
    """Text, methods and the instance choose rows, columns and curves; the count says how many."""
    show(browser, pages["job-shop"])
    box = table(browser, "Runs")
    field, told = box.find_element(By.TAG_NAME, "input"), box.find_element(By.TAG_NAME, "output")
    assert told.text == "15 of 15 rows"
    field.send_keys("SPT Alert(1)")
    assert [row[0] for row in shown_rows(browser, "Runs")] == [NAMES[0]]
    assert told.text == "1 of 15 rows"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    assert told.text == "15 of 15 rows"
    Select(browser.find_element(By.CSS_SELECTOR, "#choices select")).select_by_value(NAMES[3])
    assert told.text == "3 of 15 rows"
    assert len(shown_rows(browser, "Objectives")) == 1
    browser.find_element(By.CSS_SELECTOR, "#choices input[value='1']").send_keys(Keys.SPACE)
    assert {row[2] for row in shown_rows(browser, "Runs")} == {"spt", LONG}
    assert len(shown_rows(browser, "Objectives")[0]) == 6
    assert len(shown_rows(browser, "Methods")) == 2
    curves = "return [...document.getElementById('chart-0').data].map((t) => t.visible ?? true)"
    assert browser.execute_script(curves) == [True, False, True]
    browser.find_element(By.CSS_SELECTOR, "#choices button[data-all=no]").click()
    assert shown_rows(browser, "Methods") == []
    browser.find_element(By.CSS_SELECTOR, "#choices button[data-all=yes]").click()
    assert browser.execute_script(curves) == [True, True, True]
    assert len(shown_rows(browser, "Methods")) == 3


def test_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    """Tab reaches link, sections, choices, headings, chart buttons and filters, and shows where."""
    show(browser, pages["job-shop"])
    reached: list[str] = []
    for _ in range(120):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        told = browser.execute_script(
            """const e = document.activeElement, style = getComputedStyle(e);
            const kind = e.matches(".skip") ? "skip" : e.matches("nav a") ? "section"
              : e.matches("#choices input") ? "method" : e.matches("#choices select") ? "instance"
              : e.matches("th button") ? "heading" : e.matches(".modebar-btn") ? "chart button"
              : e.matches("input[type=search]") ? "filter" : e.matches(".scroll") ? "box" : "";
            return [kind, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];"""
        )
        kind, is_visible = told
        if kind:
            assert is_visible, f"the focus on {kind} cannot be seen"
            if kind not in reached:
                reached.append(kind)
    assert reached == [
        "skip", "section", "method", "instance", "box", "heading", "chart button", "filter"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["job-shop", "soc"])
def test_gantt_zooms(browser: Browser, pages: dict[str, Path], name: str) -> None:
    """The button of a schedule's chart zooms into it."""
    show(browser, pages[name])
    chart = browser.find_element(
        By.XPATH, "//h2[@id='schedules']/following::*[contains(@class, 'js-plotly-plot')]"
    )
    width = "const [a, b] = arguments[0]._fullLayout.xaxis.range; return b - a"
    before = browser.execute_script(width, chart)
    button = chart.find_element(By.CSS_SELECTOR, "[aria-label='Zoom in']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(
        lambda b: b.execute_script(width, chart) == pytest.approx(before / 2)
    )


def test_fleet_moves(browser: Browser, pages: dict[str, Path]) -> None:
    """The map of air taxis plays the day."""
    show(browser, pages["uam"])
    chart = browser.find_element(
        By.XPATH, "//*[contains(@class, 'js-plotly-plot')][.//*[@class='updatemenu-button']]"
    )
    play = chart.find_element(By.CLASS_NAME, "updatemenu-button")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", play)
    now = "return arguments[0]._fullLayout.sliders[0].active"
    browser.execute_script("return Plotly.animate(arguments[0], ['0'], {mode: 'immediate'})", chart)
    WebDriverWait(browser, 10).until(lambda b: b.execute_script(now, chart) == 0)
    ActionChains(browser).move_to_element(play).click().perform()
    WebDriverWait(browser, 15).until(lambda b: b.execute_script(now, chart) > 2)


def test_teacher_plays(browser: Browser, pages: dict[str, Path]) -> None:
    """The slider of a training run shows what the teacher preferred when."""
    show(browser, pages["run"])
    plane = browser.find_element(By.CLASS_NAME, "plane")
    slider, told = (
        plane.find_element(By.CLASS_NAME, "time"),
        plane.find_element(By.TAG_NAME, "output"),
    )
    assert told.text == "1024 decisions"
    slider.send_keys(Keys.HOME)
    assert told.text == "512 decisions"
    points = browser.execute_script(
        "return arguments[0].data.at(-1).x.length", plane.find_element(By.CLASS_NAME, "drawn")
    )
    assert points == 2
