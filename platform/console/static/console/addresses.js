// A box above an address form: paste a chat text, and name, phone, region and street are filled in. What the reader is
// not sure of stays empty and is marked.
"use strict";

(() => {
  const NAMES = {
    name: ["receiver_name", "name"],
    phone: ["receiver_phone", "phone"],
    street: ["street", "detail"],
  };

  const fieldOf = (form, region, part) =>
    part === "region" ? region : form.querySelector(NAMES[part].map((name) => `[name="${name}"]`).join(","));

  const fill = (form, region, answer) => {
    for (const [part, value] of Object.entries(answer.fields)) {
      const field = fieldOf(form, region, part);
      if (!field) continue;
      field.value = value;
      field.classList.toggle("bn-to-check", answer.to_check.includes(part));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const first = answer.to_check.map((part) => fieldOf(form, region, part)).find(Boolean);
    first?.focus();
  };

  const read = async (form, region, text) => {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(region.dataset.reads, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ text }),
    });
    return answer.ok ? answer.json() : { fields: {}, to_check: [], note: await answer.text() };
  };

  const equip = (region) => {
    const form = region.closest("form");
    if (region.dataset.readsEquipped || !form) return;
    region.dataset.readsEquipped = "true";
    const first = fieldOf(form, region, "name") ?? region;
    const label = document.createElement("label");
    label.className = "bn-paste-address";
    const words = document.createElement("span");
    words.textContent = region.dataset.pasteLabel;
    const box = document.createElement("textarea");
    box.rows = 2;
    box.placeholder = region.dataset.pasteHint;
    const note = document.createElement("span");
    note.className = "bn-paste-note";
    note.setAttribute("role", "status");
    label.append(words, box, note);
    let waiting;
    box.addEventListener("input", () => {
      clearTimeout(waiting);
      if (!box.value.trim()) return;
      waiting = setTimeout(async () => {
        const asked = box.value;
        const answer = await read(form, region, asked);
        if (asked !== box.value) return;
        note.textContent = answer.note;
        fill(form, region, answer);
      }, 250);
    });
    const row = first.closest(".field-row, .form-row, p, li") ?? first.parentElement;
    row.before(label);
  };

  const equipAll = () => document.querySelectorAll("input[data-reads]").forEach(equip);
  equipAll();
  // The consoles load this in the head, and their dialogs arrive later than the page.
  new MutationObserver(equipAll).observe(document.documentElement, { childList: true, subtree: true });
})();
