// Looks every second how far a job is and shows the page again when it is done. Without this script the page has a
// link that looks again.
"use strict";
(() => {
  const working = document.querySelector("[data-working]");
  if (!working) return;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
      if (!answer.ok) throw new Error("no answer");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-working]");
      if (!now) { location.reload(); return; }
      const bar = working.querySelector("progress");
      bar.value = now.querySelector("progress").value;
      working.querySelector(".done").textContent = now.querySelector(".done").textContent;
    } catch { /* the next look may succeed */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
