// Two linked panes of NiiVue, where the server has it: before and after, with the change over the second.
(function () {
  var section = document.getElementById("viewer");
  if (!section) return;
  section.hidden = false;
  var words = document.getElementById("viewer-words");
  var button = document.getElementById("viewer-open");
  var scan = document.getElementById("rate").dataset.scan;
  // Asked for before it is known what the server has: the answer finds it.
  var known = null, asked = false;

  function script(done) {
    var element = document.createElement("script");
    element.src = "viewer.js";
    element.addEventListener("load", done);
    element.addEventListener("error", function () { words.textContent = "NiiVue cannot be loaded."; });
    document.head.appendChild(element);
  }
  // The colours of the page's change map, up or down from zero; they fade out where nothing changed, so that the brain stays seen.
  function colours(palette, way) {
    var zero = (palette.length - 1) / 2, map = { R: [], G: [], B: [], A: [], I: [] };
    for (var n = 0; n <= zero; n += 1) {
      var colour = palette[zero + way * n];
      map.R.push(colour[0]);
      map.G.push(colour[1]);
      map.B.push(colour[2]);
      map.A.push(Math.min(255, Math.round(4 * 255 * n / zero)));
      map.I.push(Math.round(255 * n / zero));
    }
    return map;
  }
  async function open(has) {
    button.hidden = true;
    words.textContent = "Loading the volumes…";
    var options = { isResizeCanvas: true, backColor: [0, 0, 0, 1], show3Dcrosshair: true, isRadiologicalConvention: true, sagittalNoseLeft: true, loadingText: "" };
    var panes = [];
    for (const side of ["before", "after"]) {
      var pane = new niivue.Niivue(options);
      pane.addColormap("brighter", colours(has.palette, 1));
      pane.addColormap("darker", colours(has.palette, -1));
      document.getElementById("panes").hidden = false;
      await pane.attachToCanvas(document.getElementById("pane-" + side));
      var volumes = [{ url: "volumes/" + scan + "/" + side + ".nii", colormap: "gray", cal_min: 0, cal_max: 1.3 }];
      if (side === "after" && has.change)
        volumes.push({ url: "volumes/" + scan + "/change.nii", colormap: "brighter", colormapNegative: "darker", cal_min: 0, cal_max: has.change_scale, opacity: 0 });
      await pane.loadVolumes(volumes);
      pane.setSliceType(pane.sliceTypeMultiplanar);
      panes.push(pane);
    }
    panes[0].broadcastTo([panes[1]], { "2d": true, "3d": true });
    panes[1].broadcastTo([panes[0]], { "2d": true, "3d": true });
    document.getElementById("sliders").hidden = false;
    document.getElementById("slide-window").addEventListener("input", function (event) {
      panes.forEach(function (pane) {
        pane.volumes[0].cal_max = event.target.value / 100;
        pane.updateGLVolume();
      });
    });
    document.getElementById("slide-change").addEventListener("input", function (event) {
      if (panes[1].volumes.length > 1) panes[1].setOpacity(1, event.target.value / 100);
    });
    words.textContent = "Click or drag in a pane; both show the same place.";
    section.dataset.state = "open";
  }
  function start() {
    if (known && asked) script(function () { open(known).catch(function (error) { words.textContent = "The viewer failed: " + error.message; }); });
  }
  button.addEventListener("click", function () {
    asked = true;
    words.textContent = "Loading the viewer…";
    start();
  }, { once: true });
  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key.toLowerCase() !== "v" || button.hidden || event.target.closest("textarea, select, input[type=text]")) return;
    button.click();
  });
  fetch("volumes/" + scan + "/what", { cache: "no-store" }).then(function (answer) { return answer.json(); }).then(function (has) {
    if (!has.viewer || !has.before || !has.after) {
      button.hidden = true;
      words.textContent = has.viewer ? has.words : "The viewer is not installed (npm package @niivue/niivue); the pictures above show the same scan.";
      return;
    }
    known = has;
    start();
  }).catch(function () { words.textContent = "The server does not answer."; });
})();
