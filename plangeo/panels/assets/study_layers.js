plangeo.panel("study_layers", (app, data, word) => {
  "use strict";
  /* Dark outlines of their own, so that they stand out on every legend colour; dashes tell them apart without colour. */
  const STROKES = [["#7a0177", null], ["#00441b", "8 4"], ["#08306b", "2 4"], ["#662506", "10 3 2 3"], ["#000000", "1 3"], ["#99000d", "6 6"]];
  if (!data.length) return;
  const renderer = L.canvas({ pane: app.pane("pg-studies", 326), padding: 0.2 });

  const shownValue = (value) => {
    if (Array.isArray(value) && typeof value[0] === "number") return app.number(value[0], value[1]) + value[2];
    return Array.isArray(value) ? app.pick(value) : value;
  };

  function card(study, row) {
    const lines = study.headings.flatMap((heading, n) =>
      row.values[n] === null || row.values[n] === "" ? [] : [app.el("dt", {}, app.pick(heading)), app.el("dd", {}, app.said(shownValue(row.values[n])))]);
    return app.el("div", { class: "pg-study" }, app.said(app.pick(study.title), "h3"), app.el("dl", {}, lines));
  }

  data.forEach((study, index) => {
    const [color, dashArray] = STROKES[index % STROKES.length];
    const style = { renderer, color, dashArray, weight: 2.5, fillColor: color, fillOpacity: 0.15, smoothFactor: 0.7, bubblingMouseEvents: false };
    const group = L.layerGroup();
    let ready = null, fault = "";
    /* The rows are read when they are first asked for. */
    async function read() {
      try {
        if (!plangeo.polygons.readable()) throw new Error("too_old");
        JSON.parse(await plangeo.polygons.readText(study.rows)).forEach(build);
      } catch (error) {
        fault = error.message === "too_old" ? "too_old" : "unread";
      }
    }
    function build(row) {
      const shape = app.decode(row.geometry);
      const parts = [
        ...(shape.areas.length ? [L.polygon(shape.areas, style)] : []),
        ...(shape.lines.length ? [L.polyline(shape.lines, { ...style, fill: false })] : []),
        ...shape.points.map((spot) => L.circleMarker(spot, { ...style, radius: 7 })),
      ];
      parts.forEach((part) => group.addLayer(part.bindPopup(() => card(study, row), { maxWidth: 340, maxHeight: 380 })));
    }
    app.layers.push({
      visible: false,
      opacity: 1,
      label: () => app.pick(study.title),
      note: () => (fault ? app.word("zones", fault) : study.left_out ? word("left_out").replace("{m}", app.number(study.left_out, 0)) : word("rows")).replace("{n}", app.number(study.count, 0)),
      fade(value) {
        this.opacity = value;
        group.eachLayer((part) => part.setStyle({ opacity: value, fillOpacity: 0.15 * value }));
      },
      async set(on) {
        this.visible = on;
        app.tell("layers");
        if (on) await (ready = ready || read());
        if (fault) app.tell("layers");
        if (this.visible) { this.fade(this.opacity); group.addTo(app.map); } else group.remove();
      },
    });
  });
});
