// Tracking numbers by scanner, keyboard or from a spreadsheet.
"use strict";

(() => {
  const form = document.getElementById("ship-form");
  if (!form) return;
  const rows = [...form.querySelectorAll("li[data-number]")];
  const carrierOf = (row) => row.querySelector("[data-carrier]");
  const trackingOf = (row) => row.querySelector("[data-tracking]");

  document.getElementById("carrier-for-all").addEventListener("change", (event) => {
    for (const row of rows) carrierOf(row).value = event.target.value;
  });

  // A scanner ends each number with Enter: that must lead on, not send the page.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const next = rows[rows.indexOf(event.target.closest("li")) + 1];
    if (next) trackingOf(next).select();
    else form.querySelector("button[type=submit]").focus();
  });

  function fill(row, cells) {
    if (cells.length > 1 && cells[0]) carrierOf(row).value = cells[0];
    trackingOf(row).value = cells[cells.length - 1];
  }

  // "number", "carrier ⇥ number", or "order ⇥ carrier ⇥ number" and "order ⇥ number", which find their own line.
  form.addEventListener("paste", (event) => {
    if (!event.target.matches("[data-tracking]")) return;
    const text = event.clipboardData.getData("text").replace(/[\r\n]+$/, "");
    if (!/[\t\r\n]/.test(text)) return;
    event.preventDefault();
    let place = rows.indexOf(event.target.closest("li"));
    for (const line of text.split(/\r?\n/)) {
      const cells = line.split("\t").map((cell) => cell.trim());
      if (!cells.some(Boolean)) {
        place += 1;
        continue;
      }
      const named = rows.find((row) => row.dataset.number === cells[0].toUpperCase());
      if (named) fill(named, cells.slice(1));
      else if (rows[place]) {
        fill(rows[place], cells);
        place += 1;
      }
    }
  });
})();
