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
  sortable(table, update);

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
