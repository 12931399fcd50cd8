/* The page: reads the data island, builds the frame, starts the panels. Text of the data becomes text nodes, never markup. */
(function () {
  "use strict";
  const UNIT = 1e-6;
  const panels = [];
  const SVG = "http://www.w3.org/2000/svg";

  /* Form, sign and colour each tell the verdict; paths lie in a box of 24 x 24. */
  const SIGNS = {
    permitted: { colour: "#1a7f37", shape: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0 -20z", sign: "M7 12.5l3.5 3.5L17 9" },
    conditional: { colour: "#a85b00", shape: "M12 0.5L23.5 12L12 23.5L0.5 12z", sign: "M12 6v7.5M12 16.8v0.6" },
    unknown: { colour: "#5b6168", shape: "M3 3h18v18H3z", sign: "M8.6 9.4a3.4 3.4 0 1 1 5.3 2.8c-1.3 0.9 -1.9 1.4 -1.9 2.6M12 17.6v0.5" },
    not_permitted: { colour: "#b3261e", shape: "M3 3h18v18H3z", sign: "M7.5 7.5l9 9M16.5 7.5l-9 9" },
  };

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "click") node.addEventListener("click", value);
      else if (value === true) node.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== "") node.append(child);
    }
    return node;
  }

  /* Text of users in a box of its own, so that direction marks in it cannot turn the words around it. */
  const said = (text, tag) => el(tag || "span", { class: "pg-said", dir: "auto" }, visible(text));

  /* Signs that turn or hide text are shown by their number: a name must read as it is stored. */
  const visible = (text) =>
    String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, (sign) => `[U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

  const fold = (text) =>
    String(text).normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();

  function walk(flat) {
    const out = [];
    let x = 0, y = 0;
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      out.push([y * UNIT, x * UNIT]);
    }
    return out;
  }

  function decode(geometry) {
    if (!geometry) return null;
    const points = [];
    for (let i = 0; i < (geometry.p || []).length; i += 2) points.push([geometry.p[i + 1] * UNIT, geometry.p[i] * UNIT]);
    return { points, lines: (geometry.l || []).map(walk), areas: (geometry.a || []).map((rings) => rings.map(walk)) };
  }

  function boundsOf(shape) {
    const bounds = L.latLngBounds([]);
    if (!shape) return bounds;
    shape.points.forEach((p) => bounds.extend(p));
    shape.lines.forEach((line) => line.forEach((p) => bounds.extend(p)));
    shape.areas.forEach((rings) => rings[0].forEach((p) => bounds.extend(p)));
    return bounds;
  }

  const place = (at) => (at ? [at[1] * UNIT, at[0] * UNIT] : null);

  function contains(areas, latlng) {
    return areas.some((rings) => rings.reduce((inside, ring) => inside !== ringContains(ring, latlng), false));
  }

  function ringContains(ring, latlng) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i], b = ring[j];
      if (a[0] > latlng.lat !== b[0] > latlng.lat && latlng.lng < ((b[1] - a[1]) * (latlng.lat - a[0])) / (b[0] - a[0]) + a[1]) inside = !inside;
    }
    return inside;
  }

  /* Size of the largest part, in degrees of latitude: tells whether a label has room. */
  function extentOf(shape) {
    let best = 0;
    for (const rings of shape ? shape.areas : []) {
      let sum = 0;
      const ring = rings[0];
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) sum += ring[j][1] * ring[i][0] - ring[i][1] * ring[j][0];
      best = Math.max(best, Math.abs(sum / 2) * Math.cos((ring[0][0] * Math.PI) / 180));
    }
    return Math.sqrt(best);
  }

  /* Codes and names on the map: drawn where they fit, the important ones first, none over another. */
  const Labels = L.Layer.extend({
    initialize(pane) {
      this._groups = {};
      this._items = [];
      this.obstacles = [];
      this.options.pane = pane;
    },
    put(group, items) {
      this._groups[group] = items;
      this._items = Object.values(this._groups).flat();
      this._items.sort((a, b) => a.rank - b.rank || b.extent - a.extent);
      this.redraw();
    },
    onAdd(map) {
      this._canvas = el("canvas", { class: "pg-labels", "aria-hidden": "true" });
      this.getPane().appendChild(this._canvas);
      map.on("moveend viewreset resize zoomend", this.redraw, this);
      map.on("zoomstart", this._clear, this);
      this.redraw();
    },
    _clear() {
      this._canvas.getContext("2d").clearRect(0, 0, this._canvas.width, this._canvas.height);
    },
    redraw() {
      if (!this._map || !this._canvas) return;
      const map = this._map, size = map.getSize(), ratio = window.devicePixelRatio || 1;
      const canvas = this._canvas;
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      const ctx = canvas.getContext("2d");
      ctx.scale(ratio, ratio);
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.lineJoin = "round";
      let drawn = 0;
      const pixels = (256 * Math.pow(2, map.getZoom())) / 360 / Math.cos((map.getCenter().lat * Math.PI) / 180);
      const taken = this.obstacles.map((spot) => ({ ...map.latLngToContainerPoint(spot), half: 10, high: 10 }));
      const view = map.getBounds().pad(0.02), [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
      for (const item of this._items) {
        if (drawn > 500) break;
        const room = item.extent * pixels;
        if (room < item.room || item.at[0] < south || item.at[0] > north || item.at[1] < west || item.at[1] > east) continue;
        ctx.font = item.font;
        const half = ctx.measureText(item.text).width / 2 + 3, high = item.high / 2 + 2;
        if (half * 2 > room * item.stretch) continue;
        const p = map.latLngToContainerPoint(item.at);
        const free = (y) => !taken.some((t) => Math.abs(t.x - p.x) < t.half + half && Math.abs(t.y - y) < t.high + high);
        const shift = [0, -18, 18].find((dy) => Math.abs(dy) < room / 3 && free(p.y + dy));
        if (shift === undefined || (item.hidden && item.hidden())) continue;
        p.y += shift;
        drawn += 1;
        taken.push({ x: p.x, y: p.y, half, high });
        ctx.strokeStyle = "rgba(255,255,255,0.85)";
        ctx.lineWidth = 3;
        ctx.strokeText(item.text, p.x, p.y);
        ctx.fillStyle = item.colour;
        ctx.fillText(item.text, p.x, p.y);
      }
    },
  });

  function start(map) {
    const data = JSON.parse(document.getElementById("plangeo-data").textContent);
    const listeners = {};
    const root = el("div", { id: "plangeo", class: "pg" });
    const slots = {
      top: el("div", { class: "pg-top" }),
      head: el("header", { class: "pg-head" }),
      side: el("div", { class: "pg-work" }),
      foot: el("footer", { class: "pg-foot" }),
      over: el("div", { class: "pg-over" }),
    };
    const aside = el("aside", { class: "pg-side" }, slots.head, slots.side, slots.foot);
    const main = el("main", { class: "pg-main" });

    const app = {
      map, data, slots, root, aside, el, said, visible, fold, decode, boundsOf, extentOf, contains, place,
      language: data.language === "en" ? "en" : "vi",
      selected: null,
      shown: data.sites.map(() => true),
      bounds: [],
      layers: [],
      SIGNS,
      pick: (pair) => (app.language === "en" ? pair[1] || pair[0] : pair[0] || pair[1]),
      word: (panel, key) => app.pick(data.words[panel][key]),
      verdict: (code) => app.pick(data.verdicts[code] || [code, code]),
      on: (event, handler) => (listeners[event] = listeners[event] || []).push(handler),
      tell: (event, value) => (listeners[event] || []).forEach((handler) => handler(value)),
      number: (value, digits) =>
        value.toLocaleString(app.language === "en" ? "en-GB" : "vi-VN", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
      phase(site) {
        if (!site.phase) return "";
        const [from, to] = site.phase;
        return from === to ? String(from) : `${from ?? "…"}–${to ?? "…"}`;
      },
      /* Both ends of the capital in VND; −1 where none is stated, so that it sorts last. */
      capital: (site) => (site.capital_vnd ? [site.capital_vnd[0] ?? site.capital_vnd[1], site.capital_vnd[1] ?? site.capital_vnd[0]] : [-1, -1]),
      /* Hectares and capital of the sites, each with how many state none: what is not known is never counted as nothing. */
      sums(rows) {
        const say = (vi, en) => (app.language === "en" ? en : vi);
        const left = (...told) => {
          const said = told.filter(([n]) => n).map(([n, vi, en]) => `${app.number(n, 0)} ${say(vi, en)}`).join(", ");
          return said ? ` (${said})` : "";
        };
        const silent = (n) => [n, "chưa nêu", "not stated"];
        const some = rows.map((i) => data.sites[i]);
        const slips = some.filter((s) => s.area_slipped && s.area_m2 !== null).length; /* one wrong unit would drown all others */
        const areas = some.flatMap((s) => (s.area_m2 === null || s.area_slipped ? [] : [s.area_m2]));
        const capital = some.flatMap((s) => (s.capital_vnd ? [app.capital(s)] : []));
        const total = (n) => capital.reduce((sum, ends) => sum + ends[n], 0) / 1e9;
        const [low, high] = [0, 1].map((n) => app.number(total(n), total(n) < 100 ? 1 : 0));
        return [
          areas.length ? `${app.number(areas.reduce((a, b) => a + b, 0) / 1e4, 1)} ${say("ha đăng ký", "ha declared")}${left(silent(some.length - areas.length - slips), [slips, "nghi nhầm đơn vị, không cộng", "left out: likely a slip of units"])}` : "",
          capital.length ? `${low === high ? low : `${low}–${high}`} ${say("tỷ đồng", "billion VND")}${left(silent(some.length - capital.length))}` : "",
        ].filter(Boolean).join(" · ");
      },
      date: (iso) => (iso ? iso.split("-").reverse().join("/") : ""),
      use(language) {
        app.language = language;
        document.documentElement.lang = language;
        document.title = app.pick(data.title);
        app.tell("language", language);
        map.eachLayer((layer) => layer instanceof L.DivOverlay && layer.update()); /* open popups and tooltips say it anew */
      },
      select(index, how) {
        app.selected = index;
        app.tell("select", { index, how: how || {} });
      },
      show(flags) {
        app.shown = flags;
        app.tell("filter", flags);
      },
      symbol(code, size) {
        const sign = SIGNS[code] || SIGNS.unknown;
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("viewBox", "-1 -1 26 26");
        svg.setAttribute("width", size || 20);
        svg.setAttribute("height", size || 20);
        svg.setAttribute("aria-hidden", "true");
        svg.setAttribute("class", "pg-symbol");
        for (const [d, fill, stroke, width] of [[sign.shape, sign.colour, "#fff", 1], [sign.sign, "none", "#fff", 2.6]]) {
          const path = document.createElementNS(SVG, "path");
          for (const [key, value] of Object.entries({ d, fill, stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" })) {
            path.setAttribute(key, value);
          }
          svg.append(path);
        }
        return svg;
      },
      pane(name, z, deaf) {
        const pane = map.createPane(name);
        pane.style.zIndex = z;
        if (deaf) pane.style.pointerEvents = "none";
        return name;
      },
    };
    /* What is shown must not lie under the legend where there is room beside it. */
    app.margins = (gap) => {
      const legend = slots.over.querySelector("details[open]");
      const aside = legend && map.getSize().x > 700 ? legend.offsetWidth + 10 : 0;
      return { paddingTopLeft: [gap + (aside ? 40 : 0), gap], paddingBottomRight: [gap + aside, gap] };
    };
    app.fitAll = () => {
      const all = app.bounds.find((bounds) => bounds.isValid());
      if (all) map.fitBounds(all, { ...app.margins(24), maxZoom: 15, animate: false });
    };

    document.body.prepend(root);
    main.append(map.getContainer(), slots.over);
    root.append(slots.top, el("div", { class: "pg-body" }, aside, main));
    map.attributionControl.setPrefix("plangeo · Leaflet");
    map.setMinZoom(3).setMaxZoom(20);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    L.control.zoom({ zoomInText: "+", zoomOutText: "−" }).addTo(map);
    map.getContainer().setAttribute("role", "region");
    app.labels = new Labels(app.pane("pg-labels", 330, true));
    app.labels.addTo(map);
    const home = L.control({ position: "topleft" });
    home.onAdd = () => {
      const button = el("a", { href: "#", role: "button", class: "pg-home" }, "⤢");
      L.DomEvent.disableClickPropagation(button);
      L.DomEvent.on(button, "click", (event) => { L.DomEvent.preventDefault(event); app.fitAll(); });
      return el("div", { class: "leaflet-bar" }, button);
    };
    home.addTo(map);
    app.on("language", () => {
      const say = (vi, en) => (app.language === "en" ? en : vi);
      map.getContainer().setAttribute("aria-label", say("Bản đồ", "Map"));
      const title = (selector, text) => {
        const node = root.querySelector(selector);
        node.title = text;
        node.setAttribute("aria-label", text);
      };
      title(".leaflet-control-zoom-in", say("Phóng to", "Zoom in"));
      title(".leaflet-control-zoom-out", say("Thu nhỏ", "Zoom out"));
      title(".pg-home", say("Xem toàn bộ", "Show everything"));
    });

    /* A panel that needs time returns a promise; the page is ready when all of them are. */
    const waits = panels.sort((a, b) => data_order(data, a[0]) - data_order(data, b[0])).map(([code, begin]) => begin(app, data.panels[code], (key) => app.word(code, key)));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && app.selected !== null) app.select(null, { back: true });
    });
    app.use(app.language);
    map.invalidateSize({ animate: false });
    app.fitAll();
    if (window.ResizeObserver) new ResizeObserver(() => matchMedia("print").matches || map.invalidateSize({ animate: false })).observe(main); /* paper shows the screen, smaller */
    app.tell("ready");
    window.plangeo.app = app;
    Promise.all(waits).then(() => { root.dataset.ready = "yes"; });
  }

  const data_order = (data, code) => Object.keys(data.panels).indexOf(code);

  /* What folium's own popups call jQuery for; scripts and handlers in them stay blocked by the content policy. */
  if (!window.$) {
    window.$ = (what) => {
      if (what === document) return { ready: (task) => document.addEventListener("DOMContentLoaded", task) };
      return [...new DOMParser().parseFromString(what, "text/html").body.children].map((node) => document.adoptNode(node));
    };
  }

  window.plangeo = { panel: (code, begin) => panels.push([code, begin]), start };
})();
