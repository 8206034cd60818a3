"use strict";
const words = document.body.dataset;
for (const code of document.querySelectorAll("pre[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words.copy;
  button.setAttribute("aria-label", words.copyLabel);
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = words.copied;
    } catch {
      select();
      button.textContent = words.selected;
    }
    setTimeout(() => { button.textContent = words.copy; }, 2500);
  });
  code.after(button);
}
