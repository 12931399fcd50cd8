plangeo.panel("tools", (app, data, word) => {
  "use strict";
  const { map, el } = app;
  const DEGREE = 5;
  /* WGS 84. */
  const A = 6378137, F = 1 / 298.257223563, B = A * (1 - F), E2 = F * (2 - F);
  const rad = (degrees) => (degrees * Math.PI) / 180;

  /* Metres north and east of a place, null where the formula does not hold. */
  function metric({ lat, lng }) {
    if (!data) return null;
    const [west, south, east, north] = data.bounds;
    const u = ((lng - west) / (east - west)) * 2 - 1, v = ((lat - south) / (north - south)) * 2 - 1;
    if (Math.abs(u) > 1 || Math.abs(v) > 1) return null;
    let x = 0, y = 0, n = 0;
    for (let i = 0; i <= DEGREE; i++) for (let j = 0; i + j <= DEGREE; j++, n++) {
      const term = u ** i * v ** j;
      x += data.x[n] * term;
      y += data.y[n] * term;
    }
    return [x, y];
  }

  function place(spot) {
    const metres = metric(spot);
    const degrees = `${spot.lat.toFixed(6)}, ${spot.lng.toFixed(6)} WGS 84`;
    return metres ? `${degrees} · ${word("north")} ${app.number(metres[1], 1)} · ${word("east")} ${app.number(metres[0], 1)} ${data.crs}` : degrees;
  }

  /* Vincenty's inverse formula: metres along the ellipsoid, to under a millimetre; null for places nearly opposite. */
  function geodesic(from, to) {
    if (from.equals(to, 0)) return 0;
    const L12 = rad(to.lng - from.lng);
    const [u1, u2] = [from, to].map((p) => Math.atan((1 - F) * Math.tan(rad(p.lat))));
    const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
    let lambda = L12;
    for (let turn = 0; turn < 200; turn++) {
      const sl = Math.sin(lambda), cl = Math.cos(lambda);
      const ss = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl), cs = s1 * s2 + c1 * c2 * cl, sigma = Math.atan2(ss, cs);
      if (!ss) return 0;
      const sa = (c1 * c2 * sl) / ss, ca2 = 1 - sa * sa, cm = ca2 ? cs - (2 * s1 * s2) / ca2 : 0;
      const c = (F / 16) * ca2 * (4 + F * (4 - 3 * ca2));
      const next = L12 + (1 - c) * F * sa * (sigma + c * ss * (cm + c * cs * (2 * cm * cm - 1)));
      if (Math.abs(next - lambda) < 1e-12) {
        const uu = (ca2 * (A * A - B * B)) / (B * B);
        const a = 1 + (uu / 16384) * (4096 + uu * (-768 + uu * (320 - 175 * uu)));
        const b = (uu / 1024) * (256 + uu * (-128 + uu * (74 - 47 * uu)));
        return B * a * (sigma - b * ss * (cm + (b / 4) * (cs * (2 * cm * cm - 1) - (b / 6) * cm * (4 * ss * ss - 3) * (4 * cm * cm - 3))));
      }
      lambda = next;
    }
    return null;
  }

  /* Square metres on the ellipsoid: authalic latitudes, trapezoids between meridians (Snyder 1987, 3-12). Edges follow the map's straight lines. */
  function area(spots) {
    const e = Math.sqrt(E2);
    const q = (sine) => (1 - E2) * (sine / (1 - E2 * sine * sine) - Math.log((1 - e * sine) / (1 + e * sine)) / (2 * e));
    let sum = 0;
    spots.forEach((from, n) => {
      const to = spots[(n + 1) % spots.length];
      /* Simpson along the edge: sines of latitudes are not linear between its ends. */
      const [q1, qm, q2] = [from.lat, (from.lat + to.lat) / 2, to.lat].map((lat) => q(Math.sin(rad(lat))));
      sum += rad(to.lng - from.lng) * ((q1 + 4 * qm + q2) / 6);
    });
    return Math.abs((sum * A * A) / 2);
  }
  app.measuring = { geodesic, area, metric };

  /* The line of coordinates at the foot of the map; a click on the map keeps them for copying. */
  const text = el("span", { class: "pg-where-text" });
  const copy = el("button", { type: "button", class: "pg-copy", hidden: true, click: () => take() });
  const line = el("div", { class: "pg-where", hidden: true }, text, copy);
  app.slots.over.parentElement.append(line);
  let kept = null;
  map.on("mousemove", (event) => { line.hidden = false; text.textContent = place(event.latlng); });
  map.on("click", (event) => { line.hidden = false; kept = event.latlng; text.textContent = place(kept); copy.hidden = false; copy.textContent = word("copy"); });
  function take() {
    app.copied(copy, place(kept));
  }
  /* Put text on the clipboard and say so on the button; its label comes back with the next language or place. */
  app.copied = (pressed, said) => {
    const field = el("textarea", { class: "pg-hidden-field", readonly: true }, said);
    pressed.after(field);
    field.select();
    const done = document.execCommand("copy"); /* navigator.clipboard is closed to pages opened from a disk */
    field.remove();
    pressed.focus({ preventScroll: true });
    pressed.textContent = done ? word("copied") : word("copy");
  };
  app.placeText = place;

  /* As many decimals as a click on the map is worth. */
  const hectares = (metres) => app.number(metres / 1e4, metres < 1e4 ? 4 : metres < 1e7 ? 2 : 0);

  const path = [];
  const drawn = L.layerGroup().addTo(map);
  const renderer = L.canvas({ pane: app.pane("pg-measure", 395, true), padding: 0.2 });
  const result = el("div", { class: "pg-measured", role: "status", "aria-live": "polite", hidden: true });
  app.slots.over.parentElement.append(result);
  let measuring = false;
  const control = L.control({ position: "topleft" });
  const button = el("a", { href: "#", role: "button", class: "pg-measure", "aria-pressed": "false" }, "⟷");
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(button);
    L.DomEvent.on(button, "click", (event) => { L.DomEvent.preventDefault(event); turn(!measuring); });
    return el("div", { class: "leaflet-bar" }, button);
  };
  control.addTo(map);

  function turn(on) {
    measuring = on;
    app.measuring.on = on;
    path.length = 0;
    if (on) map.closePopup(); /* it would lie over what is measured */
    button.setAttribute("aria-pressed", String(on));
    map.getContainer().classList.toggle("pg-measuring", on);
    show();
  }
  function show() {
    drawn.clearLayers();
    result.hidden = !measuring;
    if (path.length) drawn.addLayer(L.polyline(path, { renderer, color: "#111", weight: 3, dashArray: "6 4", interactive: false }));
    path.forEach((spot) => drawn.addLayer(L.circleMarker(spot, { renderer, radius: 4, color: "#111", fillColor: "#fff", fillOpacity: 1, interactive: false })));
    if (path.length < 2) { result.textContent = word("hint"); return; }
    const metres = path.slice(1).reduce((sum, spot, n) => sum + geodesic(path[n], spot), 0);
    const said = [`${word("length")}: ${metres < 10000 ? `${app.number(metres, 1)} m` : `${app.number(metres / 1000, 3)} km`}`];
    if (path.length > 2) said.push(`${word("area")}: ${hectares(area(path))} ha`);
    result.textContent = said.join(" · ");
  }
  map.on("click", (event) => { if (measuring) { path.push(event.latlng); show(); } });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && measuring) { event.stopImmediatePropagation(); turn(false); }
  }, true);

  app.on("language", () => {
    button.title = word("measure");
    button.setAttribute("aria-label", word("measure"));
    line.title = data ? word("error").replace("{n}", app.number(data.error_m, 3)) : "";
    text.textContent = kept ? place(kept) : "";
    line.hidden = line.hidden || !kept;
    copy.textContent = word("copy");
    show();
  });
});
