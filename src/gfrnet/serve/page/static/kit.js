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

/** Say what the server refused: `detail` is for people, `type` and `advice` are for scripts. */
export class Problem extends Error {
  constructor(problem) {
    super(say(`problems.${problem.type.split(":").at(-1)}`) ?? problem.detail);
    Object.assign(this, problem);
  }
}

/** Ask the API, and return its JSON. Wait while the server is away, and ask for the token where it is needed. */
export async function api(path, { method = "GET", json, body = JSON.stringify(json), headers = {} } = {}) {
  if (json !== undefined) headers = { "Content-Type": "application/json", ...headers };
  for (;;) {
    const answer = await fetch(API + path, { method, headers, body }).catch(() => null);
    if (answer === null) await healed();
    else if (answer.status === 401) await entered();
    else if (answer.ok) return answer.status === 204 ? null : answer.json();
    else throw new Problem(await answer.json());
  }
}

/** Follow a job from its first event: `hear(kind, data)`. It goes on where it was after a lost connection. */
export function follow(job, hear) {
  const kinds = ["state", "faces", "face", "guide", "note", "photo", "view", "progress"];
  let source, known = 0, ended = false;
  const open = () => {
    source = new EventSource(`${API}/jobs/${job}/events?after=${known}`);
    for (const kind of kinds) {
      source.addEventListener(kind, (event) => {
        const data = JSON.parse(event.data);
        known = event.lastEventId;
        if (kind === "state" && ENDED.includes(data.state)) stop();
        hear(kind, data);
      });
    }
    source.onerror = async () => {
      source.close();
      await healed();
      if (!ended) open();
    };
  };
  const stop = () => {
    ended = true;
    source.close();
  };
  open();
  return stop;
}

/** Wait for the end of a job, and return it; throw why it failed. */
export async function settled(job) {
  await new Promise((done) => follow(job.id, (kind, data) => kind === "state" && ENDED.includes(data.state) && done()));
  const ended = await api(`/jobs/${job.id}`);
  if (ended.problem) throw new Problem(ended.problem);
  return ended;
}

/** Wait until the server answers, and say meanwhile that it does not. */
export async function healed() {
  while (!(await fetch("/healthz").catch(() => ({ ok: false }))).ok) {
    $("lost").hidden = false;
    await new Promise((done) => setTimeout(done, 1000));
  }
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
  const body = JSON.stringify({ token });
  const answer = await fetch(`${API}/session`, { method: "POST", headers, body });
  return answer.ok ? "" : (await answer.json()).detail;
}

if (location.hash.startsWith("#token=")) {
  await logIn(decodeURIComponent(location.hash.slice("#token=".length)));
  history.replaceState(null, "", location.pathname);
}
