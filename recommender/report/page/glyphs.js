// How a candidate looks: its network by colour, its strategy by shape, measured ones filled.
"use strict";

const glyphs = (() => {
  // Okabe and Ito's colours, told apart by colour-blind readers too; the first is the text's own.
  const COLOURS = [
    null, "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
  ];
  const RADIUS = 5;
  const BOX = 22;

  function polygon(n, turn, radii) {
    const path = new Path2D();
    for (let k = 0; k < n; k++) {
      const angle = 2 * Math.PI * (k / n + turn);
      const r = radii[k % radii.length];
      path[k ? "lineTo" : "moveTo"](r * Math.sin(angle), -r * Math.cos(angle));
    }
    path.closePath();
    return path;
  }

  function disc(x, y, radius) {
    const path = new Path2D();
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return path;
  }

  // A shape for each quantizer, a needle for pruned, a dot for distilled.
  const SHAPES = {
    "": disc(0, 0, RADIUS),
    f16: polygon(3, 0, [RADIUS * 1.3]),
    blq: polygon(4, 0.125, [RADIUS * 1.25]),
    fiq: polygon(4, 0, [RADIUS * 1.3]),
    qat: polygon(10, 0, [RADIUS * 1.5, RADIUS * 0.7]),
  };
  const NEEDLE = new Path2D(`M0 ${-RADIUS - 4}V${RADIUS + 4}`);
  const DOT = disc(RADIUS + 3, -RADIUS - 3, 1.8);

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

  const outlines = new Map();
  /** A strategy's whole outline as one path. */
  function outline(slug) {
    if (!outlines.has(slug)) {
      const { distilled, pruned, quantizer } = parts(slug);
      const path = new Path2D(SHAPES[quantizer]);
      if (pruned) path.addPath(NEEDLE);
      if (distilled) path.addPath(DOT);
      outlines.set(slug, path);
    }
    return outlines.get(slug);
  }

  /** What is drawn for a strategy on the network in a place. */
  function glyph(slug, place, filled, { ink }) {
    return { path: outline(slug), colour: colourOf(place, ink), filled };
  }

  /**
   * Draw a glyph about the origin.
   *
   * Two strokes of the pen and no more: thousands of glyphs are drawn at each move of a slider, and
   * browsers take several times as long for copied pictures, or for a third. The edge in ink lets
   * light colours show on light paper.
   */
  function draw(ctx, { path, colour, filled }, { ink }) {
    ctx.strokeStyle = ink;
    ctx.lineWidth = filled ? 1.5 : 3.2;
    ctx.stroke(path);
    if (filled) {
      ctx.fillStyle = colour;
      ctx.fill(path);
    } else {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.8;
      ctx.stroke(path);
    }
  }

  /** A canvas with one glyph. */
  function picture(slug, place, filled, colours, ratio) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = BOX * ratio;
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, (BOX * ratio) / 2, (BOX * ratio) / 2);
    draw(ctx, glyph(slug, place, filled, colours), colours);
    return canvas;
  }

  return { theme, glyph, draw, picture };
})();
