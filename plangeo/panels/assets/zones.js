plangeo.panel("zones", (app, data, word) => {
  "use strict";
  const { map } = app;
  const renderer = L.canvas({ pane: app.pane("pg-zones", 310, true), padding: 0.2 });
  const classes = app.data.classes;

  /* Lines across a transparent or pale ground; a canvas pattern serves Leaflet as a fill colour. */
  function hatch(line, ground) {
    const tile = app.el("canvas", { width: 10, height: 10 }), ctx = tile.getContext("2d");
    if (ground) { ctx.fillStyle = ground; ctx.fillRect(0, 0, 10, 10); }
    ctx.strokeStyle = line;
    ctx.lineWidth = 1.6;
    for (const x of [-10, 0, 10]) { ctx.beginPath(); ctx.moveTo(x - 1, 11); ctx.lineTo(x + 11, -1); ctx.stroke(); }
    return [ctx.createPattern(tile, "repeat"), tile.toDataURL()];
  }
  const fills = {};
  function fill(code) {
    if (!fills[code]) {
      const known = classes[code] || {};
      if (known.colour && !known.overlay) fills[code] = [known.colour, null];
      else fills[code] = known.colour ? hatch(known.colour, null) : hatch("#8d949c", "#f1f2f3");
    }
    return fills[code];
  }
  app.swatch = (code) => {
    const [colour, image] = fill(code);
    const box = app.el("span", { class: "pg-swatch", "aria-hidden": "true" });
    if (image) box.style.backgroundImage = `url(${image})`;
    else box.style.backgroundColor = colour;
    return box;
  };

  const all = L.latLngBounds([]);
  const plans = data.plans.map(({ plan, zones }) => {
    const known = app.data.plans[plan], status = known ? known.status : "unknown";
    const items = zones.map((zone) => {
      const shape = app.decode(zone.geometry);
      const layer = L.polygon(shape.areas, {
        renderer, interactive: false, color: "#6b6f76", weight: 0.6, opacity: 0.7, fillColor: fill(zone.code)[0], fillOpacity: 1, smoothFactor: 0.7,
      });
      all.extend(layer.getBounds());
      return { zone, shape, layer, bounds: layer.getBounds() };
    });
    items.sort((a, b) => Number(Boolean((classes[a.zone.code] || {}).overlay)) - Number(Boolean((classes[b.zone.code] || {}).overlay)));
    const group = L.layerGroup(items.map((item) => item.layer));
    return {
      plan, status, group, items, codes: new Set(zones.map((z) => z.code)), visible: false,
      title: () => (known ? app.pick(known.title) : plan || word("unnamed")),
      label() { return this.title(); },
      note: () => word(status),
      set(on) {
        this.visible = on;
        stack();
        label();
        app.tell("layers");
      },
    };
  });
  app.bounds.push(all);
  app.layers.push(...plans);
  app.shownCodes = () => [...new Set(plans.filter((p) => p.visible).flatMap((p) => [...p.codes]))];

  /* Wider plans first: the detailed plan lies on top and hides what is under it. */
  function stack() {
    plans.forEach((p) => p.group.remove());
    plans.forEach((p) => p.visible && p.group.addTo(map));
  }

  const at = (item, spot) => item.bounds.contains(spot) && app.contains(item.shape.areas, spot);
  const solid = (item) => !(classes[item.zone.code] || {}).overlay;

  /* A zone hidden by a plan on top of it gets no label. */
  function label() {
    const visible = plans.filter((p) => p.visible);
    const open = visible.flatMap((p, i) => {
      const above = visible.slice(i + 1).flatMap((q) => q.items.filter(solid));
      return p.items.filter(({ zone }) => {
        if (!zone.code || !zone.at) return false;
        const spot = L.latLng(app.place(zone.at));
        return !above.some((item) => at(item, spot));
      });
    });
    const items = open.map(({ zone, shape }) => ({
      at: app.place(zone.at), text: app.visible(zone.code), extent: app.extentOf(shape), rank: 2, room: 34, stretch: 1.1, high: 12, font: "600 12px system-ui, sans-serif", colour: "#2b2f36",
    }));
    app.labels.put("zones", items);
  }

  /* Clicking bare ground names the zones there. */
  map.on("click", (event) => {
    if (app.measuring && app.measuring.on) return;
    const found = plans.filter((p) => p.visible).reverse().flatMap((p) =>
      p.items.filter((i) => at(i, event.latlng)).map((i) => ({ p, zone: i.zone })));
    if (!found.length) return;
    const lines = found.map(({ p, zone }) => app.el("li", {}, app.swatch(zone.code), app.said(zone.code || word("no_code"), "b"), " ",
      app.said(classes[zone.code] ? app.pick(classes[zone.code].name) : ""), app.el("br"), app.said(p.title(), "small")));
    L.popup({ maxWidth: 280, autoPanPadding: [20, 20] }).setLatLng(event.latlng).setContent(app.el("ul", { class: "pg-zone-popup" }, lines)).openOn(map);
  });
  app.on("language", () => map.closePopup());
  app.notes = () => (data.simplified_m ? [word("simplified").replace("{n}", app.number(data.simplified_m, 0))] : []);
  plans.forEach((p) => p.status === "in_force" && p.set(true));
});
