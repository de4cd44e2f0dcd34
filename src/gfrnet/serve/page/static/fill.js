// Fill templates of screens with what the API tells.

import { $, say } from "./kit.js";

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

/** Return the template of an id, filled. */
export const filled = (id, data) => fill($(id).content.cloneNode(true), data);
