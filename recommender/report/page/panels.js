// The answer in words and tables, below and above the plot.
"use strict";

const panels = (() => {
  const { byId, make, fill, list, section } = dom;
  const tables = {};

  /** Columns of three figures; `of` gives the candidate of an item. */
  const figures = (view, of) =>
    [["accuracy", "accuracy_pct"], ["size", "size_kb"], ["latency", "latency_ms"]].map(
      ([title, target], k) => ({
        title,
        numeric: true,
        show: (item) => (of(item) === undefined ? "none" : why.figures(view.answer, of(item))[k]),
        by: (item) => view.board[why.shown(target, view.answer)].value[of(item)] ?? null,
      }),
    );

  function create(view) {
    const named = (i) => (i === undefined ? "" : link(view, i));
    const told = (i) => (i === undefined ? "" : why.evidence(view.answer, i));
    const verdict = (i) => (i === undefined ? "" : why.verdict(view.answer, i));
    const behind = (i) => {
      const { choice, ranking } = view.answer;
      return ranking.merit[choice.pick ?? i] - ranking.merit[i];
    };
    const chance = (i) => selection.pFeasible(view.answer.ranking, view.answer.choice.limits, i);
    tables.kinds = dom.table("kinds", [
      { title: "kind", show: ({ words }) => words },
      { title: "its best", show: ({ found }) => named(found), by: ({ found }) => (found === undefined ? null : view.name(found)) },
      ...figures(view, ({ found }) => found),
      { title: "evidence", show: ({ found }) => told(found) },
      { title: "why not", show: ({ found }) => verdict(found) },
    ]);
    tables.candidates = dom.table("candidates", [
      { title: "candidate", show: named, by: (i) => view.name(i) },
      ...figures(view, (i) => i),
      { title: "chance", numeric: true, show: (i) => wording.share(chance(i)), by: chance },
      { title: "evidence", show: told },
      { title: "merit behind", numeric: true, by: behind,
        show: (i) => (isFinite(behind(i)) ? wording.fixed(behind(i), 1) : "") },
    ]);
    const shown = (value) => (typeof value === "number" ? String(wording.significant(value, 6)) : value ?? "");
    tables.rows = dom.table("rows", view.page.rows.columns.map((column, k) => ({
      title: column.replaceAll("_", " "),
      numeric: /_pct|_kb|_ms|^n_/.test(column),
      show: (row) => shown(row[k]),
      by: (row) => row[k],
    })));
    byId("whynot-network").addEventListener("change", () => kinds(view));
    byId("csv").addEventListener("click", () =>
      dom.download("measurements.csv", dom.csv(view.page.rows.columns, rowsOf(view))));
    byId("about-close").addEventListener("click", () => view.choose(null));
  }

  function show(view) {
    answer(view);
    about(view);
    offers(view);
    moves(view);
    kinds(view);
    candidates(view);
    rows(view);
    remarks(view);
  }

  const figuresIn = (view, i) => why.figures(view.answer, i).join(", ");

  function answer(view) {
    const { choice } = view.answer;
    const headline = byId("headline");
    headline.classList.toggle("none", choice.pick === null);
    headline.textContent =
      choice.pick === null
        ? "Nothing is feasible within these limits."
        : `Deploy ${view.name(choice.pick)}: ${figuresIn(view, choice.pick)} (${why.evidence(view.answer, choice.pick)}).`;
    fill(byId("reasons"), ...list(choice.pick === null ? silence(view) : reasons.ofPick(view.answer)));
    byId("merit").textContent = merit(view.answer.ranking);
    const fitting = choice.pick === null ? 0 : choice.feasible.reduce((sum, f) => sum + f, 0);
    byId("count").textContent = `${fitting} of ${choice.feasible.length} candidates fit, ${choice.frontier.length} on the front`;
  }

  /** What the order goes by, in a sentence. */
  function merit({ aims, profile, page }) {
    const price = (what, points) => (points ? [`${points} for each doubling of the ${what}`] : []);
    const prices = [
      ...price("size", aims.points_per_size_doubling),
      ...price("latency", aims.points_per_latency_doubling),
    ];
    const say = profile.follow === "evidence" ? "" : `; remarks add or take at most ${page.say}`;
    const soon = aims.real_time_ms ? `, among those within ${wording.milliseconds(aims.real_time_ms)} first` : "";
    return `Merit is accuracy in points, less ${prices.join(" and ")}${say}${soon}.`;
  }

  /** The candidate that the reader pointed at. */
  function about(view) {
    const i = view.about;
    byId("about").hidden = i === null;
    if (i === null) return;
    byId("about-title").textContent = `${i === view.answer.choice.pick ? "Why" : "Why not"} ${view.name(i)}?`;
    const signs = new Map(reasons.speakers(view.answer, i).map((s) => [s.slice(1), reasons.SIGNS[s[0]]]));
    fill(byId("about-why"), ...list([
      `${figuresIn(view, i)} (${why.evidence(view.answer, i)})`,
      why.verdict(view.answer, i),
      reasons.basis(view.answer, i),
      ...verdictsOf(view).filter((v) => signs.has(v.id)).map((v) =>
        `${signs.get(v.id)}: ${v.says} (${v.id}, ${v.source})`),
    ]));
  }

  /** What a change of limits buys, in words. */
  function bought(view, i) {
    const { choice, ranking } = view.answer;
    const { value } = ranking.board.accuracy_pct;
    const gain = value[i] - value[choice.pick];
    const versus = choice.pick === null ? "" : ` (${gain >= 0 ? "+" : "-"}${wording.points(gain)})`;
    const [accuracy, size, latency] = why.figures(view.answer, i);
    return `${view.name(i)}, ${why.evidence(view.answer, i)}: ${accuracy}${versus}, ${size}, ${latency}`;
  }

  const apply = (view, changes) => {
    const button = make("button", { type: "button" }, "Try it");
    button.addEventListener("click", () => view.changed((s) => Object.assign(s.limits, changes)));
    return button;
  };

  const OFFERS = [
    { name: "max_size_kb", word: "size", amount: 100, unit: "kB more" },
    { name: "max_latency_ms", word: "latency", amount: 10, unit: "ms more" },
    { name: "min_accuracy_pct", word: "accuracy", amount: 1, unit: "points less" },
  ];

  /** The pick if one limit moved by an amount that the reader names. */
  function offers(view) {
    if (!byId("offers").children.length) {
      byId("offers").append(...OFFERS.map(({ name, word, amount, unit }) => {
        const input = make("input", { id: `more-${name}`, inputMode: "decimal", value: amount });
        input.addEventListener("input", () => offers(view));
        return make("div", { className: "offer" },
          make("label", { htmlFor: input.id }, `${word}: `, input, ` ${unit}`),
          make("output", { id: `buys-${name}`, htmlFor: input.id }));
      }));
    }
    for (const { name } of OFFERS) fill(byId(`buys-${name}`), ...offered(view, name));
  }

  function offered(view, name) {
    const { ranking, choice } = view.answer;
    const limit = view.page.limits.find((l) => l.name === name);
    const asked = view.state.limits[name];
    const amount = Number(byId(`more-${name}`).value);
    if (asked === null) return ["no limit is set: nothing to move"];
    if (!(amount > 0)) return ["how much?"];
    const to = Number((limit.upper ? asked + amount : asked - amount).toPrecision(12));
    const changes = { [name]: to > 0 ? to : null };
    const limits = selection.lossesOf(view.page, { ...view.state.limits, ...changes });
    const { pick } = selection.choose(ranking, limits, 0);
    const within = to > 0 ? wording.quantity(limit, to) : "no limit";
    if (pick === null) return [`still nothing is feasible with ${within}`];
    if (pick === choice.pick) return [`nothing better: still ${view.name(pick)} with ${within}`];
    return [`with ${within} the pick is ${bought(view, pick)}`, apply(view, changes)];
  }

  /** Where nothing is feasible and no move of limits helps: why. */
  function silence(view) {
    const { pick, relaxations } = view.answer.choice;
    const silent = pick === null && !relaxations.length;
    return silent ? [`no change of limits helps: ${reasons.ofSilence(view.answer)}`] : [];
  }

  /** The smallest moves that buy something, or why none does, and what is just outside. */
  function moves(view) {
    const { choice } = view.answer;
    byId("moves-title").textContent =
      choice.pick === null ? "What would make something feasible" : "The smallest moves that buy a better pick";
    section("moves", [...silence(view), ...choice.relaxations.map((relaxation) => move(view, relaxation))]);
    section("misses", choice.nearMisses.map((i) =>
      `${view.name(i)} (${why.evidence(view.answer, i)}) ${reasons.breach(view.answer, i)}`));
  }

  function move(view, { moves: found, buys }) {
    const changes = {};
    const words = found.map(([k, value]) => {
      const limit = view.page.limits[k];
      const wanted = limit.upper ? value : -value;
      changes[limit.name] = wording.rounded(limit, wanted);
      return `${limit.option.slice(2).replace("-", " ")} ${wording.bound(limit, wanted)}`;
    });
    return make("li", {}, `${words.join(" and ")} buys ${bought(view, buys)}`, apply(view, changes));
  }

  function link(view, i) {
    const button = make("button", { type: "button", className: "link" }, view.name(i));
    button.addEventListener("click", () => view.choose(i));
    return button;
  }

  function kinds(view) {
    const select = byId("whynot-network");
    if (select.dataset.board !== view.key) {
      select.dataset.board = view.key;
      fill(select, make("option", { value: "" }, "any network"),
        ...view.networks.map((name) => make("option", { value: `=${name}` }, name)));
    }
    tables.kinds(why.best(view.answer, select.value ? select.value.slice(1) : null));
  }

  /** The pick, then the rest in their order. */
  function candidates(view) {
    const { ranking, choice } = view.answer;
    const rest = ranking.order.filter((i) => choice.feasible[i] && i !== choice.pick);
    tables.candidates(choice.pick === null ? [] : [choice.pick, ...rest]);
  }

  /** The measurements that the candidate in question rests on. */
  function rowsOf(view) {
    const i = view.about ?? view.answer.choice.pick;
    const ids = new Set(i === null ? [] : view.page.row_sets[view.board.rows[i]]);
    return view.page.rows.values.filter((row) => ids.has(row.at(-1)));
  }

  function rows(view) {
    const i = view.about ?? view.answer.choice.pick;
    const found = rowsOf(view);
    byId("rows-note").textContent =
      i === null ? "No candidate is chosen." : `Behind ${view.name(i)}: ${reasons.basis(view.answer, i)}.`;
    byId("csv").disabled = !found.length;
    tables.rows(found);
  }

  const verdictsOf = (view) =>
    view.answer.ranking.judged.verdicts.map((place) => view.page.verdicts[place]);

  /** The remarks that weigh on the pick or recommend, then the others. */
  function remarks(view) {
    const { pick } = view.answer.choice;
    const weighing = new Set(pick === null ? [] : reasons.speakers(view.answer, pick).map((s) => s.slice(1)));
    const worth = (v) => weighing.has(v.id) || v.effect === "recommend";
    const item = (v) => make("li", {}, make("strong", {}, `${v.id}, ${v.effect} ${v.strategy ?? ""}`), `: ${v.says} `,
      make("span", { className: "tag" }, `${v.audit ? `On this device: ${v.audit}. ` : ""}${v.source}`));
    const all = verdictsOf(view);
    fill(byId("weighing"), ...all.filter(worth).map(item));
    const others = all.filter((v) => !worth(v));
    byId("others-title").textContent = `${others.length} other remarks that speak here`;
    byId("others-title").parentElement.hidden = !others.length;
    fill(byId("others"), ...others.map(item));
  }

  return { create, show };
})();
