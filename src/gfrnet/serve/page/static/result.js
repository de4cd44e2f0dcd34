// Compare before and after: zoom and pan both sides together, and blend strength and fidelity live.
import { $, api, make, pressed, say, settled } from "./kit.js";

const slider = $("slider"), panes = [...slider.querySelectorAll(".pane")];
let zoom = 1, x = 0, y = 0, suggested = {}, shown = {};
const fingers = new Map();

/** Show a photo of an ended job, whose record tells of its faces. */
export function compare(job, photo, record) {
  const strengths = new Map(record.faces.map(({ status, strength }, face) => [status === "restored" ? face : -1, strength]));
  strengths.delete(-1);
  const { strength, fidelity } = job.order.options;
  const mean = [...strengths.values()].reduce((sum, each) => sum + each, 0) / strengths.size;
  suggested = { strength: strength ?? mean, fidelity: fidelity ?? 0.5 };
  shown = { job, photo, moved: false };
  const views = [[say("result.whole"), photo.pictures, "view", suggested.strength]];
  for (const { face, pictures } of photo.faces) {
    if (pictures["region-restored"]) views.push([say("restore.face", { number: face + 1 }), pictures, "region", strengths.get(face)]);
  }
  $("which").replaceChildren(...views.map(([name, ...view]) => {
    const choose = (event) => {
      for (const button of $("which").children) button.ariaPressed = button === event.currentTarget;
      layers(...view);
    };
    return make("button", { type: "button", "aria-pressed": "false", onclick: choose }, name);
  }));
  $("which").hidden = views.length < 2;
  $("which").firstChild.click();
}

/** Show the layers of a view. Until a slider is moved, each face is as suggested for it. */
function layers(pictures, kind, strength) {
  for (const layer of ["before", "restored", "textured", "after"]) {
    for (const image of slider.querySelectorAll(`.${layer}`)) {
      image.classList.toggle("small", kind === "region");
      image.hidden = !pictures[`${kind}-${layer}`];
      if (!image.hidden) image.src = pictures[`${kind}-${layer}`];
      image.onload = () => image.classList.toggle("tiny", kind === "view" && image.naturalHeight < 300 && image.naturalWidth < 450);
    }
  }
  $("fidelity-label").hidden = !pictures[`${kind}-textured`];
  shown.strength = strength;
  if (!shown.moved) reset();
  blend();
  look(1);
}

/** Lay three pictures over each other: b + s (f r + (1 - f) t - b), as `blending.py` has it. */
function blend() {
  const s = $("strength").value / 100, f = $("fidelity-label").hidden ? 1 : $("fidelity").value / 100;
  const textured = s * (1 - f);
  slider.querySelector(".textured").style.opacity = textured;
  slider.querySelector(".restored").style.opacity = s * f && (s * f) / (1 - textured);
  slider.querySelector(".after").style.opacity = shown.moved ? 0 : 1;
  $("reset").ariaPressed = !shown.moved;
}

function reset() {
  shown.moved = false;
  $("strength").value = Math.round(shown.strength * 100);
  $("fidelity").value = Math.round(suggested.fidelity * 100);
  blend();
}

/** Zoom around a point of the slider, and keep the picture in sight. */
function look(next, at = slider.clientWidth / 2, top = slider.clientHeight / 2) {
  next = Math.min(Math.max(next, 1), 12);
  x = at - ((at - x) * next) / zoom;
  y = top - ((top - y) * next) / zoom;
  zoom = next;
  move(0, 0);
}

function move(right, down) {
  x = Math.min(Math.max(x + right, slider.clientWidth * (1 - zoom)), 0);
  y = Math.min(Math.max(y + down, slider.clientHeight * (1 - zoom)), 0);
  for (const pane of panes) pane.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
  slider.handle = zoom > 1;
  slider.classList.toggle("large", zoom > 1);
}

/** Return the job that blends what is seen; null where that is the result as suggested. */
async function blended() {
  const { job, photo, moved } = shown;
  if (!moved) return null;
  const strength = $("strength").value / 100;
  const fidelity = $("fidelity-label").hidden ? null : $("fidelity").value / 100;
  $("saving").hidden = false;
  try {
    const order = { kind: "blend", job: job.id, photo: photo.photo, strength, fidelity };
    return await settled(await api("/jobs", { method: "POST", json: order }));
  } finally {
    $("saving").hidden = true;
  }
}

const download = (href) => make("a", { href, download: true }).click();

async function save() {
  const file = shown.photo.pictures.after, made = await blended();
  download(`${made ? `${made.links.results}/photos/0/after` : file}?download=true`);
}

async function saveAll() {
  const { job } = shown, made = await blended();
  download(`${job.links.results}/zip${made ? `?blend=${made.id}` : ""}`);
}

for (const name of ["strength", "fidelity"]) {
  $(name).oninput = () => {
    shown.moved = true;
    blend();
  };
}
$("reset").onclick = reset;
pressed($("save"), save);
pressed($("all"), saveAll);
$("in").onclick = () => look(zoom * 1.5);
$("out").onclick = () => look(zoom / 1.5);
$("fit").onclick = () => look(1);
slider.addEventListener("slide", () => slider.setAttribute("aria-valuenow", Math.round(slider.value)));
slider.addEventListener("wheel", (event) => {
  // A wheel alone scrolls the page. Trackpads send a pinch as a wheel with Ctrl.
  if (!event.ctrlKey) return;
  event.preventDefault();
  const place = slider.getBoundingClientRect();
  look(zoom * 1.005 ** -event.deltaY, event.clientX - place.left, event.clientY - place.top);
}, { passive: false });
// Two fingers zoom around their middle, and move it; one pointer moves what is large already.
slider.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
}, true);
slider.addEventListener("pointermove", (event) => {
  const last = fingers.get(event.pointerId);
  if (!last) return;
  const before = spread();
  fingers.set(event.pointerId, event);
  if (fingers.size > 1) {
    const now = spread(), place = slider.getBoundingClientRect();
    look((zoom * now.reach) / before.reach, now.x - place.left, now.y - place.top);
    move(now.x - before.x, now.y - before.y);
  } else if (slider.handle && !slider.isMouseDown) move(event.clientX - last.clientX, event.clientY - last.clientY);
});
slider.addEventListener("touchmove", (event) => {
  if (fingers.size > 1) event.stopImmediatePropagation();
}, { capture: true });
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

/** Return the middle of two fingers, and how far they are apart. */
function spread() {
  const [one, other = one] = [...fingers.values()];
  const reach = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
  return { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2, reach };
}

slider.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
  if ("+-=".includes(event.key)) look(event.key === "-" ? zoom / 1.5 : zoom * 1.5);
  if (!event.shiftKey || !step) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  move(...step);
}, true);
