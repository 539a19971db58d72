// Dialogs by keyboard: the focus goes in, stays in and comes back. And what unfold made clickable becomes a button.
(() => {
  const FIELDS = "input:not([type=hidden]):not([disabled]), select, textarea";
  let opener = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target && event.detail.target.id === "modal-content") opener = event.detail.elt;
  });

  window.dialogToggled = (isOpen) => {
    for (const behind of document.querySelectorAll("#page, .bn-phone-bar")) behind.inert = isOpen;
    const dialog = document.getElementById("modal-content");
    if (isOpen) {
      (dialog.querySelector(FIELDS) || dialog.querySelector("button") || dialog).focus();
    } else if (opener && opener.isConnected) {
      // A button in a menu that has closed cannot take the focus; the page's content can.
      (opener.offsetParent === null ? document.getElementById("content") : opener).focus();
      opener = null;
    }
  };

  function makeButtons(root) {
    const clickable = "[x-on\\:click]:not(a[href]):not(button):not(input):not(select):not([role]):not(#modal-content)";
    for (const element of root.querySelectorAll(clickable)) {
      const action = element.getAttribute("x-on:click");
      if (!action.includes("=") && !action.includes("(")) continue;
      if (element.id === "changelist-filter-close" || element.querySelector("a, button, input")) continue;
      element.setAttribute("role", "button");
      element.tabIndex = 0;
    }
    const { more } = document.getElementById("bn-words")?.dataset ?? {};
    for (const element of root.querySelectorAll("[role=button], a[href='#']")) {
      const words = element.cloneNode(true);
      for (const icon of words.querySelectorAll(".material-symbols-outlined")) icon.remove();
      if (more && !words.textContent.trim() && !element.title) element.setAttribute("aria-label", more);
    }
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-hidden]):not([role])")) {
      icon.setAttribute("aria-hidden", "true");
    }
  }

  document.addEventListener("keydown", (event) => {
    const element = event.target;
    if ((event.key === "Enter" || event.key === " ") && element.matches("[role=button][tabindex]")) {
      event.preventDefault();
      element.click();
    }
  });
  document.addEventListener("DOMContentLoaded", () => makeButtons(document));
  document.addEventListener("htmx:afterSwap", (event) => makeButtons(event.detail.target));
})();
