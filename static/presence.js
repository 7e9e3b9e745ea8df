// Tells who else is at work in the same form: above it in full, beside the button that saves in a word. Every answer to
// what is kept says so, and an open page in sight asks each half minute; asking keeps nobody signed in.
// Of a patient to be registered and of reference data it is not told: their forms ask nothing.
// Without this script the page says who was at work when it was opened.
"use strict";
(() => {
  const PAUSE_MS = 30000, UNATTENDED = { "X-Unattended": "1" };
  const place = document.querySelector("[data-others]"), word = document.querySelector("[data-together]");
  if (!place) return;

  const names = (part) => [...part.querySelectorAll(".others b")].map((one) => one.textContent).join(", ");

  // The word is read out when somebody comes or goes, not whenever somebody types.
  const meet = (text) => {
    const told = new DOMParser().parseFromString(text, "text/html").body;
    const before = names(place), now = names(told);
    place.replaceChildren(...told.childNodes);
    if (now === before) return;
    word.textContent = now ? `Also at work here: ${now}` : "Nobody else is at work here any more.";
  };

  const look = async () => {
    try {
      const told = await fetch(`${location.pathname}?others`, { redirect: "manual", credentials: "same-origin", headers: UNATTENDED });
      if (told.ok) meet(await told.text());
    } catch { /* the next look may succeed */ }
  };

  let timer = 0;
  const watch = () => {
    clearInterval(timer);
    if (!document.hidden) timer = setInterval(look, PAUSE_MS);
  };
  document.addEventListener("kept", (event) => meet(event.detail));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); watch(); });
  watch();
})();
