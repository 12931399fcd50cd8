plangeo.panel("card", (app, data, word) => {
  "use strict";
  const { el, said } = app;
  const section = el("section", { class: "pg-card", hidden: true, tabindex: "-1" });
  app.slots.side.append(section);

  const planTitle = (code) => (app.data.plans[code] ? app.pick(app.data.plans[code].title) : code);
  const className = (code) => (app.data.classes[code] ? app.pick(app.data.classes[code].name) : "");
  const hectares = (area) => app.number(area / 1e4, area < 1e4 ? 4 : 2);

  function fact(name, ...value) {
    return value.some((v) => v) ? [el("dt", {}, name), el("dd", {}, value)] : [];
  }

  function coordinates(site, record) {
    if (!site.at) return [el("dt", {}, word("coordinates")), el("dd", {}, word("no_place"))];
    const [x, y] = site.at.map((v) => (v * 1e-6).toFixed(6));
    const lines = [el("div", {}, `${y}, ${x} `, el("small", {}, "WGS 84"))];
    if (record.place && data.crs) {
      lines.push(el("div", {}, `${word("north")} ${app.number(record.place[1], 0)} m `), el("div", {}, `${word("east")} ${app.number(record.place[0], 0)} m `, el("small", {}, data.crs)));
    }
    const copy = el("button", { type: "button", class: "pg-copy", click: () => app.copied(copy, app.placeText(L.latLng(app.place(site.at)))) }, app.word("tools", "copy"));
    return [el("dt", {}, word("coordinates")), el("dd", { class: "pg-mono" }, lines, copy)];
  }

  function evidence(record) {
    if (!record.zones.length) return el("p", { class: "pg-quiet" }, word("no_evidence"));
    const linear = record.zones.some((z) => z.length_m > 0), areal = record.zones.some((z) => z.area_m2 > 0);
    const head = [word("plan"), word("zone"), areal && word("area"), linear && word("length"), word("share")].filter(Boolean);
    const row = (z) => {
      const marks = [!z.governs && word("overruled"), z.on_border && word("on_border")].filter(Boolean).join(", ");
      const zone = z.plan ? [app.swatch(z.code), said(z.code, "b"), " ", said(className(z.code))] : [word("uncovered")];
      return el("tr", { class: z.governs ? null : "pg-overruled" },
        el("td", {}, said(z.plan ? z.plan : "–")),
        el("td", {}, zone, marks ? el("em", {}, ` (${marks})`) : null),
        areal ? el("td", { class: "pg-num" }, z.area_m2 ? hectares(z.area_m2) : "–") : null,
        linear ? el("td", { class: "pg-num" }, z.length_m ? app.number(z.length_m, 0) : "–") : null,
        el("td", { class: "pg-num" }, `${app.number(z.share * 100, 2)} %`));
    };
    return el("div", { class: "pg-table" }, el("table", {},
      el("thead", {}, el("tr", {}, head.map((text, i) => el("th", { scope: "col", class: i > 1 ? "pg-num" : null }, text)))),
      el("tbody", {}, record.zones.map(row))));
  }

  function plans(record) {
    const codes = [...new Set(record.zones.map((z) => z.plan).filter((code) => app.data.plans[code]))];
    if (!codes.length) return [];
    return [el("h3", {}, word("plans")), ...codes.map((code) => {
      const plan = app.data.plans[code];
      const end = plan.to ? app.date(plan.to) : plan.from ? word("until_replaced") : "";
      const period = plan.from || plan.to ? `${app.date(plan.from) || "…"} – ${end} (${app.word("zones", plan.status)})` : app.word("zones", plan.status);
      return el("dl", { class: "pg-facts pg-plan" },
        fact(code, said(planTitle(code), "b")),
        fact(word("decision"), plan.decision ? said(plan.decision) : ""),
        fact(word("authority"), plan.authority ? said(plan.authority) : ""),
        fact(word("period"), period),
        fact(word("scale"), plan.scale ? `1:${app.number(plan.scale, 0)}` : ""));
    })];
  }

  function draw() {
    const index = app.selected;
    section.hidden = index === null;
    if (index === null) return section.replaceChildren();
    const site = app.data.sites[index], record = data.records[index];
    const which = app.language === "en" ? 1 : 0, text = record.text[which].map((n) => data.said[which][n]);
    const units = record.units.map((u) => u.name + (record.units.length > 1 ? ` (${app.number(u.share * 100, 1)} %)` : "")).join(", ");
    section.setAttribute("aria-label", word("title"));
    section.replaceChildren(
      el("button", { type: "button", class: "pg-back", title: word("back_label"), click: () => app.select(null, { back: true }) }, `‹ ${word("back")}`),
      el("h2", {}, said(site.name || site.id)),
      el("p", { class: "pg-verdict", "data-verdict": site.verdict }, app.symbol(site.verdict, 26), el("strong", {}, app.verdict(site.verdict))),
      el("p", { class: "pg-quiet" }, word("statement")),
      el("dl", { class: "pg-facts" },
        fact(word("id"), said(site.id)),
        fact(word("use"), app.pick(site.use) ? said(app.pick(site.use)) : ""),
        fact(word("declared_district"), site.district ? said(site.district) : ""),
        fact(word("declared_area"), site.area_m2 !== null ? `${hectares(site.area_m2)} ha` : ""),
        fact(word("units"), units ? said(units) : ""),
        coordinates(site, record),
        app.margin ? app.margin(index) : []),
      el("h3", {}, word("why")),
      el("ul", { class: "pg-why" }, text.map((line) => el("li", {}, said(line)))),
      el("h3", {}, word("evidence")),
      evidence(record),
      ...plans(record));
  }

  app.on("select", ({ index, how }) => {
    draw();
    section.scrollTop = app.aside.scrollTop = 0; /* on a phone the whole side scrolls */
    if (index !== null && how.focus) section.querySelector(".pg-back").focus({ preventScroll: true });
  });
  app.on("language", draw);
});
