// One box ticks all others of its form.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-ticks-all]").forEach((all) => {
    all.addEventListener("change", () => {
      all.closest("[data-ticks]").querySelectorAll("input[name=proposal]").forEach((one) => { one.checked = all.checked; });
    });
  });
});
