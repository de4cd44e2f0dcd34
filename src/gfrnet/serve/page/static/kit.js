// Share what all screens need: words, elements, and a server that may go and come back.

const words = JSON.parse(document.getElementById("words").textContent);
const plural = new Intl.PluralRules(document.documentElement.lang);
const API = "/api/v1";

/** States in which a job stays. */
export const ENDED = ["done", "failed", "cancelled"];

/** Return the element of an id. */
export const $ = (id) => document.getElementById(id);

/** Return a text by its key, such as "restore.title". Values replace the {braces}; `count` chooses the plural. */
export function say(key, values = {}) {
  let text = key.split(".").reduce((part, name) => part?.[name], words);
  if (typeof text === "object") text = text[plural.select(values.count)] ?? text.other;
  return text?.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Make an element. Functions become listeners, as in {onclick: f}; true and false set and leave out. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** Lay an element over a picture: left, top, width, height in the units of its size. */
export function box([left, top, width, height], size, element) {
  const share = { left: left / size.width, top: top / size.height, width: width / size.width, height: height / size.height };
  for (const [side, value] of Object.entries(share)) element.style[side] = `${value * 100}%`;
  return element;
}

/** Return the files of what was dropped, also those in folders. */
export async function entries(items) {
  const read = async (entry) => {
    if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
    const reader = entry.createReader(), all = [];
    for (let some; (some = await new Promise((done, fail) => reader.readEntries(done, fail))).length;) all.push(...some);
    return (await Promise.all(all.map(read))).flat();
  };
  return (await Promise.all(items.map((item) => item.webkitGetAsEntry()).filter(Boolean).map(read))).flat();
}

/** Say what the server refused: `detail` is for people, `type` and `advice` are for scripts. */
export class Problem extends Error {
  constructor(problem) {
    super(say(`problems.${problem.type.split(":").at(-1)}`) ?? plainly(problem.detail));
    Object.assign(this, problem);
  }
}

/** Say a sentence of the library in the words of the page. The names of files in it stay as they are. */
export function plainly(text, names = []) {
  const [name, ...rest] = names.filter((each) => each && text.includes(each));
  if (name) return text.split(name).map((part) => plainly(part, rest)).join(name);
  return text.replace(RegExp(`\\b(${Object.keys(words.library).join("|")})\\b`, "g"), (word) => words.library[word]);
}

/** Ask the API, and return its JSON. Wait while the server is away, and ask for the token where it is needed. */
export async function api(path, { method = "GET", json, body = JSON.stringify(json), headers = {} } = {}) {
  if (json !== undefined) headers = { "Content-Type": "application/json", ...headers };
  for (;;) {
    const answer = await reached(path, { method, headers, body });
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    if (answer.status !== 401) throw new Problem(await refusal(answer, path));
    await entered();
  }
}

/** Fetch from the API. Wait while there is no answer, or that of a proxy whose server is away. */
async function reached(path, request) {
  for (;;) {
    const answer = await fetch(API + path, request).catch(() => null);
    if (answer && (isJson(answer) || ![502, 503, 504].includes(answer.status))) return answer;
    await healed();
  }
}

const isJson = (answer) => answer.headers.get("Content-Type")?.includes("json");

/** Return what an answer refuses. A proxy's own answer has a status only. */
async function refusal(answer, path) {
  const types = { 404: "gone", 413: "body-too-large", 429: "too-many-requests" };
  const known = isJson(answer) ? await answer.json() : { type: types[answer.status] ?? "fault", detail: "" };
  return answer.status === 404 && path.startsWith("/jobs/") ? { ...known, type: "gone" } : known;
}

/** Follow a job from its first event: `hear(kind, data)`. It goes on where it was after a lost connection. */
export function follow(job, hear, fail = (problem) => { throw problem; }) {
  const kinds = ["state", "faces", "face", "guide", "note", "photo", "view", "progress", "waiting"];
  let source, known = 0, ended = false;
  const open = () => {
    source = new EventSource(`${API}/jobs/${job}/events?after=${known}`);
    for (const kind of kinds) {
      source.addEventListener(kind, (event) => {
        const data = JSON.parse(event.data);
        known = event.lastEventId || known;
        if (kind === "state" && ENDED.includes(data.state)) stop();
        hear(kind, data);
      });
    }
    // A stream does not tell why it broke. Asking for the job does: the server is away, or the token or job is gone.
    source.onerror = async () => {
      source.close();
      try {
        await pause();
        await api(`/jobs/${job}`);
        if (!ended) open();
      } catch (problem) {
        if (!ended) fail(problem);
      }
    };
  };
  const stop = () => {
    ended = true;
    source.close();
  };
  open();
  return stop;
}

/** Wait for the end of a job, and return it. */
export async function awaited(job) {
  await new Promise((done, fail) => {
    follow(job.id, (kind, data) => kind === "state" && ENDED.includes(data.state) && done(), fail);
  });
  return api(`/jobs/${job.id}`);
}

/** Wait for the end of a job, and return it; throw why it failed. */
export async function settled(job) {
  const ended = await awaited(job);
  if (ended.problem) throw new Problem(ended.problem);
  return ended;
}

const pause = () => new Promise((done) => setTimeout(done, 1000));

/** Wait until the server answers, at least a moment, and say meanwhile that it does not. */
async function healed() {
  $("lost").hidden = false;
  do await pause(); while (!(await fetch("/healthz").catch(() => ({ ok: false }))).ok);
  $("lost").hidden = true;
}

let entering = null;

/** Ask for the token, until it is the right one. */
function entered() {
  entering ??= new Promise((done) => {
    const dialog = $("token"), form = dialog.querySelector("form");
    form.onsubmit = async (event) => {
      event.preventDefault();
      const problem = await logIn(form.elements.token.value);
      dialog.querySelector("[role=alert]").textContent = problem;
      if (problem) return;
      dialog.close();
      entering = null;
      done();
    };
    dialog.oncancel = (event) => event.preventDefault();
    dialog.showModal();
  });
  return entering;
}

/** Change a token for the cookie. Return what is wrong, in words. */
async function logIn(token) {
  const headers = { "Content-Type": "application/json" };
  const answer = await reached("/session", { method: "POST", headers, body: JSON.stringify({ token }) });
  return answer.ok ? "" : new Problem(await refusal(answer, "")).message;
}

/** Return a part of an address in plain text, or as it is where nobody could have written it. */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Do something when a button is pressed. While it lasts, pressing once more does nothing. */
export function pressed(button, act) {
  button.onclick = async () => {
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    try {
      await act();
    } finally {
      button.ariaBusy = null;
    }
  };
}

if (location.hash.startsWith("#token=")) {
  await logIn(decoded(location.hash.slice("#token=".length)));
  history.replaceState(null, "", location.pathname);
}
