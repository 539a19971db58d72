// Keys of the review queue: j/k next and previous, a approve, r then 1–6 reject, ? help. Everything works without them.
(() => {
  "use strict";

  const start = (page) => {
    const find = (mark) => page.querySelector(`[data-review-${mark}]`);
    const keys = find("keys"), help = find("help"), reject = find("reject");
    let rejecting = false;

    const showHelp = () => keys && !keys.open && keys.showModal();
    if (help) {
      help.hidden = false;
      help.addEventListener("click", showHelp);
    }

    const follow = (mark) => {
      const link = find(mark);
      if (link) link.click();
    };

    const begin = () => {
      if (!reject) return;
      rejecting = true;
      reject.dataset.armed = "1";
      reject.querySelector("[data-review-reason]").focus();
    };

    const stop = () => {
      rejecting = false;
      if (reject) delete reject.dataset.armed;
    };

    const refuse = (number) => {
      const button = reject.querySelector(`[data-review-reason="${number}"]`);
      const note = reject.elements.namedItem("note");
      if (!button) return;
      if (button.value === "other" && !note.value.trim()) note.focus(); // another reason has to be told
      else reject.requestSubmit(button);
    };

    const approve = () => {
      const form = find("approve");
      if (form) form.requestSubmit();
    };

    const acts = { j: () => follow("next"), k: () => follow("previous"), a: approve, r: begin, "?": showHelp, Escape: stop };

    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (keys && keys.open)) return;
      if (event.target.closest("input:not([type=hidden]), textarea, select, [contenteditable]")) return;
      if (rejecting && /^[1-6]$/.test(event.key)) {
        event.preventDefault();
        refuse(event.key);
      } else if (acts[event.key]) {
        if (event.key !== "Escape") event.preventDefault();
        acts[event.key]();
      }
    });

    // A decision is sent once, however often the key is pressed.
    page.addEventListener("submit", (event) => {
      if (event.target.method === "dialog") return;
      if (event.target.dataset.sent) event.preventDefault();
      event.target.dataset.sent = "1";
    });

    const message = page.querySelector(".bn-message");
    if (message) message.select();
    const present = page.querySelector("[aria-current]");
    if (present) present.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-review]").forEach(start));
})();
