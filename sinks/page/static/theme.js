// Before the page is painted: the person's own choice of light or dark, and that scripts run.
"use strict";
document.documentElement.classList.add("scripts");
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage may be switched off */ }
