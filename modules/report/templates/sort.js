"use strict";
// The heads of a table that have data-sort="text" or "number" become buttons, which sort its body; then `done` is called.
function sortable(table, done) {
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
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
    done();
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
}
