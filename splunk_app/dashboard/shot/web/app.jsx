// Draws window.PAGE, a page of the dashboard with its rows, as Splunk Web does.
// ?theme=dark draws it dark.
import React from 'react';
import { createRoot } from 'react-dom/client';
import DashboardCore from '@splunk/dashboard-core';
import { DashboardContextProvider } from '@splunk/dashboard-context';
import { TimeRangeInput } from '@splunk/dashboard-inputs';
import { migrateToTabsLayout } from '@splunk/dashboard-utils';
import enterprise from '@splunk/dashboard-presets/EnterpriseViewOnlyPreset';
import SplunkThemeProvider from '@splunk/themes/SplunkThemeProvider';

const theme = new URLSearchParams(window.location.search).get('theme') || 'light';
document.body.style.background = theme === 'dark' ? '#171d21' : '#f2f4f5';
// Splunk's picker of times asks Splunk Web which there are; this one does not.
const preset = { ...enterprise, inputs: { ...enterprise.inputs, 'input.timerange': TimeRangeInput } };
const page = migrateToTabsLayout({ definition: window.PAGE });

class Guard extends React.Component {
    state = {};

    static getDerivedStateFromError(error) {
        return { error };
    }

    render() {
        return this.state.error ? <pre>{`FAILED ${this.state.error.stack}`}</pre> : this.props.children;
    }
}

createRoot(document.getElementById('root')).render(
    <Guard>
        <SplunkThemeProvider family="enterprise" colorScheme={theme} density="comfortable">
            <DashboardContextProvider preset={preset} initialDefinition={page.definition} featureFlags={{}}>
                <DashboardCore width="100%" height="auto" />
            </DashboardContextProvider>
        </SplunkThemeProvider>
    </Guard>,
);
