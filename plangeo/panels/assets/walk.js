plangeo.panel("walk", (app, data, word) => {
  "use strict";
  const { el } = app;
  const sites = app.data.sites, PREFIX = "#project=";
  const status = el("span", { role: "status", "aria-live": "polite" });
  const step = (by) => el("button", { type: "button", class: by > 0 ? "pg-next" : "pg-previous", click: () => go(by) }, by > 0 ? "›" : "‹");
  const [back, on] = [step(-1), step(1)];
  const bar = el("div", { class: "pg-walk", role: "group" }, back, status, on);
  app.slots.head.after(bar);

  /* What is not plainly compatible and passes the filter, in the order of the list. */
  const stops = () => app.inOrder().filter((i) => sites[i].verdict !== "permitted");

  function go(by) {
    const all = stops();
    if (!all.length) return;
    const at = all.indexOf(app.selected);
    /* From a project that is not flagged to the next one after it in the list. */
    const whole = app.inOrder(), here = whole.indexOf(app.selected);
    const beyond = here < 0 ? -1 : by > 0 ? all.findIndex((i) => whole.indexOf(i) > here) : all.findLastIndex((i) => whole.indexOf(i) < here);
    const next = at >= 0 ? (at + by + all.length) % all.length : beyond >= 0 ? beyond : by > 0 ? 0 : all.length - 1;
    app.select(all[next], { zoom: true });
  }

  function label() {
    const all = stops(), at = all.indexOf(app.selected);
    const text = !all.length ? word("none") : word(at < 0 ? "start" : "of");
    status.textContent = text.replace("{n}", app.number(at + 1, 0)).replace("{all}", app.number(all.length, 0));
    for (const [button, key] of [[back, "previous"], [on, "next"]]) {
      button.disabled = !all.length;
      button.title = word(key);
      button.setAttribute("aria-label", word(key));
    }
    bar.setAttribute("aria-label", word("title"));
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
    named = index === null ? "" : PREFIX + encodeURIComponent(sites[index].id);
    if (location.hash !== named) history.replaceState(null, "", named || location.href.split("#")[0]);
  });
  app.on("filter", label);
  app.on("language", label);
  window.addEventListener("hashchange", follow);
  app.on("ready", follow);
});
