// Shows a question only where it is asked. An answer already given is kept and shown as kept, never erased. What is
// wrong with an answer counts only where it is asked: its marks and its line in the summary go and come with the question.
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

  // The marks of what the server refused, as one switch.
  const marksOf = (field) => {
    const bad = field.classList.contains("field-bad");
    const faults = [...field.querySelectorAll(".fault")].map((fault) => [fault, fault.id]);
    const boxes = [...field.querySelectorAll("[aria-invalid]")];
    return (asked) => {
      if (!bad) return;
      field.classList.toggle("field-bad", asked);
      for (const [fault, id] of faults) {
        fault.hidden = !asked;
        fault.id = asked ? id : ""; // a hidden text would still be read out as the description of its box
      }
      for (const box of boxes) {
        if (asked) box.setAttribute("aria-invalid", "true");
        else box.removeAttribute("aria-invalid");
      }
    };
  };

  // The summary above the form: a line for each fault of a question that is asked, and how many there are.
  const summarize = (summary, unasked) => {
    let links = 0, lines = 0;
    for (const line of summary.querySelectorAll("li")) {
      const link = line.querySelector('a[href^="#"]');
      const field = link && document.getElementById(link.hash.slice(1))?.closest(".field");
      line.hidden = unasked.has(field);
      if (line.hidden) continue;
      lines += 1;
      if (link) links += 1;
    }
    summary.hidden = lines === 0;
    const words = links === 1 ? "one answer needs a look" : links ? `${links} answers need a look` : "please read this";
    summary.querySelector("[data-faults]").textContent = words;
  };

  for (const form of document.querySelectorAll("form[data-asked]")) {
    const summary = document.querySelector("[data-faults]")?.closest(".faults");
    const fields = [...form.querySelectorAll("[data-asked-if]")].map((field) =>
      [field, JSON.parse(field.dataset.askedIf), marksOf(field)]);
    const settle = () => {
      const unasked = new Set();
      for (const [field, condition, mark] of fields) {
        const asked = holds(form, condition);
        const keep = !asked && answered(field);
        if (!asked) unasked.add(field);
        mark(asked);
        field.hidden = !asked && !keep;
        field.classList.toggle("field-kept", keep);
        field.querySelector(".kept").hidden = !keep;
      }
      if (summary) summarize(summary, unasked);
    };
    form.addEventListener("change", settle);
    settle();
  }
})();
