// Checks Dashboard Studio views against Splunk's own schemas: the definition as a whole, the
// options of each visualization, references between the parts.
// usage: OLD=FOLDER node check.js VIEW.xml…
const fs = require('fs');
const path = require('path');
const { default: Ajv } = require('ajv');
const now = require('@splunk/dashboard-definition');
const { migrateToTabsLayout } = require('@splunk/dashboard-utils');
const { DashboardValidator } = require('@splunk/dashboard-validation');
const schemas = require('@splunk/visualization-schemas');

// Packages from before Splunk 9.0, June 2022. They are read, not run, but for the schema.
const old = path.resolve(process.env.OLD);
const before = require(path.join(old, 'dashboard-definition/DashboardSchema.js'));
const read = (file) => fs.readFileSync(path.join(old, file), 'utf8');
const oldTypes = read('dashboard-presets/EnterpriseViewOnlyPreset.js');
const oldInputs = read('dashboard-inputs/index.js');

const visualizations = {
    'splunk.singlevalue': ['SingleValue', schemas.singleValueOptionsSchema],
    'splunk.line': ['Line', schemas.lineOptionsSchema],
    'splunk.column': ['Column', schemas.columnOptionsSchema],
    'splunk.table': ['Table', schemas.tableOptionsSchema],
};

// What Splunk 9.0 passes over, and what it is without.
const later = { 'splunk.table': ['fontSize'] }; // larger letters

// names reports whether a text of Splunk's has a property of this name.
const names = (text, name) => new RegExp(`\\b${name}: `).test(text);

function faultsOf(definition, schema) { // today's validator also knows what refers to what
    const validator = new DashboardValidator();
    const unfit = validator.setSchema(schema);
    if (unfit) return [`schema: ${unfit.message}`];
    return (validator.validate(definition) || []).map((f) => `${f.instancePath || ''} ${f.message} ${JSON.stringify(f.params || {})}`);
}

// Splunk 9.0 takes the view as it is.
function faultsBefore(definition) {
    const dictionary = Object.fromEntries(Object.keys(visualizations).map((type) => [type, {}]));
    const fits = new Ajv({ strict: false, allErrors: true }).compile(before.createSchemaBasedOnDicts({ visualizationDict: dictionary }));
    const faults = fits(definition) ? [] : fits.errors.map((f) => `${f.instancePath} ${f.message} ${JSON.stringify(f.params)}`);
    const handlers = Object.values(definition.visualizations).flatMap((viz) => viz.eventHandlers || []);
    for (const part of [...handlers, ...Object.values(definition.dataSources), ...Object.values(definition.inputs)]) {
        if (!oldTypes.includes(`'${part.type}': `)) faults.push(`no ${part.type}`);
    }
    for (const [id, viz] of Object.entries(definition.visualizations)) {
        const text = read(`visualizations/${visualizations[viz.type][0]}.config.js`);
        if (!text.includes(`'${viz.type}'`)) faults.push(`${id}: no ${viz.type}`);
        for (const option of Object.keys(viz.options || {})) {
            if (!names(text, option) && !(later[viz.type] || []).includes(option)) faults.push(`${id}: ${viz.type} has no option ${option}`);
        }
        for (const column of Object.values(viz.options?.columnFormat || {})) {
            for (const option of Object.keys(column)) if (!names(text, option)) faults.push(`${id}: a column has no option ${option}`);
        }
    }
    for (const [id, input] of Object.entries(definition.inputs)) {
        for (const option of Object.keys(input.options)) if (!names(oldInputs, option)) faults.push(`${id}: ${input.type} has no option ${option}`);
    }
    return faults.map((f) => `before 9.0: ${f}`);
}

// Newer Splunks convert it, into a page with one tab.
function faultsNow(definition) {
    const { success, reason, definition: converted } = migrateToTabsLayout({ definition });
    if (!success) return [`cannot be converted: ${reason}`];
    const dictionary = Object.fromEntries(Object.entries(visualizations).map(([type, [, schema]]) => [type, schema]));
    const faults = faultsOf(converted, now.createSchemaBasedOnDicts({ visualizationDict: dictionary }));
    // The schemas let unknown options pass, and references to data sources.
    for (const [id, viz] of Object.entries(definition.visualizations)) {
        for (const option of Object.keys(viz.options || {})) {
            if (!(option in visualizations[viz.type][1])) faults.push(`${id}: ${viz.type} has no option ${option}`);
        }
    }
    for (const [id, part] of Object.entries({ ...definition.visualizations, ...definition.inputs })) {
        for (const source of Object.values(part.dataSources || {})) {
            if (!(source in definition.dataSources)) faults.push(`${id}: no data source ${source}`);
        }
    }
    return faults.map((f) => `today: ${f}`);
}

function check(file) {
    const view = fs.readFileSync(file, 'utf8');
    const found = view.match(/<definition><!\[CDATA\[([\s\S]*?)\]\]><\/definition>/);
    if (!found || !view.includes('version="2"')) return ['no definition of version 2'];
    const definition = JSON.parse(found[1]);
    const unknown = Object.values(definition.visualizations).filter((v) => !visualizations[v.type]);
    if (unknown.length) return unknown.map((v) => `no schema for ${v.type}`);
    return [...faultsBefore(definition), ...faultsNow(definition)];
}

let failed = process.argv.length < 3;
for (const file of process.argv.slice(2)) {
    for (const fault of check(file)) {
        console.error(`${file}: ${fault}`);
        failed = true;
    }
}
process.exit(failed ? 1 : 0);
