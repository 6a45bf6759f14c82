// Scales, calibrated widths and the normal distribution: recommender/scale.py and conformal.py in
// the browser.
"use strict";

const scale = (() => {
  const EDGE = 0.01;
  const LOG = { link: Math.log, inverse: Math.exp };
  const LOGIT = {
    link(percent) {
      const share = Math.min(Math.max(percent, EDGE), 100 - EDGE) / 100;
      return Math.log(share / (1 - share));
    },
    inverse: (logit) => 100 / (1 + Math.exp(-Math.min(Math.max(logit, -700), 700))),
  };
  const scaleOf = (target) => (target === "accuracy_pct" ? LOGIT : LOG);

  /** Piecewise linear through (xs[i], ys[i]), xs ascending; flat beyond the ends. */
  function interpolate(x, xs, ys) {
    if (x >= xs[xs.length - 1]) return ys[ys.length - 1];
    if (x <= xs[0]) return ys[0];
    let low = 0;
    let high = xs.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (xs[middle] <= x) low = middle;
      else high = middle;
    }
    const slope = (ys[high] - ys[low]) / (xs[high] - xs[low]);
    return slope * (x - xs[low]) + ys[low];
  }

  /** Half-width, in predicted spreads, of the central interval at a level; infinite above reach. */
  function width([scores, levels], level) {
    const highest = levels.length ? levels[levels.length - 1] : 0;
    if (level > highest + 1e-12) return Infinity;
    return levels.length ? interpolate(level, levels, scores) : 0;
  }

  /** Probability that a score is at most `score`: the inverse of `width`. */
  function levelOf([scores, levels], score) {
    return levels.length && !(score < scores[0]) ? interpolate(score, scores, levels) : 0;
  }

  // Wichura's algorithm AS 241, for 0.5 <= p < 1, as Python's statistics module has it.
  const CENTRE = [
    [2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
      13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608],
    [5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
      5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1],
  ];
  const TAIL = [
    [7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
      1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
      4.6303378461565452959, 1.42343711074968357734],
    [1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
      0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494,
      2.05319162663775882187, 1],
  ];
  const horner = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);
  const ratio = ([above, below], x) => horner(above, x) / horner(below, x);

  /** Quantile of the normal distribution, for 0.5 to 1 - 1e-11. */
  function quantile(p) {
    const q = p - 0.5;
    if (q <= 0.425) return ratio(CENTRE, 0.180625 - q * q) * q;
    return ratio(TAIL, Math.sqrt(-Math.log(1 - p)) - 1.6);
  }

  return { of: scaleOf, width, levelOf, quantile };
})();
