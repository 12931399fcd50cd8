plangeo.panel("notice", (app, data, word) => {
  "use strict";
  if (!data.illustrative) return;
  const main = app.el("strong", {}), other = app.el("span", {});
  app.slots.top.append(app.el("div", { class: "pg-notice", role: "note" }, main, other));
  app.on("language", (language) => {
    const pair = app.data.words.notice.illustrative;
    main.textContent = word("illustrative");
    other.textContent = language === "en" ? pair[0] : pair[1];
    other.lang = language === "en" ? "vi" : "en";
  });
});
