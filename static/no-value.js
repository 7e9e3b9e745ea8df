// Typing `?` into an empty box or on a choice, or Alt+M anywhere, offers the reasons why there is no value: U N A P or the arrows choose,
// Escape goes back. Without this script the codes can be typed or chosen from the lists.
"use strict";
(() => {
  const REASONS = [["UNK", "asked, not known", "u"], ["ND", "not done", "n"], ["NA", "does not apply", "a"],
    ["PEND", "result expected", "p"]];
  let open = null;

  const close = (focus) => {
    if (!open) return;
    const { menu, control } = open;
    open = null;
    menu.remove();
    if (focus) control.focus();
  };

  const choose = (field, control, code) => {
    const taker = control.type === "checkbox" ? field.querySelector("select.reason") : control;
    for (const tick of field.querySelectorAll("input[type=checkbox]")) tick.checked = false;
    taker.value = code;
    close(true);
    taker.dispatchEvent(new Event("input", { bubbles: true }));
    taker.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const offer = (field, control) => {
    close(false);
    const menu = document.createElement("div");
    menu.className = "reasons";
    menu.setAttribute("role", "group");
    menu.setAttribute("aria-label", "No value because");
    for (const [code, words, key] of REASONS) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "small";
      button.dataset.key = key;
      const label = document.createElement("b");
      label.textContent = code;
      button.append(label, ` ${words}`);
      button.addEventListener("click", () => choose(field, control, code));
      menu.append(button);
    }
    menu.addEventListener("keydown", (event) => {
      const buttons = [...menu.children];
      const at = buttons.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const named = buttons.find((button) => button.dataset.key === event.key.toLowerCase());
      if (event.key === "Escape") close(true);
      else if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
      else if (named && !event.ctrlKey && !event.metaKey && !event.altKey) named.click();
      else return;
      event.preventDefault();
    });
    menu.addEventListener("focusout", (event) => {
      if (open && !menu.contains(event.relatedTarget)) close(false);
    });
    field.querySelector(".field-box").append(menu);
    open = { menu, control };
    menu.firstElementChild.focus();
  };

  // A choice between yes and no has no place for such a reason.
  const takes = (control) =>
    control.matches("input[type=text], input[type=checkbox]") ||
    (control.tagName === "SELECT" && [...control.options].some((option) => option.value === "UNK"));

  for (const form of document.querySelectorAll("form[data-entry]")) {
    form.addEventListener("keydown", (event) => {
      const control = event.target;
      const field = control.closest(".field[data-kind]");
      const empty = control.type !== "text" || control.value.trim() === "";
      const wanted = event.altKey ? event.key.toLowerCase() === "m" : event.key === "?" && empty;
      if (!wanted || !field || !takes(control)) return;
      event.preventDefault();
      offer(field, control);
    });
  }
})();
