// How a candidate looks: its network by colour, its strategy by shape, measured ones filled.
"use strict";

const glyphs = (() => {
  // Okabe and Ito's colours, told apart by colour-blind readers too; the first is the text's own.
  const COLOURS = [
    null, "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
  ];
  const RADIUS = 5;
  const BOX = 22;

  const polygon = (n, turn, radius) => (ctx) => {
    for (let k = 0; k < n; k++) {
      const angle = 2 * Math.PI * (k / n + turn);
      const r = Array.isArray(radius) ? radius[k % radius.length] : radius;
      ctx[k ? "lineTo" : "moveTo"](r * Math.sin(angle), -r * Math.cos(angle));
    }
    ctx.closePath();
  };
  // A shape for each quantizer.
  const SHAPES = {
    "": (ctx) => ctx.arc(0, 0, RADIUS, 0, 2 * Math.PI),
    f16: polygon(3, 0, RADIUS * 1.3),
    blq: polygon(4, 0.125, RADIUS * 1.25),
    fiq: polygon(4, 0, RADIUS * 1.3),
    qat: polygon(10, 0, [RADIUS * 1.5, RADIUS * 0.7]),
  };

  /** `kd+prn80+f16` -> its parts. */
  function parts(slug) {
    const words = slug.split("+");
    return {
      distilled: words.includes("kd"),
      pruned: words.some((word) => word.startsWith("prn")),
      quantizer: words.find((word) => word && word in SHAPES) ?? "",
    };
  }

  /** The theme's colours, read from the style sheet. */
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      ink: colour("--ink"), paper: colour("--paper"), faint: colour("--faint"),
      shade: colour("--shade"), accent: colour("--accent"), line: colour("--line"),
    };
  }

  const colourOf = (place, ink) => COLOURS[place % COLOURS.length] ?? ink;

  /** Draw a glyph about the origin. */
  function draw(ctx, slug, colour, filled, { ink, paper }) {
    const { distilled, pruned, quantizer } = parts(slug);
    const stroke = (path, width, style) => {
      ctx.beginPath();
      path(ctx);
      ctx.lineWidth = width;
      ctx.strokeStyle = style;
      ctx.stroke();
    };
    const needle = (c) => {
      c.moveTo(0, -RADIUS - 4);
      c.lineTo(0, RADIUS + 4);
    };
    ctx.lineJoin = "round";
    stroke(SHAPES[quantizer], 3.2, ink); // an edge, so that light colours show on light paper
    ctx.fillStyle = filled ? colour : paper;
    ctx.fill();
    stroke(SHAPES[quantizer], 1.8, colour);
    if (pruned) stroke(needle, 1.6, ink);
    if (distilled) {
      ctx.beginPath();
      ctx.arc(RADIUS + 2, -RADIUS - 2, 2.2, 0, 2 * Math.PI);
      ctx.fillStyle = ink;
      ctx.fill();
    }
  }

  function canvasOf(columns, rows, ratio) {
    const canvas = document.createElement("canvas");
    canvas.width = columns * BOX * ratio;
    canvas.height = rows * BOX * ratio;
    return canvas;
  }

  function drawAt(canvas, column, row, ratio, ...how) {
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, (column + 0.5) * BOX * ratio, (row + 0.5) * BOX * ratio);
    draw(ctx, ...how);
  }

  /** A canvas with one glyph, `BOX` wide on the page. */
  function picture(slug, place, filled, colours, ratio) {
    const canvas = canvasOf(1, 1, ratio);
    drawAt(canvas, 0, 0, ratio, slug, colourOf(place, colours.ink), filled, colours);
    return canvas;
  }

  /**
   * All glyphs of some strategies on one canvas, which is far quicker to draw from than many.
   *
   * Gives its canvas, the side of a cell on it, and for a strategy and a network's place where the
   * cell is.
   */
  function sheet(slugs, colours, ratio) {
    const canvas = canvasOf(COLOURS.length, 2 * slugs.length, ratio);
    const rows = new Map(slugs.map((slug, row) => [slug, 2 * row]));
    for (const [slug, row] of rows) {
      COLOURS.forEach((_, place) => {
        for (const filled of [0, 1]) {
          drawAt(canvas, place, row + filled, ratio, slug, colourOf(place, colours.ink), filled, colours);
        }
      });
    }
    const side = BOX * ratio;
    const cell = (slug, place, filled) =>
      [(place % COLOURS.length) * side, (rows.get(slug) + (filled ? 1 : 0)) * side];
    return { canvas, side, cell };
  }

  return { BOX, theme, picture, sheet };
})();
