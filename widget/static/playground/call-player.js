/**
 * A call's recording: the waveform shows where it stands, the transcript follows it, and both lead into it.
 * Without this module the page has the browser's own player, and every message links to its moment in the sound.
 */

const SVG = "http://www.w3.org/2000/svg";
/** A message counts as being spoken a little before it begins: clocks of players are coarse. */
const EARLY_S = 0.05;

/**
 * The message that is spoken at a moment: the last one that has begun, unless it is over.
 * @param {ReadonlyArray<{start: number, end: number}>} times in seconds, in the order of their beginnings
 * @param {number} now
 * @returns {number} its place, or -1
 */
export function spokenAt(times, now) {
  let begun = times.length - 1;
  while (begun >= 0 && times[begun].start > now + EARLY_S) begun -= 1;
  return begun >= 0 && now < times[begun].end ? begun : -1;
}

/**
 * @param {HTMLElement} player
 * @param {ParentNode} page
 */
function follow(player, page) {
  const audio = player.querySelector("audio");
  const room = /** @type {HTMLElement | null} */ (player.querySelector("[data-wave]"));
  if (!audio || !room) return;
  const said = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("[data-story] [data-start]")]);
  const times = said.map((one) => ({
    start: Number(one.dataset.start) / 1000,
    end: one.dataset.end === undefined ? Infinity : Number(one.dataset.end) / 1000,
  }));
  /** @type {(() => void) | undefined} */
  let showMoment;
  let current = -1;

  const show = () => {
    showMoment?.();
    const place = spokenAt(times, audio.currentTime);
    if (place === current) return;
    said[current]?.classList.remove("current");
    said[place]?.classList.add("current");
    current = place;
  };
  /** @param {number} seconds */
  const playFrom = (seconds) => {
    audio.currentTime = seconds;
    show();
    // A browser that refuses to play shows its own button.
    audio.play().catch(() => {});
  };

  for (const [place, one] of said.entries()) {
    one.querySelector("[data-moment]")?.addEventListener("click", (event) => {
      event.preventDefault();
      playFrom(times[place].start);
    });
  }
  const tick = () => {
    show();
    if (!audio.paused) requestAnimationFrame(tick);
  };
  audio.addEventListener("play", tick);
  audio.addEventListener("timeupdate", show);
  audio.addEventListener("seeked", show);

  draw(room, String(player.dataset.waveform)).then((moment) => {
    if (!moment) return;
    const { width, seconds, move } = moment;
    showMoment = () => move((Math.min(audio.currentTime, seconds) / seconds) * width);
    showMoment();
    room.addEventListener("click", (event) => {
      const box = room.getBoundingClientRect();
      playFrom(((event.clientX - box.left) / box.width) * seconds);
    });
  });
}

/**
 * Put the waveform into its room.
 * @param {HTMLElement} room
 * @param {string} address
 * @returns {Promise<{width: number, seconds: number, move: (x: number) => void} | undefined>} nothing when there is none
 */
async function draw(room, address) {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) {
    room.hidden = true;
    return undefined;
  }
  const parsed = new DOMParser().parseFromString(await response.text(), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const played = rectangle("played", height);
  const now = rectangle("now", height);
  now.setAttribute("width", String(width / 500));
  svg.append(played, now);
  room.replaceChildren(svg);
  const move = (/** @type {number} */ x) => {
    played.setAttribute("width", String(x));
    now.setAttribute("x", String(x));
  };
  return { width, seconds: Number(svg.getAttribute("data-seconds")) || 1, move };
}

/**
 * @param {string} name
 * @param {number} height
 */
function rectangle(name, height) {
  const made = document.createElementNS(SVG, "rect");
  made.setAttribute("class", name);
  made.setAttribute("height", String(height));
  return made;
}

if (typeof document !== "undefined") {
  for (const player of document.querySelectorAll("[data-player]")) {
    follow(/** @type {HTMLElement} */ (player), document);
  }
}
