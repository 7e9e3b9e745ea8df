// Shows a question only where it is asked. An answer already given is kept and shown as kept, never erased.
// Without this script every question is shown. The condition stands in data-asked-if as the dictionary's JSON.
"use strict";
(() => {
  const NO_VALUE = ["UNK", "ND", "NA", "PEND"];

  const valuesOf = (form, name) => {
    const values = [];
    for (const control of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      const ticked = control.type !== "checkbox" || control.checked;
      const value = control.value.trim();
      if (ticked && value && !NO_VALUE.includes(value)) values.push(value);
    }
    return values;
  };

  const holds = (form, condition) => {
    if (condition.and) return condition.and.every((part) => holds(form, part));
    if (condition.is) return valuesOf(form, condition.is).some((value) => condition.codes.includes(value));
    if (condition.has) return valuesOf(form, condition.has).includes(condition.code);
    if (condition.filled) return valuesOf(form, condition.filled).length > 0;
    return true;
  };

  const answered = (field) =>
    [...field.querySelectorAll("input, select")].some((control) =>
      control.type === "checkbox" ? control.checked : control.value.trim() !== "");

  for (const form of document.querySelectorAll("form[data-asked]")) {
    const fields = [...form.querySelectorAll("[data-asked-if]")].map((field) => [field, JSON.parse(field.dataset.askedIf)]);
    const settle = () => {
      for (const [field, condition] of fields) {
        const asked = holds(form, condition);
        const keep = !asked && (answered(field) || field.classList.contains("field-bad"));
        field.hidden = !asked && !keep;
        field.classList.toggle("field-kept", keep);
        field.querySelector(".kept").hidden = !keep;
      }
    };
    form.addEventListener("change", settle);
    settle();
  }
})();
