// Elements. Text becomes text and nothing else: no function of this page writes markup.

/**
 * Makes an element. `on…` attributes are listeners, `style` is an object of properties, `true` an attribute without a
 * value; what is null, undefined or false is left out, of attributes and of children alike.
 */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const property in value) element.style.setProperty(property, value[property]);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return append(element, children);
}

/** Puts nodes, texts and lists of them at the end of an element. */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Puts other nodes in the place of everything in an element. */
function refill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** Waits until nothing has happened for a while. */
function calmly(milliseconds, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
}

/** Does something once the page is drawn and has nothing else to do. */
function later(action) {
  if (window.requestIdleCallback) requestIdleCallback(action, { timeout: 500 });
  else setTimeout(action, 50);
}
