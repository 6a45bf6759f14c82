// Wires the page: the address and the form make the state, the state makes the answer, the answer
// is shown.
"use strict";

{
  const { byId, make, fill } = dom;
  const page = JSON.parse(byId("data").textContent);

  /** What is shown: the state, the answer to it, and how candidates look. */
  const view = {
    page,
    state: state.fromHash(page, location.hash),
    answer: null,
    about: null,
    get board() {
      return page.boards[this.state.profile.device][this.state.profile.task];
    },
    /** What the horizontal axis shows, and its column of the needs. */
    get target() {
      const { axis, profile } = this.state;
      return selection.targetOf({ target: axis }, profile.sizeKind);
    },
    get column() {
      return this.state.axis === "size_kb" ? 0 : 1;
    },
    name: (i) => wording.candidate(page, view.board, i),
    tell: (i) => why.told(view.answer, i),
    onFront: (i) => view.answer.choice.front[i],
    choose(i) {
      changed((s) => (s.about = i === null ? null : idOf(i)));
      byId("about").scrollIntoView({ block: "nearest" });
    },
    changed,
    span,
  };
  const idOf = (i) => `${view.board.network[i]} ${view.board.strategy[i]}`;

  /** The ends of the plot's horizontal axis. */
  function span() {
    const values = view.board[view.target].value.filter((v) => v > 0);
    return values.length ? { min: Math.min(...values) / 1.25, max: Math.max(...values) * 1.25 } : {};
  }

  let chart = null;
  const shown = { profile: "", board: "", drawn: "" };

  /** Answer anew what has changed, and show it. */
  function update() {
    const { profile, limits, top } = view.state;
    view.key = JSON.stringify([profile.device, profile.task]);
    if (shown.board !== view.key) newBoard();
    const same = shown.profile === JSON.stringify(profile);
    view.answer = advice.advise(page, { profile, limits, top }, same ? view.answer.ranking : undefined);
    shown.profile = JSON.stringify(profile);
    const about = view.board.network.findIndex((_, i) => idOf(i) === view.state.about);
    view.about = about < 0 ? null : about;
    controls.show(page, view.state, view.board);
    for (const box of byId("networks").querySelectorAll("input")) {
      box.checked = profile.networks.includes(box.value);
    }
    panels.show(view);
    draw();
    byId("question").textContent = question();
    byId("command").textContent = state.command(page, view.state);
    remember();
  }

  function draw() {
    const drawn = `${view.key} ${view.target}`;
    if (!chart) chart = plot.create(byId("plot"), view);
    else if (shown.drawn === drawn) plot.refresh(chart);
    else plot.renew(chart);
    shown.drawn = drawn;
  }

  function newBoard() {
    shown.board = view.key;
    view.networks = [...new Set(view.board.network)].sort();
    shown.drawn = "";
    restyle();
  }

  /** Colours of the theme: glyphs and keys are made anew. */
  function restyle() {
    view.colours = glyphs.theme();
    const placeOf = new Map(view.networks.map((name, place) => [name, place]));
    Chart.defaults.color = view.colours.ink;
    const ratio = window.devicePixelRatio || 1;
    const { network, strategy, measured } = view.board;
    view.glyphs = strategy.map((slug, i) =>
      glyphs.glyph(slug, placeOf.get(network[i]), measured[i], view.colours));
    const picture = (...how) => glyphs.picture(...how, view.colours, ratio);
    const legend = byId("networks").querySelector("legend");
    fill(byId("networks"), legend, ...view.networks.map((name, place) => {
      const box = make("input", { type: "checkbox", value: name });
      box.checked = view.state.profile.networks.includes(name);
      box.addEventListener("change", () => changed((s) => {
        s.profile.networks = view.networks.filter((n) => (n === name ? box.checked : s.profile.networks.includes(n)));
      }));
      return make("label", {}, box, picture("nq", place, true), name);
    }));
    const KEY = [["nq", "none", true], ["f16", "F16", true], ["blq", "BLQ", true], ["fiq", "FIQ", true],
      ["qat", "QAT", true], ["prn", "+ pruned", true], ["kd", "+ distilled", true],
      ["nq", "predicted: hollow", false]];
    fill(byId("shapes"), "Optimization: ", ...KEY.map(([slug, words, filled]) =>
      make("span", { role: "listitem" }, picture(slug, 0, filled), words)));
  }

  function question() {
    const { profile, limits } = view.state;
    const WORDS = { max_size_kb: "size at most", max_latency_ms: "latency at most",
      min_accuracy_pct: "accuracy at least", max_ram_kb: "memory at most" };
    const asked = page.limits.filter(({ name }) => limits[name] !== null)
      .map((limit) => `${WORDS[limit.name]} ${wording.quantity(limit, limits[limit.name])}`);
    const kind = profile.sizeKind === "file" ? " (stored file)" : "";
    return `${profile.serviceClass} service, ${profile.task} on ${profile.device}: ` +
      `${asked.join(", ") || "no limits"}${kind}`;
  }

  let timer = null;
  /** Keep the state in the address, once the reader pauses: browsers limit how often. */
  function remember() {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", state.toHash(view.state)), 150);
  }

  function changed(edit) {
    edit(view.state);
    update();
  }

  /** Step along the front by keys. */
  let stepped = null;
  function step(event) {
    const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const value = view.board[view.target].value;
    const front = [...view.answer.choice.frontier].sort((a, b) => value[a] - value[b]);
    if (event.key === "Enter" && stepped !== null) view.choose(stepped);
    if (event.key === "Escape") view.choose(null);
    if (!along || !front.length) return;
    event.preventDefault();
    const at = front.indexOf(stepped);
    stepped = front[at < 0 ? 0 : Math.min(front.length - 1, Math.max(0, at + along))];
    const active = [{ datasetIndex: 0, index: stepped }];
    chart.setActiveElements(active);
    chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
    chart.update("none");
    byId("plot-told").textContent = `${view.name(stepped)}: ${view.tell(stepped).join(", ")}`;
  }

  async function copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      byId("copied").textContent = `${what} copied`;
    } catch {
      byId("copied").textContent = text; // where a page may not write there, it can be marked
    }
  }

  function repaint() {
    restyle();
    plot.renew(chart);
  }

  controls.create(page, () => view, changed);
  panels.create(view);
  const { basis } = page;
  byId("basis").textContent =
    `From ${basis.n_measurements} measurements on ${basis.devices.join(", ")}; sha256 of the dataset ${basis.sha256}.`;
  update();
  byId("stage").addEventListener("keydown", step);
  byId("loosen").addEventListener("click", () => changed((s) => {
    for (const name of Object.keys(s.limits)) s.limits[name] = null;
  }));
  byId("reset").addEventListener("click", () => changed((s) => Object.assign(s, state.initial(page))));
  byId("copy-command").addEventListener("click", () => copy(byId("command").textContent, "command"));
  byId("copy-link").addEventListener("click", () =>
    copy(location.href.replace(/#.*$/, "") + state.toHash(view.state), "link"));
  byId("limits").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => {
    view.state = state.fromHash(page, location.hash);
    update();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  window.addEventListener("beforeprint", () => {
    document.documentElement.dataset.print = "";
    repaint();
    chart.resize(700, 400);
  });
  window.addEventListener("afterprint", () => {
    delete document.documentElement.dataset.print;
    repaint();
    chart.resize();
  });
}
