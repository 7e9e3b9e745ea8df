// Says beside every date box what was understood: "March 2015, day unknown, day +50 to +80". `+28` becomes the day it
// means when the box is left. Without this script the server reads the same texts; the words below are all it adds.
"use strict";
(() => {
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December"];
  const NO_VALUE = { UNK: "asked, not known", ND: "not done", NA: "does not apply", PEND: "result expected" };
  const DAY_MS = 86400000;

  const day = (year, month, date) => {
    const made = new Date(Date.UTC(year, month - 1, date));
    return made.getUTCMonth() === month - 1 && made.getUTCDate() === date ? made : null;
  };
  const iso = (moment) => moment.toISOString().slice(0, 10);
  const signed = (number) => (number > 0 ? `+${number}` : number < 0 ? `\u2212${-number}` : "0");

  // What a text means: its first and last possible day and how exact it is; null when it is no date.
  const read = (text, index) => {
    const days = /^[+-]\d{1,5}$/.exec(text);
    if (days) {
      if (!index) return { fault: "counts from the first infusion, and there is none yet" };
      const moment = new Date(index.getTime() + Number(text) * DAY_MS);
      return { first: moment, last: moment, exact: "D" };
    }
    const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
    if (!parts) return null;
    const [year, month, date] = parts.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
    const exact = date !== undefined ? "D" : month !== undefined ? "M" : "Y";
    const first = day(year, month ?? 1, date ?? 1);
    const last = exact === "D" ? first : exact === "M" ? new Date(Date.UTC(year, month, 0)) : day(year, 12, 31);
    return first && year >= 1900 && year <= 2200 ? { first, last, exact } : { fault: "is not a day of the calendar" };
  };

  const words = (meant, index) => {
    const { first, last, exact } = meant;
    const month = `${MONTHS[first.getUTCMonth()]} ${first.getUTCFullYear()}`;
    const told = exact === "D" ? [`${first.getUTCDate()} ${month}`]
      : exact === "M" ? [month, "day unknown"] : [`${first.getUTCFullYear()}`, "month and day unknown"];
    if (index) {
      const [from, to] = [first, last].map((moment) => signed(Math.round((moment - index) / DAY_MS)));
      told.push(from === to ? `day ${from}` : `day ${from} to ${to}`);
    }
    return told.join(", ");
  };

  for (const form of document.querySelectorAll("form[data-entry]")) {
    const index = form.dataset.index ? new Date(`${form.dataset.index}T00:00:00Z`) : null;
    for (const box of form.querySelectorAll("input[data-date]")) {
      const echo = document.getElementById(`${box.id}_echo`);
      const say = (left) => {
        const text = box.value.trim();
        const meant = read(text, index);
        const coarse = meant && !meant.fault && !box.dataset.date.includes(meant.exact);
        const need = box.dataset.date === "D" ? "the exact day is needed" : "at least the month is needed";
        let told = NO_VALUE[text] ?? "";
        let bad = false;
        if (meant && !meant.fault && !(coarse && !left)) told = words(meant, index) + (coarse ? `: ${need} here` : "");
        if (left && text && !told) {
          told = meant?.fault ? `${text} ${meant.fault}` : "Not understood as a date";
          bad = true;
        }
        echo.textContent = told;
        echo.classList.toggle("echo-bad", bad || Boolean(left && coarse));
        if (left && meant && !meant.fault && /^[+-]/.test(text)) box.value = iso(meant.first);
      };
      box.addEventListener("input", () => say(false));
      box.addEventListener("change", () => say(true));
      say(true);
    }
  }
})();
