// Restore a photo: choose, put right, restore. The address names the job, which knows all that was chosen.
import { $, api, box, entries, follow, make, plainly, pressed, Problem, say } from "./kit.js";
import { compare } from "./result.js";

// Nothing waits for the answer here, so that a file that is dropped at once is not opened by the browser.
const about = api("/about");
let photo, guides, places, options, job, faces = [], off = new Set(), sending = 0, leave = () => {};

/* Choosing. */

/** Send pictures. Those that cannot be used are left out, and named. */
async function take(files, good) {
  const { suffixes, file_bytes } = await about;
  const pictures = files.filter((file) => suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix)));
  const others = files.filter((file) => !pictures.includes(file) && !file.webkitRelativePath);
  const refused = others.map(({ name }) => say("restore.no_picture", { name }));
  sending += 1;
  for (const [done, file] of pictures.entries()) {
    const name = [...file.name.replace(/\p{Surrogate}/gu, "_")].slice(-200).join("");
    busy(say("restore.sending", { done: done + 1, count: pictures.length }));
    if (file.size > file_bytes) refused.push(say("restore.too_large", { name, limit: file_bytes / 1e6 }));
    else await send(file, name, good).catch((problem) => refused.push(`${name}: ${problem.message}`));
  }
  sending -= 1;
  busy();
  if (refused.length < others.length + pictures.length) await look();
  for (const text of refused) tell(text);
}

async function send(file, name, good) {
  const headers = { "Content-Type": "application/octet-stream" };
  const sent = await api("/files", { method: "POST", body: file, headers });
  if (!photo && !good) photo = { file: sent.file, name };
  else if (!guides.some((guide) => guide.file === sent.file)) guides.push({ file: sent.file, name });
}

/** Find the faces, and the good photos that they take. Places that a person put right stay as they are. */
async function look() {
  if (!photo) return drawGuides({});
  const order = { kind: "preview", photo: { ...photo, places }, guides, options };
  await go(await api("/jobs", { method: "POST", json: order }), job?.kind === "preview");
}

async function go(next, replace, from = "") {
  history[replace ? "replaceState" : "pushState"]({ off: [...off] }, "", `/jobs/${next.id}${from}`);
  await show(next);
}

/** Show a job, or the start without one. */
async function show(next) {
  leave();
  tell();
  busy();
  job = next;
  const order = job?.order;
  photo = order?.photo ?? order?.photos?.[0];
  guides = [...(order?.guides ?? [])];
  places = photo?.places ?? null;
  options = order?.options ?? {};
  photo &&= { file: photo.file, name: photo.name };
  off = new Set(history.state?.off);
  const kind = job?.kind ?? "preview";
  $("choosing").hidden = kind !== "preview";
  $("result").hidden = kind === "preview";
  $("photo-drop").hidden = Boolean(photo);
  $("photo-shown").hidden = !photo;
  $("lead").hidden = Boolean(photo);
  $("people").hidden = true;
  if (kind !== "preview") return run();
  $("scale").value = options.scale ?? 1;
  if (!job) return start();
  $("last").hidden = true;
  busy(say("restore.looking"));
  leave = follow(job.id, async (event, data) => {
    if (event === "view") $("view").src = `${job.links.results}/photos/0/view-before`;
    if (event === "state" && ["done", "failed"].includes(data.state)) found(data, await api(`/jobs/${job.id}/results`));
  }, gone);
}

async function start() {
  drawGuides({});
  const { jobs } = await api("/jobs?most=30&state=done");
  const last = jobs.filter((each) => each.kind === "restore").slice(0, 6);
  $("last").hidden = !last.length;
  $("last").querySelector("ul").replaceChildren(...last.map((each) => make("li", {}, make("a", { href: `/jobs/${each.id}` },
    make("img", { src: `${each.links.results}/photos/0/view-restored`, alt: "", loading: "lazy" }),
    new Date(each.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })))));
}

/* Putting right. */

function found({ result, problem }, results) {
  busy();
  faces = result?.faces ?? [];
  const skipped = new Map(result?.guides_skipped.map(({ guide, reason }) => [guide, reason]));
  $("view").classList.toggle("tiny", result?.height < 300 && result.width < 450);
  drawGuides(results.guides, skipped);
  for (const [guide, reason] of skipped) {
    const { name } = guides[guide];
    tell(say("restore.skipped", { name, reason: plainly(reason, [name, photo.name]) }));
  }
  const none = problem ?? result.problem;
  if (none) {
    const longer = none.advice.includes("SEARCH_THOROUGHLY") && !options.thorough;
    tell(new Problem(none).message, longer && [say("restore.longer"), () => look(options.thorough = true)]);
  }
  $("people").hidden = !faces.length;
  $("stage").querySelectorAll(".box").forEach((box) => box.remove());
  $("stage").append(...faces.map((face) => droppable(box(face.box, result, make("button", {
    type: "button", id: `box-${face.face}`, class: `box ${ready(face) ? "" : "off"}`, "aria-label": say("restore.face", { number: face.face + 1 }),
    onclick: () => $(`face-${face.face}`).querySelector("select, input").focus(),
  }, make("span", {}, `${face.face + 1}`))), face.face)));
  $("faces").replaceChildren(...faces.map((face) => droppable(card(face, results.photos[0].faces[face.face].pictures, skipped), face.face)));
  count();
}

const ready = (face) => face.accepted && !off.has(face.face);

function count() {
  const chosen = faces.filter(ready).length;
  $("go").disabled = !chosen;
  $("go").textContent = chosen ? say("restore.go", { count: chosen }) : say("restore.nobody");
  const why = !guides.length ? "none" : chosen ? "some" : faces.some((face) => face.accepted) ? "off" : "no";
  $("why").textContent = chosen === faces.length ? "" : say(`restore.why.${why}`, { count: faces.length - chosen });
}

function card(face, pictures, skipped) {
  const own = places?.[face.face]?.guides, usable = guides.length > skipped.size, name = say("restore.face", { number: face.face + 1 });
  const answer = own && face.accepted ? "chosen" : usable ? face.same_person : "none";
  const choice = make("select", { id: `choice-${face.face}`, "aria-label": `${name}: ${say("restore.choose")}`, onchange: () => assign(face.face, choice.value) },
    make("option", { value: "" }, say("restore.auto")),
    ...guides.map((guide, index) => make("option", { value: index, selected: own?.[0] === index, disabled: skipped.has(index) }, guide.name)));
  const tick = make("input", { id: `tick-${face.face}`, type: "checkbox", checked: ready(face), onchange: () => {
    off[tick.checked ? "delete" : "add"](face.face);
    history.replaceState({ off: [...off] }, "");
    $("stage").querySelectorAll(".box")[face.face].classList.toggle("off", !tick.checked);
    count();
  } });
  return make("li", { class: "card", id: `face-${face.face}` },
    make("div", { class: "pair" }, make("img", { src: pictures.before, alt: "" }), pictures.guide && make("img", { src: pictures.guide, alt: "" })),
    make("div", {}, make("h3", {}, name), make("p", { class: { unsure: "unsure-text", none: "soft" }[answer] ?? answer }, say(`restore.same.${answer}`))),
    make("div", { class: "controls" }, face.accepted && make("label", { class: "tick" }, tick, say("restore.tick")), usable && choice,
      answer === "no" && make("button", { type: "button", onclick: () => assign(face.face, face.guides[0]) }, say("restore.anyway")),
      places && faces.length > 1 && make("button", { type: "button", class: "quiet", onclick: () => remove(face.face) }, say("restore.remove"))));
}

/** Give a face a good photo of its own, which nothing then checks; "" chooses among all. */
function assign(face, guide) {
  fix();
  places[face].guides = guide === "" ? null : [Number(guide)];
  off.delete(face);
  return look();
}

const fix = () => { places ??= faces.map(({ box, turn }) => ({ box, turn, guides: null })); };

function remove(face) {
  fix();
  places.splice(face, 1);
  off.clear();
  return look();
}

function drawGuides(crops, skipped = new Map()) {
  $("guides").replaceChildren(...guides.map(({ name }, index) => make("li", { class: skipped.has(index) ? "off" : "", title: name },
    crops[index] ? make("img", { src: crops[index], alt: "", draggable: "true", ondragstart: (event) => event.dataTransfer.setData("guide", index) })
      : make("span", { class: "blank" }),
    make("button", { type: "button", "aria-label": say("restore.forget", { name }), onclick: () => forget(index) }, "×"),
    make("span", {}, name), skipped.has(index) && make("strong", { class: "bad-text" }, say("restore.unusable")))));
}

function forget(index) {
  guides.splice(index, 1);
  for (const place of places ?? []) {
    if (place.guides) place.guides = place.guides.filter((guide) => guide !== index).map((guide) => guide - (guide > index));
    if (!place.guides?.length) place.guides = null;
  }
  return look();
}

function droppable(element, face) {
  for (const kind of ["dragover", "dragleave", "drop"]) {
    element.addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes("guide")) return;
      event.preventDefault();
      element.classList.toggle("over", kind === "dragover");
      if (kind === "drop") assign(face, event.dataTransfer.getData("guide"));
    });
  }
  return element;
}

/** Draw the box of a missed face, by pointer or keys. */
function draw(on) {
  const stage = $("stage"), view = $("view"), size = { width: view.width, height: view.height };
  stage.querySelector(".frame")?.remove();
  stage.classList.toggle("drawing", on);
  $("draw").ariaPressed = on;
  $("draw-how").hidden = !on;
  stage.onpointerdown = null;
  if (!on) return $("draw").focus();
  let at = [0.35, 0.3, 0.3, 0.3].map((part) => part * Math.min(size.width, size.height));
  const frame = make("div", { class: "box frame", tabindex: 0, role: "group", "aria-label": say("restore.frame"), "aria-describedby": "draw-how" });
  // A press without a way moves the box only: nobody can tell how large the face is.
  const add = () => {
    const { width, height } = job.result ?? size_of(), scale = width / size.width;
    draw(false);
    if (at[2] < 4 || at[3] < 4) return null;
    fix();
    places.push({ box: at.map((value) => value * scale), turn: 0, guides: null });
    return look();
  };
  const size_of = () => ({ width: view.naturalWidth, height: view.naturalHeight });
  frame.onkeydown = (event) => {
    const { key, shiftKey } = event;
    const [right, down] = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[key] ?? [0, 0];
    at[shiftKey ? 2 : 0] += right;
    at[shiftKey ? 3 : 1] += down;
    box(at, size, frame);
    if (right || down) event.preventDefault();
    if (key === "Enter") add();
    if (key === "Escape") draw(false);
  };
  stage.onpointerdown = (down) => {
    down.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    stage.setPointerCapture(down.pointerId);
    at = [down.clientX - left - at[2] / 2, down.clientY - top - at[3] / 2, at[2], at[3]];
    box(at, size, frame);
    let drawn = false;
    stage.onpointermove = (move) => {
      drawn ||= Math.hypot(move.clientX - down.clientX, move.clientY - down.clientY) > 8;
      if (!drawn) return;
      const [x, y] = [Math.min(down.clientX, move.clientX) - left, Math.min(down.clientY, move.clientY) - top];
      at = [x, y, Math.abs(move.clientX - down.clientX), Math.abs(move.clientY - down.clientY)];
      box(at, size, frame);
    };
    stage.onpointerup = () => {
      stage.onpointermove = stage.onpointerup = null;
      if (drawn) add();
      else frame.focus();
    };
  };
  stage.append(box(at, size, frame));
  return frame.focus();
}

/* Restoring. */

async function restore() {
  const chosen = faces.filter(ready).map(({ face, box, turn }) => ({ box, turn, guides: places?.[face].guides ?? null }));
  const order = { kind: "restore", photos: [{ ...photo, places: chosen }], guides, options: { ...options, scale: Number($("scale").value) } };
  await go(await api("/jobs", { method: "POST", json: order }), false, `?from=${job.id}`);
  $("result-title").focus();
}

/** Return the preview from which this job was ordered; null where it is not known or gone. It knows all faces. */
async function origin() {
  const from = new URLSearchParams(location.search).get("from");
  return /^[0-9a-f]{32}$/.test(from) ? api(`/jobs/${from}`).catch(() => null) : null;
}

/** Go back to all faces, also to those that were left out. */
async function again() {
  const before = await origin();
  return before ? go(before, false) : look();
}

/** Show how far a job is, face by face, and in the end what came of it. */
function run() {
  let total = 0, done = 0;
  $("meanwhile").src = `${job.links.results}/photos/0/before`;
  const records = new Map();
  for (const id of ["compare", "again", "told-title"]) $(id).hidden = true;
  $("told").replaceChildren();
  $("result-title").textContent = say("result.running");
  about.then(({ keep_seconds }) => { $("kept").textContent = say("result.kept", { hours: Math.round(keep_seconds / 3600) }); });
  const state = (data) => {
    const going = ["queued", "running"].includes(data.state);
    $("running").hidden = !going;
    if (data.state === "queued") {
      // A job that begins again tells everything again.
      total = done = 0;
      $("told").replaceChildren();
      $("count").textContent = say("result.waiting");
    }
    if (!going) finish(data, records);
  };
  leave = follow(job.id, (kind, data) => {
    if (kind === "faces") total += data.boxes.length;
    if (kind === "face") $("told").append(outcome(data, (done += 1)));
    if (kind === "photo") records.set(data.photo, data.record);
    if (kind === "waiting") $("count").textContent = say("result.full");
    if (kind === "state") state(data);
    if (kind === "faces" || kind === "face") {
      Object.assign($("progress"), { max: total, value: done });
      $("count").textContent = say("result.count", { done, count: total });
      $("told-title").hidden = !done;
    }
  }, gone);
}

function outcome({ photo, face, record }, number) {
  const { status, guide, reason, same_person } = record, here = `${job.links.results}/photos/${photo}/faces/${face}`;
  const what = status === "restored" ? say("result.restored", { name: guide }) : say(`result.${status}`);
  const remark = { failed: reason, restored: same_person === "yes" ? record.remark : say("result.doubtful") }[status] ?? "";
  const note = plainly(remark, [guide, job.order.photos[photo].name]);
  return make("li", { class: "card" },
    make("div", { class: "pair" }, make("img", { src: `${here}/before`, alt: say("result.before") }),
      status === "restored" && make("img", { src: `${here}/after`, alt: say("result.after") }),
      guide && make("img", { src: `${here}/guide`, alt: say("result.guide"), title: guide })),
    make("div", {}, make("h3", {}, say("restore.face", { number })), make("p", { class: status === "restored" && same_person === "yes" ? "yes" : "unsure-text" }, what),
      make("p", { class: "soft" }, note)),
    status !== "restored" && make("div", { class: "controls" }, make("button", { type: "button", onclick: again }, say("result.right"))));
}

/** Say of the faces that were left out why they stayed as they were. */
async function leftOut() {
  const before = await origin(), chosen = job.order.photos[0].places ?? [];
  for (const face of before?.result?.faces ?? []) {
    if (chosen.some(({ box }) => box.every((value, side) => Math.abs(value - face.box[side]) < 1))) continue;
    const picture = `${before.links.results}/photos/0/faces/${face.face}/before`;
    $("told").append(make("li", { class: "card" }, make("div", { class: "pair" }, make("img", { src: picture, alt: say("result.before") })),
      make("p", {}, say(face.accepted ? "result.left" : "result.skipped"))));
  }
}

async function finish({ state, problem }, records) {
  const results = await api(`/jobs/${job.id}/results`);
  const shown = results.photos.filter((each) => each.pictures["view-restored"] && records.has(each.photo));
  $("result-title").textContent = say(shown.length ? "result.done" : state === "cancelled" ? "result.cancelled" : "result.none");
  $("again").hidden = false;
  leftOut();
  if (problem) tell(new Problem(problem).message);
  $("compare").hidden = !shown.length;
  const choose = () => compare(job, shown[$("photos").value], records.get(shown[$("photos").value].photo));
  $("photos").replaceChildren(...shown.map(({ name }, index) => make("option", { value: index }, name)));
  $("photos").hidden = shown.length < 2;
  $("photos").onchange = choose;
  if (shown.length) choose();
}

/* Saying. */

function busy(text = "") {
  $("busy").textContent = text;
  $("busy").hidden = !text;
}

/** Tell what is wrong, with a button for what can be done; nothing takes all back. */
function tell(text, action) {
  if (!text) return $("say").replaceChildren();
  const button = action && make("button", { type: "button", onclick: action[1] }, action[0]);
  return $("say").append(make("div", { class: "notice unsure row" }, make("span", {}, text), button));
}

for (const id of ["photo", "guide", "folder"]) {
  $(id).onchange = ({ target }) => take([...target.files], id !== "photo").finally(() => { target.value = ""; });
}
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", async (event) => {
  if (!event.dataTransfer.files.length || event.defaultPrevented) return;
  event.preventDefault();
  const good = Boolean(event.target.closest("#good"));
  await take(await entries([...event.dataTransfer.items]), good || Boolean(photo));
});
document.addEventListener("paste", (event) => take([...event.clipboardData.files], Boolean(photo)));
window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
const failed = (reason) => {
  busy();
  tell(reason instanceof Problem ? reason.message : say("problems.fault"));
};
/** Begin anew where the job of this address is gone. */
async function gone(problem) {
  await show();
  failed(problem);
}
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  failed(event.reason);
});
$("draw").onclick = () => draw($("draw").ariaPressed !== "true");
$("other").onclick = () => { location.href = "/"; };
pressed($("go"), restore);
pressed($("again"), again);
pressed($("stop"), () => api(`/jobs/${job.id}/stop`, { method: "POST" }));

async function open() {
  const [, , id] = location.pathname.split("/");
  if (!id) return show();
  if (!/^[0-9a-f]{32}$/.test(id)) return gone(new Problem({ type: "gone" }));
  const found = await api(`/jobs/${id}`).catch(gone);
  return found && show(found);
}
window.addEventListener("popstate", open);
await open();
