// Which limit to move, how far, and what that buys: recommender/relax.py in the browser.
"use strict";

const relax = (() => {
  const DIGITS = 6;

  /** Round a loss up to six significant digits, so that what it is the limit of meets it. */
  function generous(loss) {
    if (loss === 0 || !isFinite(loss)) return loss;
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(loss))) - DIGITS + 1);
    const steps = Math.round(loss / unit);
    const rounded = Number((steps * unit).toPrecision(DIGITS));
    return rounded >= loss ? rounded : Number(((steps + 1) * unit).toPrecision(DIGITS));
  }

  /** Relative move of each limit that a candidate would need; infinite where none helps. */
  function changes(needs, limits, candidate) {
    return limits.map((limit, k) => {
      const need = needs[k][candidate];
      if (need <= limit) return 0;
      return isFinite(need) ? (need - limit) / Math.abs(limit) : Infinity;
    });
  }

  /** A move with the pick under it; `orderedFront` is best first. */
  function bought(needs, limits, moves, orderedFront) {
    const moved = [...limits];
    for (const [index, value] of moves) moved[index] = value;
    const within = (i) => moved.every((limit, k) => needs[k][i] <= limit);
    return { moves, buys: orderedFront.find(within) };
  }

  /** For each limit alone, its smallest move that lets something worthwhile in. */
  function single(needs, limits, worthwhile, orderedFront) {
    const found = [];
    limits.forEach((limit, index) => {
      if (!isFinite(limit)) return;
      const least = worthwhile
        .filter((i) => limits.every((l, k) => (k === index ? needs[k][i] > l : needs[k][i] <= l)))
        .reduce((smallest, i) => Math.min(smallest, needs[index][i]), Infinity);
      if (isFinite(least)) found.push(bought(needs, limits, [[index, generous(least)]], orderedFront));
    });
    return found;
  }

  /** The smallest move of several limits: its largest relative part is the least. */
  function joint(needs, limits, orderedFront) {
    let least = null;
    for (const i of orderedFront) {
      const moves = changes(needs, limits, i);
      const worst = Math.max(...moves);
      const total = moves.reduce((sum, move) => sum + (isFinite(move) ? move : 0), 0);
      // Best first: of equally large moves the first stays.
      const smaller =
        !least || worst < least.worst || (worst === least.worst && total < least.total);
      if (isFinite(worst) && smaller) least = { i, moves, worst, total };
    }
    if (!least) return null;
    const parts = least.moves.flatMap((move, k) =>
      move > 0 ? [[k, generous(needs[k][least.i])]] : []);
    return bought(needs, limits, parts, orderedFront);
  }

  return { generous, changes, single, joint };
})();
