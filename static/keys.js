// Keys that work on every page: `/` finds, `?` lists the keys, `g` and a letter goes places, `n` to what can be added;
// in a form Ctrl+S saves, Ctrl+Enter saves and goes on, Alt+H and Alt+Q. Single keys can be switched off on the page of
// keys (WCAG 2.1.4).
"use strict";
(() => {
  const OFF = "single-keys-off", PLACES = { h: "/", p: "/patients/", q: "/queries/", d: "/quality/" };
  const LONGEST_PAUSE_MS = 1500;
  let before = 0;

  const off = () => localStorage.getItem(OFF) === "1";
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

  const single = (key) => {
    const going = Date.now() - before < LONGEST_PAUSE_MS;
    before = key === "g" ? Date.now() : 0;
    if (going && PLACES[key]) location.assign(PLACES[key]);
    else if (key === "/") document.getElementById("find")?.focus();
    else if (key === "?") location.assign("/keys");
    else if (key === "n") document.querySelector(".records .groups a.button, a.button.primary")?.focus();
    else return false;
    return true;
  };

  const form = document.querySelector("form[data-entry]");
  const aboutField = (event) => {
    const name = event.target.closest("[data-name]")?.dataset.name ?? "";
    const address = { h: form?.dataset.history, q: form?.dataset.ask }[event.key.toLowerCase()];
    if (!address) return false;
    location.assign(event.key.toLowerCase() === "q" ? `${address}&column=${encodeURIComponent(name)}` : address);
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const done = event.altKey ? aboutField(event) : !typing(event.target) && !off() && single(event.key);
    if (done) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const save = document.querySelector("[data-save]"), onward = document.querySelector("[data-onward]") ?? save;
    const button = { s: save, enter: onward }[event.key.toLowerCase()];
    if (!button) return;
    event.preventDefault();
    button.form.requestSubmit(button);
  });

  const toggle = document.getElementById("single-keys");
  if (toggle) {
    const say = () => { toggle.textContent = off() ? "Switch single keys on" : "Switch single keys off"; };
    toggle.addEventListener("click", () => {
      localStorage.setItem(OFF, off() ? "0" : "1");
      say();
    });
    toggle.hidden = false;
    say();
  }
})();
