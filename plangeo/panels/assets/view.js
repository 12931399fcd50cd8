plangeo.panel("view", (app, data, word) => {
  "use strict";
  const { el, root } = app;
  const SIZES = [0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.75];
  const USUAL = SIZES.indexOf(1);
  let size = USUAL;
  const button = (key, sign, click) => el("button", { type: "button", "data-view": key, click }, sign);
  const buttons = {
    smaller: button("smaller", "A−", () => use(size - 1)),
    usual: button("usual", "A", () => use(USUAL)),
    larger: button("larger", "A+", () => use(size + 1)),
    contrast: button("contrast", "◐", () => {
      buttons.contrast.setAttribute("aria-pressed", String(root.classList.toggle("pg-contrast")));
    }),
  };
  buttons.contrast.setAttribute("aria-pressed", "false");
  const group = el("div", { class: "pg-view", role: "group" }, Object.values(buttons));
  root.querySelector(".pg-tools").append(group);

  function use(wanted) {
    size = Math.min(Math.max(wanted, 0), SIZES.length - 1);
    root.style.setProperty("--size", SIZES[size]);
    buttons.smaller.disabled = size === 0;
    buttons.larger.disabled = size === SIZES.length - 1;
    app.map.invalidateSize({ animate: false });
  }
  app.on("language", () => {
    group.setAttribute("aria-label", word("title"));
    for (const [key, node] of Object.entries(buttons)) {
      node.title = word(key);
      node.setAttribute("aria-label", `${node.textContent} ${word(key)}`);
    }
  });
});
