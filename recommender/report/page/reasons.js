// Why: recommender/reasons.py in the browser, sentence for sentence.
"use strict";

const reasons = (() => {
  const AXES = [
    [2, "accuracy", wording.percent],
    [0, "size", wording.kilobytes],
    [1, "latency", wording.milliseconds],
  ];
  // What makes a candidate measured, when all of it was.
  const MEASURABLE = [["accuracy_pct", "accuracy"], ["size_kb", "size"], ["latency_ms", "latency"]];
  const SHOWN_ROWS = 2;

  // Everywhere below, `advice` is { ranking, choice } of selection.js and `i` a candidate.
  const name = ({ ranking }, i) => wording.candidate(ranking.page, ranking.board, i);

  function ofPick(advice) {
    const { pick } = advice.choice;
    return [
      basis(advice, pick),
      objective(advice, pick),
      ...remarks(advice, pick),
      ...disagreement(advice, pick),
      ...stored(advice, pick),
    ];
  }

  const ofRival = (advice, i) => [basis(advice, i), loss(advice, i), ...remarks(advice, i)];

  const ofMember = (advice, i) => (i === advice.choice.pick ? ofPick(advice) : ofRival(advice, i));

  function ofNearMiss(advice, i) {
    return [basis(advice, i), breach(advice, i), ...remarks(advice, i)];
  }

  /** Which limits a candidate breaks, and what it would gain. */
  function breach(advice, i) {
    const { ranking, choice } = advice;
    const wants = ranking.page.limits.flatMap((limit, k) => {
      const need = ranking.needs[k][i];
      if (need <= choice.limits[k]) return [];
      const sign = limit.upper ? 1 : -1;
      return [`needs ${wording.bound(limit, sign * need)} instead of ` +
        wording.quantity(limit, sign * choice.limits[k])];
    });
    if (choice.pick === null) return wants.join("; ");
    const { pick, measuredPick } = choice;
    const gain = selection.gain(ranking, i, pick, measuredPick);
    const over =
      measuredPick !== null && ranking.board.measured[i] ? ` over ${name(advice, measuredPick)}` : "";
    return `${wants.join("; ")} and gains ${wording.points(gain)} of accuracy${over}`;
  }

  function ofPurchase(advice, { moves, buys }) {
    const { ranking, choice } = advice;
    const change = moves.map(([k, value]) => {
      const limit = ranking.page.limits[k];
      return `${limit.option} ${wording.bound(limit, limit.upper ? value : -value)}`;
    });
    if (choice.pick === null) return [basis(advice, buys), `feasible with ${change.join(" and ")}`];
    const gain = selection.gain(ranking, buys, choice.pick);
    return [
      basis(advice, buys),
      `the pick with ${change.join(" and ")}: ${gain >= 0 ? "gains" : "costs"} ` +
        `${wording.points(gain)} of accuracy`,
    ];
  }

  /** Why no change of the limits makes anything feasible: other settings, or the data. */
  function ofSilence(advice) {
    const { profile, eligible } = advice.ranking;
    const where = `for ${profile.task} on ${profile.device}`;
    const left = [...eligible.keys()].filter((i) => eligible[i]);
    if (!left.length) {
      const narrows = [
        ["evidence measured", profile.evidence === "measured"],
        ["follow paper", profile.follow === "paper"],
        ["network", profile.networks.length],
      ];
      const named = narrows.filter(([, does]) => does).map(([setting]) => `--${setting}`);
      return `with ${named.join(" and ")} no candidate is left ${where}`;
    }
    const unknown = unknownOf(advice, left);
    if (unknown.length) return `no ${unknown.join(" and no ")} is known ${where}`;
    return `${unsure(advice)}; a lower --confidence asks less`;
  }

  /** What is needed and known of none of some candidates, in words. */
  function unknownOf({ ranking: { board }, choice }, some) {
    const needed = MEASURABLE.map(([target, word]) => [board[target].value, word]);
    if (isFinite(choice.limits.at(-1))) needed.push([board.ram_kb, "working memory"]);
    return needed.filter(([values]) => some.every((i) => values[i] === null)).map(([, word]) => word);
  }

  const unsure = ({ ranking: { profile } }) =>
    `nothing can be promised at ${wording.share(profile.confidence)}: too few networks measured`;

  /** Why a candidate is promised nothing. */
  function unpromised(advice, i) {
    const unknown = unknownOf(advice, [i]);
    return unknown.length ? `its ${unknown.join(" and ")} can't be told` : unsure(advice);
  }

  /** What a candidate rests on, and whether its device has changed since. */
  function basis({ ranking }, i) {
    const rows = rowsOf(ranking, i);
    const { stale } = ranking.page;
    const old = rows.filter((id) => id in stale).map((id) => stale[id]);
    const rests = evidence(ranking, i);
    return old.length ? `${rests}; stale: ${old.length} of ${rows.length}: ${old[0]}` : rests;
  }

  /** The rows behind a candidate, and which quantities of a prediction were measured after all. */
  function evidence(ranking, i) {
    const { board, profile } = ranking;
    if (board.measured[i]) {
      return `measured on ${profile.device}: ${rowsWord(ranking, i)} ${namedRows(ranking, i)}`;
    }
    const given = MEASURABLE.filter(([target]) => board[target].given[i]).map(([, word]) => word);
    return prediction(ranking, i) + (given.length ? `; ${given.join(" and ")} as measured` : "");
  }

  const rowsOf = ({ page, board }, i) => page.row_sets[board.rows[i]];
  const rowsWord = (ranking, i) => (rowsOf(ranking, i).length === 1 ? "row" : "rows");

  function prediction(ranking, i) {
    const { board, profile } = ranking;
    const network = board.network[i];
    const count = rowsOf(ranking, i).length;
    if (!board.measured_task) {
      return (
        `predicted: nothing was measured for ${profile.task} on ${profile.device}; its accuracy ` +
        "is extrapolated from other tasks"
      );
    }
    if (!count) return `predicted from other networks: ${network} was never measured here`;
    return (
      `predicted from ${count} ${rowsWord(ranking, i)} of ${network} on ${profile.task} ` +
      `(${namedRows(ranking, i)}) and from what the techniques did to other networks`
    );
  }

  function namedRows(ranking, i) {
    const { sources } = ranking.page;
    const rows = rowsOf(ranking, i);
    const named = rows
      .slice(0, SHOWN_ROWS)
      .map((id) => (id in sources ? `${id} (${sources[id]})` : id))
      .join(", ");
    return named + (rows.length > SHOWN_ROWS ? ` and ${rows.length - SHOWN_ROWS} more` : "");
  }

  function objective(advice, pick) {
    const { ranking, choice } = advice;
    const others = choice.frontier.slice(1);
    const sure = ranking.board.measured[pick] ? "" : ", counted at its unfavourable bounds";
    const wants = `${ranking.profile.serviceClass} wants ${ranking.aims.objective}`;
    if (!others.length) return `${wants}; nothing else in the Pareto set fits${sure}`;
    const margin = ranking.merit[pick] - ranking.merit[others[0]];
    return (
      `${wants}: ${wording.points(margin)} of merit ahead of ${name(advice, others[0])}, ` +
      `the next of ${others.length + 1} in the Pareto set${sure}`
    );
  }

  /** Dominated by whom, or behind by how much. */
  function loss(advice, i) {
    const { ranking, choice } = advice;
    const { needs } = ranking;
    const three = [0, 1, 2];
    if (choice.pick === null) return "";
    if (!three.every((k) => isFinite(needs[k][i]))) {
      return unpromised(advice, i);
    }
    const winners = choice.frontier.filter(
      (f) =>
        three.every((k) => needs[k][f] <= needs[k][i]) &&
        three.some((k) => needs[k][f] < needs[k][i]),
    );
    if (winners.length) {
      const winner = winners.includes(choice.pick) ? choice.pick : winners[0];
      return `dominated by ${name(advice, winner)}: ${worse(advice, i, winner)}`;
    }
    if (ranking.slow[i] && !ranking.slow[choice.pick]) {
      return `not real-time: ${wording.milliseconds(needs[1][i])}, the pick is`;
    }
    const margin = ranking.merit[choice.pick] - ranking.merit[i];
    return `${wording.points(margin)} of merit behind the pick: ${worse(advice, i, choice.pick)}`;
  }

  /** In what a candidate is worse than the winner, as surely delivered. */
  function worse({ ranking: { needs } }, i, winner) {
    const words = AXES.filter(([k]) => needs[k][i] > needs[k][winner]).map(
      ([k, word, form]) =>
        `${word} ${form(Math.abs(needs[k][i]))} against ${form(Math.abs(needs[k][winner]))}`,
    );
    return words.join(", ") || "no better in anything";
  }

  /** Sign of a speaker -> what its remark does. */
  const SIGNS = { "+": "for it", "-": "against it", 0: "contradicted here, without a say" };

  /** The remarks that weigh for (`+id`) or against (`-id`) a candidate, or would (`0id`). */
  const speakers = ({ ranking: { judged } }, i) => judged.speaker_sets[judged.speakers[i]];

  function remarks(advice, i) {
    const said = speakers(advice, i);
    if (!said.length || advice.ranking.profile.follow === "evidence") return [];
    const ids = (sign) => said.filter((s) => s[0] === sign).map((s) => s.slice(1)).join(", ");
    const parts = ["+", "-", "0"].filter(ids).map((sign) => `${SIGNS[sign]}: ${ids(sign)}`);
    return [`remarks ${parts.join("; ")}`];
  }

  /** Where remark and evidence disagree. */
  function disagreement(advice, pick) {
    const { ranking, choice } = advice;
    const { evidence, slow } = ranking;
    if (ranking.profile.follow === "evidence") return [];
    const alone = [...choice.frontier].sort(
      (a, b) => slow[a] - slow[b] || evidence[b] - evidence[a] || a - b,
    )[0];
    if (alone === pick) return [];
    return [
      `by the evidence alone ${name(advice, alone)} is ` +
        `${wording.points(evidence[alone] - evidence[pick])} of merit ahead, ` +
        "less than can be told apart: the remarks decide",
    ];
  }

  /** Where the stored file alone breaks the limit. */
  function stored({ ranking, choice }, pick) {
    const file = ranking.board.file_kb.value[pick];
    if (ranking.profile.sizeKind === "file" || !(file > choice.limits[0])) return [];
    return [
      "its size is the compressed one; the stored file alone takes about " +
        `${wording.kilobytes(file)}, above the limit of ${wording.kilobytes(choice.limits[0])}`,
    ];
  }

  return {
    ofPick, ofRival, ofMember, ofNearMiss, ofPurchase, ofSilence, loss, breach, basis, unpromised,
    speakers, name, SIGNS,
  };
})();
