// Makes of a form on paper one that is filled in by hand: a choice is printed as boxes to tick, a long one as a line to
// write on, and the form of a new record asks everything, with the answers on which a question depends. Laid out when
// somebody prints.
// Without this script choices print as they stand on the screen.
"use strict";
(() => {
  const MOST_BOXES = 40;

  const made = (tag, kind, words = "") => {
    const part = document.createElement(tag);
    part.className = `on-paper ${kind}`;
    part.textContent = words;
    return part;
  };

  const boxes = (kind, options, words) => {
    const list = made("ul", `tick-boxes ${kind}`);
    for (const option of options) {
      const box = document.createElement("li");
      box.textContent = words(option);
      box.classList.toggle("ticked", option.selected);
      list.append(box);
    }
    return list;
  };

  // Why there is no value stands by its code: the words are above the form. Of where a date was read it is not asked.
  const choices = (select) => {
    const [values, reasons] = [false, true].map((wanted) => [...select.options].filter((option) =>
      option.value !== "" && (option.parentElement.label === "No value because") === wanted));
    const why = select.closest(".boxed") ? [] : reasons;
    const told = values.length > MOST_BOXES
      ? made("p", "write-here", values.find((option) => option.selected)?.textContent) // every country would fill a page
      : boxes("values", values, (option) => option.textContent);
    return [told, boxes("reason-boxes", why, (option) => option.value)].filter((part) => !part.matches("ul:empty"));
  };

  // A condition of the dictionary in the words of the form itself.
  const words = (form, condition) => {
    if (condition.and) return condition.and.map((part) => words(form, part)).join(", and ");
    const name = condition.is ?? condition.has ?? condition.filled;
    const field = form.querySelector(`.field[data-name="${CSS.escape(name)}"]`);
    const label = field.querySelector(".label").firstChild.textContent.trim();
    const named = (code) => {
      const control = [...field.querySelectorAll("option, input[type=checkbox]")].find((one) => one.value === code);
      return (control.labels?.[0] ?? control).textContent.trim();
    };
    if (condition.filled) return `${label} is answered`;
    return condition.is ? `${label} is ${condition.codes.map(named).join(" or ")}` : `${label} includes ${named(condition.code)}`;
  };

  const lay = (form) => {
    for (const part of form.querySelectorAll(".tick-boxes, .write-here, .only-if")) part.remove();
    for (const select of form.querySelectorAll("select")) select.after(...choices(select));
    for (const field of form.querySelectorAll("[data-asked-if]")) {
      const condition = JSON.parse(field.dataset.askedIf);
      field.querySelector(".field-words").append(made("p", "only-if", `Only if ${words(form, condition)}.`));
    }
  };

  const all = () => document.querySelectorAll("form[data-entry]").forEach(lay);
  addEventListener("beforeprint", all);
  matchMedia("print").addEventListener("change", (media) => { if (media.matches) all(); }); // a preview of the page as paper
})();
