// What part of the picture is seen: zoom, drag, fit. The view box of the drawing is moved, nothing in it is.

const PICTURE_ZOOM = { least: 0.03, most: 2.5, readable: 0.7 };

/// `onShow` hears what part is seen whenever that changes.
function pictureCamera(svg) {
  const camera = { x: 0, y: 0, scale: 1, bounds: { width: 1, height: 1 } };
  const stage = () => ({ width: svg.clientWidth || 800, height: svg.clientHeight || 500 });
  const show = () => {
    const { width, height } = stage();
    const box = [camera.x, camera.y, width / camera.scale, height / camera.scale];
    svg.setAttribute("viewBox", box.map(pictureRound).join(" "));
    camera.onShow?.({ x: box[0], y: box[1], width: box[2], height: box[3] });
  };
  const set = (x, y, scale) => {
    Object.assign(camera, { x, y, scale });
    show();
  };
  const clamp = (scale) => Math.min(PICTURE_ZOOM.most, Math.max(PICTURE_ZOOM.least, scale));
  const fitting = () => {
    const { width, height } = stage();
    return Math.min(1, width / camera.bounds.width, height / camera.bounds.height);
  };

  camera.show = show;
  /// All of it, in the middle.
  camera.fit = () => {
    const { width, height } = stage();
    const scale = clamp(fitting());
    set((camera.bounds.width - width / scale) / 2, (camera.bounds.height - height / scale) / 2, scale);
  };
  /// All of it if it can be read so, else the surroundings of a node.
  camera.start = (node) => {
    if (fitting() >= PICTURE_ZOOM.readable) return camera.fit();
    const { width, height } = stage();
    const scale = PICTURE_ZOOM.readable;
    const along = (middle, room, whole) =>
      whole <= room ? (whole - room) / 2 : Math.min(whole - room, Math.max(0, middle - room / 2));
    set(
      along(node.x + node.width / 2, width / scale, camera.bounds.width),
      along(node.y + node.height / 2, height / scale, camera.bounds.height),
      scale,
    );
  };
  /// Zooms and keeps a point of the stage where it is; its middle, if none is given.
  camera.zoom = (factor, at) => {
    const { width, height } = stage();
    const point = at ?? { x: width / 2, y: height / 2 };
    const scale = clamp(camera.scale * factor);
    set(camera.x + point.x / camera.scale - point.x / scale, camera.y + point.y / camera.scale - point.y / scale, scale);
  };
  camera.lookAt = (x, y) => {
    const { width, height } = stage();
    set(x - width / camera.scale / 2, y - height / camera.scale / 2, camera.scale);
  };
  camera.drag = (dx, dy) => set(camera.x - dx / camera.scale, camera.y - dy / camera.scale, camera.scale);
  /// Keeps a node on its place of the screen while the picture around it changes.
  camera.hold = (before, after) => set(camera.x + after.x - before.x, camera.y + after.y - before.y, camera.scale);
  /// Moves as little as it takes to see some nodes; if they need more room than there is, the first of them is seen.
  camera.reveal = (nodes) => {
    const { width, height } = stage();
    const margin = 28;
    const edge = (pick, of) => pick(...nodes.map(of));
    const box = {
      left: edge(Math.min, (node) => node.x) - margin, right: edge(Math.max, (node) => node.x + node.width) + margin,
      top: edge(Math.min, (node) => node.y) - margin, bottom: edge(Math.max, (node) => node.y + node.height) + margin,
    };
    const wanted = Math.min(width / (box.right - box.left), height / (box.bottom - box.top));
    if (wanted < camera.scale) camera.zoom(Math.max(wanted, PICTURE_ZOOM.readable * 0.85) / camera.scale);
    const [w, h] = [width / camera.scale, height / camera.scale];
    const along = (now, room, low, high, node) =>
      high - low > room ? Math.min(Math.max(now, node - room + 2 * margin), node - margin)
        : Math.max(high - room, Math.min(low, now));
    const first = nodes[0];
    set(along(camera.x, w, box.left, box.right, first.x), along(camera.y, h, box.top, box.bottom, first.y), camera.scale);
  };

  pictureHands(svg, camera);
  new ResizeObserver(show).observe(svg);
  for (const other of pictureOnPaper.cameras) if (!other.svg.isConnected) pictureOnPaper.cameras.delete(other);
  pictureOnPaper.cameras.add({ svg, camera });
  if (!pictureOnPaper.isHeard) pictureHearPaper();
  return camera;
}

const pictureOnPaper = { cameras: new Set(), isHeard: false };

/// Paper shows all of a picture.
function pictureHearPaper() {
  pictureOnPaper.isHeard = true;
  window.addEventListener("beforeprint", () => {
    for (const { svg, camera } of pictureOnPaper.cameras) {
      svg.setAttribute("viewBox", `0 0 ${camera.bounds.width} ${camera.bounds.height}`);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const { camera } of pictureOnPaper.cameras) camera.show();
  });
}

/// Mouse, pen and fingers: drag to move, wheel with Ctrl to zoom, two fingers to do both.
function pictureHands(svg, camera) {
  const down = new Map();
  let moved = 0;
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    camera.zoom(Math.exp(-event.deltaY * 0.002), at(event));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    down.set(event.pointerId, at(event));
    moved = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    if (others.length) {
      const [other] = others;
      const spread = (point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      camera.zoom(spread(now) / spread(before), other);
    } else if (moved > 4 || moved + Math.hypot(now.x - before.x, now.y - before.y) > 4) {
      if (moved <= 4) svg.setPointerCapture(event.pointerId);
      svg.classList.add("pic-dragging");
      camera.drag(now.x - before.x, now.y - before.y);
    }
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    down.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, (event) => {
      down.delete(event.pointerId);
      if (!down.size) svg.classList.remove("pic-dragging");
    });
  }
  // The click that ends a drag chooses nothing.
  svg.addEventListener("click", (event) => {
    if (moved > 4) event.stopPropagation();
    moved = 0;
  }, { capture: true });
}
