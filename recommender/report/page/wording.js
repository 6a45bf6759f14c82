// Quantities and candidates as people read them: recommender/wording.py in the browser.
"use strict";

const wording = (() => {
  /** Fixed decimals, exact ties to the even digit as Python rounds them. */
  function fixed(value, digits) {
    const scaled = value * 10 ** digits;
    const tie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
    if (!tie) return value.toFixed(digits);
    const below = Math.floor(scaled);
    return ((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits);
  }

  /** So many significant digits, as a number. */
  function significant(value, digits) {
    if (value === 0 || !isFinite(value)) return value;
    const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(value)));
    return decimals < 0 || decimals > 90
      ? Number(value.toPrecision(digits))
      : Number(fixed(value, decimals));
  }

  const grouped = (text) => text.replace(/^(-?\d+)/, (n) => n.replace(/\B(?=(\d{3})+$)/g, ","));

  /** Three significant digits, thousands with commas, never an exponent. */
  function number(value) {
    if (!isFinite(value)) return "unknown";
    if (value === 0) return "0";
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    const text = grouped(fixed(value, Math.min(digits, 100)));
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }

  /** A quantity in its unit, and the ends of its interval in the same. */
  function withEnds(text, ends, unit, name) {
    const inside = ends.map((end) => number(end / unit)).join("-");
    return ends.length ? `${text}${name} [${inside}]` : `${text}${name}`;
  }

  function scaled(value, ends, from, small, large) {
    if (!isFinite(value)) return "unknown";
    const [unit, name] = Math.abs(value) >= from ? [1000, large] : [1, small];
    return withEnds(number(value / unit), ends, unit, name);
  }

  const kilobytes = (value, ...ends) => scaled(value, ends, 10_000, " kB", " MB");
  const milliseconds = (value, ...ends) => scaled(value, ends, 1000, " ms", " s");
  const tenth = (value) => (isFinite(value) ? Number(fixed(value, 1)) : value);
  const percent = (value, ...ends) =>
    isFinite(value) ? withEnds(fixed(value, 1), ends.map(tenth), 1, "%") : "unknown";

  /** A difference of accuracies. */
  function points(value) {
    if (Math.abs(value) < 0.05) return "less than 0.1 points";
    const text = fixed(Math.abs(value), 1).replace(/\.0$/, "");
    return text === "1" ? "1 point" : `${text} points`;
  }

  const FORMS = { kB: kilobytes, ms: milliseconds, "%": percent };
  /** A value of what a limit bounds, with its unit. */
  const quantity = (limit, value) => FORMS[limit.unit](value);

  /** A proposed value of a limit, as a number: rounded so that what needs it meets it. */
  function rounded(limit, value) {
    const rough = significant(value, 3);
    if (limit.upper ? rough >= value : rough <= value) return rough;
    const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
    return significant(rough + (limit.upper ? step : -step), 6);
  }

  const bound = (limit, value) =>
    grouped(String(rounded(limit, value))) + (limit.unit === "%" ? "" : " ") + limit.unit;

  /** A share in whole per cent. */
  const share = (p) => `${fixed(100 * p, 0)}%`;

  const setup = (page, slug) => page.setups[slug] ?? slug.toUpperCase();
  /** `vgg PRN`: the network and the paper's name of the setup. */
  const candidate = (page, board, i) => `${board.network[i]} ${setup(page, board.strategy[i])}`;

  return {
    fixed, significant, number, kilobytes, milliseconds, percent, points, quantity, rounded, bound,
    share, setup, candidate,
  };
})();
