// Elements of the page. Every text goes in as text, so that no name can become markup.
"use strict";

const dom = (() => {
  const byId = (id) => document.getElementById(id);

  /** An element with properties, or attributes where it has no such property, and children. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else if (value !== null) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  const fill = (element, ...children) => element.replaceChildren(...children);
  const list = (texts) => texts.map((text) => make("li", {}, text));

  /** Put texts, or nodes, into a list and hide its section when there are none. */
  function section(id, items) {
    const target = byId(id);
    target.closest("[data-section]").hidden = !items.length;
    fill(target, ...items.map((item) => (item instanceof Node ? item : make("li", {}, item))));
  }

  /**
   * A table that sorts by any column; it shows the first rows and more when asked.
   *
   * columns: {title, numeric, show(item), by(item)} each: what a cell shows, text or element, and
   * what it sorts by. The order chosen stays when the table is filled anew.
   */
  function table(id, columns) {
    const STEP = 20;
    const head = make("tr");
    const body = make("tbody");
    const more = make("button", { type: "button", className: "more", hidden: true });
    const state = { items: [], by: null, down: false, shown: STEP };
    columns.forEach((column, k) => {
      const button = make("button", { type: "button" }, column.title);
      button.addEventListener("click", () => {
        state.down = state.by === k ? !state.down : false;
        state.by = k;
        draw();
      });
      head.append(make("th", { scope: "col", className: column.numeric ? "number" : "" }, button));
    });
    more.addEventListener("click", () => {
      state.shown *= 10;
      draw();
    });
    byId(id).append(make("thead", {}, head), body);
    byId(id).closest(".scroll").after(more);

    function sorted() {
      if (state.by === null) return state.items;
      const { by, show } = columns[state.by];
      const keyed = state.items.map((item) => [(by ?? show)(item), item]);
      const compare = ([a], [b]) => {
        if (a === b) return 0;
        if (a === null || b === null) return a === null ? 1 : -1; // the unknown stay last
        return (a < b ? -1 : 1) * (state.down ? -1 : 1);
      };
      return keyed.sort(compare).map(([, item]) => item);
    }

    function draw() {
      [...head.children].forEach((cell, k) => {
        if (state.by === k) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
      fill(body, ...sorted().slice(0, state.shown).map(line));
      more.hidden = state.items.length <= state.shown;
      more.textContent = `Show more of ${state.items.length.toLocaleString("en")}`;
    }

    const line = (item) =>
      make("tr", {}, ...columns.map(({ numeric, show }, k) =>
        make(k ? "td" : "th", { className: numeric ? "number" : "", scope: k ? null : "row" },
          show(item))));

    return (items) => {
      state.items = items;
      draw();
    };
  }

  /** Rows as CSV; a cell that a spreadsheet would take for a formula is made text. */
  function csv(header, rows) {
    const cell = (value) => {
      const text = value === null ? "" : String(value);
      const tame = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
    };
    return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  }

  /** Hand a text to the reader as a file. */
  function download(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  return { byId, make, fill, list, section, table, csv, download };
})();
