// Keys of the query inbox: j and k walk the rows, Enter opens, r goes to the reply, c to the button that closes.
// Without this script the links do the same. On the page of a query the place that was asked for gets the focus.
"use strict";
(() => {
  const named = location.hash.match(/^#(reply|close)-\d+$/) && document.getElementById(location.hash.slice(1));
  if (named) named.focus();
  const table = document.querySelector("[data-triage]");
  if (!table) return;
  const links = [...table.querySelectorAll("tbody td:first-child a")];
  const typing = (element) => element.closest("input, select, textarea, [contenteditable]");
  const at = () => links.findIndex((link) => link.closest("tr").contains(document.activeElement));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const here = at();
    if (event.key === "j" || event.key === "k") {
      const next = event.key === "j" ? here + 1 : here < 0 ? links.length - 1 : here - 1;
      links[Math.min(Math.max(next, 0), links.length - 1)].focus();
      event.preventDefault();
    } else if ((event.key === "r" || event.key === "c") && here >= 0) {
      const address = links[here].href, id = address.match(/(\d+)\/$/)[1];
      location.assign(`${address}#${event.key === "r" ? "reply" : "close"}-${id}`);
      event.preventDefault();
    }
  });
})();
