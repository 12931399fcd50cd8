plangeo.panel("zones", (app, data, word) => {
  "use strict";
  const { map } = app;
  const pane = app.pane("pg-zones", 310, true), UNIT = 1e-6;
  const classes = app.data.classes;

  /* Lines across a transparent or pale ground; eight pixels divide a tile, so that the lines run on into the next. */
  function hatch(line, ground) {
    const tile = app.el("canvas", { width: 8, height: 8 }), ctx = tile.getContext("2d");
    if (ground) { ctx.fillStyle = ground; ctx.fillRect(0, 0, 8, 8); }
    ctx.strokeStyle = line;
    ctx.lineWidth = 1.4;
    for (const x of [-8, 0, 8]) { ctx.beginPath(); ctx.moveTo(x - 1, 9); ctx.lineTo(x + 9, -1); ctx.stroke(); }
    return [ctx.createPattern(tile, "repeat"), tile.toDataURL()];
  }
  const fills = {};
  function fill(code) {
    if (!fills[code]) {
      const known = classes[code] || {};
      if (known.colour && !known.overlay) fills[code] = [known.colour, null];
      else fills[code] = known.colour ? hatch(known.colour, null) : hatch("#8d949c", "#f1f2f3");
    }
    return fills[code];
  }
  app.swatch = (code) => {
    const [colour, image] = fill(code);
    const box = app.el("span", { class: "pg-swatch", "aria-hidden": "true" });
    if (image) box.style.backgroundImage = `url(${image})`;
    else box.style.backgroundColor = colour;
    return box;
  };

  const plans = data.plans.map(({ plan, codes, zones, blob }, order) => {
    const known = app.data.plans[plan], status = known ? known.status : "unknown";
    return {
      plan, status, codes, zones, blob, order, visible: false, list: null, tiles: null, find: () => [],
      title: () => (known ? app.pick(known.title) : plan || word("unnamed")),
      label() { return this.title(); },
      note: () => word(status),
      set(on) {
        this.visible = on;
        const done = show(this);
        label();
        app.tell("layers");
        return done;
      },
    };
  });
  if (data.bounds) app.bounds.push(L.latLngBounds([data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]));
  app.layers.push(...plans);
  app.shownCodes = () => [...new Set(plans.filter((p) => p.visible).flatMap((p) => p.codes))];

  /* What the reader must know of the zones while they are not there. */
  const state = app.el("div", { class: "pg-state", role: "status", hidden: true });
  app.slots.over.parentElement.append(state);
  let saying = "";
  function say(key) {
    saying = saying === "too_old" || saying === "unread" ? saying : key;
    state.hidden = !saying;
    state.textContent = saying ? word(saying) : "";
    state.classList.toggle("pg-state-fault", saying === "too_old" || saying === "unread");
  }

  /* A plan is read when it is first shown. Wider plans lie below: the detailed plan hides what is under it. */
  let loading = 0;
  async function show(plan) {
    if (!plan.ready && plan.visible) plan.ready = load(plan);
    await plan.ready;
    if (!plan.tiles) return;
    if (plan.visible) plan.tiles.addTo(map); else plan.tiles.remove();
    await polygons.settled();
  }
  const polygons = plangeo.polygons;
  async function load(plan) {
    if (!polygons.readable()) return say("too_old");
    loading += 1;
    say("loading");
    try {
      plan.list = await polygons.unpack(plan.blob);
      plan.blob = null;
      plan.find = polygons.finder(plan.list);
      const paint = plan.codes.map((code) => fill(code)[0]);
      plan.tiles = new polygons.Tiles(plan.list, await polygons.cut(plan.list), (code) => paint[code], { pane, zIndex: plan.order + 1 });
      label();
    } catch (fault) {
      plan.find = () => [];
      say("unread");
    }
    loading -= 1;
    if (!loading) say("");
  }

  const solid = (code) => !(classes[code] || {}).overlay;
  const codeOf = (plan, zone) => plan.codes[plan.list.code[zone]];

  /* The zones at a place, the uppermost first. */
  app.zonesAt = (spot) => plans.filter((p) => p.visible).reverse().flatMap((plan) =>
    plan.find(spot.lat, spot.lng).reverse().map((zone) => ({ plan, code: codeOf(plan, zone) })));

  /* A zone hidden by a plan on top of it gets no label. */
  function label() {
    const visible = plans.filter((p) => p.visible && p.list);
    const items = visible.flatMap((plan, i) => {
      const above = visible.slice(i + 1), { label: at, extent } = plan.list, texts = plan.codes.map(app.visible);
      return Array.from(extent, (size, zone) => {
        const spot = [at[2 * zone + 1] * UNIT, at[2 * zone] * UNIT];
        return {
          at: spot, text: texts[plan.list.code[zone]], extent: size, rank: 2, room: 34, stretch: 1.1, high: 12, font: "600 12px system-ui, sans-serif", colour: "#2b2f36",
          hidden: () => above.some((p) => p.find(...spot).some((found) => solid(codeOf(p, found)))),
        };
      }).filter((item) => item.text);
    });
    app.labels.put("zones", items);
  }

  function entry({ plan, code }) {
    return app.el("li", {}, app.swatch(code), app.said(code || word("no_code"), "b"), " ",
      app.said(classes[code] ? app.pick(classes[code].name) : ""), app.el("br"), app.said(plan.title(), "small"));
  }

  /* Clicking bare ground names the zones there. */
  map.on("click", (event) => {
    if (app.measuring && app.measuring.on) return;
    const found = app.zonesAt(event.latlng);
    if (!found.length) return;
    /* On a phone it must find room beside the buttons and below the legend's handle. */
    const { x, y } = map.getSize(), room = x > 500 ? {} : { maxWidth: x - 110, maxHeight: Math.max(90, y - 100), autoPanPaddingTopLeft: [58, 60] };
    L.popup({ maxWidth: 280, autoPanPadding: [20, 20], ...room }).setLatLng(event.latlng).setContent(() => app.el("ul", { class: "pg-zone-popup" }, found.map(entry))).openOn(map);
  });

  /* Resting on bare ground names the uppermost zone. */
  const hint = L.tooltip({ direction: "top", offset: [0, -6], className: "pg-tooltip" });
  let pause = 0;
  const quiet = () => { clearTimeout(pause); hint.remove(); };
  map.on("mousemove", (event) => {
    quiet();
    pause = setTimeout(() => {
      if (map.getContainer().querySelector("canvas.leaflet-interactive, .leaflet-popup") || (app.measuring && app.measuring.on)) return;
      const [found] = app.zonesAt(event.latlng);
      if (!found) return;
      const name = classes[found.code] ? app.pick(classes[found.code].name) : "";
      hint.setLatLng(event.latlng).setContent(app.el("span", {}, app.said(found.code || word("no_code"), "b"), " ", app.said(name))).addTo(map);
    }, 180);
  });
  map.on("mouseout movestart zoomstart click", quiet);

  app.on("language", () => { quiet(); say(saying); });
  app.notes = () => (data.simplified_m ? [word("simplified").replace("{n}", app.number(data.simplified_m, 0))] : []);
  return Promise.all(plans.filter((p) => p.status === "in_force").map((p) => p.set(true)));
});
