plangeo.panel("site_list", (app, data, word) => {
  "use strict";
  const { el } = app;
  const PAGE = 300;
  const sites = app.data.sites;
  const codes = Object.keys(app.data.verdicts);
  const worst = (site) => codes.indexOf(site.verdict);
  let verdict = null, limit = PAGE, order = sites.map((_, i) => i);

  /* What the list can be narrowed to: the values a site has, and how each is called. */
  const FACETS = {
    use: { of: (site) => [site.use[0] || site.use[1]].filter(Boolean), name: (value) => app.pick(sites.find((s) => (s.use[0] || s.use[1]) === value).use) },
    unit: { of: (_, i) => unitsOf(i), name: (value) => value },
    check: { of: (site) => site.checks, name: (code) => app.pick(app.data.checks[code] || [code, code]) },
    phase: { of: (site) => [app.phase(site)].filter(Boolean), name: (value) => value },
  };
  const ORDERS = {
    list: () => 0,
    verdict: (a, b) => worst(sites[a]) - worst(sites[b]),
    name: (a, b) => sites[a].name.localeCompare(sites[b].name, "vi"),
    area: (a, b) => (sites[b].area_m2 ?? -1) - (sites[a].area_m2 ?? -1),
    capital: (a, b) => app.capital(sites[b])[1] - app.capital(sites[a])[1],
  };
  function unitsOf(i) {
    const found = app.data.panels.card.records[i].units.map((unit) => unit.name);
    return found.length ? found : [sites[i].district].filter(Boolean);
  }

  const search = el("input", { type: "search", class: "pg-search", autocomplete: "off", spellcheck: "false" });
  const filters = el("div", { class: "pg-filters", role: "group" });
  const selects = Object.fromEntries(Object.keys(FACETS).map((key) => [key, el("select", { "data-facet": key })]));
  const sort = el("select", { class: "pg-sort" });
  const summary = el("summary", {});
  const narrow = el("details", { class: "pg-narrow" }, summary, el("div", {}, Object.values(selects), sort));
  const count = el("p", { class: "pg-count", role: "status", "aria-live": "polite" });
  const list = el("ul", { class: "pg-items" });
  const section = el("section", { class: "pg-list" }, search, filters, narrow, count, list);
  app.slots.side.append(section);
  const keys = sites.map((s) => app.fold([s.name, s.id, ...s.use, s.district].join(" ")));

  function matches(withVerdict) {
    const wanted = app.fold(search.value).split(" ").filter(Boolean);
    const chosen = Object.entries(selects).filter(([, select]) => select.value);
    return sites.map((site, i) => (!withVerdict || verdict === null || site.verdict === verdict) && wanted.every((part) => keys[i].includes(part))
      && chosen.every(([key, select]) => FACETS[key].of(site, i).includes(select.value)));
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

  /* The choices of a select, with how many projects each has in the whole list. */
  function drawSelects() {
    for (const [key, select] of Object.entries(selects)) {
      const counts = new Map();
      sites.forEach((site, i) => new Set(FACETS[key].of(site, i)).forEach((value) => counts.set(value, (counts.get(value) || 0) + 1)));
      const choices = [...counts].map(([value, n]) => [value, app.visible(FACETS[key].name(value)), n]).sort((a, b) => a[1].localeCompare(b[1], "vi", { numeric: true }));
      const kept = select.value;
      select.replaceChildren(el("option", { value: "" }, word(key)), ...choices.map(([value, text, n]) => el("option", { value }, `${text} (${app.number(n, 0)})`)));
      select.value = kept;
      select.setAttribute("aria-label", word(key));
      select.hidden = !choices.length;
    }
    const kept = sort.value || "list";
    sort.replaceChildren(...Object.keys(ORDERS).map((key) => el("option", { value: key }, word(`by_${key}`))));
    sort.value = kept;
    sort.setAttribute("aria-label", word("sort"));
  }

  function told(rows) {
    if (!sites.length) return word("empty");
    if (!rows.length) return word("none");
    const found = word("found").replace("{n}", app.number(rows.length, 0)).replace("{all}", app.number(sites.length, 0));
    return [found, app.sums(rows)].filter(Boolean).join(" · ");
  }

  function refresh() {
    const flags = matches(true);
    order = sites.map((_, i) => i).sort((a, b) => ORDERS[sort.value](a, b) || a - b);
    const rows = order.filter((i) => flags[i]);
    const narrowed = Object.values(selects).filter((select) => select.value).length;
    summary.textContent = word("narrow") + (narrowed ? ` (${narrowed})` : "");
    drawFilters(matches(false));
    count.textContent = told(rows);
    list.replaceChildren(...rows.slice(0, limit).map(item));
    if (rows.length > limit) list.append(el("li", {}, el("button", { type: "button", class: "pg-more", click: () => { limit += PAGE; refresh(); } }, word("more"))));
    app.show(flags);
  }
  app.inOrder = () => order.filter((i) => app.shown[i]);

  const again = () => { limit = PAGE; refresh(); };
  search.addEventListener("input", again);
  for (const select of [sort, ...Object.values(selects)]) select.addEventListener("change", again);
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
    drawSelects();
    refresh();
  });
});
