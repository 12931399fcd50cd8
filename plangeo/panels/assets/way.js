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

  /* Where the words to the arrow are read: at its end, or where it leaves what is seen of the map; null when nothing of it is seen. */
  function placeOf(from, to) {
    const { x: wide, y: high } = map.getSize(), beside = app.margins(10);
    const told = app.root.querySelector(".pg-where:not([hidden])"), foot = told ? told.getBoundingClientRect().height + 50 : 30;
    const near = L.point(beside.paddingTopLeft).add([0, 20]), far = L.point(wide, high).subtract(beside.paddingBottomRight).subtract([0, foot]);
    const [a, b] = [from, to].map((spot) => map.latLngToContainerPoint(spot));
    let start = 0, end = 1;
    for (const axis of ["x", "y"]) {
      const step = b[axis] - a[axis], bounds = [near[axis] - a[axis], far[axis] - a[axis]].sort((p, q) => (step < 0 ? q - p : p - q));
      if (!step) { if (bounds[0] > 0 || bounds[1] < 0) return null; continue; }
      start = Math.max(start, bounds[0] / step);
      end = Math.min(end, bounds[1] / step);
    }
    if (start >= end) return null;
    const at = a.add(b.subtract(a).multiplyBy(end));
    return { spot: map.containerPointToLatLng(at), direction: at.x > (near.x + far.x) / 2 ? "left" : "right" };
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
    const place = placeOf(from, to);
    if (place) group.addLayer(L.tooltip({ permanent: true, direction: place.direction, className: "pg-tooltip", interactive: false }).setLatLng(place.spot).setContent(label));
  }
  app.on("select", draw);
  app.on("language", draw);
  map.on("moveend resize", draw);
});
