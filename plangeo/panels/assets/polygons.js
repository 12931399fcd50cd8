/* Polygons by the hundred thousand: read from one compressed blob, found exactly at a place, drawn as canvas tiles.
   The blob is described in plangeo/polygonblob.py. Long work is cut into slices, so that the page always answers. */
(function () {
  "use strict";
  const UNIT = 1e-6, METRES = 0.1113, SLICE_MS = 24, TILE = 256;

  /* Lets the browser handle input; a message comes back sooner than a timer. */
  const turn = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); done(); };
    port2.postMessage(null);
  });
  function breather() {
    let since = performance.now();
    return () => (performance.now() - since < SLICE_MS ? null : turn().then(() => { since = performance.now(); }));
  }

  const readable = () => typeof window.DecompressionStream === "function";

  async function inflate(text) {
    const packed = atob(text), bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const readText = async (text) => new TextDecoder().decode(await inflate(text));

  /* Places are whole units of 1e-6 degrees: xy [x, y, …] of all vertices; the starts of rings, parts and zones in what they hold. */
  async function unpack(text) {
    const bytes = await inflate(text), rest = breather();
    let at = 0;
    const next = () => {
      let value = 0, shift = 0, byte;
      do {
        byte = bytes[at++];
        if (byte === undefined) throw new Error("the blob ends too soon");
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return (value >>> 1) ^ -(value & 1);
    };
    const [zones, parts, rings, vertices] = [next(), next(), next(), next()];
    const starts = (n) => {
      const out = new Int32Array(n + 1);
      for (let i = 0; i < n; i++) out[i + 1] = out[i] + next();
      return out;
    };
    const list = { zones, code: new Int32Array(zones), reach: new Int32Array(zones) };
    for (let i = 0; i < zones; i++) list.code[i] = next();
    for (let i = 0; i < zones; i++) list.reach[i] = next();
    list.part = starts(zones);
    list.ring = starts(parts);
    list.vertex = starts(rings);
    list.label = new Int32Array(2 * zones);
    for (let i = 0, x = 0, y = 0; i < 2 * zones; i += 2) {
      list.label[i] = x += next();
      list.label[i + 1] = y += next();
    }
    /* A border stands in the blob once; the neighbour's turn says where to read it, backwards. */
    const turns = new Int32Array(3 * next()), xy = new Int32Array(2 * vertices);
    for (let i = 0; i < turns.length; i++) turns[i] = next();
    let k = 0, x = 0, y = 0;
    for (let i = 0; i < turns.length; i += 3) {
      for (const end = k + 2 * turns[i]; k < end; k += 2) {
        xy[k] = x += next();
        xy[k + 1] = y += next();
      }
      for (let from = k - 2 * turns[i + 2], end = k + 2 * turns[i + 1]; k < end; k += 2, from -= 2) {
        xy[k] = x = xy[from];
        xy[k + 1] = y = xy[from + 1];
      }
      if (!(i & 0xfff)) await rest();
    }
    list.xy = xy;
    if (k !== xy.length) throw new Error("the blob holds fewer vertices than it says");
    if (at !== bytes.length) throw new Error("the blob holds more than it says");
    await measure(list, rest);
    return list;
  }

  /* Box of every zone, and the size of its largest part in degrees of latitude: tells whether a label has room. */
  async function measure(list, rest) {
    const { zones, part, ring, vertex, xy } = list;
    const box = new Int32Array(4 * zones), extent = new Float32Array(zones);
    const all = [Infinity, Infinity, -Infinity, -Infinity];
    for (let zone = 0; zone < zones; zone++) {
      let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity, best = 0;
      for (let p = part[zone]; p < part[zone + 1]; p++) {
        const first = vertex[ring[p]], end = vertex[ring[p] + 1];
        const x0 = xy[2 * first], y0 = xy[2 * first + 1];
        let sum = 0;
        for (let i = first, j = end - 1; i < end; j = i++) {
          const x = xy[2 * i], y = xy[2 * i + 1];
          if (x < west) west = x;
          if (x > east) east = x;
          if (y < south) south = y;
          if (y > north) north = y;
          sum += (xy[2 * j] - x0) * (y - y0) - (x - x0) * (xy[2 * j + 1] - y0);
        }
        best = Math.max(best, Math.abs(sum / 2));
      }
      box.set([west, south, east, north], 4 * zone);
      extent[zone] = Math.sqrt(best * Math.cos((south * UNIT * Math.PI) / 180)) * UNIT;
      all[0] = Math.min(all[0], west);
      all[1] = Math.min(all[1], south);
      all[2] = Math.max(all[2], east);
      all[3] = Math.max(all[3], north);
      if (!(zone & 0x1ff)) await rest();
    }
    Object.assign(list, { box, extent, bounds: all });
  }

  /* Even number of edges to the east: outside. A place on the border of two zones belongs to exactly one of them. */
  function holds(list, zone, x, y) {
    const { box, part, ring, vertex, xy } = list;
    if (x < box[4 * zone] || y < box[4 * zone + 1] || x > box[4 * zone + 2] || y > box[4 * zone + 3]) return false;
    let inside = false;
    for (let r = ring[part[zone]]; r < ring[part[zone + 1]]; r++) {
      const first = 2 * vertex[r], end = 2 * vertex[r + 1];
      for (let i = first, j = end - 2; i < end; j = i, i += 2) {
        const yi = xy[i + 1], yj = xy[j + 1];
        if (yi > y === yj > y) continue;
        /* The edge is taken from its lower end whichever way its ring runs, so that neighbours compute the same. */
        const low = yi < yj ? i : j, high = yi < yj ? j : i;
        const across = (xy[high] - xy[low]) * (y - xy[low + 1]) - (x - xy[low]) * (xy[high + 1] - xy[low + 1]);
        if (across > 0) inside = !inside;
      }
    }
    return inside;
  }

  /* Whether any of a zone lies in a rectangle [west, south, east, north] of whole units. */
  function touches(list, zone, [west, south, east, north]) {
    const { box, part, ring, vertex, xy } = list, b = 4 * zone;
    if (box[b] > east || box[b + 1] > north || box[b + 2] < west || box[b + 3] < south) return false;
    if (box[b] >= west && box[b + 1] >= south && box[b + 2] <= east && box[b + 3] <= north) return true;
    const corners = [[west, south], [west, north], [east, south], [east, north]];
    for (let r = ring[part[zone]]; r < ring[part[zone + 1]]; r++) {
      const first = 2 * vertex[r], end = 2 * vertex[r + 1];
      for (let i = first, j = end - 2; i < end; j = i, i += 2) {
        const x1 = xy[j], y1 = xy[j + 1], x2 = xy[i], y2 = xy[i + 1];
        if (Math.max(x1, x2) < west || Math.min(x1, x2) > east || Math.max(y1, y2) < south || Math.min(y1, y2) > north) continue;
        const sides = corners.map(([x, y]) => Math.sign((x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)));
        if (Math.min(...sides) <= 0 && Math.max(...sides) >= 0) return true;
      }
    }
    return holds(list, zone, (west + east) / 2, (south + north) / 2);
  }

  /* Numbers of the classes of which something lies in the rectangle. */
  function classesIn(list, view) {
    const found = new Set();
    for (let zone = 0; zone < list.zones; zone++) if (!found.has(list.code[zone]) && touches(list, zone, view)) found.add(list.code[zone]);
    return found;
  }

  /* Metres from a place to the drawn border of a zone. */
  function toBorder(list, zone, x, y) {
    const { part, ring, vertex, xy } = list, across = Math.cos((y * UNIT * Math.PI) / 180);
    let best = Infinity;
    for (let r = ring[part[zone]]; r < ring[part[zone + 1]]; r++) {
      const first = 2 * vertex[r], end = 2 * vertex[r + 1];
      for (let i = first, j = end - 2; i < end; j = i, i += 2) {
        const ax = (xy[j] - x) * across, ay = xy[j + 1] - y, dx = (xy[i] - xy[j]) * across, dy = xy[i + 1] - xy[j + 1];
        const along = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
        best = Math.min(best, (ax + along * dx) ** 2 + (ay + along * dy) ** 2);
      }
    }
    return Math.sqrt(best) * METRES;
  }

  /* Zones by cells of a grid; those that fill many cells stand in a list of their own. */
  function finder(list) {
    const [west, south, east, north] = list.bounds, { zones, box } = list;
    const side = Math.max(1, Math.min(400, Math.ceil(Math.sqrt(zones))));
    const column = (x) => Math.max(0, Math.min(side - 1, Math.floor(((x - west) / (east - west || 1)) * side)));
    const row = (y) => Math.max(0, Math.min(side - 1, Math.floor(((y - south) / (north - south || 1)) * side)));
    const range = (zone) => [column(box[4 * zone]), row(box[4 * zone + 1]), column(box[4 * zone + 2]), row(box[4 * zone + 3])];
    const wide = [], start = new Int32Array(side * side + 1);
    const each = (zone, act) => {
      const [c0, r0, c1, r1] = range(zone);
      if ((c1 - c0 + 1) * (r1 - r0 + 1) > 256) return false;
      for (let r = r0; r <= r1; r++) for (let c = c0; c <= c1; c++) act(r * side + c);
      return true;
    };
    for (let zone = 0; zone < zones; zone++) if (!each(zone, (cell) => start[cell + 1]++)) wide.push(zone);
    for (let cell = 0; cell < side * side; cell++) start[cell + 1] += start[cell];
    const entry = new Int32Array(start[side * side]), fill = start.slice();
    for (let zone = 0; zone < zones; zone++) each(zone, (cell) => { entry[fill[cell]++] = zone; });
    const at = (lat, lng) => {
      const x = lng / UNIT, y = lat / UNIT;
      if (x < west || x > east || y < south || y > north) return [];
      const cell = row(y) * side + column(x);
      return [...wide, ...entry.subarray(start[cell], start[cell + 1])].filter((zone) => holds(list, zone, x, y)).sort((a, b) => a - b);
    };
    /* Zones that a place may lie in or out of, contrary to what is drawn: their own border may run beyond it. */
    const farthest = list.reach.reduce((a, b) => Math.max(a, b), 0);
    const doubtful = (lat, lng) => {
      if (!farthest) return [];
      const x = lng / UNIT, y = lat / UNIT, dy = farthest / METRES, dx = dy / Math.cos((lat * Math.PI) / 180);
      const near = new Set(wide);
      for (let r = row(y - dy); r <= row(y + dy); r++) for (let c = column(x - dx); c <= column(x + dx); c++) {
        for (let i = start[r * side + c]; i < start[r * side + c + 1]; i++) near.add(entry[i]);
      }
      return [...near].sort((a, b) => a - b).flatMap((zone) => {
        const reach = list.reach[zone], b = 4 * zone, high = reach / METRES, broad = high * (dx / dy);
        if (!reach || x < box[b] - broad || y < box[b + 1] - high || x > box[b + 2] + broad || y > box[b + 3] + high) return [];
        const away = toBorder(list, zone, x, y);
        return away <= reach ? [{ zone, away, reach }] : [];
      });
    };
    return { at, doubtful };
  }

  const across = (lng) => lng / 360 + 0.5;
  const down = (lat) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI;
  };

  /* geojson-vt cuts a world of 4 × 4 tiles; ours starts where the zones do, so that nothing is cut on the way down from the globe. */
  const LEVELS = 2;
  function frameOf([west, south, east, north]) {
    const [x0, x1, y0, y1] = [across(west * UNIT), across(east * UNIT), down(north * UNIT), down(south * UNIT)];
    for (let zoom = 16; zoom > LEVELS; zoom--) {
      const n = 2 ** zoom, column = Math.floor(x0 * n - 0.1), row = Math.floor(y0 * n - 0.1);
      if (x1 * n + 0.1 < column + 4 && y1 * n + 0.1 < row + 4) return { zoom, column, row };
    }
    return { zoom: LEVELS, column: 0, row: 0 };
  }

  const BATCH_VERTICES = 30000;
  /* Indexes of some polygons each, in the order they are drawn, made slice by slice. */
  async function cut(list) {
    const rest = breather(), frame = frameOf(list.bounds), n = 2 ** frame.zoom;
    const { zones, part, ring, vertex, xy } = list, batches = [], marks = [];
    const spot = (i) => {
      const u = (across(xy[2 * i] * UNIT) * n - frame.column) / 4, v = (down(xy[2 * i + 1] * UNIT) * n - frame.row) / 4;
      return [(u - 0.5) * 360, (360 * Math.atan(Math.exp((1 - 2 * v) * Math.PI))) / Math.PI - 90];
    };
    const outline = (r) => {
      const out = [];
      for (let i = vertex[r]; i < vertex[r + 1]; i++) out.push(spot(i));
      out.push(out[0]);
      return out;
    };
    for (let p = 0, zone = 0; p < part[zones]; ) {
      const features = [];
      for (let size = 0; p < part[zones] && size < BATCH_VERTICES; p++) { /* by parts: a dissolved forest may be one zone */
        while (p >= part[zone + 1]) zone++;
        const coordinates = [], code = list.code[zone];
        for (let r = ring[p]; r < ring[p + 1]; r++) coordinates.push(outline(r));
        size += vertex[ring[p + 1]] - vertex[ring[p]];
        features.push({ type: "Feature", properties: (marks[code] = marks[code] || { code }), geometry: { type: "Polygon", coordinates } });
      }
      batches.push(geojsonvt({ type: "FeatureCollection", features }, { maxZoom: 21 - frame.zoom + LEVELS, indexMaxPoints: 0, indexMaxZoom: LEVELS }));
      await rest();
    }
    return { frame, batches };
  }

  /* One layer of tiles. Unlike Leaflet's own grids it makes tiles for half zooms too, so that nothing is scaled and blurred.
     ``paint`` gives the fill style of a class number. */
  const Tiles = L.GridLayer.extend({
    initialize(list, cuts, paint, options) {
      L.setOptions(this, { tileSize: TILE, updateWhenIdle: false, updateWhenZooming: false, keepBuffer: 1, ...options });
      Object.assign(this, { _list: list, _cuts: cuts, _paint: paint });
    },
    createTile(coords, done) {
      const ratio = window.devicePixelRatio || 1;
      const canvas = L.DomUtil.create("canvas", "leaflet-tile");
      canvas.width = canvas.height = Math.round(TILE * ratio);
      queue(() => {
        if (!this._map) return;
        if (coords.z === this._tileZoom) this._draw(canvas.getContext("2d"), coords, canvas.width / TILE);
        done(null, canvas);
      });
      return canvas;
    },
    _setView(centre, zoom, noPrune, noUpdate) {
      if (!noUpdate || this._tileZoom === undefined) {
        this._tileZoom = zoom;
        this._updateLevels();
        this._resetGrid();
        this._update(centre);
        if (!noPrune) this._pruneTiles();
        this._noPrune = Boolean(noPrune);
      }
      this._setZoomTransforms(centre, zoom);
    },
    _draw(ctx, coords, ratio) {
      const { frame, batches } = this._cuts;
      const zoom = Math.max(frame.zoom, Math.min(21, Math.ceil(coords.z - 1e-6)));
      const side = TILE * 2 ** (coords.z - zoom), span = 4 * 2 ** (zoom - frame.zoom);
      const x0 = coords.x * TILE - frame.column * 2 ** (zoom - frame.zoom) * side, y0 = coords.y * TILE - frame.row * 2 ** (zoom - frame.zoom) * side;
      const range = (from) => [Math.max(0, Math.floor(from / side + 1e-9)), Math.min(span - 1, Math.ceil((from + TILE) / side - 1e-9) - 1)];
      const [c0, c1] = range(x0), [r0, r1] = range(y0);
      const whole = Math.abs(side - TILE) < 1e-9;
      const pixel = (value) => Math.round(value * ratio) / ratio;
      ctx.scale(ratio, ratio);
      ctx.lineJoin = "round";
      for (let column = c0; column <= c1; column++) for (let row = r0; row <= r1; row++) {
        const left = column * side - x0, top = row * side - y0;
        ctx.save();
        if (!whole) { /* what lies in the margin of a cut is drawn by its neighbour */
          ctx.beginPath();
          ctx.rect(pixel(left), pixel(top), pixel(left + side) - pixel(left), pixel(top + side) - pixel(top));
          ctx.clip();
        }
        const pieces = batches.map((batch) => batch.getTile(zoom - frame.zoom + LEVELS, column, row)).filter(Boolean);
        this._fill(ctx, pieces, left, top, side / 4096, side * side);
        ctx.restore();
      }
    },
    _fill(ctx, pieces, left, top, scale) {
      const [west, south, east, north] = this._list.bounds, n = TILE * 2 ** this._tileZoom;
      const area = Math.max(1, (across(east * UNIT) - across(west * UNIT)) * (down(south * UNIT) - down(north * UNIT)) * n * n);
      const room = Math.sqrt(area / this._list.zones); /* side of a middling zone in pixels: where it is small, borders would be all there is */
      ctx.lineWidth = Math.max(0.25, Math.min(0.6, room / 25));
      ctx.strokeStyle = "rgba(107,111,118,0.7)";
      const bordered = room > 5;
      for (const piece of pieces) for (const feature of piece.features) {
        const style = this._paint(feature.tags.code);
        ctx.beginPath();
        for (const ring of feature.geometry) {
          ctx.moveTo(ring[0][0] * scale + left, ring[0][1] * scale + top);
          for (let i = 1; i < ring.length; i++) ctx.lineTo(ring[i][0] * scale + left, ring[i][1] * scale + top);
          ctx.closePath();
        }
        ctx.fillStyle = style;
        ctx.fill("evenodd");
        if (bordered) ctx.stroke();
      }
    },
  });

  /* Tiles wait here for their turn. */
  const waiting = [];
  let running = false;
  const idle = [];
  function queue(task) {
    waiting.push(task);
    if (!running) work();
  }
  async function work() {
    running = true;
    const rest = breather();
    await turn();
    while (waiting.length) {
      try { waiting.shift()(); } catch (fault) { console.error(fault); } /* one tile must not hold up the others */
      await rest();
    }
    running = false;
    idle.splice(0).forEach((done) => done());
  }
  const settled = () => (running ? new Promise((done) => idle.push(done)) : Promise.resolve());

  window.plangeo.polygons = { readable, readText, unpack, finder, classesIn, cut, Tiles, settled };
})();
