plangeo.panel("way", (app, data, word) => {
  "use strict";
  const { map } = app;
  const group = L.layerGroup().addTo(map);
  const renderer = L.canvas({ pane: app.pane("pg-way", 385, true), padding: 0.2 });

  /* The two strokes of an arrow head, in pixels of the present zoom. */
  function head(from, to) {
    const [a, b] = [from, to].map((spot) => map.latLngToLayerPoint(spot));
    const turn = Math.atan2(b.y - a.y, b.x - a.x);
    return [0.5, -0.5].map((open) => [to, map.layerPointToLatLng(L.point(b.x - 16 * Math.cos(turn + open), b.y - 16 * Math.sin(turn + open)))]);
  }

  function draw() {
    group.clearLayers();
    const way = app.selected === null ? null : data[app.selected];
    if (!way) return;
    const [line] = app.decode(way.geometry).lines;
    const [from, to] = [line[0], line[line.length - 1]];
    const distance = way.distance_m < 10000 ? `${app.number(way.distance_m, 0)} m` : `${app.number(way.distance_m / 1000, 1)} km`;
    const strokes = [line, ...head(from, to)];
    for (const style of [{ color: "#fff", weight: 6, opacity: 0.9 }, { color: "#0b57a4", weight: 3, dashArray: "9 5" }]) {
      strokes.forEach((stroke) => group.addLayer(L.polyline(stroke, { renderer, interactive: false, ...style, dashArray: stroke === line ? style.dashArray : null })));
    }
    const label = app.el("span", {}, `${word("to")}: `, app.said(way.code, "b"), ` ${distance}`);
    group.addLayer(L.tooltip({ permanent: true, direction: "right", className: "pg-tooltip", interactive: false }).setLatLng(to).setContent(label));
  }
  app.on("select", draw);
  app.on("language", draw);
  map.on("zoomend", draw);
});
