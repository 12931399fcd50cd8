plangeo.panel("walk", (app, data, word) => {
  "use strict";
  const { el } = app;
  const sites = app.data.sites, PREFIX = "#project=";
  const status = el("span", { role: "status", "aria-live": "polite" });
  const step = (by) => el("button", { type: "button", class: by > 0 ? "pg-next" : "pg-previous", click: () => go(by) }, by > 0 ? "›" : "‹");
  const [back, on] = [step(-1), step(1)];
  const bar = el("div", { class: "pg-walk", role: "group" }, back, status, on);
  const note = el("section", { class: "pg-note", hidden: true });
  const faults = el("details", { class: "pg-note-faults", hidden: !data.problems.length });
  app.slots.head.after(bar, note);
  app.slots.foot.prepend(faults);
  const authored = Object.keys(data.notes).length > 0;
  const named_by = (i) => Object.hasOwn(data.notes, sites[i].id);
  const placeOf = (i) => (Object.hasOwn(data.order, sites[i].id) ? data.order[sites[i].id] : Infinity);

  /* What the author names or is not plainly compatible, and passes the filter: in the author's order, then in that of the list. */
  const stops = () => app.inOrder().filter((i) => named_by(i) || sites[i].verdict !== "permitted")
    .map((i, n) => [placeOf(i), n, i]).sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0])).map(([, , i]) => i);

  function go(by) {
    const all = stops();
    if (!all.length) return;
    const at = all.indexOf(app.selected);
    /* From a project that is not flagged to the next one after it in the list. */
    const whole = app.inOrder(), here = Object.keys(data.order).length ? -1 : whole.indexOf(app.selected);
    const beyond = here < 0 ? -1 : by > 0 ? all.findIndex((i) => whole.indexOf(i) > here) : all.findLastIndex((i) => whole.indexOf(i) < here);
    const next = at >= 0 ? (at + by + all.length) % all.length : beyond >= 0 ? beyond : by > 0 ? 0 : all.length - 1;
    app.select(all[next], { zoom: true });
  }

  function label() {
    const all = stops(), at = all.indexOf(app.selected);
    const text = !all.length ? word("none") : word(at < 0 ? (authored ? "stops" : "start") : authored ? "stop" : "of");
    status.textContent = text.replace("{n}", app.number(at + 1, 0)).replace("{all}", app.number(all.length, 0));
    for (const [button, key] of [[back, "previous"], [on, "next"]]) {
      button.disabled = !all.length;
      button.title = word(key);
      button.setAttribute("aria-label", word(key));
    }
    bar.setAttribute("aria-label", word("title"));
  }

  /* The author's words to the chosen project, each in a paragraph; the other language where one is missing. */
  function tellNote() {
    const index = app.selected, texts = index !== null && named_by(index) ? data.notes[sites[index].id] : [];
    note.hidden = !texts.length;
    note.setAttribute("aria-label", word("note"));
    note.replaceChildren(...texts.map((pair) => app.said(app.pick(pair), "p")));
  }
  function tellFaults() {
    const count = data.problems.length + data.left_out;
    const lines = data.problems.map((fault) => el("li", {}, `${word("row").replace("{n}", app.number(fault.row, 0))} `, app.said(fault.id, "b"), ": ", app.pick(fault.words)));
    const more = data.left_out ? [el("li", {}, word("more").replace("{n}", app.number(data.left_out, 0)))] : [];
    faults.replaceChildren(el("summary", {}, word("problems").replace("{n}", app.number(count, 0))), el("ul", {}, ...lines, ...more));
  }

  /* Presenters send Page Up and Page Down; in a field or a list that scrolls these keys keep their own meaning. */
  document.addEventListener("keydown", (event) => {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    go(by);
  });

  /* The address names the chosen project, so that it can be linked to; also from file://. */
  let named = "";
  function follow() {
    if (location.hash === named) return;
    named = location.hash;
    if (!named.startsWith(PREFIX)) return;
    let id = named.slice(PREFIX.length);
    try { id = decodeURIComponent(id); } catch { /* as it was typed */ }
    const index = sites.findIndex((site) => site.id === id);
    if (index >= 0 && index !== app.selected) app.select(index, { zoom: true });
  }
  app.on("select", ({ index }) => {
    label();
    tellNote();
    named = index === null ? "" : PREFIX + encodeURIComponent(sites[index].id);
    if (location.hash !== named) history.replaceState(null, "", named || location.href.split("#")[0]);
  });
  app.on("filter", label);
  app.on("language", () => { label(); tellNote(); tellFaults(); });
  window.addEventListener("hashchange", follow);
  app.on("ready", follow);
});
