// The table of rows: Enter goes down, pasted cells fill the boxes to the right and below, rows are added as needed.
// Without this script the table works; rows are then entered a page of them at a time.
"use strict";
(() => {
  for (const form of document.querySelectorAll("form[data-grid]")) {
    const body = form.querySelector("tbody"), count = form.querySelector("[name=rows]");
    const told = document.getElementById("pasted"), more = form.querySelector("[data-more]");
    const most = Number(form.dataset.most);

    const boxes = (row) => [...row.querySelectorAll("input, select")];
    const place = (box) => {
      const row = box.closest("tr");
      return [[...body.rows].indexOf(row), boxes(row).indexOf(box)];
    };

    // An added row is one in which nobody has typed: what stands in the others is not copied.
    const blank = form.querySelector("template[data-blank]").content.firstElementChild;
    const addRow = () => {
      if (body.rows.length >= most) return false;
      const number = body.rows.length, row = blank.cloneNode(true);
      row.querySelector("th").textContent = String(number + 1);
      for (const box of boxes(row)) {
        for (const name of ["name", "id"]) box.setAttribute(name, box.getAttribute(name).replace(/r\d+-/, `r${number}-`));
        box.setAttribute("aria-label", box.getAttribute("aria-label").replace(/\d+$/, String(number + 1)));
      }
      body.append(row);
      count.value = String(body.rows.length);
      return true;
    };

    // A choice is made by its code or by its words; what is neither is told and left out.
    const put = (box, text) => {
      const value = text.trim();
      if (box.tagName === "INPUT") { box.value = value; return true; }
      const same = (one) => one.trim().toLowerCase() === value.toLowerCase();
      const option = [...box.options].find((one) => same(one.value) || same(one.textContent));
      if (option) box.value = option.value;
      return option !== undefined;
    };

    form.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
      if (!/[\t\n]/.test(text) || !event.target.matches("input, select")) return;
      event.preventDefault();
      const [top, left] = place(event.target), lost = [];
      let filled = 0;
      text.split("\n").forEach((line, down) => {
        while (body.rows.length <= top + down && addRow());
        const row = body.rows[top + down];
        line.split("\t").forEach((cell, right) => {
          const box = row && boxes(row)[left + right];
          if (box && put(box, cell)) filled += 1;
          else if (cell.trim()) lost.push(cell.trim());
        });
      });
      form.dispatchEvent(new Event("change", { bubbles: true })); // a pasted table is kept as a typed one is
      told.textContent = `${filled} cells pasted.` + (lost.length ? ` Not understood and left out: ${lost.slice(0, 10).join(", ")}.` : "");
    });

    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("input, select")) return;
      event.preventDefault();
      const [row, column] = place(event.target);
      if (row + 1 === body.rows.length) addRow();
      const below = body.rows[row + 1];
      if (below) boxes(below)[column].focus();
    });

    more.hidden = false;
    more.addEventListener("click", () => { for (let left = 6; left > 0 && addRow(); left -= 1); });
  }
})();
