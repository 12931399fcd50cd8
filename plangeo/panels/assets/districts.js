plangeo.panel("districts", (app, data, word) => {
  "use strict";
  if (!data.length) return;
  const renderer = L.canvas({ pane: app.pane("pg-districts", 320, true), padding: 0.2 });
  const group = L.layerGroup(), all = L.latLngBounds([]);
  const labels = [];
  for (const unit of data) {
    const shape = app.decode(unit.geometry);
    const style = { renderer, interactive: false, fill: false, smoothFactor: 0.7 };
    group.addLayer(L.polygon(shape.areas, { ...style, color: "#fff", weight: 3, opacity: 0.7 }));
    group.addLayer(L.polygon(shape.areas, { ...style, color: "#3d3552", weight: 1.3, opacity: 0.9, dashArray: "6 3 1.5 3" }));
    all.extend(app.boundsOf(shape));
    if (unit.name) labels.push({ at: app.place(unit.at), text: app.visible(unit.name), extent: app.extentOf(shape), rank: 1, room: 40, stretch: 1.5, high: 13, font: "italic 600 13px system-ui, sans-serif", colour: "#3d2f66" });
  }
  app.bounds.unshift(all);
  const layer = {
    visible: false,
    opacity: 1,
    label: () => word("layer"),
    note: () => "",
    fade(value) {
      this.opacity = value;
      app.map.getPane("pg-districts").style.opacity = value;
    },
    set(on) {
      this.visible = on;
      if (on) group.addTo(app.map); else group.remove();
      app.labels.put("districts", on ? labels : []);
      app.tell("layers");
    },
  };
  app.layers.push(layer);
  layer.set(true);
});
