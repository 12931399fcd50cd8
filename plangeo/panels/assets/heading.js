plangeo.panel("heading", (app, data, word) => {
  "use strict";
  const { el } = app;
  const title = el("h1", { class: "pg-said", dir: "auto" }), on = el("p", { class: "pg-on" });
  const language = el("button", { type: "button", class: "pg-language", click: () => app.use(app.language === "en" ? "vi" : "en") });
  const foldButton = el("button", { type: "button", class: "pg-fold", click: () => open(!app.root.classList.contains("pg-open")) });
  app.slots.head.append(el("div", { class: "pg-titles" }, title, on), el("div", { class: "pg-tools" }, language, foldButton));

  function open(wanted) {
    app.root.classList.toggle("pg-open", wanted);
    label();
  }
  function label() {
    const wide = app.root.classList.contains("pg-open");
    foldButton.textContent = word("list") + (wide ? " ▾" : " ▴");
    foldButton.setAttribute("aria-expanded", String(wide));
    foldButton.title = word(wide ? "hide" : "show");
  }
  app.open = open;
  app.on("select", ({ index }) => index !== null && open(true));
  app.on("language", () => {
    title.textContent = app.visible(app.pick(app.data.title));
    on.textContent = `${word("on")} ${app.date(app.data.on)} · ${app.number(app.data.sites.length, 0)} ${word("sites")}`;
    language.textContent = word("switch");
    language.lang = app.language === "en" ? "vi" : "en";
    language.title = word("switch_label");
    label();
  });
});
