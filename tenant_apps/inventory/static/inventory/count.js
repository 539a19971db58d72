// Counting: a scanner types a code and Enter, each adds at once; scans wait for one another, so none is lost.
"use strict";

(() => {
  const page = document.getElementById("count");
  const form = document.getElementById("scan");
  if (!page || !form) return;
  const at = (id) => document.getElementById(id);
  const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
  const [code, boxes, quantity, said, refused] = ["code", "boxes", "quantity", "said", "refused"].map(at);
  let queue = Promise.resolve();

  async function ask(address, body) {
    let answer;
    try {
      answer = await fetch(address, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        redirect: "manual",
      });
    } catch {
      throw new Error(page.dataset.offline);
    }
    if (answer.type === "opaqueredirect") throw new Error(page.dataset.signedOut);
    if (!(answer.headers.get("Content-Type") || "").includes("json")) throw new Error(page.dataset.offline);
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.errors?.length ? found.errors.map((one) => one.detail).join(" ") : found.detail);
    return found;
  }

  function rowOf(line) {
    const known = page.querySelector(`li[data-sku="${CSS.escape(line.sku)}"]`);
    if (known) return known;
    const row = document.createElement("li");
    row.dataset.sku = line.sku;
    const names = Object.assign(document.createElement("div"), { className: "bn-rows-main" });
    const name = Object.assign(document.createElement("span"), { textContent: line.name });
    const sku = Object.assign(document.createElement("span"), { className: "text-subtle", textContent: line.sku });
    const packed = Object.assign(document.createElement("span"), { className: "text-subtle" });
    packed.dataset.packed = "";
    names.append(name, sku, packed);
    const side = Object.assign(document.createElement("div"), { className: "bn-rows-side" });
    const cell = Object.assign(document.createElement("input"), {
      className: "bn-cell", type: "number", inputMode: "numeric", min: "0", max: "1000000",
    });
    cell.setAttribute("aria-label", `${page.dataset.quantity}: ${line.sku}`);
    side.append(cell);
    row.append(names, side);
    return row;
  }

  function inBoxes(line) {
    if (!line.box_size || line.counted < line.box_size) return "";
    const full = Math.floor(line.counted / line.box_size);
    return page.dataset.boxes.replace("{b}", full).replace("{p}", line.counted % line.box_size);
  }

  function show(line) {
    const row = rowOf(line);
    const cell = row.querySelector("input");
    cell.value = line.counted;
    cell.dataset.seen = line.counted;
    const packed = row.querySelector("[data-packed]");
    if (packed) packed.textContent = inBoxes(line);
    at("counted").prepend(row);
    said.textContent = page.dataset.counted.replace("{name}", line.name).replace("{n}", line.counted);
    refused.textContent = "";
  }

  function refuse(error) {
    refused.textContent = error.message;
    said.textContent = "";
    navigator.vibrate?.(200);
  }

  const enqueue = (work) => {
    queue = queue.then(work).catch(refuse);
    return queue;
  };
  const add = (text, found) =>
    enqueue(async () => {
      try {
        show(await ask(page.dataset.scan, { code: text, ...found }));
      } catch (error) {
        throw new Error(`${text}: ${error.message}`);
      }
    });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = code.value.trim();
    const found = {};
    for (const [name, field] of [["boxes", boxes], ["quantity", quantity]]) {
      if (field.value === "") continue;
      const number = Number(field.value);
      if (!Number.isInteger(number) || number < 1) return;
      found[name] = number;
    }
    if (!text) return;
    code.value = boxes.value = quantity.value = "";
    code.focus();
    add(text, found);
  });

  page.addEventListener("change", (event) => {
    const cell = event.target.closest("li[data-sku] input");
    if (!cell) return;
    const counted = Number(cell.value);
    const seen = cell.dataset.seen === "" ? null : Number(cell.dataset.seen);
    const back = () => { cell.value = cell.dataset.seen; };
    if (cell.value === "" || !Number.isInteger(counted) || counted < 0) return back();
    const sku = cell.closest("li").dataset.sku;
    enqueue(async () => {
      try {
        show(await ask(page.dataset.set, { code: sku, counted, seen }));
      } catch (error) {
        back();
        throw error;
      }
    });
  });
  page.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest("li[data-sku] input")) {
      event.target.blur();
      code.focus();
    }
  });

  // --- the camera, where the browser reads codes itself ---------------------------------------------------------------
  const camera = at("camera");
  const view = at("view");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  camera.hidden = false;
  let stream = null;
  let last = { text: "", at: 0 };

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
  }

  async function look(detector) {
    if (!stream) return;
    try {
      const [found] = await detector.detect(view);
      const now = Date.now();
      // The same code in front of the camera counts once in two seconds: the next piece is held up by then.
      if (found && (found.rawValue !== last.text || now - last.at > 2000)) {
        last = { text: found.rawValue, at: now };
        navigator.vibrate?.(60);
        add(found.rawValue, {});
      }
    } catch {
      // A frame that is not there yet.
    }
    setTimeout(() => look(detector), 150);
  }

  camera.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return refuse(new Error(page.dataset.noCamera));
    }
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    look(new window.BarcodeDetector());
  });
  window.addEventListener("pagehide", stop);
})();
