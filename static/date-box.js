// Says beside every date box what was understood: "March 2015, day unknown, day +50 to +80". `+28`, `9 Mar 2015` and
// other local forms become the date they mean when the box is left. 03/04/2015 is read only where the site's order of
// day and month is set. Without this script the server reads the same texts (registry/dictionary/local_date.py).
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

  const pad = (number) => String(number).padStart(2, "0");
  const isDay = (year, month, date) => month >= 1 && month <= 12 && date >= 1 && day(year, month, date) !== null;

  // One word of a local date: its kind and number; null when it is neither.
  const part = (word) => {
    if (/^\d+$/.test(word)) return { kind: word.length === 4 ? "y" : "n", number: Number(word) };
    const found = MONTHS.map((name, at) => ({ name, at })).filter(({ name }) => name.toLowerCase().startsWith(word));
    if (found.length === 1) return { kind: "m", number: found[0].at + 1 };
    return word === "sept" ? { kind: "m", number: 9 } : null;
  };

  // Day and month from two numbers: by the only day they fit, else by the order of the site, else not at all.
  const ordered = (first, second, year, order) => {
    const ways = [[first, second], [second, first]].filter(([date, month]) => isDay(year, month, date));
    if (!ways.length) return { fault: "is not a day of the calendar" };
    if (ways.length === 1 || first === second || order) {
      const [date, month] = ways.length === 1 ? ways[0] : order === "MDY" ? [second, first] : [first, second];
      return { iso: `${year}-${pad(month)}-${pad(date)}` };
    }
    const [one, other] = ways.map(([date, month]) => `${date} ${MONTHS[month - 1]}`);
    return { fault: `may be ${one} or ${other}: write the month's name` };
  };

  // A local date in ISO form, or what is wrong with it; null when it is no date of this kind.
  const local = (text, order) => {
    const words = text.toLowerCase().match(/\d{1,4}|[a-z]{3,9}/g) ?? [];
    if (!/^~?\s*\w+([\s/.,-]+\w+){0,2}\.?$/.test(text) || words.join("") !== text.toLowerCase().replace(/[\W_]/g, "")) return null;
    const parts = words.map(part);
    if (parts.includes(null)) return null;
    const kinds = parts.map(({ kind }) => kind).join("");
    const [a, b, c] = parts.map(({ number }) => number);
    const places = { y: [a], yn: [a, b], ym: [a, b], ny: [b, a], my: [b, a], ynn: [a, b, c], ymn: [a, b, c],
      nmy: [c, b, a], mny: [c, a, b] }[kinds];
    let read = null;
    if (kinds === "nny") read = ordered(a, b, c, order);
    else if (places) {
      const [year, month, date] = places;
      if (month !== undefined && !isDay(year, month, date ?? 1)) return { fault: "is not a day of the calendar" };
      read = { iso: [year, ...[month, date].filter((number) => number !== undefined).map(pad)].join("-") };
    } else if (/n.*n|m/.test(kinds)) return { fault: "has no year of four digits" };
    if (read?.iso?.length === 10 && text.startsWith("~")) return { fault: "names a day; ~ goes with a month or a year" };
    return read;
  };

  // What a text means: its first and last possible day and how exact it is; null when it is no date.
  const read = (typed, index, order) => {
    const iso8601 = /^\d{4}(-\d{2}){0,2}$/.test(typed) || /^[+-]\d{1,5}$/.test(typed);
    const near = iso8601 ? { iso: typed } : local(typed, order);
    if (!near || near.fault) return near;
    const text = near.iso;
    const days = /^[+-]\d{1,5}$/.exec(text);
    if (days) {
      if (!index) return { fault: "counts from the first infusion, and there is none yet" };
      const moment = new Date(index.getTime() + Number(text) * DAY_MS);
      return { first: moment, last: moment, exact: "D", iso: iso(moment) };
    }
    const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
    if (!parts) return null;
    const [year, month, date] = parts.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
    const exact = date !== undefined ? "D" : month !== undefined ? "M" : "Y";
    const first = day(year, month ?? 1, date ?? 1);
    const last = exact === "D" ? first : exact === "M" ? new Date(Date.UTC(year, month, 0)) : day(year, 12, 31);
    return first && year >= 1900 && year <= 2200 ? { first, last, exact, iso: text } : { fault: "is not a day of the calendar" };
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
    const order = form.dataset.order ?? "";
    const index = form.dataset.index ? new Date(`${form.dataset.index}T00:00:00Z`) : null;
    for (const box of form.querySelectorAll("input[data-date]")) {
      const echo = document.getElementById(`${box.id}_echo`);
      const say = (left) => {
        const text = box.value.trim();
        const meant = read(text, index, order);
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
        if (left && meant && !meant.fault) box.value = meant.iso;
      };
      box.addEventListener("input", () => say(false));
      box.addEventListener("change", () => say(true));
      say(true);
    }
  }
})();
