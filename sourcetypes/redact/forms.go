package redact

import "ollama-hec/sourcetypes/internal/text"

// forms are secrets of which more is known than a prefix.
var forms = []Rule{
	{
		Name:   "PEM private key",
		Kind:   PrivateKey,
		pem:    true,
		At:     "EGI",
		Fold:   true,
		Source: "https://www.rfc-editor.org/rfc/rfc7468",
	},
	{
		Name:   "HTTP Bearer",
		Kind:   Token,
		scheme: "bearer",
		name:   true,
		stems:  []string{"bea"},
		Source: "https://www.rfc-editor.org/rfc/rfc6750",
	},
	{Name: "Splunk HEC", Kind: Token, scheme: "splunk", name: true, stems: []string{"spl"},
		Source: "https://docs.splunk.com/Documentation/Splunk/latest/Data/UsetheHTTPEventCollector"},
	{Name: "JSON web token", Kind: Token, Prefixes: []string{"eyJ"},
		Tail:   `[\w-]+={0,2}\.[\w-]{4,}={0,2}(?:\.[\w-]{4,}={0,2}){0,3}`,
		Source: "https://www.rfc-editor.org/rfc/rfc7519"},
	{Name: "JSON web token in base64", Kind: Token, Prefixes: []string{"ZXlK"},
		Tail: `[\w+/-]{30,}={0,2}`, Looks: jumbled,
		Source: "https://www.rfc-editor.org/rfc/rfc7519"},
	{Name: "SendGrid", Kind: Token, Prefixes: []string{"SG."},
		Tail: `[\w.=-]{60,}|[\w-]{8,}\.[\w-]{8,}`, Looks: digitOr(1 << 10),
		Source: "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys"},
	{Name: "Terraform", Kind: Token, Around: "sv1", Lead: &tokenByte, Tail: `[0-9A-Za-z]{14}\.atlasv1\.[\w=-]{40,}`,
		Source: "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens"},
	{Name: "Azure client secret", Kind: Secret, Around: "Q~", Lead: &tokenByte, Tail: `[\w~.]{3}\dQ~[\w~.-]{31,34}`,
		Source: "https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials"},
	{Name: "Mailchimp", Kind: Key, Around: "-us", Lead: &text.Ident, Tail: `[0-9a-f]{32}-us\d{1,2}`,
		Source: "https://mailchimp.com/developer/marketing/guides/quick-start/"},
	{Name: "MaxMind", Kind: Key, Around: "mmk", Lead: &text.Ident, Tail: `[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk`,
		Source: "https://dev.maxmind.com/license-key-scanning-update/"},
	{Name: "Telegram bot", Kind: Token, Around: ":AA", Lead: &text.Ident, Tail: `\d{5,16}:AA[\w-]{32,33}`,
		Source: "https://core.telegram.org/bots/api"},
	{Name: "Telegram bot in a query", Kind: Token, Around: "%3A", Fold: true, Lead: &digits,
		Tail:   `\d{5,16}%3AAA[\w-]{32,33}`,
		Source: "https://core.telegram.org/bots/api"},
	{Name: "Slack webhook", Kind: Token, Prefixes: []string{"hooks.slack.com"},
		Tail:   sl + `(?:services|workflows|triggers)` + sl + `([\w+-]+(?:` + sl + `[\w+-]+){2,4})`,
		Source: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"},
	{Name: "Discord webhook", Kind: Token, Prefixes: []string{"discord.com"}, At: "rd.",
		Tail:   sl + `api` + sl + `(?:v\d+` + sl + `)?webhooks` + sl + `\d+` + sl + `([\w-]{20,})`,
		Source: "https://discord.com/developers/docs/resources/webhook"},
	{
		Name:     "Teams webhook",
		Kind:     Token,
		Window:   320,
		Prefixes: []string{"webhook.office.com"},
		Tail:     sl + `webhookb2` + sl + `([\w-]+(?:@|%40)[\w-]+` + sl + `IncomingWebhook` + sl + `\w{20,}` + sl + `[\w-]{20,}(?:` + sl + `[\w-]+)?)`,
		Source:   "https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
	},
}

// sl is a slash, as it stands, in JSON or in a query.
const sl = `(?:\\{0,3}/|%2[Ff])`

// tokenByte has what tokens are made of that have dots in them.
var tokenByte = text.Table(func(c byte) bool { return text.Ident[c] || c == '.' || c == '~' })

var digits = text.Table(text.Digit)
