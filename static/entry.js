// Counts in a form what is answered while somebody types.
// Without this script the form works; the headings then say how far it was when it was opened.
"use strict";
(() => {
  // How far the form is: below, how many of the answers that a complete record needs are there; in the heading of each
  // section, how many of its questions are answered. A question that the answers above make pointless does not count.
  const soFar = (form) => {
    const told = form.querySelector("[data-so-far]");
    const given = (field) => [...field.querySelectorAll(`[name="${CSS.escape(field.dataset.name)}"]`)].some((control) =>
      control.type === "checkbox" ? control.checked : control.value.trim() !== "");
    const asked = (part) => [...part.querySelectorAll(".field")].filter((field) =>
      !field.hidden && !field.classList.contains("field-kept"));
    const say = (place, fields, words, none) => {
      const there = fields.filter(given).length;
      place.textContent = fields.length ? `${there} of ${fields.length} ${words}` : none;
      place.classList.toggle("all-there", fields.length > 0 && there === fields.length);
    };
    const count = () => {
      say(told, asked(form).filter((field) => field.querySelector(".core")), "needed answers", "");
      for (const place of form.querySelectorAll("[data-progress]")) {
        say(place, asked(place.closest("fieldset")), "answered", "not asked");
      }
    };
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => setTimeout(count));
    count();
  };

  document.querySelectorAll("form[data-entry]").forEach(soFar);
})();
