// A sign for each type, drawn in lines on a field of 16 by 16: no type is told by its colour alone.

const PICTURE_ICONS = {
  __proto__: null,
  Developer: "M5.5 5 2.5 8l3 3M10.5 5l3 3-3 3M9 3.5 7 12.5",
  App: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z",
  Installation: "M8 2v7.5M4.8 6.5 8 9.7l3.2-3.2M2.5 10.5v3h11v-3",
  Credential: "M7.5 5.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM6.6 7.6l6.4 6.4M10.5 11.5l1.8-1.8M12.6 13.6l1.4-1.4",
  ManagedAccount: "M8 1.5l5.6 3.2v6.6L8 14.5l-5.6-3.2V4.7zM5.4 8.2l1.9 1.9 3.4-3.8",
  LegacyAccount: "M14 8a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM8 4.5V8l2.5 1.8",
  Person: "M10.6 5a2.6 2.6 0 1 1-5.2 0 2.6 2.6 0 0 1 5.2 0zM3 14c.3-3.3 2.2-5 5-5s4.7 1.7 5 5",
  Template: "M3 1.500h10v13h-10zM5.5 5h5M5.5 8h5M5.5 11h3",
  Project: "M2 13.500h12M3.5 13.500v-6L8 3.500l4.5 4v6M6.5 13.500v-3.500h3v3.5",
  Projects: "M1.5 14h13M2.5 14V8.500l3-2.5 3 2.500V14M8.5 8V4.500L11 2.500l2.5 2V14M5.5 14v-2.5",
  Administrators: "M8 1.5l5.5 2v4c0 3.5-2.3 5.8-5.5 7-3.2-1.2-5.5-3.5-5.5-7v-4zM8 5l.9 1.9 2 .2-1.5 1.4.4 2L8 9.500l-1.8 1 .4-2-1.5-1.4 2-.2z",
  Hook: "M6 11a3 3 0 1 0 3-3M9 8V2.500M6.5 5 9 2.5 11.5 5",
  Tool: "M10.2 2.200a3.5 3.5 0 0 0-4 4.8L2 11.2 4.8 14l4.2-4.200a3.5 3.5 0 0 0 4.8-4l-2.2 2.2-2.4-.8-.8-2.400z",
  Company: "M3 14V2.500h6.500V14M9.5 6.500H13V14M1.5 14h13M5.2 5.200h2M5.2 8h2M5.2 10.8h2",
  none: "M8 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
};

function pictureIcon(type, attributes = {}) {
  return pictureSvg("path", { class: "pic-icon", d: PICTURE_ICONS[type] ?? PICTURE_ICONS.none, ...attributes });
}

/// Three bars, as many of them full as the level is high.
function pictureBars(bars, x, y) {
  const group = pictureSvg("g", { class: "pic-bars" });
  for (let bar = 0; bar < 3; bar += 1) {
    const height = 4 + 3 * bar;
    group.append(pictureSvg("rect", {
      class: bar < bars ? "pic-bar pic-full" : "pic-bar", x: x + 5 * bar, y: y - height, width: 3.5, height, rx: 1,
    }));
  }
  return group;
}

function pictureSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
