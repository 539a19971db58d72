// The look's own script writes a chosen file's name into the nearest text field. Our file fields show it themselves, and
// the text fields beside them are somebody's words: keep the event from that script.
"use strict";

document.addEventListener(
  "change",
  (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "file" && event.target.classList.contains("bn-file")) {
      event.stopPropagation();
    }
  },
  true,
);
