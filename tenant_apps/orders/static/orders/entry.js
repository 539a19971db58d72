// Order entry by keyboard: suggestions, a line per SKU, totals from the server, and saving without losing what is typed.
"use strict";

(() => {
  const form = document.getElementById("entry");
  if (!form) return;
  const at = (id) => document.getElementById(id);
  const words = at("entry-words").dataset;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const mayDiscount = form.dataset.mayDiscount === "true";
  const lines = []; // {sku, name, quantity, price, row}
  let key = form.dataset.key;
  let agent = null; // the agent that was picked
  let saving = false;

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // --- the server ---------------------------------------------------------------------------------------------------
  class Refusal extends Error {}

  async function ask(address, body) {
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    let answer;
    try {
      answer = await fetch(address, {
        ...options,
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        redirect: "manual",
      });
    } catch {
      throw new Refusal(words.offline);
    }
    if (answer.type === "opaqueredirect") throw new Refusal(words.signedOut);
    if (!(answer.headers.get("Content-Type") || "").includes("json")) throw new Refusal(words.offline);
    const found = await answer.json();
    if (!answer.ok) throw Object.assign(new Refusal(found.detail), { errors: found.errors, link: found.link });
    return found;
  }

  // --- suggestions ----------------------------------------------------------------------------------------------------
  // `draw` returns an entry's nodes, `pick` takes it. Enter waits for the answer to what is typed: a scanner is fast.
  class Suggestions {
    constructor(input, address, { draw, pick, enter }) {
      Object.assign(this, { input, address, draw, pick, enter, items: [], at: 0, asked: "", waiting: null });
      this.list = at(`${input.id}-list`);
      input.addEventListener("input", () => this.typed());
      input.addEventListener("keydown", (event) => this.pressed(event));
      input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      this.list.addEventListener("pointerdown", (event) => {
        const entry = event.target.closest("[role=option]");
        if (!entry) return;
        event.preventDefault();
        this.take(Number(entry.dataset.index));
      });
    }

    typed() {
      clearTimeout(this.timer);
      this.items = [];
      this.timer = setTimeout(() => this.search(), 120);
    }

    search() {
      clearTimeout(this.timer);
      const words_ = this.input.value.trim();
      if (this.asked === words_ && this.waiting) return this.waiting;
      this.asked = words_;
      if (!words_) {
        this.close();
        this.waiting = Promise.resolve();
        return this.waiting;
      }
      this.waiting = ask(`${this.address}?q=${encodeURIComponent(words_)}`)
        .then((found) => {
          if (this.asked === words_) this.show(found.items);
        })
        .catch((error) => say(error.message));
      return this.waiting;
    }

    show(items) {
      this.items = items;
      this.at = 0;
      const entries = items.map((item, index) => {
        const entry = element("li", { id: `${this.list.id}-${index}` }, ...this.draw(item));
        entry.setAttribute("role", "option");
        entry.dataset.index = index;
        return entry;
      });
      if (!entries.length) entries.push(element("li", { className: "bn-empty", textContent: words.nothing }));
      this.list.replaceChildren(...entries);
      this.list.hidden = document.activeElement !== this.input;
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
      this.mark();
    }

    mark() {
      [...this.list.children].forEach((entry, index) => entry.setAttribute("aria-selected", String(index === this.at)));
      const marked = this.list.children[this.at];
      if (this.items.length && marked) {
        this.input.setAttribute("aria-activedescendant", marked.id);
        marked.scrollIntoView({ block: "nearest" });
      }
    }

    async pressed(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.items.length && !this.list.hidden) {
        event.preventDefault();
        this.at = (this.at + step + this.items.length) % this.items.length;
        this.mark();
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.stopPropagation();
        this.close();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!this.input.value.trim()) return this.enter();
        await this.search();
        if (this.items.length && !this.list.hidden) this.take(this.at);
        else if (!this.items.length && this.list.hidden) this.enter();
      }
    }

    take(index) {
      const item = this.items[index];
      this.close();
      this.pick(item);
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
    }
  }

  const described = (title, note, side) => [
    element("div", {}, element("b", { textContent: title }), element("small", { textContent: note })),
    ...(side === undefined ? [] : [element("span", { className: "bn-amount", textContent: side })]),
  ];

  // --- goods ----------------------------------------------------------------------------------------------------------
  const stockNote = (item) => {
    if (!item.is_on_shelf) return words.offShelf;
    return item.available === null ? "" : words.available.replace("{n}", item.available);
  };

  const find = new Suggestions(at("find"), form.dataset.goods, {
    draw: (item) => {
      const parts = described(
        [item.name, item.spec].filter(Boolean).join(" "),
        [item.sku, stockNote(item)].filter(Boolean).join(" · "),
        item.price,
      );
      if (item.picture) parts.unshift(element("img", { src: item.picture, alt: "", loading: "lazy" }));
      return parts;
    },
    pick: (item) => {
      const line = add({ sku: item.sku, name: [item.name, item.spec].filter(Boolean).join(" "), quantity: 1 }, true);
      at("find").value = "";
      line.row.quantity.focus();
      line.row.quantity.select();
    },
    enter: () => at("receiver-name").focus(),
  });

  // The same SKU again, as a scanner does it, is one piece more.
  function add({ sku, name, quantity, unsure }, isScanned) {
    const known = lines.find((line) => line.sku === sku);
    if (known) {
      known.quantity = Number(known.row.quantity.value || 0) + quantity;
      known.row.quantity.value = known.quantity;
      if (isScanned) quoteSoon();
      return known;
    }
    const line = { sku, name };
    line.row = draw(line, quantity, unsure);
    lines.push(line);
    at("lines").append(line.row.item);
    at("no-lines").hidden = true;
    quoteSoon();
    return line;
  }

  function draw(line, quantity, unsure) {
    const cell = (label, value) => {
      const made = element("input", { className: "bn-cell", value, inputMode: "decimal", maxLength: 15 });
      made.setAttribute("aria-label", `${label} ${line.sku}`);
      made.addEventListener("input", quoteSoon);
      return made;
    };
    const row = {
      quantity: cell(words.quantity, quantity),
      price: cell(words.price, ""),
      why: element("small"),
      sum: element("span", { className: "bn-amount bn-entry-sum", textContent: "–" }),
      error: element("span", { className: "bn-alarm" }),
      title: element("b", { textContent: line.name }),
      remove: element("button", { type: "button", textContent: "×", title: words.remove }),
    };
    row.remove.setAttribute("aria-label", `${words.remove} ${line.sku}`);
    row.quantity.inputMode = "numeric";
    row.quantity.classList.toggle("bn-unsure", Boolean(unsure));
    row.price.disabled = !mayDiscount;
    row.quantity.maxLength = 64; // a code fits as well
    row.quantity.addEventListener("focus", () => {
      line.before = row.quantity.value;
    });
    row.quantity.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const typed = row.quantity.value.trim();
      at("find").focus();
      if (!typed || /^\d{1,6}$/.test(typed)) return;
      // A scanner types the next code where the cursor is, and more than six digits are no quantity.
      row.quantity.value = line.before;
      quoteSoon();
      at("find").value = typed;
      find.pressed(event);
    });
    row.remove.addEventListener("click", () => {
      lines.splice(lines.indexOf(line), 1);
      row.item.remove();
      at("no-lines").hidden = lines.length > 0;
      at("find").focus();
      quoteSoon();
    });
    row.item = element(
      "li",
      {},
      element("div", {}, row.title, element("small", { textContent: line.sku }), row.why),
      row.price,
      row.quantity,
      row.sum,
      row.remove,
      row.error,
    );
    row.item.dataset.sku = line.sku;
    return row;
  }

  // --- a pasted text --------------------------------------------------------------------------------------------------
  const READ_FIELDS = { name: "receiver-name", phone: "receiver-phone", region: "region", address: "address" };

  async function read() {
    const text = at("paste").value.trim();
    if (!text) return;
    let found;
    try {
      found = await ask(form.dataset.read, { text });
    } catch (error) {
      say(error.message);
      return;
    }
    clearErrors();
    for (const [name, field] of Object.entries(found.receiver)) {
      const input = at(READ_FIELDS[name]);
      input.value = field.value;
      input.classList.toggle("bn-unsure", !field.value);
      const slot = slots.find((one) => one.dataset.error.split(" ").includes(name === "region" ? name : `receiver.${name}`));
      if (!field.value) {
        const some = field.candidates.join(" / ");
        slot.textContent = some ? words.unsure.replace("{n}", some) : words.notRead;
      }
    }
    const { name, phone } = found.receiver;
    if (!at("customer").value.trim() && phone?.value) {
      at("customer").value = [name.value, phone.value].filter(Boolean).join(" ");
    }
    if (found.note && !at("note").value) at("note").value = found.note;
    at("read-says").textContent = found.says.join(" ");
    at("read-says").hidden = !found.says.length;
    const unsure = found.goods.filter((one) => !takeRead(one));
    at("read-goods").replaceChildren(...unsure.map(askWhich));
    at("read-goods").hidden = !unsure.length;
    focusFirstDoubt();
  }

  // Goods that are sure become a line; a quantity that the text does not say is 1 and marked.
  function takeRead({ line, quantity }) {
    if (!line) return false;
    add({ ...line, quantity: quantity ?? 1, unsure: quantity === null });
    return true;
  }

  function askWhich(one) {
    const question = (one.options.length ? words.which : words.none).replace("{n}", one.words);
    const entry = element("li", {}, element("span", { textContent: question }));
    for (const option of one.options) {
      const button = element("button", { type: "button", className: "bn-button", textContent: option.name });
      button.addEventListener("click", () => {
        takeRead({ ...one, line: option });
        entry.remove();
        at("read-goods").hidden = !at("read-goods").children.length;
        focusFirstDoubt();
      });
      entry.append(button);
    }
    return entry;
  }

  function focusFirstDoubt() {
    (at("read-goods").querySelector("button") || form.querySelector(".bn-unsure") || at("find")).focus();
  }

  let pasteTimer;
  at("paste").addEventListener("paste", () => {
    clearTimeout(pasteTimer);
    pasteTimer = setTimeout(read, 0);
  });
  at("paste").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    read();
  });

  // --- people ---------------------------------------------------------------------------------------------------------
  function showLatest(orders) {
    at("latest").replaceChildren(
      ...orders.map((order) => {
        const again = element("button", { type: "button", className: "bn-button", textContent: words.again });
        again.addEventListener("click", async () => {
          try {
            const draft = await ask(form.dataset.again.replace("/0/", `/${order.id}/`));
            for (const line of draft.lines) add(line);
            at("find").focus();
          } catch (error) {
            say(error.message);
          }
        });
        return element("div", {}, element("span", { textContent: `${order.number} · ${order.goods}` }), again);
      }),
    );
    at("latest").hidden = orders.length === 0;
  }

  function fillReceiver(receiver) {
    if (!receiver) return;
    const fields = { "receiver-name": "name", "receiver-phone": "phone", region: "region", address: "address" };
    for (const [id, name] of Object.entries(fields)) if (!at(id).value && receiver[name]) at(id).value = receiver[name];
  }

  new Suggestions(at("customer"), form.dataset.customers, {
    draw: (one) => described(one.name || one.said, [one.said, one.orders[0]?.goods].filter(Boolean).join(" · ")),
    pick: (one) => {
      at("customer").value = [one.name, one.phone].filter(Boolean).join(" ");
      at("customer").dataset.id = one.id;
      at("customer").dataset.shown = at("customer").value;
      showLatest(one.orders);
      fillReceiver(one.receiver || { name: one.name, phone: one.phone });
      at("find").focus();
    },
    enter: () => at("find").focus(),
  });
  new Suggestions(at("agent"), form.dataset.agents, {
    draw: (one) => described(one.name, [one.code, one.level, one.said].filter(Boolean).join(" · ")),
    pick: (one) => {
      takeAgent(one);
      if (["restock", "dispatch"].includes(at("kind").value)) {
        showLatest(one.orders);
        fillReceiver(one.receiver);
      }
      at("find").focus();
      quoteSoon();
    },
    enter: () => at("find").focus(),
  });

  function takeAgent(one) {
    agent = one;
    at("agent").value = `${one.name} ${one.code}`;
    at("agent").dataset.shown = at("agent").value;
  }
  const agentIsPicked = () => agent && at("agent").value === at("agent").dataset.shown;

  // A typed customer is a phone, a name, or both in any order.
  function buyer() {
    const typed = at("customer").value.trim();
    if (!typed) return {};
    if (at("customer").dataset.id && typed === at("customer").dataset.shown) {
      return { customer_id: Number(at("customer").dataset.id) };
    }
    const phone = typed.match(/\+?[\d][\d\s-]{5,}/);
    const name = (phone ? typed.replace(phone[0], " ") : typed).trim();
    return { phone: phone ? phone[0].trim() : "", name: name || at("receiver-name").value.trim() };
  }

  // --- the order as it stands -----------------------------------------------------------------------------------------
  const typedFreight = () => (at("freight").value.trim() ? amount("freight") : null);
  const amount = (id) => at(id).value.trim().replace(",", "") || "0.00";
  const whole = (text) => (/^\d{1,7}$/.test(text.trim()) ? Number(text) : text.trim());

  const goods = () =>
    lines.map((line) => ({
      sku: line.sku,
      quantity: whole(line.row.quantity.value),
      ...(line.row.price.value.trim() ? { unit_price: line.row.price.value.trim() } : {}),
    }));

  // Goods that are collected or kept for the agent have no address.
  const delivery = () => (at("delivery").selectedOptions[0].disabled ? "" : at("delivery").value);

  function asked() {
    const kind = at("kind").value;
    const withAgent = kind !== "retail" && agentIsPicked() ? { agent_id: agent.id } : {};
    return { kind, lines: goods(), discount: amount("discount"), freight: typedFreight(), into_cloud: delivery() === "cloud", ...withAgent };
  }

  // The place decides the freight while none is typed.
  function askedWithPlace() {
    const isSent = !delivery();
    const address = isSent ? at("address").value.trim() : "";
    const region = isSent ? at("region").value.trim() : "";
    return { ...asked(), pickup: delivery() === "pickup", receiver: { address }, region };
  }

  function order() {
    const kind = at("kind").value;
    const typedAgent = at("agent").value.trim();
    const receiver = {
      name: at("receiver-name").value.trim(),
      phone: at("receiver-phone").value.trim(),
      address: delivery() ? "" : at("address").value.trim(),
    };
    return {
      ...asked(),
      channel: at("channel").value,
      external_number: at("external-number").value.trim(),
      note: at("note").value.trim(),
      pickup: delivery() === "pickup",
      receiver: delivery() === "cloud" ? {} : receiver,
      ...(["restock", "dispatch"].includes(kind) ? {} : { buyer: buyer() }),
      ...(kind === "retail" && typedAgent ? { agent_code: agentIsPicked() ? agent.code : typedAgent } : {}),
    };
  }

  // --- totals ---------------------------------------------------------------------------------------------------------
  let quoteTimer;
  let quoteSeq = 0;
  function quoteSoon() {
    clearTimeout(quoteTimer);
    quoteTimer = setTimeout(quote, 150);
  }

  async function quote() {
    const seq = ++quoteSeq;
    if (!lines.length) {
      for (const id of ["gross", "total"]) at(id).textContent = "–";
      return;
    }
    try {
      const found = await ask(form.dataset.quote, askedWithPlace());
      if (seq !== quoteSeq) return;
      clearErrors();
      showQuote(found);
      showErrors(found.errors);
    } catch (error) {
      if (seq !== quoteSeq) return;
      clearErrors();
      showErrors(error.errors || [], error.message);
    }
  }

  function showQuote(found) {
    for (const [index, one] of found.lines.entries()) {
      const { row } = lines[found.places[index]];
      row.price.placeholder = one.unit_price.replace(/0{1,2}$/, "");
      const short = one.available !== null && one.available + (one.beyond || 0) < one.quantity;
      const later = one.available !== null && !short && one.available < one.quantity;
      row.why.textContent = one.reason;
      row.sum.textContent = one.goods_amount;
      if (short) row.error.textContent = words.short.replace("{n}", one.available + (one.beyond || 0));
      if (later) {
        const said = words.later.replace("{n}", one.quantity - one.available).replace("{day}", one.promised_on);
        row.why.textContent = `${one.reason} · ${said}`;
      }
    }
    const cents = (text) => Math.round(Number(text) * 100);
    at("gross").textContent = ((cents(found.goods_amount) + cents(found.discount)) / 100).toFixed(2);
    at("total").textContent = found.total;
    at("freight").placeholder = found.freight;
    at("freight-why").textContent = found.freight_explanation.join(" ");
  }

  // --- errors at their fields -----------------------------------------------------------------------------------------
  const slots = [...form.querySelectorAll("[data-error]")];
  const fieldOf = (slot) => slot.parentElement.querySelector("input, select");

  function clearErrors() {
    for (const slot of slots) slot.textContent = "";
    for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
    for (const line of lines) line.row.error.textContent = "";
    at("refused").hidden = true;
  }

  function showErrors(errors, otherwise) {
    const rest = [];
    for (const { field, detail } of errors) {
      const name = field.replace(/^order\./, "");
      const [, index, part] = name.match(/^lines\.(\d+)\.?(\w*)/) || [];
      const line = index === undefined ? undefined : lines[Number(index)];
      const slot = slots.find((one) => one.dataset.error.split(" ").includes(name));
      if (line) {
        line.row.error.textContent = detail;
        (part === "unit_price" ? line.row.price : line.row.quantity).setAttribute("aria-invalid", "true");
      } else if (slot) {
        slot.textContent = detail;
        const named = { discount: at("discount"), freight: at("freight"), external_number: at("external-number") }[name];
        (named || fieldOf(slot))?.setAttribute("aria-invalid", "true");
      } else {
        rest.push(detail);
      }
    }
    if (rest.length || (!errors.length && otherwise)) say(rest.join(" ") || otherwise);
  }

  function say(sentence, link) {
    at("refused").replaceChildren(link ? element("a", { href: link, textContent: sentence }) : sentence);
    at("refused").hidden = false;
  }

  // --- saving ---------------------------------------------------------------------------------------------------------
  async function save(how) {
    if (saving) return;
    clearTimeout(quoteTimer);
    quoteSeq += 1;
    clearErrors();
    if (!lines.length) {
      showErrors([{ field: "lines", detail: words.noLines }]);
      at("find").focus();
      return;
    }
    saving = true;
    const buttons = form.querySelectorAll("[data-save]");
    for (const button of buttons) button.disabled = true;
    const payment = how === "pay" ? { method: at("method").value, reference: at("reference").value.trim() } : null;
    const region = delivery() ? "" : at("region").value.trim();
    try {
      const placed = await ask(form.dataset.place, { key, region, payment, order: order() });
      if (how === "open") {
        lines.length = 0; // nothing is lost by leaving
        location.assign(placed.link);
        return;
      }
      key = placed.next_key;
      begin();
      tell(placed);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.link) say(error.message, error.link);
      else showErrors(error.errors || [], error.message);
      form.querySelector("[aria-invalid=true]")?.focus();
    } finally {
      saving = false;
      for (const button of buttons) button.disabled = false;
    }
  }

  function tell(placed) {
    const sentence = (placed.is_paid ? words.paid : words.placed).replace("{n}", placed.number);
    const code = placed.pickup_code ? ` ${words.pickup.replace("{n}", placed.pickup_code)}` : "";
    at("placed").replaceChildren(element("a", { href: placed.link, textContent: sentence }), code);
    at("placed").hidden = false;
    at("placed").scrollIntoView({ block: "nearest" });
  }

  // The next order: agent, kind, channel and way of payment stay, as one works through a pile.
  function begin() {
    lines.length = 0;
    at("lines").replaceChildren();
    at("no-lines").hidden = false;
    const kept = new Set(["kind", "channel", "method", "delivery", "agent"]);
    for (const id of ["read-says", "read-goods"]) at(id).hidden = true;
    for (const field of form.querySelectorAll("input, select, textarea")) {
      if (field.type !== "hidden" && !kept.has(field.id)) field.value = "";
    }
    for (const field of form.querySelectorAll(".bn-unsure")) field.classList.remove("bn-unsure");
    at("customer").dataset.id = "";
    showLatest([]);
    quote();
    start();
  }

  function start() {
    (at("paste") || at("find")).focus();
  }

  // --- what a kind has ------------------------------------------------------------------------------------------------
  function showKind() {
    for (const part of form.querySelectorAll("[data-kinds]")) {
      part.hidden = !part.dataset.kinds.split(" ").includes(at("kind").value);
    }
    const cloud = at("delivery").querySelector("[value=cloud]");
    cloud.hidden = cloud.disabled = at("kind").value !== "restock";
    if (cloud.disabled && cloud.selected) at("delivery").value = "";
    for (const part of form.querySelectorAll("[data-courier]")) part.hidden = Boolean(delivery());
    for (const part of form.querySelectorAll("[data-receiver]")) part.hidden = delivery() === "cloud";
  }
  for (const id of ["kind", "delivery"]) {
    at(id).addEventListener("change", () => {
      showKind();
      quoteSoon();
    });
  }
  for (const id of ["discount", "freight"]) at(id).addEventListener("input", quoteSoon);
  for (const id of ["region", "address"]) at(id).addEventListener("change", quoteSoon);
  at("agent").addEventListener("input", quoteSoon);
  form.addEventListener("input", (event) => event.target.classList.remove("bn-unsure"));
  for (const button of form.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    const how = event.key === "Enter" ? (event.shiftKey ? "pay" : "next") : event.key.toLowerCase() === "s" ? "open" : "";
    if (!how || (how === "pay" && !form.querySelector("[data-save=pay]:not([hidden])"))) return;
    event.preventDefault();
    save(how);
  });
  window.addEventListener("beforeunload", (event) => {
    if (lines.length && !saving) event.preventDefault();
  });

  const draft = at("draft") ? JSON.parse(at("draft").textContent) : null;
  if (draft) {
    at("kind").value = draft.kind;
    if (draft.agent) takeAgent(draft.agent);
    if (draft.customer) at("customer").value = [draft.customer.name, draft.customer.phone].filter(Boolean).join(" ");
    fillReceiver(draft.receiver);
    for (const line of draft.lines) add(line);
  }
  showKind();
  start();
})();
