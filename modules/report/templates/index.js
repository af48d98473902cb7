"use strict";
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  var table = document.getElementById("scans");
  if (!table) return;
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var shown = document.getElementById("shown");
  var find = document.getElementById("find");
  var boxes = document.querySelectorAll("input.choice");
  var texts = new Map(rows.map(function (row) { return [row, row.textContent.toLowerCase()]; }));
  var collator = new Intl.Collator(undefined, { numeric: true });

  function value(row, column) {
    var cell = row.cells[column];
    var text = cell.dataset.v || cell.textContent;
    return text.trim().replace("\u2212", "-").replace(/ [\u25b2\u25bc]$/, "");
  }

  function sort(column, numeric, descending) {
    var keyed = rows.map(function (row, n) {
      var text = value(row, column);
      return { row: row, n: n, text: text, number: parseFloat(text) };
    });
    keyed.sort(function (a, b) {
      if (numeric) {
        // What has no value stays below, whichever way one sorts.
        if (isNaN(a.number) || isNaN(b.number)) return (isNaN(a.number) ? 1 : 0) - (isNaN(b.number) ? 1 : 0) || a.n - b.n;
        return (descending ? b.number - a.number : a.number - b.number) || a.n - b.n;
      }
      var order = collator.compare(a.text, b.text);
      return (descending ? -order : order) || a.n - b.n;
    });
    var sorted = document.createDocumentFragment();
    keyed.forEach(function (entry) { sorted.appendChild(entry.row); });
    body.appendChild(sorted);
    update();
  }

  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    if (!head.dataset.sort) return;
    var label = head.querySelector(".head");
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = label.textContent;
    label.replaceWith(button);
    button.addEventListener("click", function () {
      var descending = head.getAttribute("aria-sort") === "ascending";
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(column, head.dataset.sort === "number", descending);
    });
  });

  // A page of thousands opens at its first rows; what is below stays one click away.
  var first = 100;
  var all = false;
  var more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  more.addEventListener("click", function () { all = true; update(); });
  table.parentNode.parentNode.insertBefore(more, table.parentNode.nextSibling);

  function update() {
    var wanted = find.value.trim().toLowerCase();
    var off = {};
    boxes.forEach(function (box) { if (!box.checked) off["v-" + box.id.slice(2)] = true; });
    var count = 0;
    Array.prototype.forEach.call(body.rows, function (row) {
      var hit = !off[row.classList[0]] && (!wanted || texts.get(row).indexOf(wanted) >= 0);
      if (hit) count += 1;
      row.classList.toggle("hide", !hit || (!all && count > first));
    });
    shown.textContent = count === rows.length ? "" : count + " of " + rows.length;
    more.hidden = all || count <= first;
    more.textContent = "Show all " + count + " (" + first + " shown)";
  }
  find.addEventListener("input", update);
  boxes.forEach(function (box) { box.addEventListener("change", update); });
  window.addEventListener("beforeprint", function () { all = true; update(); });
  update();
})();
