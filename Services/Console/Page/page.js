"use strict";
(() => {
  const shown = 40;
  const byId = (id) => document.getElementById(id);
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const grouped = new Intl.NumberFormat("vi-VN");

  // Text is always set as text, never as HTML.
  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    if (text !== undefined && text !== null) element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const both = (text) => [make("b", text.vietnamese), " ", make("span", text.english, { lang: "en" })];

  const line = (event) => {
    const item = make("li", null, { "data-number": event.number, class: "new" });
    const what = make("div");
    what.append(...both(event.name), make("code", event.type));
    const origin = make("div", null, { class: "origin" });
    const key = make("code", `…${event.key.slice(-8)} #${event.sequence}`, { title: event.key });
    origin.append(event.serviceName ? event.serviceName.vietnamese : "", " ", key);
    item.append(make("time", clock.format(new Date(event.time)), { datetime: event.time }), what, origin);
    return item;
  };

  const newestNumber = () => Number(byId("events").firstElementChild?.dataset.number ?? 0);

  const show = (event) => {
    const list = byId("events");
    if (list.querySelector(`[data-number="${Number(event.number)}"]`)) return;
    list.prepend(line(event));
    while (list.children.length > shown) list.lastElementChild.remove();
    byId("empty").hidden = true;
  };

  const showServices = (services) => {
    for (const service of services) {
      const card = document.querySelector(`#services [data-service="${service.service}"]`);
      if (!card) continue;
      card.className = service.state;
      const state = card.querySelector(".state");
      state.replaceChildren(make("i", null, { "aria-hidden": "true" }), service.stateName.vietnamese, " ", make("span", service.stateName.english, { lang: "en" }));
      card.querySelector(".why").textContent = service.reasons.join(" · ");
    }
    const ready = services.filter((service) => service.state === "ready").length;
    const summary = byId("summary");
    summary.replaceChildren(make("strong", `${ready}/${services.length} dịch vụ sẵn sàng`), " ", make("span", `${ready} of ${services.length} services ready`, { lang: "en" }));
  };

  const showTopics = (topics) => {
    const most = Math.max(1, ...topics.map((topic) => topic.count));
    for (const topic of topics) {
      const row = [...byId("topics").children].find((row) => row.dataset.topic === topic.topic);
      if (!row) continue;
      row.querySelector("td span").textContent = grouped.format(topic.count);
      const meter = row.querySelector("meter");
      meter.max = most;
      meter.value = topic.count;
    }
  };

  const look = async () => {
    try {
      const answer = await fetch("/v1/overview", { cache: "no-store" });
      if (answer.ok) {
        const overview = await answer.json();
        showServices(overview.services);
        showTopics(overview.topics);
      }
    } catch {
      // The next look tries again.
    } finally {
      setTimeout(look, 3000);
    }
  };

  // What came between the drawing of the page and the opening of the line.
  const catchUp = async () => {
    try {
      const answer = await fetch(`/v1/events?limit=${shown}`, { cache: "no-store" });
      if (!answer.ok) return;
      const page = await answer.json();
      const from = newestNumber();
      for (const event of page.items.filter((event) => event.number > from).reverse()) show(event);
    } catch {
      // The line itself goes on.
    }
  };

  const events = new EventSource("/v1/events/stream");
  events.onopen = () => { byId("live").hidden = false; catchUp(); };
  events.onerror = () => { byId("live").hidden = true; };
  events.onmessage = (message) => show(JSON.parse(message.data));
  setTimeout(look, 1000);
})();
