plangeo.panel("marks", (app, data) => {
  "use strict";
  const { map } = app;
  const renderer = L.canvas({ pane: app.pane("pg-sites", 390), padding: 0.2, tolerance: 4 });
  const paths = {};
  for (const [code, sign] of Object.entries(app.SIGNS)) paths[code] = { colour: sign.colour, shape: new Path2D(sign.shape), sign: new Path2D(sign.sign) };

  L.Canvas.include({
    _updateVerdictMark(layer) {
      if (!this._drawing || layer._empty()) return;
      const ctx = this._ctx, p = layer._point, look = paths[layer.options.verdict] || paths.unknown, chosen = layer.options.chosen;
      const scale = (chosen ? 30 : 21) / 24;
      ctx.save();
      ctx.translate(p.x - 12 * scale, p.y - 12 * scale);
      ctx.scale(scale, scale);
      ctx.lineJoin = ctx.lineCap = "round";
      if (chosen) { ctx.strokeStyle = "#111"; ctx.lineWidth = 7; ctx.stroke(look.shape); }
      ctx.strokeStyle = "#fff";
      ctx.lineWidth = 3.4;
      ctx.stroke(look.shape);
      ctx.fillStyle = look.colour;
      ctx.fill(look.shape);
      ctx.lineWidth = 2.8;
      ctx.stroke(look.sign);
      ctx.restore();
    },
  });
  const Mark = L.CircleMarker.extend({ _updatePath() { this._renderer._updateVerdictMark(this); } });

  const all = L.latLngBounds([]);
  const group = L.layerGroup().addTo(map);
  const entries = app.data.sites.map((site, index) => {
    const shape = app.decode(data[index]);
    if (!shape) return null;
    const colour = (app.SIGNS[site.verdict] || app.SIGNS.unknown).colour;
    const style = { renderer, color: colour, weight: 3, fillColor: colour, fillOpacity: 0.18, bubblingMouseEvents: false };
    const layers = [];
    if (shape.areas.length) layers.push(L.polygon(shape.areas, style));
    if (shape.lines.length) {
      layers.push(L.polyline(shape.lines, { ...style, color: "#fff", weight: 7, opacity: 0.8, interactive: false }));
      layers.push(L.polyline(shape.lines, { ...style, weight: 4 }));
    }
    const spots = shape.areas.length || shape.lines.length ? [app.place(site.at)] : shape.points;
    const marks = spots.map((spot) => new Mark(spot, { renderer, radius: 11, verdict: site.verdict, bubblingMouseEvents: false }));
    for (const layer of [...layers, ...marks]) {
      layer.on("click", () => app.select(index, {}));
      layer.bindTooltip(() => app.said(site.name || site.id), { direction: "top", offset: [0, -10], className: "pg-tooltip" });
    }
    const bounds = app.boundsOf(shape);
    all.extend(bounds);
    return { layers, marks, bounds };
  });
  app.bounds.push(all);

  function refresh() {
    group.clearLayers();
    entries.forEach((entry, i) => entry && app.shown[i] && entry.layers.forEach((layer) => group.addLayer(layer)));
    const order = Object.keys(app.data.verdicts).reverse(); /* the worst lie on top */
    for (const code of order) entries.forEach((entry, i) => entry && app.shown[i] && app.data.sites[i].verdict === code && entry.marks.forEach((mark) => group.addLayer(mark)));
    app.labels.obstacles = entries.flatMap((entry, i) => (entry && app.shown[i] ? entry.marks.map((mark) => mark.getLatLng()) : []));
    app.labels.redraw();
    front();
  }
  function front() {
    entries.forEach((entry, i) => entry && entry.marks.forEach((mark) => {
      const chosen = i === app.selected;
      if (mark.options.chosen !== chosen) { mark.options.chosen = chosen; if (mark._map) mark.redraw(); }
      if (chosen && mark._map) mark.bringToFront();
    }));
  }
  app.on("filter", refresh);
  app.on("select", ({ index, how }) => {
    front();
    const entry = index === null ? null : entries[index];
    if (entry && how.zoom) map.fitBounds(entry.bounds, { maxZoom: Math.max(app.closest(index), map.getZoom()), ...app.margins(60), animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  });
});
