
// Everything is readable without this: it filters cases, opens them all, and opens them for print.
"use strict";
const cases = [...document.querySelectorAll("details.case")];
const tools = document.querySelector(".tools");
const told = document.querySelector("#shown");
const filter = document.querySelector("#filter");
const show = () => {
  const wanted = filter.value.trim().toLowerCase();
  let left = 0;
  for (const one of cases) {
    one.hidden = wanted !== "" && !one.textContent.toLowerCase().includes(wanted);
    left += one.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll("section.group")) {
    group.hidden = wanted !== "" && !group.querySelector("details.case:not([hidden])");
  }
  told.textContent = wanted === "" ? "" : left + " of " + cases.length + " cases hold it";
};
const open = (state) => { for (const one of cases) { if (!one.hidden) { one.open = state; } } };
if (tools && cases.length > 0) {
  tools.hidden = false;
  filter.addEventListener("input", show);
  document.querySelector("#open").addEventListener("click", () => open(true));
  document.querySelector("#close").addEventListener("click", () => open(false));
}
window.addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) { one.open = true; } });
