"use strict";

document.getElementById("print-slips")?.addEventListener("click", () => window.print());
