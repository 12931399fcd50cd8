plangeo.panel("basemap", (app, data, word) => {
  "use strict";
  if (!data.url) return;
  const { map, el } = app;
  const tiles = L.tileLayer(data.url, { pane: app.pane("pg-basemap", 205, true), maxZoom: 20, referrerPolicy: "no-referrer" });
  let failed = false;
  const layer = {
    visible: false,
    opacity: 1,
    label: () => word("title"),
    note: () => word(failed ? "unreached" : "from").replace("{host}", data.host),
    set(on) {
      this.visible = on;
      if (on) tiles.addTo(map); else tiles.remove();
      app.tell("layers");
    },
    fade(value) {
      this.opacity = value;
      tiles.setOpacity(value);
    },
  };
  const tell = (now) => { if (now !== failed) { failed = now; app.tell("layers"); } };
  tiles.on("tileerror", () => tell(true));
  tiles.on("tileload", () => tell(false));
  /* Not through Leaflet's own control, which takes an attribution for markup. */
  const source = L.control({ position: "bottomright" });
  source.onAdd = () => el("div", { class: "leaflet-control-attribution pg-attribution" }, app.said(data.attribution));
  source.addTo(map);
  app.layers.push(layer);
  layer.set(true);
});
