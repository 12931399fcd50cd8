plangeo.panel("compare", (app, data, word) => {
  "use strict";
  const { map, el } = app;
  const main = map.getContainer().parentElement, zonesPane = map.getPane("pg-zones");
  (data.plans || []).forEach((entry) => {
    const known = app.data.plans[entry.plan], titles = known ? known.title : [entry.plan, entry.plan];
    const several = data.plans.length > 1 && entry.plan;
    app.addZones(entry, data.name ? data.name.map((name, n) => (several ? `${name}: ${titles[n] || titles[0]}` : name)) : null, () => word("given"));
  });
  const layers = app.zoneLayers;
  if (layers.length < 2) return;
  const given = layers.slice(layers.length - (data.plans || []).length);
  const panes = [app.pane("pg-compare-left", 311, true), app.pane("pg-compare-right", 312, true)].map((name) => map.getPane(name));
  const SIDES = ["left", "right"];
  /* The line lies in the map, under popups; what is grabbed lies over it. */
  const line = el("div", { class: "pg-divider-line", hidden: true });
  map.getPane(app.pane("pg-compare-line", 600, true)).append(line);

  const selects = SIDES.map((side, n) => {
    const select = el("select", {});
    select.addEventListener("change", () => choose(n, layers[Number(select.value)]));
    return select;
  });
  const words = SIDES.map(() => el("span", {}));
  const close = el("button", { type: "button", class: "pg-compare-close", click: () => turn(false) }, "×");
  const bar = el("div", { class: "pg-compare", role: "group", hidden: true },
    SIDES.map((side, n) => el("label", { class: `pg-compare-${side}` }, words[n], selects[n])), close);
  const divider = el("div", { class: "pg-divider", role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": "100", hidden: true },
    el("span", { "aria-hidden": "true" }, "◂▸"));
  main.append(bar, divider);

  const button = el("a", { href: "#", role: "button", class: "pg-compare-open", "aria-pressed": "false" }, "◧");
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(button);
    L.DomEvent.on(button, "click", (event) => { L.DomEvent.preventDefault(event); turn(!app.comparing); });
    return el("div", { class: "leaflet-bar" }, button);
  };
  control.addTo(map);

  let share = 0.5;
  const dividerX = () => map.getSize().x * share;
  /* Panes move with the map; what is cut off is told in their own pixels. */
  function clip() {
    if (!app.comparing) return;
    const size = map.getSize(), nw = map.containerPointToLayerPoint([0, 0]), se = map.containerPointToLayerPoint(size), x = nw.x + dividerX();
    panes[0].style.clip = `rect(${nw.y}px, ${x}px, ${se.y}px, ${nw.x}px)`;
    panes[1].style.clip = `rect(${nw.y}px, ${se.x}px, ${se.y}px, ${x}px)`;
    Object.assign(line.style, { left: `${x}px`, top: `${nw.y}px`, height: `${size.y}px` });
  }
  function move(to) {
    share = Math.max(0, Math.min(1, to));
    divider.style.left = `${share * 100}%`;
    say();
    clip();
    app.labels.redraw();
  }
  function say() {
    const percent = Math.round(share * 100);
    divider.setAttribute("aria-valuenow", String(percent));
    const [left, right] = app.comparing ? app.comparing.sides.map((layer) => app.visible(named(layer))) : ["", ""];
    divider.setAttribute("aria-valuetext", word("at").replace("{n}", app.number(percent, 0)).replace("{left}", () => left).replace("{right}", () => right));
  }

  function clear(n) {
    const layer = app.comparing.sides[n];
    if (layer.swiped && layer.side === SIDES[n]) layer.swiped.remove();
    if (layer.side === SIDES[n]) Object.assign(layer, { swiped: null, side: "" });
  }
  async function choose(n, layer) {
    const other = app.comparing.sides[1 - n];
    if (layer === other) { /* one layer cannot stand on both sides: the sides change places */
      const before = app.comparing.sides[n];
      [0, 1].forEach(clear);
      app.comparing.sides[n] = layer;
      app.comparing.sides[1 - n] = before;
      await Promise.all([put(0), put(1)]);
    } else {
      clear(n);
      app.comparing.sides[n] = layer;
      await put(n);
    }
  }
  async function put(n) {
    const layer = app.comparing.sides[n];
    layer.side = SIDES[n];
    fill();
    await layer.load();
    if (app.comparing && app.comparing.sides[n] === layer && !layer.swiped) {
      layer.swiped = layer.drawnIn(`pg-compare-${SIDES[n]}`);
      if (layer.swiped) layer.swiped.addTo(map);
    }
    app.relabel();
    app.tell("layers");
  }

  /* What was asked for on the right, else what is in force; on the left what was in force before, or another plan. */
  function first() {
    const inForce = layers.filter((layer) => layer.status === "in_force" && !given.includes(layer));
    const right = given[given.length - 1] || inForce[inForce.length - 1] || layers[layers.length - 1];
    const rest = layers.filter((layer) => layer !== right && !given.includes(layer));
    const nearest = given.length ? inForce.filter((layer) => layer !== right).reverse() : rest.filter((layer) => layer.status !== "in_force").reverse();
    return [nearest[0] || rest[rest.length - 1] || layers.find((layer) => layer !== right), right];
  }

  async function turn(on) {
    if (on === Boolean(app.comparing)) return;
    if (on) {
      app.comparing = {
        sides: first(),
        /* Whether a place lies on the side of a layer, by some pixels. */
        shows: (layer, spot, pixels) => {
          const x = map.latLngToContainerPoint(spot).x - dividerX();
          return layer.side === "left" ? x < -pixels : x >= pixels;
        },
      };
    } else {
      [0, 1].forEach(clear);
      app.comparing = null;
    }
    main.classList.toggle("pg-comparing", on);
    zonesPane.style.display = on ? "none" : "";
    bar.hidden = divider.hidden = line.hidden = !on;
    button.setAttribute("aria-pressed", String(on));
    map.closePopup();
    map.invalidateSize({ animate: false });
    if (on) {
      move(share);
      await Promise.all([put(0), put(1)]);
      say();
    } else {
      app.relabel();
      app.tell("layers");
      button.focus();
    }
    await plangeo.polygons.settled();
  }
  app.compare = { turn, move };

  /* A title, with the code of the plan where titles are alike. */
  const named = (layer) => (layers.some((other) => other !== layer && other.title() === layer.title()) ? `${layer.title()} · ${layer.plan} (${layer.note()})` : layer.title());

  function fill() {
    selects.forEach((select, n) => {
      select.replaceChildren(...layers.map((layer, i) => el("option", { value: String(i) }, app.visible(named(layer)))));
      if (app.comparing) select.value = String(layers.indexOf(app.comparing.sides[n]));
    });
    say();
  }

  /* It is not dropped under the open legend, from where it could not be taken again. */
  const grab = (event) => {
    const box = map.getContainer().getBoundingClientRect(), legend = app.slots.over.querySelector("details[open]");
    const last = legend && box.width > 700 ? legend.getBoundingClientRect().left - 24 - box.left : box.width;
    move(Math.min(event.clientX - box.left, last) / box.width);
  };
  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.focus();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => { if (divider.hasPointerCapture(event.pointerId)) grab(event); });
  divider.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const to = { ArrowLeft: share - step, ArrowDown: share - step, ArrowRight: share + step, ArrowUp: share + step, Home: 0, End: 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(Math.round(to * 100) / 100);
  });
  map.on("move resize zoomend viewreset", clip);

  app.on("language", () => {
    const titled = (node, text) => { node.title = text; node.setAttribute("aria-label", text); };
    titled(button, word("open"));
    titled(close, word("close"));
    divider.title = word("divider");
    divider.setAttribute("aria-label", word("divider"));
    bar.setAttribute("aria-label", word("title"));
    words.forEach((node, n) => { node.textContent = word(SIDES[n]); });
    fill();
  });
});
