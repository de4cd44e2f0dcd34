// Show an album: choose a folder, name people, answer questions, and restore. Each screen is a template.

import { $, api, decoded, ENDED, follow, plainly, say } from "./kit.js";

const [, , name = "", part = ""] = location.pathname.split("/").map(decoded);
const query = new URLSearchParams(location.search);
const at = `/albums/${name}`, home = `/album/${name}`, SIZE = 48;
const label = query.get("label"), page = Number(query.get("page")) || 1;
const range = `most=${SIZE + 1}&skip=${(page - 1) * SIZE}`;
const trail = [], unsure = new Set(), steps = `steps ${name}`;
let names = [], state = {};

/** Fill a part of a template: {key} in texts and attributes, `data-say`, and inner templates that repeat. */
function fill(part, data) {
  const put = (text) => text.replace(/\{(\w+)\}/g, (_, key) => data[key] ?? "");
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    if (node.nodeType === Node.TEXT_NODE) node.data = put(node.data);
    else if (node.dataset.say) {
      node.textContent = say(put(node.dataset.say), { ...data, count: data[node.dataset.count] });
    }
    for (const { name, value } of [...(node.attributes ?? [])]) {
      const key = /^\{(\w+)\}$/.exec(value)?.[1];
      if (key && [false, null, undefined].includes(data[key])) node.removeAttribute(name);
      else if (name === "href") {
        node.href = value.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(data[key] ?? ""));
      } else if (value.includes("{")) node.setAttribute(name, put(value));
    }
  }
  for (const inner of nodes.filter((node) => node.localName === "template")) {
    const { each, when, unless } = inner.dataset;
    const list = each ? data[each] : (when ? data[when] : !data[unless]) ? [{}] : [];
    inner.replaceWith(...list.map((item) => fill(inner.content.cloneNode(true), { ...data, ...item })));
  }
  return part;
}
const filled = (id, data) => fill($(id).content.cloneNode(true), data);

const whose = (each) => ({
  ...each, title: each.name ?? say("album.who"), whom: each.name ?? say("album.thisperson"), unnamed: !each.name,
});
/** Return a person's name; groups without one have labels such as G12. */
const called = (label) => (/^G\d+$/.test(label) ? say("album.nameless", { number: label.slice(1) }) : label);
const asFace = (each) => {
  const years = [...new Set((each.taken ?? []).map((day) => day.slice(0, 4)))].join("–");
  const percent = Math.round(100 * each.probability);
  return { ...each, called: called(each.person), years, percent, about: [years, each.photo].filter(Boolean).join(", ") };
};
const paged = (list) => ({
  earlier: page > 1 && page - 1, later: list.length > SIZE && page + 1, page, some: list.length > 0,
});
const wanted = () => ({
  worse_than: Number(query.get("worse") ?? 0.3), unconfirmed: query.has("unconfirmed"), people: query.getAll("people"),
});

const screens = {
  async choose() {
    const list = await api(query.has("in") ? `/folders/${query.get("in")}` : "/folders");
    return { list, some: list.length > 0, inside: query.has("in") };
  },
  async people() {
    const [list, jobs] = await Promise.all([api(`${at}/people?${range}`), api(`/jobs?album=${name}&most=20`)]);
    const running = jobs.jobs.filter((job) => ["queued", "running"].includes(job.state));
    const ended = jobs.jobs.filter((job) => job.kind === "album-restore" && job.state === "done").slice(0, 1);
    return { list: list.slice(0, SIZE).map(whose), running, ended, ...paged(list) };
  },
  async person() {
    const of = encodeURIComponent(label);
    const [person, list, guides] = await Promise.all([
      api(`${at}/person?label=${of}`), api(`${at}/faces?person=${of}&${range}`), api(`${at}/guides?person=${of}`),
    ]);
    const free = guides.filter((face) => face.guide !== "banned").map(asFace);
    const faces = list.slice(0, SIZE).map(asFace);
    const guess = (face) => face.by === "suggested";
    return {
      ...whose(person), ...paged(list), guides: free.slice(0, 6), noguide: !free.length,
      sure: faces.filter((face) => !guess(face)), guesses: faces.filter(guess), guessed: faces.some(guess),
    };
  },
  async unknown() {
    const list = await api(`${at}/faces?by=alone&${range}`);
    return { sure: list.slice(0, SIZE).map(asFace), ...paged(list) };
  },
  async questions() {
    const key = (each) => each.faces.map((face) => face.label).join();
    const left = (await api(`${at}/questions?most=100`)).filter((each) => !unsure.has(key(each)));
    const [first] = left;
    return { some: left.length > 0, left: left.length, ...first, key: first && key(first), two: first?.faces.map(asFace) };
  },
  async plan() {
    const json = wanted(), post = { method: "POST", json };
    const border = `${at}/border?worse_than=${json.worse_than}`;
    const [plan, faces, { worse, better }, people] = await Promise.all([
      api(`${at}/plan`, post), api(`${at}/plan/faces?most=12`, post), api(border), api(`${at}/people?most=200`),
    ]);
    const all = json.people.length ? await api(`${at}/plan`, { ...post, json: { ...json, people: [] } }) : plan;
    const bad = new Set([...all.people.map((row) => row.person), ...json.people]);
    const pictures = new Map(people.map((each) => [each.label, each.picture]));
    const rows = plan.people.map((row) => ({ ...row, called: called(row.person), picture: pictures.get(row.person) }));
    return {
      ...json, ...plan, rows, worse: worse.map(asFace), better: json.worse_than ? better.map(asFace).reverse() : [], some: plan.restorable > 0,
      minutes: Math.ceil((plan.seconds ?? 0) / 60), idle: plan.restorable === 0,
      faces: faces.map(({ face, guides }) => ({ ...asFace(face), guides: guides.slice(0, 4).map(asFace) })),
      list: people.filter((each) => each.name || bad.has(each.label)).map((each) => ({ ...each, title: called(each.label), on: json.people.includes(each.label) })),
    };
  },
  async job() {
    const job = await api(`/jobs/${part}`);
    const running = ["queued", "running"].includes(job.state);
    const broken = job.state === "failed" && (job.problem?.detail ?? "");
    return {
      ...job, ...job.result, album: job.order.album, running, broken, stopped: job.state === "cancelled",
      failures: job.kind === "album-restore" && job.result?.failed, saved: !running && job.result?.restored > 0,
      scan: job.kind === "album-scan", wall: job.kind !== "album-scan", done: job.state === "done",
    };
  },
};
const screen = name === "jobs" ? "job" : !name ? "choose" : part === "person" && !label ? "people" : part || "people";

/** Draw the screen anew. The focus stays where it was. */
async function show() {
  const focused = document.activeElement?.id;
  try {
    const known = Object.hasOwn(screens, screen) && /^([0-9a-f]{32}|jobs)?$/.test(name);
    if (!known) throw new Error(say("album.gone"));
    const album = name && name !== "jobs" ? await api(at) : {};
    if (album.name) names = (await api(`${at}/people?most=1000`)).filter((each) => each.name);
    state = { ...album, title: album.name, album: name, label, bad: album.unreadable?.length > 0, ...(await screens[screen]()) };
    $("screen").replaceChildren(filled(`screen-${screen}`, state));
    $("names")?.replaceChildren(...names.map((each) => new Option("", each.name)));
    document.title = `${state.title ?? $("screen").querySelector("h1").textContent} · gfrnet`;
    const tab = { person: "people" }[screen] ?? screen;
    for (const link of document.querySelectorAll("[data-tab]")) {
      if (link.dataset.tab === tab) link.setAttribute("aria-current", "page");
    }
    if (focused) ($(focused) ?? $("main")).focus({ preventScroll: true });
  } catch (problem) {
    $("screen").replaceChildren(filled("screen-problem", { text: problem.message, album: name, inside: problem.type?.endsWith("not-scanned") }));
  }
}

/** Say what happened, with a way back. */
function tell(text, undo = false) {
  $("said").textContent = text;
  $("told").hidden = !text;
  $("told-undo").hidden = !undo;
}

async function decide(acts, text) {
  try {
    const { step } = await api(`${at}/decisions`, { method: "POST", json: { acts } });
    sessionStorage[steps] = [...mine(), step].slice(-200);
    tell(text, true);
    await show();
    return true;
  } catch (problem) {
    await show();
    tell(problem.message);
    return false;
  }
}

/** Return the steps that were decided in this window. All windows and people share one history. */
const mine = () => sessionStorage[steps]?.split(",").filter(Boolean) ?? [];

/** Take back the last step; ask before that takes back what was decided elsewhere. */
async function takenBack() {
  const { step, said } = await api(`${at}/undo`);
  if (!step) return [];
  const own = mine(), last = own.pop() === step;
  if (!last && !(await chosen("ask-undo", { what: said.slice(0, 3).join(" ") }))) return null;
  if (last) sessionStorage[steps] = own;
  return (await api(`${at}/undo?step=${step}`, { method: "POST" })).said;
}

async function undo() {
  const last = trail.pop();
  if (last) unsure.delete(last);
  const said = last ? [say("album.asked")] : await takenBack();
  if (!said) {
    tell("");
    return show();
  }
  tell(said.length ? say("album.undone", { what: said.slice(0, 3).join(" ") }) : say("album.nothing"));
  await show();
}

/** Ask a question of yes or no, and return the answer. Escape is a no. */
function chosen(question, data) {
  $("merge").returnValue = "";
  $("merge").replaceChildren(filled(question, data));
  $("merge").showModal();
  return new Promise((done) => ($("merge").onclose = () => done($("merge").returnValue === "yes")));
}

async function answer(kind) {
  const { one, other, key } = state;
  if (kind === "unknown") {
    unsure.add(key);
    trail.push(key);
    tell(say("album.skipped"), true);
    return show();
  }
  trail.push(null);
  if (!(await decide([{ act: "answer", one, other, same: kind === "yes" }], say(`album.answered.${kind}`)))) trail.pop();
}

async function begin(order) {
  location.assign(`/album/jobs/${(await api("/jobs", { method: "POST", json: order })).id}`);
}

const doers = {
  async name({ person, name }) {
    const same = (each) => each.name.toLowerCase() === name.trim().toLowerCase() && each.label !== person;
    const known = names.find(same);
    const here = state.list?.find((each) => each.label === person)?.picture ?? state.picture;
    if (known && !(await chosen("ask-merge", { one: name, mine: here, other: known.name, picture: known.picture }))) return;
    const act = known ? { act: "merge", one: known.label, other: person } : { act: "name", person, name };
    const now = known?.name ?? name.trim().normalize();
    if (screen === "person") history.replaceState(null, "", `?label=${encodeURIComponent(now)}`);
    if ((await decide([act], say(known ? "album.merged" : "album.named", { name: now }))) && screen === "person") location.reload();
  },
  born: ({ year }) => decide([{ act: "born", person: label, year: Number(year) }], say("album.bornsaid", { name: label, year })),
  faces({ name: given }, kind, form) {
    const faces = [...form.querySelectorAll("[name=face]:checked")].map((each) => each.value);
    if (!faces.length || (kind === "name-face" && !given.trim())) return tell(say("album.choosefirst"));
    const each = { "no-face": {}, "name-face": { name: given }, deny: { person: label }, confirm: { person: label } };
    const acts = kind in each ? faces.map((face) => ({ act: kind, face, ...each[kind] }))
      : [kind === "split" ? { act: "split", faces } : { act: "guide", faces, use: kind }];
    return decide(acts, say(`album.acted.${kind}`, { count: faces.length, name: kind === "name-face" ? given : label }));
  },
  scan: ({ album }) => begin({ kind: "album-scan", album }),
  restore: () => begin({ kind: "album-restore", album: name, which: wanted() }),
  stop: () => api(`/jobs/${part}/stop`, { method: "POST" }),
  undo,
  answer: (_, kind) => answer(kind),
};

document.addEventListener("submit", async (event) => {
  const form = event.target, { do: what } = form.dataset;
  if (!what) return;
  event.preventDefault();
  const button = event.submitter;
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  try {
    await doers[what](Object.fromEntries(new FormData(form)), button?.value, form);
  } catch (problem) {
    tell(problem.message);
  } finally {
    form.ariaBusy = null;
  }
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-plan]");
  if (!form) return;
  for (const key of [...query.keys()]) query.delete(key);
  for (const [key, value] of new FormData(form)) query.append(key, value);
  history.replaceState(null, "", `?${query}`);
  show();
});
document.addEventListener("keydown", (event) => {
  if (screen !== "questions" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  const kind = { y: "yes", n: "no", d: "unknown" }[event.key.toLowerCase()];
  if (event.key.toLowerCase() === "u") undo();
  else if (kind && state.some) answer(kind);
});

await show();
if (screen === "job" && state.id) watch();

/** Follow a job: its progress, and each face as soon as it is finished. */
function watch() {
  let first = null;
  follow(part, (kind, data) => {
    if (kind === "progress" && $("bar")) {
      first ??= data;
      const left = ((data.at - first.at) / (data.done - first.done)) * (data.total - data.done);
      Object.assign($("bar"), { max: data.total || 1, value: data.done });
      const minutes = Math.ceil(left / 60);
      $("done").textContent = say(Number.isFinite(left) && left > 5 ? "album.left" : "album.progress", { ...data, minutes });
    }
    if (kind === "waiting" && $("done")) $("done").textContent = say("result.full");
    if (kind === "face") addResult(data);
    if (kind === "state" && state.running && ENDED.includes(data.state)) location.reload();
  }, (problem) => { $("screen").replaceChildren(filled("screen-problem", { text: problem.message })); });
}

function addResult({ photo, face, record }) {
  const place = `/api/v1/jobs/${part}/results/photos/${photo}`, good = record.status === "restored";
  const title = record.person ? called(record.person) : say("album.who");
  let section = [...document.querySelectorAll("[data-person]")].find((each) => each.dataset.person === title);
  if (!section) {
    $("wall").append(filled("wall-person", { title }));
    section = $("wall").lastElementChild;
  }
  const reason = plainly((good ? record.remark : record.reason) ?? "", [record.guide]);
  section.querySelector("ul").append(filled("wall-face", { good, title, reason, place, face: `${place}/faces/${face}` }));
}
