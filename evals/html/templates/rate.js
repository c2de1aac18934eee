
// Saves what is chosen, and lets everything be done with the keyboard alone.
"use strict";
const form = document.querySelector("#rating");
const chosen = (name) => {
  const input = form.querySelector('input[name="' + name + '"]:checked');
  return input ? input.value : null;
};
const sides = () => [...form.querySelectorAll(".side")];
const opinion = () => {
  const body = { task: Number(form.dataset.task) };
  if (form.querySelector('input[name="preferred"]')) { body.preferred = chosen("preferred"); }
  if (form.querySelector('input[name="label-0"]')) { body.labels = sides().map((_, at) => chosen("label-" + at)); }
  if (form.querySelector('input[name="sentence-0-0"], input[name="sentence-1-0"]')) {
    body.sentences = sides().map((side, at) =>
      [...side.querySelectorAll("fieldset.inline")].map((_, place) => chosen("sentence-" + at + "-" + place)));
  }
  return body;
};
const save = async () => {
  const problem = document.querySelector("#problem");
  try {
    const reply = await fetch("ratings", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(opinion()),
    });
    if (reply.ok) { location.assign("?task=" + form.dataset.next); return; }
    const told = await reply.json();
    problem.textContent = "Not saved: " + (told.detail || told.title);
  } catch {
    problem.textContent = "Not saved: the command that serves this page does not answer.";
  }
};
if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) { return; }
    const target = document.querySelector('[data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
    if (target) {
      event.preventDefault();
      if (target.tagName === "INPUT") { target.checked = true; target.focus(); } else { target.click(); }
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
      event.preventDefault();
      save();
    }
  });
}
