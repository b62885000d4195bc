// Checks Dashboard Studio views against Splunk's own schemas: the definition as
// a whole, the options of each visualization, references between the parts.
// usage: node check.js VIEW.xml…
const fs = require('fs');
const { createSchemaBasedOnDicts } = require('@splunk/dashboard-definition');
const { DashboardValidator } = require('@splunk/dashboard-validation');
const schemas = require('@splunk/visualization-schemas');

const visualizations = {
    'splunk.singlevalue': schemas.singleValueOptionsSchema,
    'splunk.line': schemas.lineOptionsSchema,
    'splunk.column': schemas.columnOptionsSchema,
    'splunk.area': schemas.areaOptionsSchema,
    'splunk.table': schemas.tableOptionsSchema,
    'splunk.markdown': schemas.markdownOptionsSchema,
};

function check(path) {
    const view = fs.readFileSync(path, 'utf8');
    const found = view.match(/<definition><!\[CDATA\[([\s\S]*?)\]\]><\/definition>/);
    if (!found || !view.includes('version="2"')) {
        return ['no definition of version 2'];
    }
    const definition = JSON.parse(found[1]);
    const validator = new DashboardValidator();
    const unfit = validator.setSchema(createSchemaBasedOnDicts({ visualizationDict: visualizations }));
    if (unfit) {
        return [`schema: ${unfit.message}`];
    }
    const faults = (validator.validate(definition) || []).map((f) => `${f.instancePath || ''} ${f.message} ${JSON.stringify(f.params || {})}`);
    // The schemas let unknown options pass, and references to data sources.
    for (const [id, viz] of Object.entries(definition.visualizations)) {
        const known = visualizations[viz.type];
        if (!known) {
            faults.push(`${id}: no schema for ${viz.type}`);
            continue;
        }
        for (const option of Object.keys(viz.options || {})) {
            if (!(option in known)) faults.push(`${id}: ${viz.type} has no option ${option}`);
        }
        for (const source of Object.values(viz.dataSources || {})) {
            if (!(source in definition.dataSources)) faults.push(`${id}: no data source ${source}`);
        }
    }
    return faults;
}

let failed = process.argv.length < 3;
for (const path of process.argv.slice(2)) {
    for (const fault of check(path)) {
        console.error(`${path}: ${fault}`);
        failed = true;
    }
}
process.exit(failed ? 1 : 0);
