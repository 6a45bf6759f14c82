// The settings: from the state to the form, and from the form to the state.
"use strict";

const controls = (() => {
  const STEPS = 500;
  const WORDS = {
    max_size_kb: "Size at most",
    max_latency_ms: "Latency at most",
    min_accuracy_pct: "Accuracy at least",
  };
  const TARGET = { max_size_kb: "size_kb", max_latency_ms: "latency_ms" };
  const { byId, make, fill } = dom;

  const option = (value, text = value) => make("option", { value }, text);
  const titled = (titles, name) => (Object.hasOwn(titles, name) ? titles[name] : "");

  const known = new WeakMap();
  /** The ends of a slider: those of the board's values for a size or a latency. */
  function range(board, name) {
    if (name === "min_accuracy_pct") return [0, 100];
    if (!known.has(board)) known.set(board, {});
    const ends = known.get(board);
    if (!ends[name]) {
      const values = board[TARGET[name]].value.filter((v) => v > 0);
      ends[name] = [Math.min(...values) * 0.9, Math.max(...values) * 1.1];
    }
    return ends[name];
  }

  /** Sizes and latencies slide by ratio, accuracies by points; one end of each is "no limit". */
  function sliding(board, name) {
    const [low, high] = range(board, name);
    if (name === "min_accuracy_pct") {
      return { toValue: (p) => (p <= 0 ? null : (p / STEPS) * 100), toPlace: (v) => (v === null ? 0 : (v / 100) * STEPS) };
    }
    const ratio = Math.log(high / low) / (STEPS - 1);
    return {
      toValue: (p) => (p >= STEPS ? null : wording.significant(low * Math.exp(p * ratio), 3)),
      toPlace: (v) => (v === null ? STEPS : Math.min(STEPS - 1, Math.max(0, Math.log(v / low) / ratio))),
    };
  }

  /** Build the form; `current()` gives the view, and `changed(edit)` is called with a function that edits the state. */
  function create(page, current, changed) {
    const classes = Object.values(page.service_classes).map((c) => {
      const input = make("input", { type: "radio", name: "class", value: c.name });
      input.addEventListener("change", () => changed((s) => (s.profile.serviceClass = c.name)));
      return make("label", { className: "choice", title: c.example }, input, ` ${c.name}`,
        make("small", {}, c.objective));
    });
    byId("classes").append(...classes);
    fill(byId("device"), ...Object.keys(page.boards).map((name) => option(name)));
    onChange("device", (s, value) => {
      s.profile.device = value;
      const tasks = Object.keys(page.boards[value]);
      if (!tasks.includes(s.profile.task)) s.profile.task = tasks[0];
      s.profile.networks = [];
      s.about = null;
    });
    onChange("task", (s, value) => {
      s.profile.task = value;
      s.profile.networks = s.profile.networks.filter((n) =>
        page.boards[s.profile.device][value].network.includes(n));
    });
    onChange("kind", (s, value) => (s.profile.sizeKind = value));
    onChange("follow", (s, value) => (s.profile.follow = value));
    onChange("ram", (s, value) => (s.limits.max_ram_kb = state.limitOf("max_ram_kb", value)));
    byId("measured").addEventListener("change", ({ target }) =>
      changed((s) => (s.profile.evidence = target.checked ? "measured" : "any")));
    const rows = page.limits.filter(({ name }) => name in WORDS).map((limit) => limitRow(limit));
    byId("sliders").append(...rows, confidenceRow());
    for (const input of document.querySelectorAll("input[name=axis]")) {
      input.addEventListener("change", () => changed((s) => (s.axis = input.value)));
    }

    function onChange(id, edit) {
      byId(id).addEventListener("change", ({ target }) => changed((s) => edit(s, target.value)));
    }

    function limitRow({ name, unit }) {
      const slider = make("input", { type: "range", id: `${name}-slide`, min: 0, max: STEPS, step: 1 });
      const box = make("input", { id: name, inputMode: "decimal", placeholder: "no limit" });
      slider.setAttribute("aria-label", WORDS[name]);
      slider.addEventListener("input", () => {
        const { toValue } = sliding(current().board, name);
        changed((s) => (s.limits[name] = toValue(Number(slider.value))));
      });
      box.addEventListener("change", () => {
        const value = state.limitOf(name, box.value.replace(/\s|,|kb|ms|%/gi, ""));
        changed((s) => (s.limits[name] = value));
      });
      return make("div", { className: "slider" }, make("label", { htmlFor: name }, WORDS[name]), box,
        make("span", { className: "unit" }, unit), slider);
    }

    function confidenceRow() {
      const slider = make("input", { type: "range", id: "confidence", min: 50, max: 99, step: 1 });
      slider.addEventListener("input", () =>
        changed((s) => (s.profile.confidence = Number(slider.value) / 100)));
      return make("div", { className: "slider" },
        make("label", { htmlFor: "confidence" }, "Each held with"),
        make("output", { id: "confidence-told", htmlFor: "confidence" }), slider);
    }
  }

  /** Show a state in the form. */
  function show(page, { profile, limits, axis }, board) {
    byId("classes").querySelector(`[value="${profile.serviceClass}"]`).checked = true;
    byId("device").value = profile.device;
    byId("device").title = titled(page.titles.device, profile.device);
    const tasks = Object.keys(page.boards[profile.device]);
    fill(byId("task"), ...tasks.map((name) =>
      option(name, page.boards[profile.device][name].measured_task ? name : `${name} (predicted)`)));
    byId("task").value = profile.task;
    byId("task").title = titled(page.titles.task, profile.task);
    byId("kind").value = profile.sizeKind;
    byId("follow").value = profile.follow;
    byId("measured").checked = profile.evidence === "measured";
    byId("ram").value = limits.max_ram_kb ?? "";
    for (const name of Object.keys(WORDS)) {
      const slider = byId(`${name}-slide`);
      // Not while it is moved: the limit is rounded, and would hold back steps smaller than that.
      if (document.activeElement !== slider) slider.value = sliding(board, name).toPlace(limits[name]);
      const limit = page.limits.find((l) => l.name === name);
      const text = limits[name] === null ? "no limit" : wording.quantity(limit, limits[name]);
      slider.setAttribute("aria-valuetext", text);
      byId(name).value = limits[name] ?? "";
    }
    byId("confidence").value = 100 * profile.confidence;
    const sure = `${wording.significant(100 * profile.confidence, 4)}% chance`;
    byId("confidence").setAttribute("aria-valuetext", sure);
    byId("confidence-told").textContent = sure;
    document.querySelector(`input[name=axis][value=${axis}]`).checked = true;
  }

  return { create, show };
})();
