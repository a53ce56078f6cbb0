// What pages do beyond what HTML does by itself. Every page works without it: times are then UTC,
// menus close with their own button, and progress is looked at by loading the page again.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const day = { day: "numeric", month: "short", year: "numeric" };
  const minute = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const short = new Intl.DateTimeFormat("en-GB", { ...day, ...minute });
  const long = new Intl.DateTimeFormat("en-GB", { ...day, ...minute, second: "2-digit", timeZoneName: "short" });

  // Times in the zone of whoever looks; the exact one, and UTC, on hover.
  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = `${long.format(at)} (${time.title})`;
      time.textContent = short.format(at);
      time.dataset.local = "";
    }
  };

  // Menus: one open at a time; Escape closes it and goes back to its button; arrows walk through it.
  const menus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu");
    if (!menu) return;
    const items = [...menu.querySelectorAll(":scope > :not(summary) :is(a, button)")];
    const at = items.indexOf(document.activeElement);
    const go = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 };
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key in go && items.length > 0) {
      menu.open = true;
      items[(go[event.key] + items.length) % items.length].focus();
      event.preventDefault();
    }
  });
  document.addEventListener("focusout", (event) => {
    for (const menu of menus()) if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });

  // Lists with a filter above them: what does not hold the words typed is hidden.
  document.addEventListener("input", (event) => {
    const list = event.target.dataset?.filters && document.getElementById(event.target.dataset.filters);
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    let shown = 0;
    for (const item of list.children) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      if (!item.hidden) shown += 1;
    }
    const none = document.getElementById(`${list.id}-none`);
    if (none) none.hidden = shown > 0;
  });

  // Live parts: the server sends the part anew whenever it changes, as HTML of its own making. The last
  // one is announced by an event `end`; after it the stream is closed and not asked for again.
  const watch = (root) => {
    for (const part of root.querySelectorAll("[data-events]:not([data-watched])")) {
      part.dataset.watched = "";
      const source = new EventSource(part.dataset.events);
      source.addEventListener("part", (event) => {
        part.innerHTML = event.data;
        localise(part);
      });
      source.addEventListener("end", () => source.close());
      addEventListener("pagehide", () => source.close());
    }
  };

  const dress = (root) => {
    localise(root);
    watch(root);
  };
  dress(document);
  const foot = document.querySelector("[data-zone]");
  if (foot) foot.textContent = `All times are ${zone}`;
  document.addEventListener("htmx:load", (event) => dress(event.detail.elt));
})();
