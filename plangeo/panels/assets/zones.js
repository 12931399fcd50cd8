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

  app.hatch = hatch;

  const plans = [];
  /* One layer of zones; ``called`` and ``remark`` say otherwise than the plan what it is. */
  function make({ plan, codes, zones, blob }, called, remark) {
    const known = app.data.plans[plan], status = known ? known.status : "unknown", own = called || (known ? null : plan);
    const layer = {
      plan, status, codes, zones, blob, order: plans.length, visible: false, opacity: 1, side: "", list: null, cuts: null, tiles: null,
      find: { at: () => [], doubtful: () => [] },
      title: () => (own ? (typeof own === "string" ? own : app.pick(own)) : known ? app.pick(known.title) : word("unnamed")),
      label() { return this.title(); },
      note: () => (remark ? remark() : word(status)),
      isZones: true,
      set(on) {
        this.visible = on;
        const done = show(this);
        label();
        app.tell("layers");
        return done;
      },
      fade(value) {
        this.opacity = value;
        for (const tiles of [this.tiles, this.swiped]) if (tiles) tiles.setOpacity(value);
      },
      load() { return (this.ready = this.ready || load(this)); },
      drawnIn: (paneName) => (layer.cuts ? tilesOf(layer, paneName) : null),
    };
    plans.push(layer);
    app.layers.push(layer);
    return layer;
  }
  data.plans.forEach((entry) => make(entry));
  app.addZones = make;
  app.zoneLayers = plans;
  if (data.bounds) app.bounds.push(L.latLngBounds([data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]));

  /* What is on the map: the plans switched on, or the two that are compared. */
  const drawn = () => (app.comparing ? app.comparing.sides : plans.filter((p) => p.visible));
  /* The classes of what is on the map; only those with something in view when ``inView``. */
  app.shownCodes = (inView) => {
    const view = map.getBounds(), units = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((v) => Math.round(v / UNIT));
    const codes = drawn().flatMap((p) => (inView && p.list ? [...polygons.classesIn(p.list, units)].map((n) => p.codes[n]) : p.codes));
    return [...new Set(codes)];
  };

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
    if (plan.visible) plan.load();
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
      plan.cuts = await polygons.cut(plan.list);
      plan.tiles = tilesOf(plan, pane);
      label();
      app.tell("layers");
    } catch (fault) {
      plan.find = { at: () => [], doubtful: () => [] };
      say("unread");
    }
    loading -= 1;
    if (!loading) say("");
  }

  function tilesOf(plan, paneName) {
    const paint = plan.codes.map((code) => fill(code)[0]);
    return new polygons.Tiles(plan.list, plan.cuts, (code) => paint[code], { pane: paneName, zIndex: plan.order + 1, opacity: plan.opacity });
  }

  const solid = (code) => !(classes[code] || {}).overlay;
  const codeOf = (plan, zone) => plan.codes[plan.list.code[zone]];

  const found = (plan, spot) => plan.find.at(spot.lat, spot.lng).reverse().map((zone) => ({ plan, zone, code: codeOf(plan, zone) }));
  /* The zones at a place, the uppermost first; of two that are compared, those of both. */
  app.zonesAt = (spot) => (app.comparing ? drawn() : drawn().reverse()).flatMap((plan) => found(plan, spot));

  /* A zone hidden by a plan on top of it gets no label. */
  function label() {
    const visible = drawn().filter((p) => p.list);
    const items = visible.flatMap((plan, i) => {
      const above = app.comparing ? [] : visible.slice(i + 1), { label: at, extent } = plan.list, texts = plan.codes.map(app.visible);
      return Array.from(extent, (size, zone) => {
        const spot = [at[2 * zone + 1] * UNIT, at[2 * zone] * UNIT];
        return {
          at: spot, text: texts[plan.list.code[zone]], extent: size, rank: 2, room: 34, stretch: 1.1, high: 12, font: "600 12px system-ui, sans-serif", colour: "#2b2f36",
          hidden: () => (app.comparing && !app.comparing.shows(plan, spot, 14)) || above.some((p) => p.find.at(...spot).some((one) => solid(codeOf(p, one)))),
        };
      }).filter((item) => item.text);
    });
    app.labels.put("zones", items);
  }

  app.relabel = label;

  const titleOf = (plan) => (plan.side ? [`${app.word("compare", plan.side)}: `, app.said(plan.title())] : [app.said(plan.title())]);
  const classOf = (code) => [app.said(code || word("no_code"), "b"), " ", app.said(classes[code] ? app.pick(classes[code].name) : "")];
  const metres = (value) => app.number(value, value < 10 ? 1 : 0);
  const warning = (doubt) => word("near_border").replace("{n}", metres(doubt.away)).replace("{m}", metres(doubt.reach));

  /* What a place lies in, and what it may lie in or out of because borders are drawn simplified. */
  function entriesAt(spot) {
    return (app.comparing ? drawn() : drawn().reverse()).flatMap((plan) => {
      const here = found(plan, spot), doubts = plan.find.doubtful(spot.lat, spot.lng);
      const of = (zone) => doubts.find((doubt) => doubt.zone === zone);
      const rows = here.map(({ zone, code }) => app.el("li", {}, app.swatch(code), classOf(code), app.el("br"), app.el("small", {}, titleOf(plan)),
        of(zone) ? app.el("small", { class: "pg-near" }, `⚠ ${warning(of(zone))}`) : null));
      const others = doubts.filter((doubt) => !here.some(({ zone }) => zone === doubt.zone)).map((doubt) => app.el("li", { class: "pg-near" },
        `⚠ ${word("near_zone")} `, classOf(codeOf(plan, doubt.zone)), app.el("small", {}, titleOf(plan), here.some(({ zone }) => of(zone)) ? "" : ` – ${warning(doubt)}`)));
      if (app.comparing && !rows.length) rows.push(app.el("li", {}, app.el("small", {}, titleOf(plan)), app.word("compare", "bare")));
      return [...rows, ...others];
    });
  }

  /* Clicking bare ground names the zones there. */
  map.on("click", (event) => {
    if (app.measuring && app.measuring.on) return;
    if (!entriesAt(event.latlng).length) return;
    /* On a phone it must find room beside the buttons and below the legend's handle. */
    const { x, y } = map.getSize(), room = x > 500 ? {} : { maxWidth: x - 110, maxHeight: Math.max(90, y - 100), autoPanPaddingTopLeft: [58, 60] };
    L.popup({ maxWidth: 280, autoPanPadding: [20, 20], ...room }).setLatLng(event.latlng).setContent(() => app.el("ul", { class: "pg-zone-popup" }, entriesAt(event.latlng))).openOn(map);
  });

  /* Resting on bare ground names the uppermost zone. */
  const hint = L.tooltip({ direction: "top", offset: [0, -6], className: "pg-tooltip" });
  let pause = 0;
  const quiet = () => { clearTimeout(pause); hint.remove(); };
  map.on("mousemove", (event) => {
    quiet();
    pause = setTimeout(() => {
      if (map.getContainer().querySelector("canvas.leaflet-interactive, .leaflet-popup") || (app.measuring && app.measuring.on)) return;
      const spot = event.latlng;
      const [top] = app.zonesAt(spot).filter(({ plan }) => !app.comparing || app.comparing.shows(plan, [spot.lat, spot.lng], 0));
      if (!top) return;
      const doubt = top.plan.find.doubtful(spot.lat, spot.lng).length;
      hint.setLatLng(spot).setContent(app.el("span", {}, classOf(top.code), doubt ? ` (⚠ ${word("about")})` : "")).addTo(map);
    }, 180);
  });
  map.on("mouseout movestart zoomstart click", quiet);

  app.on("language", () => { quiet(); say(saying); });
  app.notes = () => {
    const metresLost = Math.max(data.simplified_m, app.data.panels.compare.simplified_m || 0);
    return metresLost ? [word("simplified").replace("{n}", app.number(metresLost, 0))] : [];
  };
  return Promise.all(plans.filter((p) => p.status === "in_force").map((p) => p.set(true)));
});
