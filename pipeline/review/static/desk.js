// Comforts only: the desk works the same without this file.
"use strict";

(() => {
  const form = document.getElementById("decide");
  const text = document.getElementById("text");
  if (!form) return;

  const lines = (value) => value.replace(/\r\n?/g, "\n");
  const changed = () => text !== null && lines(text.value) !== lines(text.dataset.stored);
  const button = (action) => form.querySelector(`button[value="${action}"]`);

  // As the checks count it: what a reader takes for a character, or in app stores the code units that make it up.
  const count = (value) =>
    text.dataset.unit === "utf16"
      ? value.length
      : "Segmenter" in Intl
      ? [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(value)].length
      : [...value].length;

  const tell = () => {
    const note = document.getElementById("count");
    const limit = Number(text.dataset.limit || 0);
    const length = count(lines(text.value));
    note.textContent =
      `${length}${limit ? ` of ${limit}` : ""} characters. ` +
      (changed() ? "Changed: it is checked again before it is saved." : "Not changed.");
    note.classList.toggle("over", limit > 0 && length > limit);
    form.classList.toggle("changed", changed());
  };

  // Ctrl+Enter approves: the draft as it stands, or the edit where there is one.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const wanted = button(changed() ? "edit" : "approve");
    if (wanted) form.requestSubmit(wanted);
    event.preventDefault();
  });

  // An edit is checked before it is saved, which takes a moment: a second click must not become a second decision.
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") event.preventDefault();
    form.ariaBusy = "true";
  });

  if (text === null) return;
  text.addEventListener("input", tell);
  tell();

  // "Use this" fills the form in place, so that a name or a reason typed before is not lost.
  for (const link of document.querySelectorAll("a.use")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      text.value = link.dataset.text;
      tell();
      text.focus();
    });
  }
})();
