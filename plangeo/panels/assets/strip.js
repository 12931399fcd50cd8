plangeo.panel("strip", (app, data, word) => {
  "use strict";
  const { map, el } = app;
  const group = L.layerGroup().addTo(map);
  const renderer = L.canvas({ pane: app.pane("pg-strip", 388, true), padding: 0.2 });
  const metres = (value) => (value < 10000 ? `${app.number(value, value < 10 ? 1 : 0)} m` : `${app.number(value / 1000, 1)} km`);
  let pattern = null;

  const planOf = (entry) => app.visible(app.data.plans[entry.plan] ? app.pick(app.data.plans[entry.plan].title) : entry.plan);

  /* Rows of the card: how far a border must move, and how exact it is. */
  app.margin = (index) => {
    const entry = data[index];
    if (!entry) return [];
    const row = (key, value) => (value === null ? [] : [el("dt", {}, word(key)), el("dd", {}, metres(value))]);
    const plan = entry.geometry && entry.plan ? [el("dt", {}, word("decides")), el("dd", {}, app.said(planOf(entry)))] : [];
    return [...row("flip", entry.flip_m), ...row("accuracy", entry.accuracy_m), ...plan];
  };

  /* How near a project is looked at: a strip must be seen beside the mark. */
  app.closest = (index) => (data[index] && data[index].geometry ? 17 : 15);

  function draw() {
    group.clearLayers();
    const entry = app.selected === null ? null : data[app.selected];
    const shape = entry && app.decode(entry.geometry);
    if (!shape) return;
    pattern = pattern || app.hatch("#3b0764", "rgba(255,255,255,0.35)")[0];
    group.addLayer(L.polygon(shape.areas, { renderer, interactive: false, color: "#fff", weight: 4, opacity: 0.9, fill: false }));
    group.addLayer(L.polygon(shape.areas, { renderer, interactive: false, color: "#3b0764", weight: 2, dashArray: "3 4", fillColor: pattern, fillOpacity: 0.8 }));
    const border = app.decode(entry.border);
    for (const style of border ? [{ color: "#fff", weight: 6 }, { color: "#3b0764", weight: 3 }] : []) group.addLayer(L.polyline(border.lines, { renderer, interactive: false, ...style }));
    const whole = [`${word("strip")}: t = ${metres(entry.accuracy_m)}`, entry.flip_m === null ? "" : `${word("short")}: ε* = ${metres(entry.flip_m)}`, entry.plan ? `${word("of")}: ${planOf(entry)}` : ""];
    /* On a phone the card says the rest. */
    const text = map.getSize().x < 700 ? [[`t = ${metres(entry.accuracy_m)}`, entry.flip_m === null ? "" : `ε* = ${metres(entry.flip_m)}`].filter(Boolean).join(" · ")] : whole;
    const spots = shape.areas.flatMap((rings) => rings[0]);
    if (!spots.length) return;
    const lowest = spots.reduce((a, b) => (b[0] < a[0] ? b : a));
    group.addLayer(L.tooltip({ permanent: true, direction: "bottom", offset: [0, 6], className: "pg-tooltip pg-strip-label", interactive: false })
      .setLatLng(lowest).setContent(el("span", {}, text.filter(Boolean).flatMap((line, n) => (n ? [el("br"), line] : [line])))));
  }
  app.on("select", draw);
  app.on("language", draw);
});
