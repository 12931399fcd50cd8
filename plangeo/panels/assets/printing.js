plangeo.panel("printing", (app, data, word) => {
  "use strict";
  const { el, root, map } = app;
  const { dialog, draw } = app.table;
  const buttons = [".pg-view", ".pg-overview-head"].map((place) => {
    const button = el("button", { type: "button", class: "pg-print", click: () => window.print() });
    root.querySelector(place).append(button);
    return button;
  });

  /* Paper shows the view of the screen, made smaller, so that nothing has to be drawn again; style sheets do the rest. */
  let was = null;
  window.addEventListener("beforeprint", () => {
    if (was) return;
    map.invalidateSize({ animate: false, pan: false });
    const { x, y } = map.getSize();
    root.style.setProperty("--map-wide", Math.max(x, 1));
    root.style.setProperty("--map-high", Math.max(y, 1));
    const legend = root.querySelector(".pg-legend");
    was = { legend: legend.open, open: dialog.open, focus: document.activeElement, place: dialog.querySelector(".pg-overview-body").scrollTop };
    legend.open = true; /* a map without its legend says nothing */
    if (app.selected !== null && !was.open) return;
    /* A modal dialog is cut at the first page; as a plain one it runs on over all. */
    if (was.open) dialog.close(); else draw();
    dialog.show();
    root.classList.add("pg-print-table");
  });
  window.addEventListener("afterprint", () => {
    if (!was) return;
    root.querySelector(".pg-legend").open = was.legend;
    if (root.classList.contains("pg-print-table")) {
      dialog.close();
      if (was.open) dialog.showModal();
      root.classList.remove("pg-print-table");
    }
    dialog.querySelector(".pg-overview-body").scrollTop = was.place;
    if (was.focus && was.focus !== document.body) was.focus.focus({ preventScroll: true });
    was = null;
  });

  /* At the foot of every sheet: the notice, the day, the number of the page. */
  const style = document.head.appendChild(el("style", {}));
  const quoted = (text) => `"${text.replace(/["\\\n<]/g, (sign) => `\\${sign.charCodeAt(0).toString(16)} `)}"`;
  app.on("language", () => {
    for (const button of buttons) {
      button.textContent = word("print");
      button.title = word("what");
    }
    const told = [
      app.data.panels.notice.illustrative ? app.word("notice", "illustrative") : app.word("limits", "statement"),
      `${app.word("heading", "on")} ${app.date(app.data.on)}`,
    ].join(" · ");
    style.textContent = `@page { @bottom-left { content: ${quoted(told)}; } @bottom-right { content: counter(page) " / " counter(pages); } }`;
  });
});
