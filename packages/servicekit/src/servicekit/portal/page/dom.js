// Makes and replaces elements. What servers and people wrote is inserted as text, so that it cannot become markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "value") made.value = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const at = (id) => document.getElementById(id);

let ids = 0;
export const newId = (prefix) => `${prefix}-${(ids += 1)}`;

// A button that does one thing at a time. A failure is shown by `failed`.
export function button(words, action, { go = false, failed = say, ...rest } = {}) {
  const made = element("button", { type: "button", class: go ? "button go" : "button", ...rest }, words);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await action(made);
    } catch (error) {
      failed(error.message);
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

// Tells people, and screen readers, what has happened.
export function say(words) {
  at("status").textContent = words;
}

export function copyable(text, label) {
  const copy = button("Copy", async (self) => {
    await navigator.clipboard.writeText(text);
    self.textContent = "Copied";
    say(`${label}: copied`);
    setTimeout(() => (self.textContent = "Copy"), 2000);
  });
  copy.setAttribute("aria-label", `Copy: ${label}`);
  return element("div", { class: "code" }, element("pre", { tabindex: "0", "aria-label": label }, text), copy);
}

// Tabs by the WAI-ARIA pattern: arrow keys, Home and End move. `panels` are [title, function that makes the content].
export function tabs(label, panels, chosen, onchoose = () => {}) {
  const id = newId("tab");
  const panel = element("div", { class: "tab", role: "tabpanel", id: `${id}-panel`, tabindex: "-1" });
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": label });
  const choose = (index) => {
    [...list.children].forEach((tab, place) => {
      tab.setAttribute("aria-selected", String(place === index));
      tab.tabIndex = place === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", list.children[index].id);
    panel.replaceChildren(...[panels[index][1]()].flat());
    onchoose(panels[index][0]);
  };
  panels.forEach(([title], index) => {
    list.append(element("button", { type: "button", role: "tab", id: `${id}-${index}`, "aria-controls": panel.id, onclick: () => choose(index) }, title));
  });
  list.addEventListener("keydown", (event) => {
    const now = [...list.children].indexOf(document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: panels.length - 1 }[event.key];
    if (next === undefined || now < 0) return;
    event.preventDefault();
    const index = (next + panels.length) % panels.length;
    choose(index);
    list.children[index].focus();
  });
  choose(Math.max(0, panels.findIndex(([title]) => title === chosen)));
  return [list, panel];
}
