// Judgements of a page that `isoscan review` serves: each goes to the server, which answers when it is on the disk.
(function () {
  function asked(answer, failed, done) {
    answer.then(function (response) {
      return response.json().then(function (body) {
        if (!response.ok) throw new Error(body.error || "status " + response.status);
        return body;
      });
    }).then(done, function (error) { failed(error.message + ". Is `isoscan review` still running?"); });
  }
  function ask(query, done, given) {
    asked(fetch("ratings" + query, { cache: "no-store" }), function (problem) { done(null, "Judgements cannot be read: " + problem); }, given);
  }
  ratings.words = "Kept in ratings.tsv of the output folder, at once.";
  ratings.load = function (done, scan) {
    ask(scan ? "?scan=" + encodeURIComponent(scan) : "", done, function (body) { done(body.ratings, "", body.agreement, body.raters); });
  };
  ratings.judged = function (rater, done) {
    ask("?rater=" + encodeURIComponent(rater), done, function (body) { done(body.judged, ""); });
  };
  ratings.add = function (entry, done) {
    // keepalive: who closes the page has said it all the same.
    asked(fetch("ratings", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(entry) }),
      function (problem) { done(null, "NOT KEPT: " + problem); }, function (body) { done(body.ratings, "", body.agreement, body.raters, body.stale); });
  };
})();
