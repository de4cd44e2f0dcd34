// Restore a film: choose one, say who is who, look at a moment, restore. The address names the job.

import { filled } from "./fill.js";
import { $, api, awaited, decoded, ENDED, follow, plainly, pressed, say } from "./kit.js";

const [, , id = ""] = location.pathname.split("/").map(decoded);
const query = new URLSearchParams(location.search);
const MOST = 60, about = api("/about");
let job, film, people = [], blobs = new Map();

const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19).replace(/^(00:0?|0)/, "");
const span = (seconds) => (seconds < 5400 ? say("film.minutes", { count: Math.max(1, Math.round(seconds / 60)) }) : say("film.hours", { count: Math.round(seconds / 3600) }));
const show = (name, data) => $("screen").replaceChildren(filled(`screen-${name}`, data));

/** Return the seconds of a time such as 1:07:30; null for none. */
function seconds(text) {
  if (!text.trim()) return null;
  if (!/^(\d+:){0,2}\d+([.,]\d+)?$/.test(text.trim())) throw new Error(say("film.badtime", { text }));
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function tell(text = "") {
  $("say").replaceChildren(...(text ? [filled("notice", { text })] : []));
  if (text) $("say").scrollIntoView({ block: "nearest" });
}

/** Say what goes on. */
function busy(text = "") {
  Object.assign($("busy"), { textContent: text, hidden: !text });
}

async function send(file) {
  const { file_bytes } = await about, name = [...file.name.replace(/\p{Surrogate}/gu, "_")].slice(-200).join("");
  if (file.size > file_bytes) throw new Error(say("film.too_large", { name, limit: file_bytes / 1e6 }));
  busy(say("film.sending", { name }));
  const headers = { "Content-Type": "application/octet-stream" };
  const sent = await api("/files", { method: "POST", body: file, headers }).finally(() => busy());
  return { file: sent.file, name };
}

async function order(json) {
  location.assign(`/film/${(await api("/jobs", { method: "POST", json })).id}`);
}

/* Choosing. */

async function choose() {
  const { films, file_bytes, albums } = await about, inside = query.get("in");
  if (!films) return show("extra", {});
  const [folders, list, { jobs }] = await Promise.all([
    albums ? api(inside ? `/folders/${inside}` : "/folders") : [], inside ? api(`/folders/${inside}/films`) : [], api("/jobs?most=100"),
  ]);
  const last = jobs.filter((each) => each.kind === "film-scan" || each.kind === "film-restore").slice(0, 8).map((each) => ({
    ...each, title: each.result?.name ?? say(each.kind === "film-scan" ? "film.scanning" : "film.restoring"),
    when: new Date(each.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }),
  }));
  const shown = list.map((each) => ({ ...each, megabytes: Math.ceil(each.bytes / 1e6) }));
  show("choose", { folders, list: shown, last, inside, empty: inside && !list.length, albums, noroot: !albums, some: last.length > 0, limit: file_bytes / 1e6 });
  dropped($("film"), async ([file]) => order({ kind: "film-scan", film: await send(file) }));
}

/** Take the files that are chosen or dropped on the place of an input. */
function dropped(input, take) {
  const place = input.closest("label");
  const taken = (files) => files.length && attempt(() => take([...files]));
  input.onchange = () => taken(input.files);
  place.ondragover = (event) => event.preventDefault();
  place.ondrop = (event) => {
    event.preventDefault();
    taken(event.dataTransfer.files);
  };
}

async function attempt(act) {
  tell();
  try {
    await act();
  } catch (problem) {
    busy();
    tell(plainly(problem.message));
  }
}

/* Who is who. */

/** Bring together what was found, and what an earlier order says of it. */
async function cast() {
  const scan = job.kind === "film-scan" ? job.id : job.order.scan, given = job.order.people ?? [];
  const [found, list] = await Promise.all([api(`/films/${scan}`), api(`/films/${scan}/people?most=${MOST}`)]);
  film = { ...found, scan };
  const titled = (number) => say("film.person", { number });
  people = list.map((each) => {
    const tracks = each.tracks.map((track) => track.track);
    const own = given.find((person) => person.tracks?.some((track) => tracks.includes(track)));
    const name = own?.name ?? "", first = tracks.includes(own?.tracks[0]);
    const on = (track) => !own || own.tracks.includes(track.track);
    return {
      ...each, name, title: titled(each.person), portraits: first ? [...own.portraits] : [],
      tracks: each.tracks.map((track) => ({ ...track, on: on(track) })),
    };
  });
  const takes = say("film.takes", { time: span(film.estimate) });
  const words = film.words.map((word) => ({ word })), more = film.people - people.length;
  show("cast", { ...film, time: clock(film.seconds), takes, words, some: people.length > 0, more: more > 0 && more });
  if (!people.length) return;
  drawPeople();
  restoreForm();
  $("at").oninput = () => ($("at-shown").textContent = clock($("at").value));
  $("at").value = job.order.at ?? people[0].tracks[0].start + people[0].tracks[0].frames / film.rate / 2;
  $("at").oninput();
  for (const [button, kind] of [["look", "moment"], ["worst", "worst"], ["go", "restore"]]) {
    pressed($(button), () => attempt(() => begin(kind)));
  }
  if (job.kind === "film-preview") await previewed();
}

/** Put the settings of an earlier order into the form. */
function restoreForm() {
  const { start, stop, stable = 1, codec = "same", container, strength, fidelity } = job.order;
  const time = (moment) => (moment == null ? "" : clock(moment));
  const values = { from: time(start), to: time(stop), codec: container === "mp4" ? "mp4" : codec, strength: strength ?? "", fidelity: fidelity ?? "", stable };
  for (const [name, value] of Object.entries(values)) $("settings").elements[name].value = value;
}

function drawPeople() {
  const focused = document.activeElement?.id;
  $("people").replaceChildren(...people.map((each, index) => {
    const name = each.name || each.title, at = { index, who: name };
    return filled("person", {
      ...each, ...at, tracks: each.tracks.map((track) => ({ ...track, who: name })), hung: each.portraits.length > 0,
      portraits: each.portraits.map((portrait, place) => ({ ...portrait, place, index, remove: say("film.forget", portrait), source: blobs.get(portrait.file) ?? `/api/v1/files/${portrait.file}` })),
    });
  }));
  for (const input of document.querySelectorAll("#people input[type=file]")) dropped(input, (files) => hang(input.dataset.index, files));
  $(focused)?.focus();
  ready();
}

async function hang(index, files) {
  const { suffixes } = await about;
  for (const file of files) {
    if (!suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix))) throw new Error(say("film.no_picture", { name: file.name }));
    const sent = await send(file);
    blobs.set(sent.file, URL.createObjectURL(file));
    if (!people[index].portraits.some((each) => each.file === sent.file)) people[index].portraits.push(sent);
  }
  drawPeople();
}

/** Return people as an order names them. Groups of one name are one person. */
function named() {
  const found = new Map();
  for (const { name, title, portraits, tracks } of people) {
    const key = name.trim() || title, one = found.get(key) ?? { name: key, portraits: [], tracks: [] };
    one.portraits.push(...portraits);
    one.tracks.push(...tracks.filter((track) => track.on).map((track) => track.track));
    found.set(key, one);
  }
  return [...found.values()].filter((each) => each.portraits.length && each.tracks.length);
}

function ready() {
  const none = !named().length;
  for (const button of ["look", "worst", "go"]) $(button).disabled = none;
  $("first").hidden = !none;
}

async function begin(kind) {
  const form = new FormData($("settings")), number = (name) => (form.get(name) ? Number(form.get(name)) : null);
  const common = { scan: film.scan, people: named(), strength: number("strength"), fidelity: number("fidelity"), stable: number("stable") };
  if (kind !== "restore") {
    job = await api("/jobs", { method: "POST", json: { kind: "film-preview", ...common, at: kind === "worst" ? null : Number($("at").value) } });
    history.replaceState(null, "", `/film/${job.id}`);
    return previewed();
  }
  const codec = form.get("codec") === "mp4" ? { codec: "x264", container: "mp4" } : { codec: form.get("codec") };
  return order({ kind: "film-restore", ...common, ...codec, start: seconds(form.get("from")), stop: seconds(form.get("to")) });
}

/** Show a preview as soon as it is finished. */
async function previewed() {
  busy(say("film.looking"));
  $("previewed").replaceChildren();
  const done = await awaited(job);
  busy();
  if (done.problem) return tell(plainly(done.problem.detail));
  const told = done.result?.people.map((each) => ({ text: say(`film.same.${each.same_person}`, each), kind: { yes: "", unsure: "unsure", no: "bad" }[each.same_person] }));
  if (done.state === "done") $("previewed").replaceChildren(filled("preview", { id: job.id, told }));
  $("previewed").scrollIntoView({ block: "nearest" });
}

/* Work and its result. */

/** Follow a job: how far it is, and about how long it still takes. */
function watch() {
  let first = null;
  const kinds = { "restored frames": "restore", frames: job.kind === "film-scan" ? "scan" : "compare" };
  follow(id, (kind, data) => {
    if (kind === "state" && ENDED.includes(data.state)) location.reload();
    if (kind === "state") first = null;
    if (kind !== "progress" || !kinds[data.what]) return;
    if (first?.what !== data.what) first = data;
    const left = ((data.at - first.at) / (data.done - first.done)) * (data.total - data.done);
    const text = say(`film.progress.${kinds[data.what]}`, data);
    $("done").textContent = Number.isFinite(left) && left > 10 ? say("film.left", { text, time: span(left) }) : text;
    Object.assign($("bar"), { max: data.total || 1, value: data.done });
  }, (problem) => show("problem", { text: problem.message }));
}

async function result() {
  const { keep_seconds } = await about, { people, doubts } = job.result, compared = job.order.compare;
  show("result", {
    ...job.result, id, compared, hours: Math.round(keep_seconds / 3600), some: doubts.length > 0, none: !doubts.length,
    people: people.map((each) => ({ name: each.person, count: each.restored })), film: compared ? "side" : "result",
  });
  $("player").onerror = () => ($("noplay").hidden = false);
}

document.addEventListener("click", async (event) => {
  const { do: what, index, place, folder, name } = event.target.dataset;
  if (what === "forget") {
    people[index].portraits.splice(place, 1);
    drawPeople();
  }
  if (what === "scan") await attempt(() => order({ kind: "film-scan", film: { folder, name } }));
  if (what === "on") await attempt(() => order({ ...job.order, after: id }));
  if (what === "stop") await attempt(() => api(`/jobs/${id}/stop`, { method: "POST" }));
});
document.addEventListener("change", ({ target }) => {
  const { index, track } = target.dataset;
  if (track) people[index].tracks.find((each) => each.track === Number(track)).on = target.checked;
  else if (target.name === "name") {
    people[index].name = target.value.trim();
    drawPeople();
  } else return;
  ready();
});

try {
  if (!id) await choose();
  else {
    job = /^[0-9a-f]{32}$/.test(id) ? await api(`/jobs/${id}`) : {};
    const { kind, state, problem } = job, work = kind === "film-scan" || kind === "film-restore";
    if (!kind?.startsWith("film-")) throw new Error(say("problems.gone"));
    document.title = `${say("frame.film")} · gfrnet`;
    if (work && !ENDED.includes(state)) {
      show("work", { scan: kind === "film-scan", restore: kind === "film-restore" });
      watch();
    } else if (kind === "film-restore" && !query.has("change")) {
      if (state === "done") await result();
      else show("problem", { text: problem ? plainly(problem.detail) : say("film.stopped"), id, change: true, stopped: state === "cancelled" });
    } else if (kind === "film-scan" && state !== "done") show("problem", { text: problem ? plainly(problem.detail) : say("film.stopped") });
    else await cast();
  }
} catch (problem) {
  show("problem", { text: problem.message });
}
