// Judgements of a page that `isoscan review` serves: each goes to the server, which answers when it is on the disk.
(function () {
  function listed(answer, done) {
    answer.then(function (response) {
      return response.json().then(function (body) {
        if (!response.ok) throw new Error(body.error || "status " + response.status);
        done(body.ratings, "", body.agreement);
      });
    }).catch(function (error) {
      done(null, "NOT KEPT: " + error.message + ". Is `isoscan review` still running?");
    });
  }
  ratings.words = "Kept in ratings.tsv of the output folder, at once.";
  ratings.load = function (done) { listed(fetch("ratings", { cache: "no-store" }), done); };
  ratings.add = function (entry, done) {
    listed(fetch("ratings", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(entry) }), done);
  };
})();
