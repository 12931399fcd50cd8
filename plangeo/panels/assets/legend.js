plangeo.panel("legend", (app, data, word) => {
  "use strict";
  const { el } = app;
  const layersPart = el("div"), verdictsPart = el("div"), classesPart = el("div");
  const body = el("div", { class: "pg-legend-body" }, layersPart, verdictsPart, classesPart);
  const summary = el("summary", {});
  const box = el("details", { class: "pg-legend", open: !matchMedia("(max-width: 700px)").matches }, summary, body);
  app.slots.over.append(box);
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  const order = Object.keys(app.data.classes);
  const rank = (code) => (order.includes(code) ? order.indexOf(code) : order.length);
  let all = false;

  function layers() {
    return app.layers.map((layer, i) => {
      const id = `pg-layer-${i}`;
      const compared = Boolean(app.comparing && layer.isZones);
      const input = el("input", { type: "checkbox", id, disabled: compared });
      input.checked = compared ? Boolean(layer.side) : layer.visible;
      input.addEventListener("change", () => { layer.set(input.checked); body.querySelector(`#${id}`).focus(); });
      const note = compared && layer.side ? `${app.word("compare", layer.side)} · ${layer.note()}` : layer.note();
      return el("li", {}, input, el("div", {}, el("label", { for: id }, app.said(layer.label()), note ? el("small", {}, note) : null),
        layer.fade && input.checked ? slider(layer, `${id}-opacity`) : null));
    });
  }

  function slider(layer, id) {
    const input = el("input", { type: "range", id, min: "0", max: "100", step: "5", value: String(Math.round(layer.opacity * 100)), "aria-label": `${word("opacity")}: ${app.visible(layer.label())}`, title: word("opacity") });
    const told = el("span", { "aria-hidden": "true" });
    const tell = () => {
      told.textContent = `${input.value} %`;
      input.setAttribute("aria-valuetext", told.textContent);
    };
    input.addEventListener("input", () => { layer.fade(Number(input.value) / 100); tell(); });
    tell();
    return el("div", { class: "pg-opacity" }, input, told);
  }

  const sorted = (codes) => codes.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const row = (code) => {
    const known = app.data.classes[code];
    const name = known ? app.pick(known.name) : code ? word("foreign") : app.word("zones", "no_code");
    return el("li", {}, app.swatch(code), el("span", {}, app.said(code, "b"), " ", app.said(name)));
  };

  let before = "";
  /* Only what changed is drawn again: a reader's focus and place in the list must stay while the map moves. */
  function classes(afresh) {
    const every = app.shownCodes(false), codes = sorted(all ? every : app.shownCodes(true));
    const left = every.length - codes.length, key = JSON.stringify([codes, left, all]);
    if (!afresh && key === before) return;
    before = key;
    const bare = codes.some((code) => !(app.data.classes[code] && app.data.classes[code].colour));
    const focused = classesPart.contains(document.activeElement);
    const button = el("button", { type: "button", class: "pg-legend-all", "aria-pressed": String(all), click: () => { all = !all; classes(); } },
      all ? word("only_view") : word("all").replace("{n}", app.number(every.length, 0)));
    const none = every.length ? word("none_in_view") : word("no_zones");
    classesPart.replaceChildren(
      el("h2", {}, word(all || !every.length ? "classes" : "classes_view")),
      codes.length ? el("ul", { class: "pg-classes" }, codes.map(row)) : el("p", { class: "pg-quiet" }, none),
      ...(all || left ? [button] : []),
      ...(bare ? [el("p", { class: "pg-quiet" }, word("hatch"))] : []),
      ...app.notes().map((text) => el("p", { class: "pg-quiet" }, text)));
    if (focused && button.isConnected) button.focus();
  }

  function draw() {
    summary.textContent = word("title");
    box.setAttribute("aria-label", word("title"));
    const focused = document.activeElement && layersPart.contains(document.activeElement) ? document.activeElement.id : "";
    layersPart.replaceChildren(...(app.layers.length ? [el("h2", {}, word("layers")), el("ul", { class: "pg-layers" }, layers())] : []));
    const again = focused && layersPart.querySelector(`#${focused}`);
    if (again) again.focus();
    verdictsPart.replaceChildren(el("h2", {}, word("verdicts")),
      el("ul", {}, Object.keys(app.data.verdicts).map((code) => el("li", {}, app.symbol(code, 18), el("span", {}, app.verdict(code))))));
    classes(true);
  }
  app.on("layers", draw);
  app.on("language", draw);
  app.map.on("moveend resize", () => classes());
});
