// What the reader asks: kept in the address, so that a link reproduces the view, and written as the
// command that gives the same answer.
"use strict";

const state = (() => {
  const AXES = ["size_kb", "latency_ms"];
  const SHORT = {
    max_size_kb: "size",
    max_latency_ms: "latency",
    min_accuracy_pct: "accuracy",
    max_ram_kb: "ram",
  };

  /** The question that the page was written for. */
  function initial(page) {
    const q = page.query;
    return {
      profile: {
        serviceClass: q.service_class,
        task: q.task,
        device: q.device,
        networks: q.networks,
        sizeKind: q.size_kind,
        confidence: q.confidence,
        evidence: q.evidence,
        follow: q.follow,
      },
      limits: { ...q.limits },
      top: q.top,
      axis: AXES[0],
      about: null,
    };
  }

  function toHash({ profile, limits, axis, about }) {
    const words = new URLSearchParams({
      class: profile.serviceClass,
      task: profile.task,
      device: profile.device,
    });
    for (const [name, short] of Object.entries(SHORT)) {
      if (limits[name] !== null) words.set(short, limits[name]);
    }
    words.set("confidence", profile.confidence);
    if (profile.sizeKind !== "compressed") words.set("kind", profile.sizeKind);
    if (profile.evidence !== "any") words.set("evidence", profile.evidence);
    if (profile.follow !== "both") words.set("follow", profile.follow);
    profile.networks.forEach((name) => words.append("network", name));
    if (axis !== AXES[0]) words.set("axis", axis);
    if (about) words.set("about", about);
    return `#${words}`;
  }

  /** The state that an address asks for; what makes no sense there stays as in the page's own. */
  function fromHash(page, hash) {
    const found = initial(page);
    const words = new URLSearchParams(hash.replace(/^#/, ""));
    if (![...words].length) return found;
    const { profile } = found;
    const take = (word, allowed, key) => {
      if (allowed.includes(words.get(word))) profile[key] = words.get(word);
    };
    take("class", Object.keys(page.service_classes), "serviceClass");
    take("device", Object.keys(page.boards), "device");
    const tasks = Object.keys(page.boards[profile.device]);
    if (!tasks.includes(profile.task)) profile.task = tasks[0];
    take("task", tasks, "task");
    profile.sizeKind = words.get("kind") === "file" ? "file" : "compressed";
    profile.evidence = words.get("evidence") === "measured" ? "measured" : "any";
    profile.follow = "both";
    take("follow", ["paper", "evidence"], "follow");
    const confidence = Number(words.get("confidence"));
    if (confidence >= 0.5 && confidence < 1) profile.confidence = confidence;
    const { network } = page.boards[profile.device][profile.task];
    profile.networks = words.getAll("network").filter((name) => network.includes(name));
    for (const [name, short] of Object.entries(SHORT)) {
      found.limits[name] = limitOf(name, words.get(short));
    }
    found.axis = AXES.includes(words.get("axis")) ? words.get("axis") : AXES[0];
    found.about = words.get("about");
    return found;
  }

  /** A limit as typed; null where it is none. */
  function limitOf(name, text) {
    const value = Number(text);
    const sensible = value > 0 && isFinite(value) && (name !== "min_accuracy_pct" || value <= 100);
    return sensible ? value : null;
  }

  const UNITS = { kB: "KB", ms: "ms", "%": "" };
  const quoted = (word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;

  /** The command that gives the same answer in a terminal. */
  function command(page, { profile, limits, top }) {
    const words = ["dlmo-advise", "--class", profile.serviceClass];
    const add = (option, value) => words.push(option, quoted(String(value)));
    add("--task", profile.task);
    if (page.query.classes !== null) add("--classes", page.query.classes);
    add("--device", profile.device);
    for (const limit of page.limits) {
      const value = limits[limit.name];
      if (value !== null) add(limit.option, `${value}${UNITS[limit.unit]}`);
    }
    if (profile.confidence !== 0.9) add("--confidence", profile.confidence);
    if (profile.sizeKind !== "compressed") add("--size-kind", profile.sizeKind);
    if (profile.evidence !== "any") add("--evidence", profile.evidence);
    if (profile.follow !== "both") add("--follow", profile.follow);
    profile.networks.forEach((name) => add("--network", name));
    if (top !== 5) add("--top", top);
    page.origin.measurements.forEach((path) => add("--measurements", path));
    page.origin.rules.forEach((path) => add("--rules", path));
    return words.join(" ");
  }

  return { initial, toHash, fromHash, limitOf, command };
})();
