plangeo.panel("limits", (app, data, word) => {
  "use strict";
  const { el } = app;
  const box = el("div", { class: "pg-limits" });
  app.slots.foot.append(box);
  app.on("language", () => {
    const open = box.querySelector("details") && box.querySelector("details").open;
    box.replaceChildren(
      el("p", {}, word("statement")),
      ...data.datum.map((line) => el("p", {}, app.said(app.pick(line)))),
      data.not_run.length
        ? el("details", { open }, el("summary", {}, `${word("not_run")} (${data.not_run.length})`),
            el("ul", {}, data.not_run.map((row) => el("li", {}, el("b", {}, app.pick(row.title)), ": ", app.said(app.pick(row.why))))))
        : el("p", {}, word("all_run")));
  });
});
