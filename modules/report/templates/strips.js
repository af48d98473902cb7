"use strict";
// Figures of many scans: a dot each, all dots of one look in one path, so that thousands stay light. The dot under the pointer is
// a link to its page; who has no pointer finds the same numbers in the table (index.js: "Show measure").
var figures = (function () {
  var NS = "http://www.w3.org/2000/svg";
  var kinds = ["failed", "refused", "passed", "harmonized"];
  var reach = 8;

  function make(name, attributes, parent, text) {
    var node = document.createElementNS(NS, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  }
  // @param list  {x, y, row, out, words} of each dot, in units of the figure
  function dots(svg, list) {
    var looks = new Map();
    list.forEach(function (dot) {
      var look = "d v-" + kinds[dot.row[2]] + (dot.out ? " out" : "");
      if (!looks.has(look)) looks.set(look, []);
      looks.get(look).push("M" + dot.x.toFixed(1) + " " + dot.y.toFixed(1) + "h0");
    });
    looks.forEach(function (steps, look) {
      var path = steps.join("");
      if (/ out$/.test(look)) make("path", { "class": "ring", d: path }, svg);
      make("path", { "class": look, d: path }, svg);
    });
    var hot = make("a", { "class": "hot", tabindex: "-1", "aria-hidden": "true", visibility: "hidden" }, svg);
    var circle = make("circle", { r: 5 }, hot), title = make("title", {}, circle);
    function nearest(event) {
      var frame = svg.getBoundingClientRect(), size = svg.viewBox.baseVal;
      var x = (event.clientX - frame.left) * size.width / frame.width, y = (event.clientY - frame.top) * size.height / frame.height;
      var found = null, least = reach * reach;
      list.forEach(function (dot) {
        var far = (dot.x - x) * (dot.x - x) + (dot.y - y) * (dot.y - y);
        if (far < least) { least = far; found = dot; }
      });
      return found;
    }
    function show(dot) {
      hot.setAttribute("visibility", dot ? "visible" : "hidden");
      if (!dot) return;
      circle.setAttribute("cx", dot.x.toFixed(1));
      circle.setAttribute("cy", dot.y.toFixed(1));
      title.textContent = dot.words;
      if (dot.row[5]) hot.setAttribute("href", dot.row[5]);
      else hot.removeAttribute("href");
    }
    svg.addEventListener("pointermove", function (event) { show(nearest(event)); });
    svg.addEventListener("pointerleave", function () { show(null); });
    // A finger does not move before it taps.
    svg.addEventListener("click", function (event) {
      if (hot.contains(event.target)) return;
      var dot = nearest(event);
      show(dot);
      if (dot) hot.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    });
  }
  // What is usual at the reference for a site: sites of other spacing have other ranges.
  function usual(data, column, site) {
    var fit = data.fits[site];
    return (fit && fit.ranges[column]) || data.columns[column].range;
  }
  // Numbers of an axis: as many digits as tell its marks apart. @param words  of a number by itself
  function marks(values, words) {
    var texts = values.map(words);
    if (new Set(texts).size === values.length) return texts;
    var step = Math.abs(values[1] - values[0]);
    return values.map(function (value) { return value.toFixed(Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(step))))).replace("-", "\u2212"); });
  }
  // One measure by site over the reference's range. @param out  (column, row): beyond what is usual
  function strip(column, about, data, words, out) {
    var width = 560, left = 150, right = 534, lane = 34, top = 6, mostLanes = 40;
    function known(row) { return row[8][column] !== null && row[8][column] !== undefined; }
    var low = Infinity, high = -Infinity;
    data.rows.forEach(function (row) {
      if (!known(row)) return;
      low = Math.min(low, row[8][column]);
      high = Math.max(high, row[8][column]);
    });
    if (low > high) return null;
    data.sites.forEach(function (name, site) {
      var range = usual(data, column, site);
      if (range) { low = Math.min(low, range[0]); high = Math.max(high, range[1]); }
    });
    if (!(high > low)) { low -= 0.5; high += 0.5; }
    function x(value) { return left + (right - left) * (value - low) / (high - low); }
    // A run over very many sites shares its last lane, so that the figure stays a figure.
    var lanes = Math.min(data.sites.length, mostLanes);
    var bottom = top + lane * lanes;
    var svg = make("svg", { viewBox: "0 0 " + width + " " + (bottom + 24), width: width, height: bottom + 24, role: "group", "aria-label": about.name + ": one dot a scan, by site" });
    for (var each = 0; each < lanes; each += 1) {
      var band = usual(data, column, each);
      if (band) make("rect", { "class": "band", x: x(band[0]).toFixed(1), y: top + lane * each, width: Math.max(1, x(band[1]) - x(band[0])).toFixed(1), height: lane }, svg);
    }
    make("line", { "class": "axis", x1: left, x2: right, y1: bottom, y2: bottom }, svg);
    var values = [0, 0.25, 0.5, 0.75, 1].map(function (share) { return low + share * (high - low); });
    marks(values, words).forEach(function (text, n) {
      make("line", { "class": "grid", x1: x(values[n]), x2: x(values[n]), y1: top, y2: bottom }, svg);
      make("text", { x: x(values[n]), y: bottom + 16 }, svg, text);
    });
    for (var n = 0; n < lanes; n += 1) {
      var name = n === mostLanes - 1 && data.sites.length > mostLanes ? "further sites" : data.sites[n] || "no site";
      make("text", { "class": "lane", x: left - 8, y: top + lane * (n + 0.5) + 4 }, svg, name.length > 18 ? name.slice(0, 17) + "…" : name);
    }
    var seen = new Array(lanes).fill(0);
    dots(svg, data.rows.filter(known).map(function (row) {
      var place = Math.min(row[1], lanes - 1);
      // Golden ratio: neighbours in order lie apart, and the same run gives the same figure.
      var offset = ((seen[place] * 0.618034) % 1 - 0.5) * (lane - 12);
      seen[place] += 1;
      return { x: x(row[8][column]), y: top + lane * (place + 0.5) + offset, row: row, out: !!out(column, row), words: row[0] + ": " + words(row[8][column]) };
    }));
    return svg;
  }
  return { make: make, dots: dots, strip: strip, usual: usual };
})();
