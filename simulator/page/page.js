/* The handsets: one tab per phone, fed by polling /sim/log. No library, no build step. */
"use strict";

const POLL_MS = 700;
const FIRST_LOOK = 2000; /* entries fetched on opening; the whole log may be long */
const MOST_STRANGERS = 12; /* a test may text from thousands of numbers; the page shows so many */

const phones = new Map(); /* number -> {number, name, role, writes_to, texts: [], unread, stranger} */
const texts = new Map();  /* sid -> text */
let open = null;          /* number of the phone in hand */
let last = 0;             /* highest n seen */
let polling = false;
let caughtUp = false;
let run = null;           /* of the carrier: another one counts from 1 again */

const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

/* --- what the phones know ------------------------------------------------------------------- */

function addPhone(phone) {
  if (!phones.has(phone.number)) phones.set(phone.number, { texts: [], unread: 0, draft: "", ...phone });
  return phones.get(phone.number);
}

function programNumber() {
  for (const phone of phones.values()) if (phone.writes_to) return phone.writes_to;
  return "";
}

/* A phone that /sim/phones does not list: somebody texted with it, or it was texted to. */
function stranger(number, writesTo) {
  const count = [...phones.values()].filter((p) => p.stranger).length + 1;
  if (count > MOST_STRANGERS) return null;
  return addPhone({ number, name: `Phone ${count}`, role: "new number", writes_to: writesTo, stranger: true });
}

function keep(phone, text) {
  const at = phone.texts.findIndex((other) => other.time > text.time);
  if (at < 0) phone.texts.push(text);
  else phone.texts.splice(at, 0, text);
  texts.set(text.sid, text);
}

function received(entry) { /* by a handset */
  const phone = phones.get(entry.to) || stranger(entry.to, entry.from);
  if (!phone || texts.has(entry.sid)) return;
  keep(phone, { sid: entry.sid, mine: false, body: entry.body, time: entry.time, with: entry.from, status: entry.status });
  if (caughtUp && (phone.number !== open || document.hidden)) phone.unread++;
}

function sent(entry) { /* by a handset, here or elsewhere */
  const phone = phones.get(entry.from) || stranger(entry.from, entry.to);
  const known = texts.get(entry.sid);
  if (known) {
    known.status = entry.status;
    return;
  }
  if (!phone) return;
  const waiting = phone.texts.find((t) => t.status === "sending" && !t.sid && t.body === entry.body);
  if (waiting) {
    waiting.sid = entry.sid;
    waiting.status = entry.status;
    texts.set(entry.sid, waiting);
    return;
  }
  keep(phone, { sid: entry.sid, mine: true, body: entry.body, time: entry.time, with: entry.to, status: entry.status });
}

const rank = { queued: 0, sent: 1, delivered: 2, undelivered: 2 };

function reported(entry) {
  const text = texts.get(entry.sid);
  if (text && (rank[entry.status] ?? 0) >= (rank[text.status] ?? 0)) text.status = entry.status;
}

function take(entry) {
  if (entry.kind === "inbound") sent(entry);
  else if (entry.kind === "outbound") received(entry);
  else if (entry.kind === "receipt") reported(entry);
  last = Math.max(last, entry.n);
}

/* --- what is seen --------------------------------------------------------------------------- */

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function day(time) {
  return new Date(time).toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

function fate(text) {
  if (text.mine) {
    if (text.status === "sending") return "sending…";
    if (text.status >= 200 && text.status < 300) return "✓ delivered";
    return text.status ? `not taken (${text.status})` : "not delivered: the gateway did not answer";
  }
  if (text.status === "delivered") return "✓✓";
  if (text.status === "sent") return "✓";
  if (text.status === "undelivered") return "the receipt says: undelivered";
  return "";
}

function isBad(text) {
  if (!text.mine) return text.status === "undelivered";
  return text.status !== "sending" && !(text.status >= 200 && text.status < 300);
}

function row(text) {
  const r = element("div", text.mine ? "row mine" : "row");
  if (text.status === "sending") r.classList.add("waiting");
  const who = element("span", "hidden", text.mine ? "You: " : `From ${text.with}: `);
  const bubble = element("div", "bubble");
  bubble.append(who, text.body || "(empty text)");
  r.append(bubble, element("div", isBad(text) ? "meta bad" : "meta", `${clock(text.time)} ${fate(text)}`.trim()));
  return r;
}

/* Rows are reused by place, so that a screen reader hears only what is new. */
function showChat() {
  const chat = $("chat");
  const phone = phones.get(open);
  const near = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const fresh = [];
  let before = "";
  for (const text of phone.texts) {
    if (day(text.time) !== before) {
      before = day(text.time);
      fresh.push(element("div", "day", before));
    }
    fresh.push(row(text));
  }
  if (!fresh.length) fresh.push(element("p", "empty", `Nothing yet. What this phone texts to ${phone.writes_to} and what it gets back stands here.`));
  fresh.forEach((node, i) => {
    const old = chat.children[i];
    if (!old) chat.append(node);
    else if (old.className !== node.className || old.textContent !== node.textContent) old.replaceWith(node);
  });
  while (chat.children.length > fresh.length) chat.lastElementChild.remove();
  if (near) chat.scrollTop = chat.scrollHeight;
}

function showTabs() {
  const tabs = $("tabs");
  let i = 0;
  for (const phone of phones.values()) {
    const tab = tabs.children[i++] || newTab();
    const chosen = phone.number === open;
    tab.dataset.number = phone.number;
    tab.id = `tab-${phone.number.replace(/\D/g, "")}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    const look = `${phone.name}\n${phone.role}\n${phone.unread}`;
    if (tab.dataset.look === look) continue;
    tab.dataset.look = look;
    tab.replaceChildren(element("b", "", phone.name), element("small", "", phone.role));
    if (phone.unread) {
      const badge = element("span", "badge", phone.unread > 99 ? "99+" : String(phone.unread));
      badge.setAttribute("aria-label", `${phone.unread} unread`);
      tab.append(badge);
    }
  }
  const unread = [...phones.values()].reduce((sum, p) => sum + p.unread, 0);
  document.title = unread ? `(${unread}) warmline handsets` : "warmline handsets";
}

function newTab() {
  const tab = element("button", "tab");
  tab.type = "button";
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", "phone");
  $("tabs").append(tab);
  return tab;
}

function show() {
  const phone = phones.get(open);
  if (!phone) return;
  if (!document.hidden) phone.unread = 0;
  showTabs();
  $("name").textContent = phone.name;
  $("role").textContent = phone.role;
  $("about").textContent = `${phone.number} → ${phone.writes_to}`;
  $("phone").setAttribute("aria-labelledby", `tab-${open.replace(/\D/g, "")}`);
  showChat();
}

function choose(number, focusTab) {
  const body = $("body");
  if (phones.has(open)) phones.get(open).draft = body.value;
  open = number;
  body.value = phones.get(number).draft;
  fit();
  $("problem").hidden = true;
  $("chat").replaceChildren();
  show();
  $("chat").scrollTop = $("chat").scrollHeight;
  const tab = [...$("tabs").children].find((t) => t.dataset.number === number);
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focusTab) tab.focus();
}

function say(sentence, bad) {
  const line = $("line");
  if (line.textContent !== sentence) line.textContent = sentence;
  line.classList.toggle("bad", bad);
}

/* --- talking with the carrier --------------------------------------------------------------- */

async function ask(path, options) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  const value = await answer.json();
  const now = answer.headers.get("Carrier-Run");
  if (now && run && now !== run) startAgain();
  run = now || run;
  if (!answer.ok) throw new Error(value.error || `The carrier answered ${answer.status}.`);
  return value;
}

/* Another carrier counts from 1 again. What this page has seen stays on its phones. */
function startAgain() {
  last = 0;
  ask("/sim/phones").then((list) => list.forEach(addPhone)).catch(() => {});
}

async function poll() {
  if (polling) return;
  polling = true;
  try {
    const before = run;
    const answer = await ask(`/sim/log?since=${last}${caughtUp ? "" : `&newest=${FIRST_LOOK}`}`);
    const entries = before && before !== run ? [] : answer;
    entries.forEach(take);
    caughtUp = true;
    say("Live", false);
    if (entries.length) show();
  } catch (problem) {
    say("The carrier does not answer; trying again…", true);
    if (!(problem instanceof TypeError)) console.warn(problem.message);
  }
  polling = false;
}

async function send(number, body) {
  const phone = phones.get(number);
  const text = { sid: null, mine: true, body, time: new Date().toISOString(), with: phone.writes_to, status: "sending" };
  phone.texts.push(text);
  show();
  $("chat").scrollTop = $("chat").scrollHeight;
  try {
    const answer = await ask("/sim/text", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ from: number, to: phone.writes_to, body }),
    });
    if (!texts.has(answer.sid)) {
      text.sid = answer.sid;
      texts.set(answer.sid, text);
    }
    text.status = answer.status;
  } catch (problem) {
    text.status = 0;
    $("problem").textContent = problem instanceof TypeError ? "The carrier could not be reached." : problem.message;
    $("problem").hidden = false;
  }
  show();
  poll();
}

/* --- ten things to try ---------------------------------------------------------------------- */

/* The same ten as in README.md. who: participant, paged = the on-call phone paged last, new = an unknown number */
const ideas = [
  { say: "As Alex, join. You are asked whether you really want this: say yes.", try: [["participant", "JOIN"], ["participant", "YES"]] },
  { say: "Wait 20 seconds for the first check-in and answer it, with a number or a word.", try: [["participant", "1"], ["participant", "good"]] },
  { say: "The next one comes 3 minutes later. Answer that it is hard, or ask for a call: Sam, the supporter, is told.", try: [["participant", "3"], ["participant", "hard"], ["participant", "4"], ["participant", "call me"]] },
  { say: "Text in your own words: Sam is asked to get in touch.", try: [["participant", "My cat had kittens today"]] },
  { say: "Leave a check-in unanswered: a reminder after 40 seconds, 40 seconds later Sam is told. After two in a row Morgan, the supervisor, too.", try: [] },
  { say: "Now answer late: whoever was told is told that Alex is back.", try: [["participant", "2"]] },
  { say: "Crisis words, at any moment: a safety text at once, and Dr. Rivera gets a page.", try: [["participant", "I want to die"]] },
  { say: "Wait 30 seconds: nobody took the case, so Dr. Chen is paged, then Morgan, and round again. Take it with 1: the others are told.", try: [["paged", "1"]] },
  { say: "STOP ends the check-ins, never the way to help: then crisis words still reach a person.", try: [["participant", "STOP"], ["participant", "I want to die"], ["participant", "START"]] },
  { say: "A number that nobody knows gets one polite answer and stands in the list of strangers. Crisis words page people from there too.", try: [["new", "Hello, is this the peer line?"], ["new", "no quiero vivir"]] },
];

function phoneFor(who) {
  const list = [...phones.values()];
  if (who === "new") return (list.find((p) => p.stranger) || newPhone()).number;
  const fits = (p) => (who === "paged" ? /call|clinic|supervisor/i : /participant/i).test(p.role);
  const inHand = phones.get(open);
  if (inHand && fits(inHand)) return open;
  const latest = (p) => (who === "paged" && p.texts.length ? p.texts[p.texts.length - 1].time : "");
  return (list.filter(fits).reduce((best, p) => (!best || latest(p) > latest(best) ? p : best), null) || list[0]).number;
}

function showIdeas() {
  for (const idea of ideas) {
    const item = element("li");
    item.append(element("div", "", idea.say));
    for (const [who, body] of idea.try) {
      const chip = element("button", "chip", body);
      chip.type = "button";
      chip.setAttribute("aria-label", `Put “${body}” into the ${{ new: "unknown", paged: "paged" }[who] || who} phone`);
      chip.addEventListener("click", () => {
        choose(phoneFor(who));
        $("body").value = body;
        fit();
        $("body").focus();
      });
      item.append(chip);
    }
    $("ideas").append(item);
  }
}

/* --- what a person does --------------------------------------------------------------------- */

/* 202-555-01xx is set aside for fiction; the upper end is not used by the example programs. */
function newPhone() {
  for (let i = 199; i > 100; i--) {
    const number = `+1202555${String(i).padStart(4, "0")}`;
    if (!phones.has(number) && ![...phones.values()].some((p) => p.writes_to === number)) {
      const phone = stranger(number, programNumber());
      if (phone) return phone;
    }
  }
  return [...phones.values()].filter((p) => p.stranger).pop();
}

function fit() {
  const body = $("body");
  body.style.height = "auto";
  body.style.height = `${Math.min(body.scrollHeight + 2, 128)}px`;
}

function submit(event) {
  event.preventDefault();
  const body = $("body").value.trim();
  if (!body || !open) return;
  $("body").value = "";
  $("problem").hidden = true;
  fit();
  send(open, body);
}

function walkTabs(event) {
  const numbers = [...phones.keys()];
  const at = numbers.indexOf(open);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: numbers.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(numbers[(to + numbers.length) % numbers.length], true);
}

async function start() {
  try {
    (await ask("/sim/phones")).forEach(addPhone);
  } catch {
    say("The carrier does not answer; trying again…", true);
    setTimeout(start, 2000);
    return;
  }
  if (!phones.size) stranger("+12025550199", "");
  showIdeas();
  choose(phones.keys().next().value);
  await poll();
  $("chat").scrollTop = $("chat").scrollHeight;
  setInterval(poll, POLL_MS);
}

$("write").addEventListener("submit", submit);
$("body").addEventListener("input", fit);
$("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
});
$("tabs").addEventListener("click", (event) => {
  const tab = event.target.closest(".tab");
  if (tab) choose(tab.dataset.number);
});
$("tabs").addEventListener("keydown", walkTabs);
$("add").addEventListener("click", () => {
  choose(newPhone().number);
  $("body").focus();
});
document.addEventListener("visibilitychange", show);
start();
