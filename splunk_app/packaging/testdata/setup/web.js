// What Splunk Web gives to a page: require, splunkjs/mvc, and a form key on each request.
// faults are what went wrong in the page, for the test to read.
window.faults = [];
document.addEventListener("securitypolicyviolation", (e) => faults.push(`policy: ${e.violatedDirective} ${e.blockedURI}`));
addEventListener("error", (e) => faults.push(`error: ${e.message}`));
// Splunk's SDK 2 rejects a promise of its own, that nobody sees, with each reply that refuses.
addEventListener("unhandledrejection", (e) => (e.reason && e.reason.response) || faults.push(`rejection: ${e.reason}`));
["log", "info", "warn", "error", "debug"].forEach((level) => {
  console[level] = (...words) => (window.logged = (window.logged || "") + words.map((w) => JSON.stringify(w)).join(" ") + "\n");
});

(function () {
  "use strict";
  const key = () => /splunkweb_csrf_token=(\w+)/.exec(document.cookie)[1];
  if (window.jQuery) {
    jQuery.ajaxPrefilter((options, original, request) => request.setRequestHeader("X-Splunk-Form-Key", key()));
  } else {
    window.splunkjs = plain(key);
  }
  const modules = {
    "splunkjs/mvc": { createService: (o) => new splunkjs.Service(new splunkjs.SplunkWebHttp(), o) },
    "splunkjs/mvc/simplexml/ready!": {},
  };
  window.require = (names, run) => run(...names.map((n) => modules[n]));

  // plain is what the page uses of Splunk's SDK, where that is not installed: it answers
  // through a callback, as version 1 does.
  function plain(formKey) {
    class SplunkWebHttp {}
    class Service {
      constructor(http, o) {
        this.below = `/servicesNS/${o.owner}/${o.app}/`;
      }
      get(path, values, answer) {
        this.send("GET", path, values, answer);
      }
      post(path, values, answer) {
        this.send("POST", path, values, answer);
      }
      send(method, path, values, answer) {
        const form = new URLSearchParams(values).toString();
        const query = method === "GET" && form ? "&" + form : "";
        const url = "/en-US/splunkd/__raw" + (path.startsWith("/") ? path : this.below + path) + "?output_mode=json" + query;
        fetch(url, {
          method: method,
          headers: {
            "X-Splunk-Form-Key": formKey(),
            "X-Requested-With": "XMLHttpRequest",
            "Content-Type": "application/x-www-form-urlencoded",
          },
          body: method === "GET" ? undefined : form,
        }).then(
          async (r) => {
            const data = await r.json().catch(() => ({}));
            if (r.ok) answer(null, { status: r.status, data: data });
            else answer({ status: r.status, data: data });
          },
          () => answer({ status: 0 }),
        );
      }
    }
    return { Service: Service, SplunkWebHttp: SplunkWebHttp };
  }
})();
