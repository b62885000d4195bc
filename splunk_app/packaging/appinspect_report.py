"""Prints the checks of an AppInspect report that did not succeed; fails if one is not allowed.

usage: appinspect_report.py PACKAGE TAGS REPORT.json
"""

import json
import sys

# Splunk runs on ARM too; the package for it is another one.
ALLOWED = {"check_aarch64_compatibility"}


def main(package, tags, path):
    try:
        with open(path, encoding="utf-8") as f:
            reports = json.load(f)["reports"]
    except (OSError, ValueError, KeyError) as e:
        print(f"{package} ({tags}): no report: {e}")
        return 1
    checks = [c for r in reports for g in r["groups"] for c in g["checks"]]
    if not checks:
        print(f"{package} ({tags}): no check was run")
        return 1
    bad = 0
    counts = {}
    for c in checks:
        counts[c["result"]] = counts.get(c["result"], 0) + 1
        if c["result"] not in ("error", "failure", "warning", "future_failure"):
            continue
        allowed = c["name"] in ALLOWED and "arm64" not in package
        if c["result"] in ("error", "failure") and not allowed:
            bad += 1
        for m in c["messages"] or [{"result": c["result"], "message": ""}]:
            if m["result"] == c["result"]:
                place = f" ({m['message_filename']})" if m.get("message_filename") else ""
                print(f"  {c['result']}: {c['name']}{place}: {' '.join(m['message'].split())}")
    print(f"{package} ({tags}): " + ", ".join(f"{n} {result}" for result, n in sorted(counts.items())))
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
