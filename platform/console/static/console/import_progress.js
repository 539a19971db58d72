// Asks for the state of a running import once a second and shows it. Words come from the page, none stand here.
(() => {
  "use strict";

  const EVERY_MS = 1000;
  const FINAL = new Set(["checked", "done", "failed"]);

  const follow = (box) => {
    const part = (name) => box.querySelector(`[data-part="${name}"]`);
    const write = (name, value) => {
      const element = part(name);
      if (element && value !== undefined && value !== null) element.textContent = value;
    };
    const thousands = (value) => Number(value || 0).toLocaleString(document.documentElement.lang || undefined);

    const show = (status) => {
      const percent = Math.max(0, Math.min(100, Math.round(status.percent || 0)));
      part("bar").value = percent;
      write("percent", percent);
      write("message", status.message);
      for (const name of ["processed", "imported", "rejected"]) write(name, thousands(status[name]));
      if (status.total) {
        write("total", thousands(status.total));
        part("of-total").hidden = false;
      }
      part("errors").hidden = !status.rejected;
      if (part("done")) part("done").hidden = status.state !== "done";
      box.dataset.state = status.state;
    };

    const ask = async () => {
      try {
        const response = await fetch(box.dataset.statusUrl, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (!response.ok) throw new Error(String(response.status));
        const status = await response.json();
        show(status);
        if (FINAL.has(status.state)) {
          if (box.dataset.reload) window.location.reload();
          return;
        }
      } catch {
        write("message", box.dataset.wordLost);
      }
      window.setTimeout(ask, EVERY_MS);
    };
    ask();
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-import-progress]").forEach(follow));
})();
