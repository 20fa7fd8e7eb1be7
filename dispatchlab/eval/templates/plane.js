// What a teacher prefers, over two parameters and time; the data are in the page.
(function () {
  "use strict";
  const REGION = "213,94,0", TURN = 48, STEP_MS = 250;

  const text = (words) =>
    words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  // Two standard deviations around the mean, by a Cholesky factor of the covariance.
  function ellipse(gaussian, i, j) {
    const a = Math.sqrt(Math.max(gaussian.cov[i][i], 0));
    const b = a > 0 ? gaussian.cov[i][j] / a : 0;
    const c = Math.sqrt(Math.max(gaussian.cov[j][j] - b * b, 0));
    const x = [], y = [];
    for (let k = 0; k <= TURN; k++) {
      const u = Math.cos(2 * Math.PI * k / TURN), v = Math.sin(2 * Math.PI * k / TURN);
      x.push(gaussian.mean[i] + 2 * a * u);
      y.push(gaussian.mean[j] + 2 * (b * u + c * v));
    }
    return [x, y];
  }

  function rectangle(box, i, j) {
    const [l, h] = [box.low, box.high];
    return [[l[i], h[i], h[i], l[i], l[i]], [l[j], l[j], h[j], h[j], l[j]]];
  }

  function regions(frame, i, j) {
    const outlines = [
      ...frame.gaussians.map((region) => [region, ellipse(region, i, j)]),
      ...frame.boxes.map((region) => [region, rectangle(region, i, j)]),
    ];
    // Many regions may lie on top of one another: together they must not hide what is below.
    const total = Math.max(outlines.reduce((sum, [region]) => sum + region.weight, 0), 1e-12);
    return outlines.map(([region, [x, y]]) => ({
      x, y, mode: "lines", fill: "toself", hoveron: "fills", hoverinfo: "text",
      text: "chance " + (100 * region.weight).toFixed(1) + " %",
      line: { color: `rgba(${REGION},0.9)`, width: 1.5 },
      fillcolor: `rgba(${REGION},${0.5 * region.weight / total})`,
    }));
  }

  function traces(frame, i, j) {
    const most = Math.max(...frame.levels.map((level) => level.mass), 1e-12);
    return [
      ...regions(frame, i, j),
      {
        x: frame.levels.map((level) => level.point[i]),
        y: frame.levels.map((level) => level.point[j]),
        mode: "markers", hoverinfo: "text",
        text: frame.levels.map((level) => "mass " + (100 * level.mass).toFixed(1) + " %"),
        marker: {
          symbol: "square-open", color: `rgb(${REGION})`, line: { width: 2 },
          size: frame.levels.map((level) => 5 + 20 * Math.sqrt(level.mass / most)),
        },
      },
      {
        x: frame.plays.map((play) => play.point[i]),
        y: frame.plays.map((play) => play.point[j]),
        mode: "markers", hoverinfo: "x+y+text",
        text: frame.plays.map((play) => "score " + play.score),
        marker: {
          size: 7, color: frame.plays.map((play) => play.score), cmin: 0, cmax: 1,
          colorscale: "Cividis", colorbar: { title: { text: "score" }, thickness: 10 },
          line: { width: 0.5, color: "#ffffff" },
        },
      },
    ];
  }

  function axis(parameter) {
    const width = parameter.high - parameter.low, margin = 0.05 * width;
    return {
      ...(parameter.whole && width <= 12 ? { dtick: 1 } : {}),
      title: { text: text(parameter.title) }, automargin: true, zeroline: false,
      range: [parameter.low - margin, parameter.high + margin],
    };
  }

  function start(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const [across, upwards] = ["across", "upwards"].map((name) => root.querySelector("." + name));
    const time = root.querySelector(".time"), play = root.querySelector(".play");
    const chart = root.querySelector(".drawn"), told = root.querySelector("output");
    let timer = null;

    function draw() {
      const frame = data.frames[time.value];
      const [i, j] = [Number(across.value), Number(upwards.value)];
      told.textContent = frame.timesteps + " decisions";
      Plotly.react(chart, traces(frame, i, j), {
        xaxis: axis(data.parameters[i]), yaxis: axis(data.parameters[j]),
        showlegend: false, height: 420, hovermode: "closest",
        margin: { l: 10, r: 10, t: 34, b: 10 },
        modebar: { remove: ["select", "lasso", "autoscale"] }, plot_bgcolor: "#ffffff",
        font: { family: "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif" },
      }, { displaylogo: false, responsive: true, displayModeBar: true, showSendToCloud: false });
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "play";
    }

    function toggle() {
      if (timer !== null) return stop();
      if (time.value === time.max) time.value = 0;
      play.textContent = "stop";
      timer = setInterval(() => {
        time.value = Number(time.value) + 1;
        draw();
        if (time.value === time.max) stop();
      }, STEP_MS);
    }

    for (const [choice, chosen] of [[across, 0], [upwards, 1]]) {
      data.parameters.forEach((parameter, index) => {
        choice.add(new Option(parameter.title, index, false, index === chosen));
      });
      let before = choice.value;
      choice.addEventListener("change", () => {
        const other = choice === across ? upwards : across;
        if (other.value === choice.value) other.value = before;
        draw();
      });
      choice.addEventListener("focus", () => { before = choice.value; });
    }
    time.max = data.frames.length - 1;
    time.value = time.max;
    time.addEventListener("input", () => { stop(); draw(); });
    play.addEventListener("click", toggle);
    draw();
  }

  document.querySelectorAll(".plane").forEach(start);
})();
