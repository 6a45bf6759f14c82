// From candidates and limits to one pick: what recommender/board.py, ranking.py, engine.py and
// relax.py do, in the browser. The data come from Python (report/atlas.py) and so do the constants;
// the tests hold every result of this file against Python's.
"use strict";

const selection = (() => {
  // Columns of the needs, in the order of the limits.
  const SIZE = 0;
  const LATENCY = 1;
  const ACCURACY = 2;

  // --- a board seen by one profile --------------------------------------------------------------

  /** How wide a target's intervals are: for networks known by facts, and with their plain form. */
  const calibrationsOf = (page, board, target) => page.calibrations[board.calibrations][target];

  /** What moves a target's values to bounds that hold on one side with the asked confidence. */
  function bound(page, board, target, confidence, { upper, sure }) {
    const { value, given, spread, anchored } = board[target];
    const { link, inverse } = scale.of(target);
    const [free, tied] = calibrationsOf(page, board, target).map((c) => scale.width(c, 2 * confidence - 1));
    const own = sure ? 0 : scale.quantile(confidence);
    return (i) => {
      if (value[i] === null) return NaN;
      const width = given[i] ? own : anchored[i] ? tied : free;
      const shift = spread[i] > 0 ? width * spread[i] : 0;
      return shift === 0 ? value[i] : inverse(link(value[i]) + (upper ? shift : -shift));
    };
  }

  /** Value, lower and upper bound of one candidate, each bound held with the confidence. */
  function interval({ page, board, profile }, target, i) {
    const end = (upper) =>
      bound(page, board, target, profile.confidence, { upper, sure: false })(i);
    return [board[target].value[i] ?? NaN, end(false), end(true)];
  }

  /** What each limit bounds, by the kind of size that is asked for. */
  function targetOf(limit, sizeKind) {
    return limit.target === "size_kb" && sizeKind === "file" ? "file_kb" : limit.target;
  }

  /** The tightest limits that each candidate meets: four columns of losses, accuracy negated. */
  function needsOf(page, board, profile, eligible) {
    return page.limits.map((limit) => {
      const sign = limit.upper ? 1 : -1;
      const target = targetOf(limit, profile.sizeKind);
      const { upper } = limit;
      const sure =
        target === "ram_kb"
          ? (i) => board.ram_kb[i] ?? NaN
          : bound(page, board, target, profile.confidence, { upper, sure: true });
      return Float64Array.from(eligible, (e, i) => {
        const value = e ? sure(i) : NaN;
        return Number.isNaN(value) ? Infinity : sign * value;
      });
    });
  }

  /** Merit by the evidence alone; minus infinity where a quantity is not promised. */
  function meritOf(needs, aims) {
    const price = (need, points) => Math.log2(Math.max(need, 1e-6)) * points;
    return Float64Array.from(needs[SIZE], (size, i) => {
      const latency = needs[LATENCY][i];
      const loss = needs[ACCURACY][i];
      if (!isFinite(size) || !isFinite(latency) || !isFinite(loss)) return -Infinity;
      const points =
        -loss -
        price(size, aims.points_per_size_doubling) -
        price(latency, aims.points_per_latency_doubling);
      return Math.round(points * 1e9) / 1e9;
    });
  }

  /** What orders candidates of equal merit: accuracy, then size, then latency. */
  function tiesOf(needs) {
    const rounded = (values) => values.map((v) => (isFinite(v) ? Math.round(v * 1e9) / 1e9 : v));
    const doublings = (values) => rounded(values.map((v) => Math.log2(Math.max(v, 1e-6))));
    return [rounded(needs[ACCURACY]), doublings(needs[SIZE]), doublings(needs[LATENCY])];
  }

  /** Marks candidates that none beats in the given columns; equal ones are all marked. */
  function nonDominated(columns) {
    const n = columns[0].length;
    const marked = new Uint8Array(n);
    const promised = [];
    for (let i = 0; i < n; i++) if (columns.every((c) => isFinite(c[i]))) promised.push(i);
    const earlier = (a, b) => {
      for (const c of columns) if (c[a] !== c[b]) return c[a] - c[b];
      return 0;
    };
    const beats = (a, b) => {
      for (const c of columns) if (c[a] > c[b]) return false;
      return earlier(a, b) !== 0;
    };
    // In lexical order only an earlier one can beat a later one, and some member of the front does.
    const members = [];
    for (const i of promised.sort(earlier)) {
      if (members.some((m) => beats(m, i))) continue;
      members.push(i);
      marked[i] = 1;
    }
    return marked;
  }

  /**
   * Order a board for a profile, before any limit is looked at.
   *
   * profile: {serviceClass, task, device, networks, sizeKind, confidence, evidence, follow}
   */
  function rank(page, profile) {
    const board = page.boards[profile.device][profile.task];
    const judged = board.judged[profile.serviceClass];
    const aims = page.service_classes[profile.serviceClass];
    const names = new Set(profile.networks);
    const eligible = Uint8Array.from(board.network, (network, i) =>
      (!names.size || names.has(network)) &&
      (profile.evidence !== "measured" || board.measured[i]) &&
      (profile.follow !== "paper" || judged.lawful[i]) ? 1 : 0);
    const needs = needsOf(page, board, profile, eligible);
    const evidence = meritOf(needs, aims);
    const merit = evidence.map((e, i) => (profile.follow === "evidence" ? e : e + judged.say[i]));
    const late = aims.real_time_ms ?? Infinity;
    const slow = needs[LATENCY].map((latency) => (latency > late ? 1 : 0));
    const keys = tiesOf(needs);
    const tie = (a, b) => {
      for (const key of keys) if (key[a] !== key[b]) return key[a] < key[b] ? -1 : 1;
      return a - b;
    };
    const before = (a, b) =>
      slow[a] - slow[b] || (merit[a] === merit[b] ? tie(a, b) : merit[a] > merit[b] ? -1 : 1);
    const order = [...merit.keys()].sort(before);
    const position = new Int32Array(order.length);
    order.forEach((candidate, place) => (position[candidate] = place));
    return {
      page, board, profile, judged, aims, eligible, needs, evidence, merit, order, position, slow,
      front: nonDominated(needs.slice(0, 3)),
    };
  }

  // --- limits -----------------------------------------------------------------------------------

  /** Limits by name -> four losses; infinite where there is none. */
  function lossesOf(page, limits) {
    return page.limits.map(({ name, upper }) =>
      limits[name] === null ? Infinity : upper ? limits[name] : -limits[name]);
  }

  const met = (needs, limits, i) => limits.every((limit, k) => needs[k][i] <= limit);

  /** Probability with which a candidate meets its tightest limit. */
  function pFeasible(ranking, limits, i) {
    const { page, board, profile } = ranking;
    const chances = page.limits.map((limit, k) => {
      if (!isFinite(limits[k])) return 1;
      const target = targetOf(limit, profile.sizeKind);
      if (target === "ram_kb") return (board.ram_kb[i] ?? Infinity) <= limits[k] ? 1 : 0;
      const { value, given, spread, anchored } = board[target];
      if (value[i] === null) return 0;
      const asked = limit.upper ? limits[k] : -limits[k];
      if (given[i] || spread[i] === 0) return (limit.upper ? value[i] <= asked : value[i] >= asked) ? 1 : 0;
      const { link } = scale.of(target);
      const room = (link(asked) - link(value[i])) * (limit.upper ? 1 : -1);
      const level = scale.levelOf(calibrationsOf(page, board, target)[anchored[i] ? 1 : 0], Math.abs(room) / spread[i]);
      return 0.5 + 0.5 * Math.sign(room) * level;
    });
    return Math.min(...chances);
  }

  /** Pick, rivals, near misses and what to relax, as indices; at most `top` rivals and misses. */
  function choose(ranking, limits, top) {
    const { board, needs, order, page } = ranking;
    const front = isFinite(limits[3]) ? nonDominated(needs) : ranking.front;
    const feasible = ranking.eligible.map((e, i) => (e && met(needs, limits, i) ? 1 : 0));
    const orderedFront = order.filter((i) => front[i]);
    const frontier = orderedFront.filter((i) => feasible[i]);
    const pick = frontier.length ? frontier[0] : null;
    let rivals = pick === null ? [] : order.filter((i) => feasible[i] && i !== pick);
    let measuredPick = null;
    if (pick !== null && !board.measured[pick]) {
      measuredPick = rivals.find((i) => board.measured[i]) ?? null;
      if (measuredPick !== null) rivals = [measuredPick, ...rivals.filter((i) => i !== measuredPick)];
    }
    // What was measured is judged among its like: no prediction takes its place.
    const like = measuredPick === null ? front : measuredFront(ranking);
    const near = order.filter(
      (i) =>
        (front[i] || like[i]) &&
        !feasible[i] &&
        Math.max(...relax.changes(needs, limits, i)) <= page.near &&
        (pick === null || gain(ranking, i, pick, measuredPick) >= page.much),
    );
    return {
      limits, pick, measuredPick, feasible, frontier, front,
      alternatives: rivals.slice(0, top),
      nearMisses: near.slice(0, top),
      relaxations: relaxationsOf(ranking, limits, orderedFront, pick),
    };
  }

  /** The Pareto set of the candidates that were measured. */
  function measuredFront({ board, needs }) {
    const own = (column) => column.map((need, i) => (board.measured[i] ? need : Infinity));
    return nonDominated(needs.slice(0, 3).map(own));
  }

  /**
   * Accuracy points, as surely delivered, over the pick; over the best measured candidate, where
   * one is named and the candidate was measured itself.
   */
  function gain({ board, needs }, candidate, pick, measuredPick = null) {
    const other = measuredPick !== null && board.measured[candidate] ? measuredPick : pick;
    return Math.round((needs[ACCURACY][other] - needs[ACCURACY][candidate]) * 1e9) / 1e9;
  }

  function relaxationsOf({ needs, merit, position, page }, limits, orderedFront, pick) {
    const worthwhile =
      pick === null
        ? orderedFront
        : orderedFront.filter(
            (i) => position[i] < position[pick] && merit[i] >= merit[pick] + page.say,
          );
    const found = relax.single(needs, limits, worthwhile, orderedFront);
    if (found.length || pick !== null) return found;
    const together = relax.joint(needs, limits, orderedFront);
    return together ? [together] : [];
  }

  return { rank, choose, lossesOf, targetOf, interval, pFeasible, gain };
})();
