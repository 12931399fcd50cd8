plangeo.panel("legend", (app, data, word) => {
  "use strict";
  const { el } = app;
  const body = el("div", { class: "pg-legend-body" });
  const summary = el("summary", {});
  const box = el("details", { class: "pg-legend", open: !matchMedia("(max-width: 700px)").matches }, summary, body);
  app.slots.over.append(box);
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  const order = Object.keys(app.data.classes);
  const rank = (code) => (order.includes(code) ? order.indexOf(code) : order.length);

  function layers() {
    return app.layers.map((layer, i) => {
      const input = el("input", { type: "checkbox", id: `pg-layer-${i}` });
      input.checked = layer.visible;
      input.addEventListener("change", () => { layer.set(input.checked); body.querySelector(`#pg-layer-${i}`).focus(); });
      const note = layer.note();
      return el("li", {}, input, el("label", { for: `pg-layer-${i}` }, app.said(layer.label()), note ? el("small", {}, note) : null));
    });
  }

  function draw() {
    summary.textContent = word("title");
    box.setAttribute("aria-label", word("title"));
    const codes = app.shownCodes().sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const row = (code) => {
      const known = app.data.classes[code];
      const name = known ? app.pick(known.name) : code ? word("foreign") : app.word("zones", "no_code");
      return el("li", {}, app.swatch(code), el("span", {}, app.said(code, "b"), " ", app.said(name)));
    };
    const bare = codes.some((code) => !(app.data.classes[code] && app.data.classes[code].colour));
    body.replaceChildren(
      ...(app.layers.length ? [el("h2", {}, word("layers")), el("ul", { class: "pg-layers" }, layers())] : []),
      el("h2", {}, word("verdicts")),
      el("ul", {}, Object.keys(app.data.verdicts).map((code) => el("li", {}, app.symbol(code, 18), el("span", {}, app.verdict(code))))),
      el("h2", {}, word("classes")),
      codes.length ? el("ul", { class: "pg-classes" }, codes.map(row)) : el("p", { class: "pg-quiet" }, word("no_zones")),
      ...(bare ? [el("p", { class: "pg-quiet" }, word("hatch"))] : []),
      ...app.notes().map((text) => el("p", { class: "pg-quiet" }, text)));
  }
  app.on("layers", draw);
  app.on("language", draw);
});
