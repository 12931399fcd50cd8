plangeo.panel("site_list", (app, data, word) => {
  "use strict";
  const { el } = app;
  const PAGE = 300;
  const sites = app.data.sites;
  const codes = Object.keys(app.data.verdicts);
  let verdict = null, limit = PAGE;

  const search = el("input", { type: "search", class: "pg-search", autocomplete: "off", spellcheck: "false" });
  const filters = el("div", { class: "pg-filters", role: "group" });
  const count = el("p", { class: "pg-count", role: "status", "aria-live": "polite" });
  const list = el("ul", { class: "pg-items" });
  const section = el("section", { class: "pg-list" }, search, filters, count, list);
  app.slots.side.append(section);
  const keys = sites.map((s) => app.fold([s.name, s.id, ...s.use, s.district].join(" ")));

  function matches(flags) {
    const wanted = app.fold(search.value).split(" ").filter(Boolean);
    return keys.map((key, i) => (flags ? verdict === null || sites[i].verdict === verdict : true) && wanted.every((part) => key.includes(part)));
  }

  function item(index) {
    const site = sites[index];
    const facts = [site.id, app.pick(site.use), site.district].filter(Boolean).join(" · ");
    return el("li", {}, el("button",
      { type: "button", class: "pg-item", "data-index": index, "aria-current": app.selected === index ? "true" : null, click: () => app.select(index, { zoom: true, focus: true }) },
      app.symbol(site.verdict, 22),
      el("span", { class: "pg-item-text" }, app.said(site.name || site.id, "b"), app.said(facts, "small"),
        el("small", { class: "pg-item-verdict" }, app.verdict(site.verdict), site.at ? null : el("em", {}, ` · ${word("no_place")}`)))));
  }

  function drawFilters(found) {
    const total = found.filter(Boolean).length;
    const button = (code, text, n) => el("button",
      { type: "button", class: "pg-filter", "data-verdict": code || "all", "aria-pressed": String(verdict === code), click: () => { verdict = code; limit = PAGE; refresh(); filters.querySelector(`[data-verdict="${code || "all"}"]`).focus(); } },
      code ? app.symbol(code, 16) : null, el("span", {}, text), el("b", {}, app.number(n, 0)));
    filters.replaceChildren(button(null, word("all"), total),
      ...codes.map((code) => button(code, app.verdict(code), sites.filter((s, i) => s.verdict === code && found[i]).length)));
  }

  function refresh() {
    const flags = matches(true);
    const rows = flags.flatMap((flag, i) => (flag ? [i] : []));
    drawFilters(matches(false));
    count.textContent = !sites.length ? word("empty") : !rows.length ? word("none")
      : word("found").replace("{n}", app.number(rows.length, 0)).replace("{all}", app.number(sites.length, 0));
    list.replaceChildren(...rows.slice(0, limit).map(item));
    if (rows.length > limit) list.append(el("li", {}, el("button", { type: "button", class: "pg-more", click: () => { limit += PAGE; refresh(); } }, word("more"))));
    app.show(flags);
  }

  search.addEventListener("input", () => { limit = PAGE; refresh(); });
  app.on("select", ({ index, how }) => {
    section.hidden = index !== null;
    if (index !== null) section.dataset.last = index;
    else if (how.back) {
      const last = list.querySelector(`[data-index="${Number(section.dataset.last)}"]`);
      (last || search).focus();
    }
  });
  app.on("language", () => {
    search.placeholder = word("search");
    search.setAttribute("aria-label", word("search_label"));
    filters.setAttribute("aria-label", word("filter"));
    list.setAttribute("aria-label", word("title"));
    refresh();
  });
});
