"""Validates the rules in sigma with pySigma, and converts them with its backend for Splunk.

Without an argument the conversions must be the files in converted; with --update they become
those. The validators that would ask the network for the lists of MITRE are left out.
"""

import pathlib
import sys

from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline
from sigma.validation import SigmaValidator

NEED_THE_NETWORK = {"ATTACKTagValidator", "D3FENDTagValidator"}


def main(here, update):
    pipeline = ProcessingPipeline.from_yaml((here / "sigma-pipeline.yml").read_text())
    validators = InstalledSigmaPlugins.autodiscover().validators
    checks = [v for v in validators.values() if v.__name__ not in NEED_THE_NETWORK]
    if len(checks) < 20:
        return [f"only {len(checks)} validators are there"], 0
    validator, faults, converted = SigmaValidator(checks), [], {}
    for path in sorted((here / "sigma").glob("*.yml")):
        rules = SigmaCollection.load_ruleset([path])
        faults += [f"{path.name}: {issue}" for issue in validator.validate_rules(iter(rules))]
        queries = SplunkBackend(processing_pipeline=pipeline).convert(rules)
        if len(queries) != 1:
            faults.append(f"{path.name}: {len(queries)} queries, want one")
        converted[path.stem + ".spl"] = queries[0] + "\n"
    faults += [str(issue) for issue in validator.finalize()]
    if update:
        for old in (here / "converted").glob("*.spl"):
            old.unlink()
        for name, query in converted.items():
            (here / "converted" / name).write_text(query)
    kept = {path.name: path.read_text() for path in (here / "converted").glob("*.spl")}
    for name in sorted(kept.keys() | converted.keys()):
        if kept.get(name) != converted.get(name):
            faults.append(f"converted/{name} is not what pySigma makes; run check-sigma --update")
    return faults, len(converted)


if __name__ == "__main__":
    found, count = main(pathlib.Path(__file__).parent, "--update" in sys.argv)
    for fault in found:
        print(fault)
    if found or not count:
        sys.exit(f"sigma: {len(found)} faults in {count} rules")
    print(f"sigma: {count} rules are valid and converted")
