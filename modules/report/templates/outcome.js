(function () {
  var table = document.getElementById("rows");
  if (!table) return;
  document.documentElement.classList.add("js");
  var rows = Array.prototype.slice.call(table.tBodies[0].rows);
  sorting.heads(table, function (column, descending) {
    var numeric = table.tHead.rows[0].cells[column].dataset.sort === "number";
    var keys = rows.map(function (row) {
      var cell = row.cells[column];
      var text = (cell.dataset.v || cell.textContent).trim().replace("\u2212", "-");
      return numeric ? parseFloat(text) : text;
    });
    sorting.order(keys, descending).forEach(function (n) { table.tBodies[0].appendChild(rows[n]); });
  });

  // Numbers of one measure can be compared by sorting, those of two cannot.
  var which = document.getElementById("which");
  var names = [];
  Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
    var name = row.cells[0].textContent;
    if (names.indexOf(name) < 0) names.push(name);
  });
  names.forEach(function (name) { which.add(new Option(name, name)); });
  function update() {
    Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
      row.classList.toggle("hide", which.value !== "" && row.cells[0].textContent !== which.value);
    });
  }
  which.addEventListener("change", update);
  window.addEventListener("beforeprint", function () { which.value = ""; update(); });
})();
