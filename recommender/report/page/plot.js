// The plot: Chart.js draws axes, tooltip and points; what is particular to candidates is here.
"use strict";

const plot = (() => {
  const TITLE = {
    size_kb: "size, kB (log scale)",
    file_kb: "size of the stored file, kB (log scale)",
    latency_ms: "latency, ms (log scale)",
  };
  const ACCURACY = 2;
  const LABEL = "12px system-ui, sans-serif";

  /** Points as glyphs; those that the limits rule out are faint. */
  class Candidates extends Chart.ScatterController {
    static id = "candidates";
    static defaults = Chart.ScatterController.defaults;

    draw() {
      const { ctx, view } = this.chart;
      const points = this._cachedMeta.data;
      const base = ctx.getTransform();
      ctx.lineJoin = "round";
      const paint = (i) => {
        const { x, y, skip } = points[i];
        if (skip) return;
        ctx.setTransform(base.a, 0, 0, base.d, base.e + base.a * x, base.f + base.d * y);
        glyphs.draw(ctx, view.glyphs[i], view.colours);
      };
      const { feasible } = view.answer.choice;
      const layer = (alpha, belongs) => {
        ctx.globalAlpha = alpha;
        for (let i = 0; i < feasible.length; i++) if (belongs(i)) paint(i);
      };
      layer(0.16, (i) => !feasible[i]);
      layer(0.6, (i) => feasible[i] && !view.onFront(i));
      layer(1, (i) => feasible[i] && view.onFront(i));
      ctx.globalAlpha = 1;
      ctx.setTransform(base);
    }
  }

  /** What lies beyond the limits, shaded; drawn below the points. */
  const shading = {
    id: "shading",
    beforeDatasetsDraw({ ctx, chartArea: area, scales: { x, y }, view }) {
      const { limits } = view.answer.choice;
      const left = Math.min(area.right, Math.max(area.left, x.getPixelForValue(limits[view.column])));
      const bottom = Math.min(area.bottom, Math.max(area.top, y.getPixelForValue(-limits[ACCURACY])));
      ctx.save();
      ctx.strokeStyle = view.colours.accent;
      ctx.setLineDash([6, 4]);
      const border = (rectangle, from, to) => {
        ctx.fillStyle = view.colours.shade;
        ctx.fillRect(...rectangle);
        ctx.beginPath();
        ctx.moveTo(...from);
        ctx.lineTo(...to);
        ctx.stroke();
      };
      if (isFinite(limits[view.column])) {
        border([left, area.top, area.right - left, area.height], [left, area.top], [left, area.bottom]);
      }
      if (isFinite(limits[ACCURACY])) {
        border([area.left, bottom, area.width, area.bottom - bottom], [area.left, bottom], [area.right, bottom]);
      }
      ctx.restore();
    },
  };

  /** The interval of the candidate that is pointed at, a ring about the pick, and the names. */
  const naming = {
    id: "naming",
    afterDatasetsDraw(chart) {
      const { ctx, view } = chart;
      const { choice } = view.answer;
      ctx.save();
      staircase(chart);
      choice.frontier.forEach((i) => tail(chart, i));
      chart.getActiveElements().forEach(({ index }) => whiskers(chart, index));
      if (view.about !== null) ring(chart, view.about, view.colours.ink, [3, 3]);
      if (choice.pick !== null) ring(chart, choice.pick, view.colours.accent, []);
      labels(chart, [choice.pick, ...choice.alternatives].filter((i) => i !== null));
      ctx.restore();
    },
  };

  /** Joins those of the Pareto set that no other beats in what is shown, as surely delivered. */
  function staircase({ ctx, view, scales: { x, y } }) {
    const { needs, order } = view.answer.ranking;
    const [across, up] = [needs[view.column], needs[ACCURACY]];
    const members = order.filter((i) => view.onFront(i));
    let best = Infinity;
    ctx.beginPath();
    for (const i of members.sort((a, b) => across[a] - across[b] || up[a] - up[b])) {
      if (up[i] >= best) continue;
      const pixel = x.getPixelForValue(across[i]);
      if (best < Infinity) ctx.lineTo(pixel, y.getPixelForValue(-best));
      ctx.lineTo(pixel, y.getPixelForValue(-up[i]));
      best = up[i];
    }
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = view.colours.accent;
    ctx.stroke();
  }

  const pointOf = (chart, i) => chart.getDatasetMeta(0).data[i];

  /** From where a prediction is drawn to where it is judged. */
  function tail(chart, i) {
    const { ctx, view, scales: { x, y } } = chart;
    const { needs } = view.answer.ranking;
    const point = pointOf(chart, i);
    ctx.beginPath();
    ctx.moveTo(point.x, point.y);
    ctx.lineTo(x.getPixelForValue(needs[view.column][i]), y.getPixelForValue(-needs[ACCURACY][i]));
    ctx.lineWidth = 1;
    ctx.strokeStyle = view.colours.faint;
    ctx.stroke();
  }

  function ring(chart, i, colour, dash) {
    const { x, y } = pointOf(chart, i);
    const { ctx } = chart;
    ctx.beginPath();
    ctx.setLineDash(dash);
    ctx.arc(x, y, 12, 0, 2 * Math.PI);
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = colour;
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function whiskers(chart, i) {
    const { ctx, view, scales, chartArea: area } = chart;
    const { x, y } = pointOf(chart, i);
    const ends = (target, scale, low, high) =>
      selection.interval(view.answer.ranking, target, i).slice(1).map((value) => {
        const pixel = scale.getPixelForValue(value);
        return Math.min(high, Math.max(low, Number.isFinite(pixel) ? pixel : value > 0 ? high : low));
      });
    const [left, right] = ends(view.target, scales.x, area.left, area.right);
    const [bottom, top] = ends("accuracy_pct", scales.y, area.top, area.bottom);
    ctx.strokeStyle = view.colours.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (const [x0, y0, x1, y1] of [
      [left, y, right, y], [left, y - 4, left, y + 4], [right, y - 4, right, y + 4],
      [x, bottom, x, top], [x - 4, bottom, x + 4, bottom], [x - 4, top, x + 4, top],
    ]) {
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
    }
    ctx.stroke();
  }

  /** Names beside their points, where no other name is; one that finds no room is left out. */
  function labels(chart, indices) {
    const { ctx, view, chartArea: area } = chart;
    const taken = indices.map((i) => pointOf(chart, i)).map(({ x, y }) => [x - 9, y, 18]);
    ctx.font = LABEL;
    ctx.textBaseline = "middle";
    ctx.lineWidth = 4;
    ctx.strokeStyle = view.colours.paper;
    indices.forEach((i, place) => {
      const { x, y } = pointOf(chart, i);
      ctx.font = place === 0 && i === view.answer.choice.pick ? `bold ${LABEL}` : LABEL;
      const text = view.name(i);
      const width = ctx.measureText(text).width;
      const spots = [[15, 0], [-15 - width, 0], [-width / 2, -20], [-width / 2, 20], [12, -16], [12, 16],
        [-12 - width, -16], [-12 - width, 16]].map(([dx, dy]) => [x + dx, y + dy]);
      const spot = spots.find(([left, middle]) =>
        left >= area.left && left + width <= area.right && middle > area.top + 6 &&
        middle < area.bottom - 6 && !taken.some(([l, m, w]) =>
          Math.abs(m - middle) < 14 && left < l + w + 4 && l < left + width + 4));
      if (!spot) return;
      taken.push([...spot, width]);
      ctx.strokeText(text, ...spot);
      ctx.fillStyle = view.colours.ink;
      ctx.fillText(text, ...spot);
    });
  }

  const pointsOf = ({ answer: { ranking: { board } }, target }) =>
    board.network.map((_, i) => ({
      x: board[target].value[i] ?? NaN,
      y: board.accuracy_pct.value[i] ?? NaN,
    }));

  const scalesOf = (view) => {
    const ticks = { color: view.colours.ink };
    const grid = { color: view.colours.line };
    return {
      x: {
        type: "logarithmic",
        title: { display: true, text: TITLE[view.target], color: view.colours.ink },
        ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 12,
          callback: (value) => (/^[125]e/.test(Number(value).toExponential()) ? wording.number(value) : "") },
        grid,
        grace: 0,
        ...view.span(),
      },
      y: { title: { display: true, text: "accuracy, %", color: view.colours.ink }, ticks, grid,
        grace: "4%" },
    };
  };

  /** A chart on a canvas; `view` holds what it shows and `tell(i)` the lines of a tooltip. */
  function create(canvas, view) {
    Chart.register(Candidates);
    return new Chart(canvas, {
      type: "candidates",
      data: { datasets: [{ data: pointsOf(view) }] },
      plugins: [shading, naming, { id: "view", beforeInit: (c) => (c.view = view) }],
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        maintainAspectRatio: false,
        layout: { padding: { top: 8, right: 8 } },
        interaction: { mode: "nearest", intersect: true },
        elements: { point: { radius: 0, hitRadius: 9, hoverRadius: 0 } },
        onClick: (_, [hit]) => view.choose(hit ? hit.index : null),
        plugins: {
          legend: { display: false },
          tooltip: {
            displayColors: false,
            caretPadding: 16,
            callbacks: { title: ([item]) => (item ? view.name(item.dataIndex) : ""), label: (item) => view.tell(item.dataIndex) },
          },
        },
        scales: scalesOf(view),
      },
    });
  }

  /** Other points, another axis or other colours. */
  function renew(chart) {
    chart.data.datasets[0].data = pointsOf(chart.view);
    chart.options.scales = scalesOf(chart.view);
    chart.update("none");
  }

  /** Other limits: the points stay where they are. */
  const refresh = (chart) => chart.draw();

  return { create, renew, refresh };
})();
