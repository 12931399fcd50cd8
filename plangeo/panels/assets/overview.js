plangeo.panel("overview", (app, data, word) => {
  "use strict";
  const { el } = app;
  const sites = app.data.sites, codes = Object.keys(app.data.verdicts);
  const MOST_BARS = 20;
  const SVG = "http://www.w3.org/2000/svg";

  const button = el("button", { type: "button", class: "pg-overview-open", click: () => { draw(); dialog.showModal(); } });
  const body = el("div", { class: "pg-overview-body" });
  const title = el("h2", { id: "pg-overview-title" });
  const close = el("button", { type: "button", click: () => dialog.close() });
  const csv = el("button", { type: "button", "data-export": "csv", click: () => save("csv", "text/csv", `\ufeff${csvText()}`) });
  const geojson = el("button", { type: "button", "data-export": "geojson", click: () => save("geojson", "application/geo+json", geojsonText()) });
  const language = el("button", { type: "button", click: () => app.use(app.language === "en" ? "vi" : "en") });
  const dialog = el("dialog", { class: "pg-overview", "aria-labelledby": "pg-overview-title" },
    el("div", { class: "pg-overview-head" }, title, csv, geojson, language, close), body);
  app.root.append(dialog);
  app.root.querySelector(".pg-tools").prepend(button);

  const units = (i) => {
    const found = app.data.panels.card.records[i].units.map((unit) => unit.name);
    return found.length ? found : [sites[i].district].filter(Boolean);
  };
  const billions = (site, end) => (site.capital_vnd ? app.capital(site)[end] / 1e9 : null);
  const COLUMNS = {
    id: (i) => sites[i].id,
    name: (i) => sites[i].name,
    use: (i) => app.pick(sites[i].use),
    unit: (i) => units(i).join("; "),
    area_ha: (i) => (sites[i].area_m2 === null ? null : sites[i].area_m2 / 1e4),
    capital_min: (i) => billions(sites[i], 0),
    capital_max: (i) => billions(sites[i], 1),
    phase: (i) => app.phase(sites[i]),
    verdict: (i) => app.verdict(sites[i].verdict),
  };
  const names = Object.keys(COLUMNS);

  function table(rows) {
    const cell = (i, name) => {
      const value = COLUMNS[name](i);
      if (typeof value === "number") return el("td", { class: "pg-num" }, app.number(value, Number.isInteger(value) ? 0 : 2));
      if (name === "verdict") return el("td", { class: "pg-overview-verdict" }, app.symbol(sites[i].verdict, 16), value);
      if (name === "id") return el("td", {}, el("button", { type: "button", class: "pg-link", click: () => { dialog.close(); app.select(i, { zoom: true, focus: true }); } }, app.said(value)));
      return el("td", {}, app.said(value));
    };
    return el("div", { class: "pg-overview-table", tabindex: "0", role: "region", "aria-label": word("table") }, el("table", {},
      el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, word(name))))),
      el("tbody", {}, rows.map((i) => el("tr", {}, names.map((name) => cell(i, name)))))));
  }

  function shape(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  /* One bar per group, cut by verdict; the numbers stand in it, so that colour alone says nothing. */
  function chart(caption, groups, note) {
    const HIGH = 24, LEFT = 190, WIDE = 620;
    const most = Math.max(1, ...groups.map(([, rows]) => rows.length));
    const svg = shape("svg", { viewBox: `0 0 ${LEFT + WIDE + 50} ${groups.length * HIGH + 6}`, class: "pg-chart", role: "img" });
    svg.append(shape("title", {}, `${caption}: ${groups.map(([name, rows]) => `${app.visible(name)} ${rows.length}`).join(", ")}`));
    groups.forEach(([name, rows], line) => {
      const y = line * HIGH + 3, shown = app.visible(name);
      svg.append(shape("text", { x: LEFT - 8, y: y + 14, "text-anchor": "end" }, shown.length > 28 ? `${shown.slice(0, 27)}…` : shown));
      let x = LEFT;
      for (const code of codes) {
        const n = rows.filter((i) => sites[i].verdict === code).length, width = (n / most) * WIDE;
        if (!n) continue;
        svg.append(shape("rect", { x, y, width, height: HIGH - 5, fill: (app.SIGNS[code] || app.SIGNS.unknown).colour, stroke: "#fff", "data-verdict": code, "data-count": n }));
        if (width > 7 * String(n).length + 2) svg.append(shape("text", { x: x + width / 2, y: y + 14, "text-anchor": "middle", class: "pg-chart-number" }, app.number(n, 0)));
        x += width;
      }
      svg.append(shape("text", { x: x + 6, y: y + 14 }, app.number(rows.length, 0)));
    });
    return el("figure", { tabindex: "0", "aria-label": caption }, el("figcaption", {}, caption, note ? el("small", {}, ` ${note}`) : null), svg);
  }

  function grouped(rows, valuesOf) {
    const groups = new Map();
    for (const i of rows) for (const value of new Set(valuesOf(i))) groups.set(value, [...(groups.get(value) || []), i]);
    return [...groups];
  }

  function charts(rows) {
    const all = grouped(rows, (i) => (units(i).length ? units(i) : [word("none")])).sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0], "vi"));
    const rest = all.slice(MOST_BARS);
    const byUnit = rest.length ? [...all.slice(0, MOST_BARS), [word("others").replace("{n}", app.number(rest.length, 0)), [...new Set(rest.flatMap(([, found]) => found))]]] : all;
    const byPhase = grouped(rows, (i) => [app.phase(sites[i]) || word("none")]).sort((a, b) => a[0].localeCompare(b[0], "vi", { numeric: true }));
    const legend = el("ul", { class: "pg-chart-legend" }, codes.map((code) => el("li", {}, app.symbol(code, 16), app.verdict(code))));
    return [legend, chart(word("by_unit"), byUnit, rows.some((i) => units(i).length > 1) ? word("twice") : ""), chart(word("by_phase"), byPhase)];
  }

  function draw() {
    const rows = app.inOrder();
    title.textContent = [`${app.number(rows.length, 0)} ${app.word("heading", "sites")}`, app.sums(rows)].filter(Boolean).join(" · ");
    close.textContent = word("close");
    csv.textContent = word("csv");
    geojson.textContent = word("geojson");
    body.replaceChildren(el("h3", {}, word("charts")), ...charts(rows), el("h3", {}, word("table")), table(rows));
  }

  /* A text that a spreadsheet would take for a formula gets an apostrophe; plain numbers stay numbers. */
  function safe(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : String(value);
    return /[",\n\r;]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }
  const degrees = (i, axis) => (sites[i].at ? Number((sites[i].at[axis] * 1e-6).toFixed(6)) : null);
  function csvText() {
    const head = [...names.map(word), word("longitude"), word("latitude")].map(safe).join(",");
    const lines = app.inOrder().map((i) => [...names.map((name) => COLUMNS[name](i)), degrees(i, 0), degrees(i, 1)].map(safe).join(","));
    return [head, ...lines, ""].join("\r\n");
  }

  function geometry(index) {
    const shown = app.decode(app.data.panels.marks[index]);
    if (!shown) return null;
    const turn = ([lat, lng]) => [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
    const closed = (ring) => { const spots = ring.map(turn); return [...spots, spots[0]]; };
    const parts = [
      ...shown.points.map((spot) => ({ type: "Point", coordinates: turn(spot) })),
      ...shown.lines.map((line) => ({ type: "LineString", coordinates: line.map(turn) })),
      ...shown.areas.map((rings) => ({ type: "Polygon", coordinates: rings.map(closed) })),
    ];
    return parts.length === 1 ? parts[0] : { type: "GeometryCollection", geometries: parts };
  }
  function geojsonText() {
    const features = app.inOrder().map((i) => ({ type: "Feature", id: sites[i].id, geometry: geometry(i), properties: Object.fromEntries(names.map((name) => [name, COLUMNS[name](i)])) }));
    return JSON.stringify({ type: "FeatureCollection", features });
  }

  function save(suffix, type, text) {
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: `plangeo-${app.data.on}.${suffix}` });
    link.click();
    URL.revokeObjectURL(link.href);
  }
  app.table = { dialog, draw };
  app.exports = { csv: csvText, geojson: geojsonText };

  app.on("language", () => {
    button.textContent = word("open");
    language.textContent = app.word("heading", "switch");
    language.title = app.word("heading", "switch_label");
    language.lang = app.language === "en" ? "vi" : "en";
    if (dialog.open) draw();
  });
});
