// A list whose entries can be dragged: their data-id, in order and with commas between, go into the named field.
(() => {
  "use strict";

  const follow = (list) => {
    const field = document.getElementById(list.dataset.sortable);
    let dragged = null;
    const note = () => {
      field.value = [...list.children].map((entry) => entry.dataset.id).join(",");
    };
    list.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("li");
    });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("li");
      if (!dragged || !over || over.parentElement !== list) return;
      event.preventDefault();
      if (over === dragged) return;
      const box = over.getBoundingClientRect();
      list.insertBefore(dragged, event.clientX < box.left + box.width / 2 ? over : over.nextSibling);
    });
    list.addEventListener("drop", (event) => event.preventDefault());
    list.addEventListener("dragend", () => {
      dragged = null;
      note();
    });
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-sortable]").forEach(follow));
})();
