// Opens the team level by level. What is fetched is HTML made by the server; without this script links lead onwards.
(() => {
  "use strict";

  const start = (tree) => {
    const lost = tree.querySelector("[data-tree-lost]");

    const fetchRows = async (address) => {
      lost.hidden = true;
      const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const holder = document.createElement("template");
      holder.innerHTML = await response.text();
      return holder.content;
    };

    const guarded = async (element, work) => {
      if (element.dataset.busy) return;
      element.dataset.busy = "1";
      try {
        await work();
      } catch {
        lost.textContent = tree.dataset.wordLost;
        lost.hidden = false;
      } finally {
        delete element.dataset.busy;
      }
    };

    const dress = (element) => window.htmx && window.htmx.process(element); // dialogs behind the new rows' buttons

    const open = (toggle) => guarded(toggle, async () => {
      const list = toggle.closest(".bn-node").querySelector(":scope > .bn-branch");
      if (!list.querySelector(".bn-node")) {
        list.replaceChildren(await fetchRows(toggle.dataset.treeToggle));
        dress(list);
      }
      list.hidden = false;
      toggle.setAttribute("aria-expanded", "true");
    });

    const close = (toggle) => {
      toggle.closest(".bn-node").querySelector(":scope > .bn-branch").hidden = true;
      toggle.setAttribute("aria-expanded", "false");
    };

    const isOpen = (toggle) => toggle.getAttribute("aria-expanded") === "true";

    const more = (button) => guarded(button, async () => {
      const rows = await fetchRows(button.dataset.treeMore);
      const line = button.closest("li"), list = line.parentElement, first = rows.querySelector("a");
      line.replaceWith(rows);
      dress(list);
      if (first) first.focus();
    });

    const all = (button) => guarded(button, async () => {
      const list = button.closest(".bn-branch");
      list.replaceChildren(await fetchRows(button.dataset.treeAll));
      dress(list);
    });

    tree.addEventListener("click", (event) => {
      const found = event.target.closest("[data-tree-toggle], [data-tree-more], [data-tree-all]");
      if (!found || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (found.dataset.treeMore) more(found);
      else if (found.dataset.treeAll) all(found);
      else if (isOpen(found)) close(found);
      else open(found);
    });

    tree.addEventListener("keydown", (event) => {
      const rows = [...tree.querySelectorAll(".bn-who a, .bn-toggle[href]")].filter((one) => one.offsetParent);
      const place = rows.indexOf(document.activeElement);
      if (place < 0) return;
      const node = rows[place].closest(".bn-node");
      const toggle = node.querySelector(":scope > .bn-row .bn-toggle[href]");
      const step = (by) => {
        let next = place + by;
        while (rows[next] && rows[next].closest(".bn-node") === node) next += by;
        if (rows[next]) rows[next].focus();
      };
      const acts = {
        ArrowRight: () => toggle && open(toggle),
        ArrowLeft: () => toggle && close(toggle),
        ArrowDown: () => step(1),
        ArrowUp: () => step(-1),
      };
      if (!acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
    });

    const focus = document.getElementById("focus");
    if (focus) focus.scrollIntoView({ block: "center" });
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-tree]").forEach(start));
})();
