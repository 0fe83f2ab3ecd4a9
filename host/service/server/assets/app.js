// What pages cannot do without a script: a copy button, a file that is dropped.
// Every page works without it.
(() => {
  "use strict";

  // Copy buttons are hidden until there is somebody to answer them.
  const copyButtons = (root) => {
    for (const button of root.querySelectorAll("[data-copy]")) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      button.addEventListener("click", async () => {
        const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
        await navigator.clipboard.writeText(text);
        button.lastChild.textContent = "Copied";
      });
    }
  };

  // The field of a file takes what is dropped anywhere on its zone, and says what it holds.
  const dropZones = (root) => {
    for (const zone of root.querySelectorAll("[data-drop]")) {
      const input = zone.querySelector("input[type=file]");
      const text = zone.querySelector("[data-drop-text]");
      if (!input || !text) continue;
      const several = input.multiple;
      const idle = several ? "Drop files here, or browse" : "Drop a file here, or browse";
      const say = () => {
        const names = Array.from(input.files, (file) => file.name);
        text.textContent = names.length > 0 ? names.join(", ") : idle;
        // The server refuses what is larger; here nobody waits for the upload to find out.
        const bytes = Array.from(input.files).reduce((sum, file) => sum + file.size, 0);
        const most = Number(input.dataset.most ?? Infinity);
        const mebibytes = (count) => Math.ceil(count / 1048576).toLocaleString("en");
        input.setCustomValidity(bytes > most ? `${mebibytes(bytes)} MiB selected: the limit is ${mebibytes(most)} MiB.` : "");
        if (bytes > most) input.reportValidity();
        zone.classList.toggle("filled", names.length > 0);
      };
      say();
      input.addEventListener("change", say);
      for (const over of ["dragenter", "dragover"]) {
        zone.addEventListener(over, (event) => { event.preventDefault(); zone.classList.add("over"); });
      }
      for (const out of ["dragleave", "drop"]) {
        zone.addEventListener(out, () => zone.classList.remove("over"));
      }
      zone.addEventListener("drop", (event) => {
        event.preventDefault();
        if (!event.dataTransfer?.files.length) return;
        const taken = new DataTransfer();
        for (const file of Array.from(event.dataTransfer.files).slice(0, several ? undefined : 1)) taken.items.add(file);
        input.files = taken.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  };

  // When a button of a form brings the form again: a part that somebody opened stays open.
  let opened = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    const all = (selector) => Array.from(event.detail.target?.querySelectorAll?.(selector) ?? []);
    opened = all("details[id][open]").map((part) => part.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) {
      const part = document.getElementById(id);
      if (part) part.open = true;
    }
    opened = [];
  });

  // Times are written in the server's zone. Here they get the viewer's; the server's stays in the title.
  const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const parts = (at) => Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    }).formatToParts(at).map((part) => [part.type, part.value]),
  );
  const localTimes = (root) => {
    const now = parts(new Date());
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const there = parts(at);
      const month = there.month.slice(0, 3);
      const sameYear = there.year === now.year;
      const sameDay = sameYear && there.month === now.month && there.day === now.day;
      time.textContent = sameDay
        ? `${there.hour}:${there.minute}:${there.second}`
        : `${there.day} ${month}${sameYear ? "" : ` ${there.year}`} ${there.hour}:${there.minute}`;
    }
    for (const zone of root.querySelectorAll("[data-zone]")) {
      if (zone.dataset.zone === ZONE.replaceAll("_", " ")) continue;
      zone.textContent = `Times are in your zone, ${ZONE.replaceAll("_", " ")}. Point at a time for the server's zone, ${zone.dataset.zone}.`;
    }
  };

  // A filter by time is typed in the viewer's zone, as times are shown.
  const zoneFields = (root) => {
    for (const field of root.querySelectorAll("[data-viewer-zone]")) field.value = ZONE;
    for (const field of root.querySelectorAll("input[data-at]")) {
      const at = new Date(field.dataset.at);
      if (Number.isNaN(at.getTime())) continue;
      const two = (number) => String(number).padStart(2, "0");
      const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
      const seconds = at.getSeconds() === 0 ? "" : `:${two(at.getSeconds())}`;
      field.value = `${day}T${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
    }
  };

  // A live part is replaced every few seconds, mostly by the same. Only a change is announced.
  let announced = document.querySelector("[data-announce]")?.dataset.announce;
  const announce = () => {
    const text = document.querySelector("[data-announce]")?.dataset.announce;
    const place = document.getElementById("announcement");
    if (!text || !place || text === announced) return;
    announced = text;
    place.textContent = text;
  };

  // A slash goes to the search of everything, unless somebody is typing.
  document.addEventListener("keydown", (event) => {
    const find = document.getElementById("find");
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (!find || typing || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    find.focus();
    find.select();
  });

  const begin = (root) => { copyButtons(root); dropZones(root); localTimes(root); zoneFields(root); announce(); };
  begin(document);
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) begin(event.detail.elt); });
})();
