// Why a candidate is not the pick, whatever it is, and the best candidate of each kind.
"use strict";

const why = (() => {
  /** Limits that no promise is made for. */
  const unpromised = ({ needs: [size, latency, loss] }, i) =>
    !isFinite(size[i]) || !isFinite(latency[i]) || !isFinite(loss[i]);

  /** What the settings have against a candidate, before any limit. */
  function leftOut({ ranking: { profile, board, judged } }, i) {
    const causes = [];
    if (profile.networks.length && !profile.networks.includes(board.network[i])) {
      causes.push("its network is not ticked");
    }
    if (profile.evidence === "measured" && !board.measured[i]) causes.push("it was never measured");
    if (profile.follow === "paper" && !judged.lawful[i]) causes.push("the paper recommends another strategy");
    return causes.join(", ");
  }

  /** The verdict on a candidate in a sentence. */
  function verdict(answer, i) {
    const { ranking, choice } = answer;
    if (i === choice.pick) return "the pick";
    if (!ranking.eligible[i]) return `left out: ${leftOut(answer, i)}`;
    if (unpromised(ranking, i)) return reasons.unpromised(answer, i);
    if (!choice.feasible[i]) return breach(answer, i);
    return reasons.loss(answer, i);
  }

  /** Which limits it breaks, without praise for an accuracy that it would lose. */
  function breach(answer, i) {
    const { ranking, choice } = answer;
    const text = reasons.breach(answer, i);
    const { pick, measuredPick } = choice;
    if (pick === null || selection.gain(ranking, i, pick, measuredPick) > 0) return text;
    return text.replace(/ and gains .*$/, "");
  }

  /** `77.1% [70.7-82.5]`: a value, with the interval of a prediction. */
  function figure(answer, target, form, i) {
    const { ranking } = answer;
    const [value, low, high] = selection.interval(ranking, target, i);
    if (!isFinite(value)) return "unknown";
    if (ranking.board.measured[i] || low === high) return form(value);
    return form(value, low, high);
  }

  const FIGURES = [
    ["accuracy_pct", wording.percent],
    ["size_kb", wording.kilobytes], // or file_kb: what the question limits is what it is shown
    ["latency_ms", wording.milliseconds],
  ];
  const shown = (target, { ranking: { profile } }) => selection.targetOf({ target }, profile.sizeKind);
  const figures = (answer, i) =>
    FIGURES.map(([target, form]) => figure(answer, shown(target, answer), form, i));

  const evidence = ({ ranking: { board } }, i) => (board.measured[i] ? "measured" : "predicted");

  /** The lines of a tooltip. */
  function told(answer, i) {
    const [accuracy, size, latency] = figures(answer, i);
    const lines = [`accuracy ${accuracy}`, `size ${size}`, `latency ${latency}`, evidence(answer, i)];
    return [...lines, ...wrapped(verdict(answer, i), 44)];
  }

  function wrapped(text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length >= width) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  }

  /** Kinds of strategies as newcomers ask for them: words, and which slugs are meant. */
  function kinds(page) {
    const has = (name) => (slug) => slug.split("+").some((word) => word.replace(/\d+$/, "") === name || word === name);
    return [
      ["as trained, in float32 (NQ)", (slug) => slug === "nq"],
      ...page.techniques.map(({ name, title, integer }) => [
        `${integer ? "int8: " : ""}${title} (${wording.setup(page, name)})`,
        has(name),
      ]),
    ];
  }

  /** Of each kind the pick, or else the best that fits, or else the best of all. */
  function best(answer, network) {
    const { ranking, choice } = answer;
    const { board, order, page } = ranking;
    const rankOf = (i) => {
      if (i === choice.pick) return 0;
      if (choice.feasible[i]) return 1;
      if (!ranking.eligible[i]) return 4;
      return unpromised(ranking, i) ? 3 : 2;
    };
    const mine = network === null ? order : order.filter((i) => board.network[i] === network);
    const ranks = mine.map(rankOf);
    const slugs = new Set(board.strategy);
    return kinds(page).map(([words, meant]) => {
      const wanted = new Set([...slugs].filter(meant));
      let found;
      let least = 5;
      mine.forEach((i, k) => {
        if (ranks[k] < least && wanted.has(board.strategy[i])) [found, least] = [i, ranks[k]];
      });
      return { words, found };
    });
  }

  return { verdict, shown, figures, evidence, told, best };
})();
