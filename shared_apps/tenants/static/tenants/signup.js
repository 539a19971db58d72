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
