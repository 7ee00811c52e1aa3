/** Buttons that copy a text of the page: `<button data-copy="ID" hidden>`, shown where the browser can. */

const SHOWN_MS = 2000;

export function enableCopying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll('button[data-copy]')) {
    const { dataset } = /** @type {HTMLButtonElement} */ (button);
    const text = document.getElementById(dataset.copy ?? '');
    const label = button.firstChild;
    if (!text || !label) continue;
    const before = label.textContent;
    button.removeAttribute('hidden');
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text.textContent ?? '');
      label.textContent = 'Copied';
      setTimeout(() => (label.textContent = before), SHOWN_MS);
    });
  }
}
