// Compare before and after: zoom and pan both sides together, and blend strength and fidelity live.
import { $, api, make, say, settled } from "./kit.js";

const slider = $("slider"), panes = [...slider.querySelectorAll(".pane")];
let zoom = 1, x = 0, y = 0, suggested = {}, shown = {};

/** Show photo `index` of an ended job, whose record tells of its faces. */
export function compare(job, photo, record) {
  const strengths = record.faces.filter((face) => face.status === "restored").map((face) => face.strength);
  const { strength, fidelity } = job.order.options;
  const mean = strengths.reduce((sum, each) => sum + each, 0) / strengths.length;
  suggested = { strength: strength ?? mean, fidelity: fidelity ?? 0.5 };
  shown = { job, photo };
  const views = [[say("result.whole"), photo.pictures, "view"]];
  for (const { face, pictures } of photo.faces) {
    if (pictures["region-restored"]) views.push([say("restore.face", { number: face + 1 }), pictures, "region"]);
  }
  $("which").replaceChildren(...views.map(([name, ...view]) => {
    const choose = (event) => {
      for (const button of $("which").children) button.ariaPressed = button === event.target;
      layers(...view);
    };
    return make("button", { type: "button", "aria-pressed": "false", onclick: choose }, name);
  }));
  $("which").hidden = views.length < 2;
  $("which").firstChild.click();
  reset();
}

function layers(pictures, kind) {
  for (const layer of ["before", "restored", "textured"]) {
    for (const image of slider.querySelectorAll(`.${layer}`)) {
      image.classList.toggle("small", kind === "region");
      image.hidden = !pictures[`${kind}-${layer}`];
      if (!image.hidden) image.src = pictures[`${kind}-${layer}`];
    }
  }
  $("fidelity-label").hidden = !pictures[`${kind}-textured`];
  look(1);
}

/** Lay three pictures over each other: b + s (f r + (1 - f) t - b), as `blending.py` has it. */
function blend() {
  const s = $("strength").value / 100, f = $("fidelity-label").hidden ? 1 : $("fidelity").value / 100;
  const textured = s * (1 - f);
  slider.querySelector(".textured").style.opacity = textured;
  slider.querySelector(".restored").style.opacity = s * f && (s * f) / (1 - textured);
}

function reset() {
  for (const name of ["strength", "fidelity"]) $(name).value = Math.round(suggested[name] * 100);
  shown.changed = false;
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

async function save() {
  const { job, photo, changed } = shown;
  let file = photo.pictures.after;
  if (changed) {
    const strength = $("strength").value / 100;
    const fidelity = $("fidelity-label").hidden ? null : $("fidelity").value / 100;
    const order = { kind: "blend", job: job.id, photo: photo.photo, strength, fidelity };
    const made = await settled(await api("/jobs", { method: "POST", json: order }));
    file = `${made.links.results}/photos/0/after`;
  }
  make("a", { href: `${file}?download=true`, download: true }).click();
}

for (const name of ["strength", "fidelity"]) {
  $(name).oninput = () => {
    shown.changed = true;
    blend();
  };
}
$("reset").onclick = reset;
$("save").onclick = save;
$("in").onclick = () => look(zoom * 1.5);
$("out").onclick = () => look(zoom / 1.5);
$("fit").onclick = () => look(1);
slider.addEventListener("slide", () => slider.setAttribute("aria-valuenow", Math.round(slider.value)));
slider.addEventListener("wheel", (event) => {
  event.preventDefault();
  const place = slider.getBoundingClientRect();
  look(zoom * 1.002 ** -event.deltaY, event.clientX - place.left, event.clientY - place.top);
}, { passive: false });
slider.addEventListener("pointermove", (event) => {
  if (event.buttons && slider.handle && !slider.isMouseDown) move(event.movementX, event.movementY);
});
slider.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
  if ("+-=".includes(event.key)) look(event.key === "-" ? zoom / 1.5 : zoom * 1.5);
  if (!event.shiftKey || !step) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  move(...step);
}, true);
