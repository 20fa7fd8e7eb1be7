// What all charts of a page need: their width, fingers, paper, and the choice of methods.
(function () {
  "use strict";
  const PAPER_PIXELS = 1000;
  const charts = () => window.Plotly ? [...document.querySelectorAll(".js-plotly-plot")] : [];

  // Charts are drawn before the page has its width.
  window.addEventListener("load", () => {
    window.dispatchEvent(new Event("resize"));
    // A finger scrolls past a chart that it does not zoom.
    if (window.matchMedia("(pointer: coarse)").matches) {
      charts().forEach((chart) => Plotly.relayout(chart, { dragmode: false }));
    }
  });

  // Paper has another width; cards stand side by side there, two in a row.
  window.addEventListener("beforeprint", () => charts().forEach((chart) => {
    const width = chart.closest(".cards:not(.wide)") ? PAPER_PIXELS / 2 - 20 : PAPER_PIXELS;
    Plotly.relayout(chart, { width });
  }));
  window.addEventListener("afterprint", () => charts().forEach((chart) => {
    Plotly.relayout(chart, { width: null, autosize: true });
  }));

  document.addEventListener("methods", ({ detail }) => charts().forEach((chart) => {
    const visible = [], changed = [];
    chart.data.forEach((trace, index) => {
      const isShown = detail.get(trace.meta?.name ?? trace.name);
      if (trace.type === "bar" || isShown === undefined) return;
      if (isShown !== ((trace.visible ?? true) === true)) {
        visible.push(isShown);
        changed.push(index);
      }
    });
    if (changed.length) Plotly.restyle(chart, { visible }, changed);
  }));
})();
