(function () {
  var table = document.getElementById("rows");
  if (!table) return;
  document.documentElement.classList.add("js");
  sortable(table, function () {});

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
