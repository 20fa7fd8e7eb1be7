// Tables that sort and filter, and the choice of methods and instances. Without it all is shown.
(function () {
  "use strict";
  const NUMBER = /^[[$]?([+\u2212-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*(µs|ms|s|%)?(?=$|[\s,/(\]])/;
  const FACTORS = { "µs": 1e-6, ms: 1e-3 };
  const MISSING = ["", "\u2013"];
  const words = new Intl.Collator(undefined, { numeric: true });

  function numberOf(text) {
    const found = NUMBER.exec(text);
    if (found === null) return null;
    const value = Number(found[1].replace(/,/g, "").replace("\u2212", "-"));
    return value * (FACTORS[found[2]] || 1);
  }

  // Rows with nothing in the column stay below the others, whatever the direction.
  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [row, row.cells[column].textContent.trim()]);
    const known = keyed.filter(([, text]) => !MISSING.includes(text));
    const numbers = new Map(known.map(([row, text]) => [row, numberOf(text)]));
    const numeric = [...numbers.values()].every((value) => value !== null);
    known.sort(([a, one], [b, other]) => direction * (
      numeric ? numbers.get(a) - numbers.get(b) : words.compare(one, other)));
    body.append(...known.map(([row]) => row));
    body.append(...keyed.filter(([, text]) => MISSING.includes(text)).map(([row]) => row));
  }

  function makeSortable(table) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => heading.querySelector("button")?.addEventListener(
      "click", () => {
        const turned = heading.getAttribute("aria-sort") === "ascending";
        headings.forEach((other) => {
          if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
        });
        heading.setAttribute("aria-sort", turned ? "descending" : "ascending");
        sort(table, column, turned ? -1 : 1);
      }));
  }

  const panel = document.getElementById("choices");
  const boxes = panel ? [...panel.querySelectorAll("input[type=checkbox]")] : [];
  const instance = panel ? panel.querySelector("select") : null;
  const filters = [];

  function isChosen(row, hidden) {
    if (row.dataset.method !== undefined && hidden.has(row.dataset.method)) return false;
    return !instance || instance.value === "" || row.dataset.instance === undefined
      || row.dataset.instance === instance.value;
  }

  function makeFilter(box) {
    const table = box.querySelector("table");
    const field = box.querySelector("input[type=search]"), told = box.querySelector("output");
    const rows = [...table.tBodies[0].rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

    function apply(hidden) {
      const asked = field ? field.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
      let shown = 0;
      rows.forEach((row) => {
        const fits = asked.every((word) => texts.get(row).includes(word));
        row.hidden = !(fits && isChosen(row, hidden));
        shown += !row.hidden;
      });
      if (told) told.textContent = `${shown} of ${rows.length} rows`;
    }

    if (field) {
      field.closest(".controls").hidden = false;
      field.addEventListener("input", () => apply(hiddenMethods()));
    }
    filters.push(apply);
  }

  function hiddenMethods() {
    return new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  }

  function applyAll() {
    const hidden = hiddenMethods();
    filters.forEach((apply) => apply(hidden));
    document.querySelectorAll("th[data-method], td[data-method]").forEach((cell) => {
      cell.hidden = hidden.has(cell.dataset.method);
    });
    const traces = new Map(boxes.map((box) => [box.dataset.trace, box.checked]));
    document.dispatchEvent(new CustomEvent("methods", { detail: traces }));
  }

  document.querySelectorAll(".table").forEach((box) => {
    makeSortable(box.querySelector("table"));
    makeFilter(box);
  });
  if (panel) {
    panel.hidden = false;
    panel.addEventListener("change", applyAll);
    panel.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
      boxes.forEach((box) => { box.checked = button.dataset.all === "yes"; });
      applyAll();
    }));
  }
  // Browsers keep what was chosen when a page is loaded again.
  window.addEventListener("load", applyAll);

  const links = document.querySelector("nav ul");
  document.querySelectorAll("main h2").forEach((heading, index) => {
    heading.id = heading.id || `section-${index + 1}`;
    const link = document.createElement("a"), item = document.createElement("li");
    link.href = "#" + heading.id;
    link.textContent = heading.textContent;
    item.append(link);
    links.append(item);
  });
})();
