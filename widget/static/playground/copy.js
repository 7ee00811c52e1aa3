/** Buttons that copy a text of the page; without this module they stay hidden. */

for (const button of document.querySelectorAll("button[data-copy]")) {
  const text = document.getElementById(String(button.getAttribute("data-copy")));
  if (!text || !navigator.clipboard) continue;
  button.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent ?? "");
    button.textContent = "Copied";
  });
}
