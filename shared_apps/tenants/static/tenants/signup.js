/* The sign-up page asks, at each pause in typing, whether the subdomain is free. Without this the form works as well. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-check-url]");
  const input = document.getElementById("id_slug");
  const verdict = document.getElementById("slug-verdict");
  if (!form || !input || !verdict) return;
  input.closest(".bn-field").append(verdict);

  let timer = 0;
  let asked = 0;

  const show = (text, tone) => {
    verdict.hidden = !text;
    verdict.textContent = text;
    verdict.className = `bn-hint ${tone}`;
    input.setAttribute("aria-invalid", String(tone === "bn-error"));
    // What the server said of the last try is said here again, or is over.
    if (text) input.closest(".bn-field").querySelectorAll(".bn-error:not(#slug-verdict)").forEach((one) => one.remove());
  };

  const check = async () => {
    const slug = input.value.trim().toLowerCase();
    const turn = ++asked;
    if (!slug) return show("", "");
    show(form.dataset.checking, "");
    try {
      const response = await fetch(`${form.dataset.checkUrl}?slug=${encodeURIComponent(slug)}`);
      const answer = await response.json();
      if (turn !== asked) return; // typing went on
      if (!response.ok) return show("", "");
      show(answer.available ? form.dataset.free : answer.detail, answer.available ? "bn-ok" : "bn-error");
    } catch {
      if (turn === asked) show("", ""); // the sign-up itself will tell
    }
  };

  // An address is proposed from the name, until somebody edits it himself: even an emptied field is his.
  let proposed = "";
  let edited = Boolean(input.value);
  for (const act of ["beforeinput", "compositionstart", "input"]) {
    input.addEventListener(act, () => {
      edited = true;
    });
  }
  const propose = async (name) => {
    if (!name.trim() || edited) return;
    try {
      const response = await fetch(`${form.dataset.proposeUrl}?name=${encodeURIComponent(name.trim())}`);
      const answer = await response.json();
      if (!response.ok || !answer.slug || edited || input.value !== proposed) return;
      input.value = proposed = answer.slug;
      // It may come while the field waits for the first letter: that letter replaces it, and is not appended.
      if (document.activeElement === input) input.select();
      check();
    } catch {
      // whoever types an address needs no proposal
    }
  };
  for (const id of ["id_name", "id_company_name"]) {
    document.getElementById(id)?.addEventListener("change", (event) => propose(event.target.value));
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 350);
  });
  form.addEventListener("submit", () => {
    form.querySelector("button[type=submit]").disabled = true;
  });
  window.addEventListener("pageshow", () => {
    form.querySelector("button[type=submit]").disabled = false;
  });
  if (input.value) check();
});
