// Check a parcel with a USB scanner, which types a code and Enter.
"use strict";

(() => {
  const form = document.getElementById("pack-form");
  if (!form) return;
  const rows = [...form.querySelectorAll("li[data-sku]")];
  const scan = document.getElementById("pack-scan");
  const said = document.getElementById("pack-said");
  const ship = document.getElementById("pack-ship");
  const countOf = (row) => row.querySelector("[data-scanned]");
  const isFull = (row) => Number(countOf(row).textContent) >= Number(row.dataset.wanted);

  function beep() {
    const Sound = window.AudioContext || window.webkitAudioContext;
    if (!Sound) return;
    const sound = new Sound();
    const tone = sound.createOscillator();
    tone.frequency.value = 220;
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.4);
  }

  function tell(words, isWrong) {
    said.textContent = words;
    said.classList.toggle("bn-alarm", isWrong);
    if (isWrong) beep();
  }

  function take(code) {
    const meant = rows.filter((row) => row.dataset.sku.toUpperCase() === code || row.dataset.barcode === code);
    if (!meant.length) return tell(`${form.dataset.wrong}: ${code}`, true);
    const row = meant.find((one) => !isFull(one));
    if (!row) return tell(`${form.dataset.tooMany}: ${code}`, true);
    countOf(row).textContent = Number(countOf(row).textContent) + 1;
    const whole = rows.every(isFull);
    ship.disabled = !whole;
    tell(whole ? form.dataset.whole : code, false);
    if (whole) form.elements.tracking_number.focus();
  }

  scan.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const code = scan.value.trim().toUpperCase();
    scan.value = "";
    if (code) take(code);
  });
})();
