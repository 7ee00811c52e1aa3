/** Links that are sounds: heard in the page, one at a time. Without this module they open as the sound. */

const problem = document.getElementById('listen-problem');
const player = new Audio();

/** @param {string} text */
function tell(text) {
  if (!problem) return;
  problem.textContent = text;
  problem.hidden = !text;
}

/** @param {HTMLAnchorElement} link */
async function listen(link) {
  tell('');
  link.setAttribute('aria-busy', 'true');
  player.src = link.href;
  try {
    await player.play();
  } catch {
    const reply = await fetch(link.href).catch(() => undefined);
    if (!reply?.ok) tell('The voice cannot be heard at the moment: its provider does not answer, or too many were asked for.');
  } finally {
    link.removeAttribute('aria-busy');
  }
}

for (const link of document.querySelectorAll('a[data-listen]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    void listen(/** @type {HTMLAnchorElement} */ (link));
  });
}
