// Live updates, keyboard, copying, the login link. Everything can be read without any of it.
"use strict";

const all = (selector) => [...document.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);

function follow(address, event, take, show) {
  const source = new EventSource(address);
  source.addEventListener("open", () => show("live"));
  source.addEventListener("error", () => show(source.readyState === EventSource.CLOSED ? "not live: reload" : "reconnecting"));
  source.addEventListener(event, take);
  return source;
}

function followList(rows) {
  const live = one("live");
  follow(rows.dataset.stream, "list", (message) => {
    const focused = document.activeElement?.closest("#rows a")?.getAttribute("href");
    rows.innerHTML = message.data;
    if (focused) all("#rows a").find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
  }, (words) => { live.textContent = words; live.dataset.now = words; });
}

function followIncident(article) {
  const note = one("newer");
  follow(article.dataset.stream, "revision", (message) => {
    if (message.lastEventId === article.dataset.revision) return;
    const [number, phase, state] = message.data.split(" ");
    note.textContent = number === "merged" ? "This incident has become part of another one. " : `Revision ${number} is there (${phase}, ${state}). `;
    const link = document.createElement("a");
    link.href = location.href.split("#")[0];
    link.textContent = "Show it";
    note.append(link);
    note.classList.remove("hidden");
  }, () => {});
}

function step(by) {
  const stops = all("[data-step]");
  const at = stops.indexOf(document.activeElement);
  const next = stops[Math.min(Math.max(at + by, 0), stops.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// Where one form says one of several things, Enter in its field must not choose among them.
function chooses(form) {
  return form?.method === "post" && form.querySelectorAll("button").length > 1;
}

function onKey(event) {
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && typing) typing.blur();
  if (event.key === "Enter" && typing && chooses(typing.form)) {
    event.preventDefault();
    typing.form.querySelector("button").focus();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "u") location.assign("/");
  else if (event.key === "/") {
    event.preventDefault();
    const search = one("search");
    if (search) search.focus(); else location.assign("/#search");
  }
}

async function copy(button) {
  const source = one(button.dataset.copy);
  const text = source.textContent.trim();
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    source.classList.remove("hidden");
    getSelection().selectAllChildren(source);
    button.textContent = "Marked: copy it with Ctrl-C";
  }
  setTimeout(() => { button.textContent = words; }, 2000);
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* as above */ }
}

function logIn(form) {
  const token = decodeURIComponent(location.hash.slice(1));
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.submit();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
one("theme").addEventListener("click", toggleTheme);
if (location.hash === "#search") one("search")?.focus();
if (one("rows")) followList(one("rows"));
if (document.querySelector("article[data-stream]")) followIncident(document.querySelector("article[data-stream]"));
if (one("login")) logIn(one("login"));
