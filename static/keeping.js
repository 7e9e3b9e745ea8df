// Keeps what is typed and not saved: a few seconds after a change, when a box is left, when the page is hidden.
// Without this script the form works; unsaved input is then not kept.
"use strict";
(() => {
  const WAIT_MS = 2000, LEFT_MS = 250, AGAIN_MS = 5000, PATIENCE_MS = 3000;

  // Another session has another secret: the form takes it over, so that signing in again in another window is enough.
  const renewed = async (form) => {
    const answer = await fetch(location.pathname, { redirect: "manual", credentials: "same-origin" });
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const secret = page.querySelector("form[data-keep] [name=csrfmiddlewaretoken]");
    if (!secret) return false;
    form.querySelector("[name=csrfmiddlewaretoken]").value = secret.value;
    return true;
  };

  const keeper = (form, tell) => {
    let dirty = false, timer = 0, sending = null, closed = false;

    // Empty boxes are left out: what a browser sends while it leaves a page has to be small.
    const body = () => {
      const filled = [...new FormData(form)].filter(([, value]) => value !== "");
      return new URLSearchParams([...filled, ["then", "keep"]]);
    };
    const send = (last) =>
      fetch(form.getAttribute("action") || location.href,
        { method: "POST", body: body(), redirect: "manual", credentials: "same-origin", keepalive: last });
    let due = 0;
    const plan = (wait) => {
      if (closed || (timer && due <= Date.now() + wait)) return;
      clearTimeout(timer);
      due = Date.now() + wait;
      timer = setTimeout(() => { timer = 0; keep(false); }, wait);
    };
    const keep = (last) => {
      if (closed || !dirty || (sending && !last)) return;
      dirty = false;
      sending = keeping(last).finally(() => { sending = null; if (dirty) plan(WAIT_MS); });
    };
    const keeping = async (last) => {
      try {
        let answer = await send(last);
        if (answer.status === 403 && (await renewed(form))) answer = await send(last);
        if (answer.ok) {
          const others = await answer.text(); // who else is at work: static/presence.js tells
          tell(true, `Kept ${new Date().toLocaleTimeString([], { hour12: false })}, not saved`);
          form.dispatchEvent(new CustomEvent("kept", { bubbles: true, detail: others }));
        } else if (answer.status === 409) closed = true;
        else if (answer.type === "opaqueredirect" || answer.status === 403) throw new Error("signed out");
        else throw new Error("refused");
      } catch (fault) {
        dirty = true;
        tell(false, fault.message === "signed out"
          ? "You are signed out. Sign in in another window; then go on here."
          : "What you typed is not kept yet; trying again.");
        plan(AGAIN_MS);
      }
    };

    form.addEventListener("input", () => { dirty = true; plan(WAIT_MS); });
    form.addEventListener("change", () => { dirty = true; plan(LEFT_MS); });
    // A save waits for the message under way, so that the one does not overtake the other.
    form.addEventListener("submit", async (event) => {
      closed = true;
      clearTimeout(timer);
      if (!sending) return;
      event.preventDefault();
      const waited = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });
      await Promise.race([sending, waited]);
      sending = null;
      form.requestSubmit(event.submitter);
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) keep(true); });
    addEventListener("pagehide", () => keep(true));
    // A page that the browser brings back goes on keeping.
    addEventListener("pageshow", (event) => { if (event.persisted) closed = false; });
    if (form.hasAttribute("data-unsaved")) { dirty = true; plan(0); }
  };

  for (const form of document.querySelectorAll("form[data-keep]")) {
    const state = form.querySelector(".keeping");
    keeper(form, (good, words) => {
      if (state.classList.contains("keeping-bad") === good) state.setAttribute("role", good ? "none" : "alert");
      state.classList.toggle("keeping-bad", !good);
      state.textContent = words;
    });
  }
})();
