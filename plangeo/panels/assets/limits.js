plangeo.panel("limits", (app, data, word) => {
  "use strict";
  const { el } = app;
  const box = el("div", { class: "pg-limits" });
  app.slots.foot.append(box);
  const wasOpen = (kind, otherwise) => {
    const found = box.querySelector(`details.${kind}`);
    return found ? found.open : otherwise;
  };
  const folded = (kind, open, title, items) => el("details", { class: kind, open: wasOpen(kind, open) }, el("summary", {}, title), el("ul", {}, items));
  app.on("language", () => {
    const parts = [el("p", {}, word("statement"))];
    if (data.datum.length) {
      parts.push(folded("pg-datum", data.doubt, word("datum"), data.datum.map((line) => el("li", {}, app.said(app.pick(line))))));
    }
    parts.push(data.not_run.length
      ? folded("pg-not-run", false, `${word("not_run")} (${data.not_run.length})`,
          data.not_run.map((row) => el("li", {}, el("b", {}, app.pick(row.title)), ": ", app.said(app.pick(row.why)))))
      : el("p", {}, word("all_run")));
    box.replaceChildren(...parts);
  });
});
