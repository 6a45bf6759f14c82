// The answer as `dlmo-advise --format json` gives it, but for the texts that the page has anyway.
"use strict";

const advice = (() => {
  const round = (value) => (isFinite(value) ? wording.significant(value, 6) : null);
  const valueOf = ([value, low, high]) =>
    isFinite(value) ? { value: round(value), low: round(low), high: round(high) } : null;

  /**
   * Answer one question.
   *
   * question: {profile, limits by name, top}; `ranking` spares ordering anew when the profile is
   * the same.
   */
  function advise(page, question, ranking = selection.rank(page, question.profile)) {
    const limits = selection.lossesOf(page, question.limits);
    return { ranking, choice: selection.choose(ranking, limits, question.top), question };
  }

  /** One candidate, with its interval and its reasons. */
  function candidate({ ranking, choice }, i, why) {
    const { page, board } = ranking;
    const quantity = (target) => valueOf(selection.interval(ranking, target, i));
    const ram = board.ram_kb[i] ?? NaN;
    return {
      network: board.network[i],
      strategy: board.strategy[i],
      setup: wording.setup(page, board.strategy[i]),
      evidence: board.measured[i] ? "measured" : "predicted",
      p_feasible: Number(wording.fixed(selection.pFeasible(ranking, choice.limits, i), 4)),
      accuracy_pct: quantity("accuracy_pct"),
      size_kb: quantity("size_kb"),
      file_kb: quantity("file_kb"),
      latency_ms: quantity("latency_ms"),
      ram_kb: valueOf([ram, ram, ram]),
      reasons: why,
      rows: page.row_sets[board.rows[i]],
    };
  }

  const changePct = (limit, needed) => {
    const moved = (100 * (needed - limit)) / Math.abs(limit);
    return Number(wording.fixed(limit > 0 ? moved : -moved, 4));
  };

  function nearMiss(answer, i) {
    const { ranking, choice } = answer;
    const breaks = {};
    ranking.page.limits.forEach((limit, k) => {
      const need = ranking.needs[k][i];
      const sign = limit.upper ? 1 : -1;
      if (need <= choice.limits[k]) return;
      breaks[limit.name] = {
        limit: sign * choice.limits[k],
        needs: sign * relax.generous(need),
        change_pct: changePct(choice.limits[k], need),
      };
    });
    const { pick, measuredPick } = choice;
    const gain = pick === null ? null : selection.gain(ranking, i, pick, measuredPick);
    return {
      candidate: candidate(answer, i, reasons.ofNearMiss(answer, i)),
      breaks,
      gain: { accuracy_pct: gain === null ? null : Number(wording.fixed(gain, 4)) },
    };
  }

  function relaxation(answer, found) {
    const change = {};
    for (const [k, value] of found.moves) {
      const { name, upper } = answer.ranking.page.limits[k];
      const from = answer.choice.limits[k];
      const sign = upper ? 1 : -1;
      change[name] = { from: sign * from, to: sign * value, change_pct: changePct(from, value) };
    }
    return { change, buys: candidate(answer, found.buys, reasons.ofPurchase(answer, found)) };
  }

  /** The answer's part of `dlmo.advice/1`: pick, rivals, front, near misses and relaxations. */
  function toJSON(answer) {
    const { pick, alternatives, frontier, nearMisses, relaxations } = answer.choice;
    return {
      feasible: pick !== null,
      pick: pick === null ? null : candidate(answer, pick, reasons.ofPick(answer)),
      alternatives: alternatives.map((i) => candidate(answer, i, reasons.ofRival(answer, i))),
      frontier: frontier.map((i) => candidate(answer, i, reasons.ofMember(answer, i))),
      near_misses: nearMisses.map((i) => nearMiss(answer, i)),
      relaxations: relaxations.map((found) => relaxation(answer, found)),
    };
  }

  return { advise, candidate, nearMiss, relaxation, toJSON };
})();
