// Looks how far a job is and shows the page again when it is done: every second where the page has a progress bar;
// every three where the whole page is watched (data-working="page"), which is shown again only when its words have
// changed. Looking keeps nobody signed in; it stops while the page is hidden. Without this script the page has a link
// that looks again.
"use strict";
(() => {
  const working = document.querySelector("[data-working]");
  if (!working) return;
  const whole = working.dataset.working === "page";
  const words = (page) => page.querySelector("#content").textContent;
  const pause = whole ? 3000 : 1000;
  const look = async () => {
    try {
      if (document.hidden) throw new Error("nobody looks");
      const unattended = { "X-Unattended": "1" };
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual", headers: unattended });
      if (!answer.ok) throw new Error("no answer");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-working]");
      if (!now || (whole && words(page) !== words(document))) { location.reload(); return; }
      if (!whole) {
        const bar = working.querySelector("progress");
        bar.value = now.querySelector("progress").value;
        working.querySelector(".done").textContent = now.querySelector(".done").textContent;
      }
    } catch { /* the next look may succeed */ }
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
})();
