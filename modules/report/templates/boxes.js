"use strict";
// Boxes that a rater draws on the pictures: {artefact, plane, low: [i, j, k], high: [i, j, k]}, in voxels of the scan's grid
// counted from 0, both corners inside. Pointer: press, drag, let go. Keys: Tab to a picture, Enter starts a box, arrows move
// it, Shift with arrows changes its size, Enter keeps it, Escape drops it.
var boxes = (function () {
  var panel = document.getElementById("boxes");
  var tiles = Array.prototype.filter.call(document.querySelectorAll(".compare .tile"), function (tile) { return tile.dataset.voxels; });
  var button = document.getElementById("box-draw");
  var kind = document.getElementById("box-kind");
  var words = document.getElementById("box-words");
  var shown = document.getElementById("box-list");
  var list = [], changed = function () {}, started = function () {}, draft = null;
  var most = 20;

  // A picture is a slice of voxels: right and down run along one axis of the grid each.
  function grid(tile) {
    var n = tile.dataset.voxels.split(" ").map(Number);
    function axis(step) { return step.map(Math.abs).indexOf(Math.max.apply(null, step.map(Math.abs))); }
    var across = axis(n.slice(3, 6)), along = axis(n.slice(6, 9));
    return { at: n.slice(0, 3), across: across, along: along, through: 3 - across - along, right: n[3 + across], down: n[6 + along],
      width: +tile.querySelector("img").getAttribute("width"), height: +tile.querySelector("img").getAttribute("height") };
  }
  // Between shares of the picture's edges (0..1) and voxels.
  function voxel(tile, left, top, right, bottom) {
    var g = grid(tile), low = [0, 0, 0], high = [0, 0, 0];
    low[g.through] = high[g.through] = Math.round(g.at[g.through]);
    [[g.across, g.right, g.width, left, right], [g.along, g.down, g.height, top, bottom]].forEach(function (side) {
      var ends = [side[3], side[4]].map(function (share) {
        return Math.max(0, Math.round(g.at[side[0]] + side[1] * Math.min(side[2] - 1, Math.max(0, share * side[2] - 0.5))));
      });
      low[side[0]] = Math.min.apply(null, ends);
      high[side[0]] = Math.max.apply(null, ends);
    });
    return { artefact: kind.value, plane: tile.dataset.plane, low: low, high: high };
  }
  function shares(tile, box) {
    var g = grid(tile);
    function side(axis, step, count) {
      var ends = [box.low[axis], box.high[axis]].map(function (v) { return (v - g.at[axis]) / step; }).sort(function (a, b) { return a - b; });
      var half = 0.5 / Math.abs(step);
      return [Math.max(0, (ends[0] + 0.5 - half) / count), Math.min(1, (ends[1] + 0.5 + half) / count)];
    }
    return { x: side(g.across, g.right, g.width), y: side(g.along, g.down, g.height),
      here: box.plane === tile.dataset.plane && box.low[g.through] === Math.round(g.at[g.through]) };
  }
  function title(name) { var option = kind.querySelector("option[value=" + name + "]"); return option ? option.textContent : name; }
  function outline(tile, box) {
    var place = shares(tile, box);
    if (!place.here) return;
    var frame = document.createElement("div");
    frame.className = "box" + (place.y[1] > 0.85 ? " low" : "");
    frame.style.left = 100 * place.x[0] + "%";
    frame.style.top = 100 * place.y[0] + "%";
    frame.style.width = 100 * (place.x[1] - place.x[0]) + "%";
    frame.style.height = 100 * (place.y[1] - place.y[0]) + "%";
    var name = document.createElement("span");
    name.textContent = title(box.artefact);
    frame.appendChild(name);
    tile.appendChild(frame);
  }
  function draw() {
    tiles.forEach(function (tile) {
      tile.querySelectorAll(".box").forEach(function (frame) { frame.remove(); });
      list.concat(draft && draft.tile === tile ? [draft.box] : []).forEach(function (box) { outline(tile, box); });
    });
    shown.textContent = "";
    list.forEach(function (box, n) {
      var line = document.createElement("li");
      line.textContent = title(box.artefact) + ", " + box.plane + ", voxels " + box.low.join(", ") + " to " + box.high.join(", ");
      var remove = document.createElement("button");
      remove.type = "button";
      remove.textContent = "Remove";
      remove.addEventListener("click", function () { list.splice(n, 1); draw(); changed(); });
      line.appendChild(remove);
      shown.appendChild(line);
    });
  }
  function keep() {
    if (list.length >= most) words.textContent = "Not kept: a judgement has " + most + " boxes at most.";
    else {
      list.push(draft.box);
      words.textContent = "";
    }
    draft = null;
    draw();
    changed();
  }
  function drawing() { return document.documentElement.classList.contains("drawing"); }
  function toggle() {
    var on = document.documentElement.classList.toggle("drawing");
    button.setAttribute("aria-pressed", on);
    tiles.forEach(function (tile) {
      // Arrows are the box's own: a screen reader must hand them over.
      var about = on ? { tabindex: "0", role: "application", "aria-label": "Draw on the " + tile.dataset.plane + " picture, " + tile.querySelector(".mark.p").textContent,
        "aria-describedby": "box-words" } : {};
      ["tabindex", "role", "aria-label", "aria-describedby"].forEach(function (name) {
        if (about[name]) tile.setAttribute(name, about[name]);
        else tile.removeAttribute(name);
      });
    });
    draft = null;
    draw();
    words.textContent = on ? "Drag over a picture; or Tab to one, Enter, arrows, Shift with arrows, Enter." : "";
  }
  if (!tiles.length) {
    panel.hidden = true;
    return { list: function () { return list; }, set: function (other) { list = other || []; }, onChange: function () {}, onDraft: function () {} };
  }
  button.addEventListener("click", toggle);
  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target.closest && event.target.closest("textarea, select, input[type=text]"))) return;
    if (!event.shiftKey && event.key.toLowerCase() === "b") { toggle(); event.preventDefault(); return; }
    var tile = drawing() && event.target.closest ? event.target.closest(".tile") : null;
    if (!tile || tiles.indexOf(tile) < 0) return;
    var arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape" && draft) draft = null;
    else if (event.key === "Enter" && draft) { event.preventDefault(); keep(); return; }
    else if (event.key === "Enter") { draft = { tile: tile, edges: [0.4, 0.4, 0.6, 0.6] }; started(); }
    else if (arrow && draft && draft.tile === tile) {
      var step = 0.02, edges = draft.edges;
      [0, 1].forEach(function (side) {
        if (!event.shiftKey) edges[side] += step * arrow[side];
        edges[side + 2] = Math.max(edges[side] + step, edges[side + 2] + step * arrow[side]);
      });
    } else return;
    if (draft) draft.box = voxel.apply(null, [tile].concat(draft.edges));
    event.preventDefault();
    draw();
  }, true);
  tiles.forEach(function (tile) {
    function share(event) {
      var frame = tile.getBoundingClientRect();
      return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height].map(function (v) { return Math.min(1, Math.max(0, v)); });
    }
    tile.addEventListener("pointerdown", function (event) {
      if (!drawing() || event.button !== 0) return;
      event.preventDefault();
      tile.setPointerCapture(event.pointerId);
      var from = share(event);
      draft = { tile: tile, edges: from.concat(from) };
      started();
      draft.box = voxel.apply(null, [tile].concat(draft.edges));
      draw();
    });
    tile.addEventListener("pointermove", function (event) {
      if (!draft || draft.tile !== tile || !tile.hasPointerCapture(event.pointerId)) return;
      var to = share(event);
      draft.edges = [draft.edges[0], draft.edges[1], to[0], to[1]];
      draft.box = voxel.apply(null, [tile].concat(draft.edges));
      draw();
    });
    tile.addEventListener("pointerup", function (event) {
      if (!draft || draft.tile !== tile || !tile.hasPointerCapture(event.pointerId)) return;
      tile.releasePointerCapture(event.pointerId);
      // A click without a drag is no box.
      if (Math.abs(draft.edges[2] - draft.edges[0]) < 0.01 && Math.abs(draft.edges[3] - draft.edges[1]) < 0.01) { draft = null; draw(); }
      else keep();
    });
    tile.addEventListener("pointercancel", function () { draft = null; draw(); });
  });
  return {
    list: function () { return list.slice(); },
    set: function (other) { list = (other || []).slice(); draft = null; draw(); },
    onChange: function (call) { changed = call; },
    onDraft: function (call) { started = call; }
  };
})();
