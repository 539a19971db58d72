// Three columns of provinces, cities and districts over a text field: a sheet on phones, a dialog elsewhere. The field
// stays a text field: what is chosen is written into it in words, and words can be typed or pasted as well.
"use strict";

(() => {
  const PLACEHOLDERS = new Set(["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"]);
  let tree;

  const load = async (address) => {
    tree ??= await (await fetch(address)).json();
    return tree;
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  class Picker {
    constructor(input, regions) {
      this.input = input;
      this.whole = input.dataset.whole === "true";
      this.regions = regions;
      this.chosen = [];
      this.dialog = element("dialog", "bn-region-sheet");
      this.dialog.setAttribute("aria-label", input.dataset.title);
      const head = element("div", "bn-region-head");
      this.cancel = element("button", "bn-button", input.dataset.cancel);
      this.done = element("button", "bn-button bn-button-primary", input.dataset.done);
      for (const button of [this.cancel, this.done]) button.type = "button";
      head.append(this.cancel, element("strong", "", input.dataset.title), this.done);
      this.columns = [0, 1, 2].map((depth) => this.column(depth));
      const body = element("div", "bn-region-columns");
      body.append(...this.columns);
      this.dialog.append(head, body);
      document.body.append(this.dialog);
      this.cancel.addEventListener("click", () => this.dialog.close());
      this.done.addEventListener("click", () => this.take());
      this.dialog.addEventListener("close", () => input.focus());
    }

    column(depth) {
      const list = element("div", "bn-region-column");
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", this.input.dataset.title);
      list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(depth, Number(option.dataset.index));
      });
      list.addEventListener("keydown", (event) => this.move(event, depth));
      return list;
    }

    entries(depth) {
      if (depth === 0) return this.regions;
      const above = this.chosen[depth - 1];
      return above === undefined ? [] : (this.entries(depth - 1)[above] ?? [])[1] ?? [];
    }

    name(entry) {
      return typeof entry === "string" ? entry : entry[0];
    }

    draw(from) {
      for (let depth = from; depth < 3; depth += 1) {
        const options = this.entries(depth).map((entry, index) => {
          const option = element("button", "bn-region-option", this.name(entry));
          option.type = "button";
          option.tabIndex = index === (this.chosen[depth] ?? 0) ? 0 : -1;
          option.dataset.index = index;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", String(this.chosen[depth] === index));
          return option;
        });
        this.columns[depth].replaceChildren(...options);
      }
      const entry = this.columns[1].querySelectorAll("[role=option]");
      this.done.disabled = this.whole ? this.chosen[2] === undefined : this.chosen[0] === undefined;
      if (entry.length === 1 && this.chosen[1] === undefined) this.choose(1, 0);
    }

    choose(depth, index) {
      this.chosen = [...this.chosen.slice(0, depth), index];
      for (const [at, option] of [...this.columns[depth].children].entries()) {
        option.setAttribute("aria-selected", String(at === index));
        option.tabIndex = at === index ? 0 : -1;
      }
      this.draw(depth + 1);
    }

    move(event, depth) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const side = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step && !side) return;
      event.preventDefault();
      const column = this.columns[depth + (side ?? 0)];
      if (!column) return;
      const options = [...column.children];
      const at = side ? options.findIndex((one) => one.tabIndex === 0) : options.indexOf(document.activeElement) + step;
      options[at]?.focus();
    }

    open() {
      const words = this.input.value.trim().split(/\s+/);
      this.chosen = [];
      let level = this.regions;
      for (const word of words) {
        let index = level.findIndex((entry) => this.name(entry) === word);
        if (index < 0 && this.chosen.length === 1) {
          const city = level.findIndex(
            (entry) => PLACEHOLDERS.has(this.name(entry)) && entry[1].some((one) => one === word),
          );
          if (city < 0) break;
          this.chosen.push(city);
          level = level[city][1];
          index = level.indexOf(word);
        }
        if (index < 0) break;
        this.chosen.push(index);
        level = Array.isArray(level[index]) ? level[index][1] : [];
      }
      this.draw(0);
      this.dialog.showModal();
      for (const column of this.columns) {
        column.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "center" });
      }
      (this.columns[0].querySelector("[tabindex='0']") ?? this.cancel).focus();
    }

    take() {
      const names = this.chosen.map((index, depth) => this.name(this.entries(depth)[index]));
      this.input.value = names.filter((name) => !PLACEHOLDERS.has(name)).join(" ");
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      this.dialog.close();
    }
  }

  const equip = (input) => {
    if (input.dataset.equipped) return;
    input.dataset.equipped = "true";
    const button = element("button", "bn-button bn-region-button", input.dataset.pick);
    button.type = "button";
    let picker;
    button.addEventListener("click", async () => {
      picker ??= new Picker(input, await load(input.dataset.regions));
      picker.open();
    });
    input.after(button);
  };

  const equipAll = () => document.querySelectorAll("input[data-regions]").forEach(equip);
  equipAll();
  // The consoles load this in the head, and their dialogs arrive later than the page.
  new MutationObserver(equipAll).observe(document.documentElement, { childList: true, subtree: true });
})();
