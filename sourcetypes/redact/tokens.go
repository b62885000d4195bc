package redact

import "strings"

// tokens are secrets known by what they begin with. A prefix that is seldom
// anything else is followed by less than the vendor gives it, since logs cut
// lines; a short one by all of it.
//
// The source is the vendor's page on these secrets. Where no page prints the
// prefix, it is the rule of gitleaks v8.30 of this name.
var tokens = []Rule{
	// Models and tools for them.
	token("OpenAI, Anthropic, DeepSeek, OpenRouter, Langfuse", "sk-", `[\w-]{10,}`, solid,
		"https://platform.openai.com/docs/api-reference/authentication"),
	token("Hugging Face", "hf_ api_org_", `[0-9A-Za-z]{12,}`, digitOr(24),
		"https://huggingface.co/docs/hub/security-tokens"),
	token("Groq", "gsk_", `[0-9A-Za-z]{12,}`, digitOr(24), "https://console.groq.com/docs/quickstart"),
	token("xAI", "xai-", `[\w-]{10,}`, solid, "https://docs.x.ai/docs/overview"),
	token("Perplexity", "pplx-", `[\w-]{10,}`, solid, "https://docs.perplexity.ai/guides/getting-started"),
	token("NVIDIA", "nvapi-", `[\w-]{10,}`, solid, "https://docs.api.nvidia.com/"),
	token("Replicate", "r8_", `[0-9A-Za-z]{12,}`, digitOr(24), "https://replicate.com/docs/topics/security/api-tokens"),
	token("Together", "tgp_v1_", `[\w-]{12,}`, digitOr(24), "https://docs.together.ai/docs/quickstart"),
	token("Fireworks", "fw_", `[0-9A-Za-z]{22,}`, jumbled, "https://docs.fireworks.ai/getting-started/quickstart"),
	token("Cerebras", "csk-", `[0-9a-z]{32,}`, jumbled, "https://inference-docs.cerebras.ai/quickstart"),
	token("Voyage", "pa-", `[\w-]{40,}`, solid, "https://docs.voyageai.com/docs/api-key-and-installation"),
	token("Jina", "jina_", `[\w-]{32,}`, solid, "https://jina.ai/reader/"),
	token("LlamaIndex", "llx-", `[0-9A-Za-z]{32,}`, jumbled, "https://docs.cloud.llamaindex.ai/"),
	token("LangSmith", "lsv2_pt_ lsv2_sk_ ls__", `[0-9a-f]{20,}(?:_[0-9a-f]{6,})?`, nil,
		"https://docs.langchain.com/langsmith/create-account-api-key"),
	token("Pinecone", "pcsk_", `\w{20,}`, digitOr(32), "https://docs.pinecone.io/guides/projects/manage-api-keys"),
	token("Tavily", "tvly-", `[\w-]{20,}`, solid, "https://docs.tavily.com/documentation/quickstart"),
	token("Firecrawl", "fc-", `[0-9a-f]{32}`, nil, "https://docs.firecrawl.dev/introduction"),
	token("E2B", "e2b_", `[0-9a-f]{32,}`, nil, "https://e2b.dev/docs/api-key"),
	token("ElevenLabs", "sk_", `[0-9a-f]{40,}`, nil, "https://elevenlabs.io/docs/api-reference/authentication"),
	token("RunPod", "rpa_", `[0-9A-Za-z]{32,}`, jumbled, "https://docs.runpod.io/get-started/api-keys"),
	token("Weights & Biases", "wandb_v1_", `\w{32,}`, nil, "https://docs.wandb.ai/support/find_api_key/"),
	token("Databricks", "dapi", `[0-9a-f]{32}(?:-\d)?`, nil,
		"https://docs.databricks.com/aws/en/dev-tools/auth/pat").at("dap"),
	token("AWS Bedrock", "ABSK", `(?:[0-9A-Za-z+/]|%2[BF]){40,}={0,2}`, nil,
		"https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html"),
	token("AWS Bedrock, for a short time", "bedrock-api-key-", `(?:[\w+/=-]|%[23][BDF]){28,}`, nil,
		"https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html"),

	// Clouds.
	key("AWS", "AKIA ASIA ABIA ACCA", `[0-9A-Z]{16,}`, nil,
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"),
	key("AWS, once", "A3T", `[0-9A-Z]{17}`, nil, "gitleaks: aws-access-token"),
	key("Google API", "AIza", `[\w-]{26,}`, nil, "https://cloud.google.com/docs/authentication/api-keys"),
	key("Google API, bound to an account", "AQ.", `[\w-]{40,}`, solid,
		"https://cloud.google.com/docs/authentication/api-keys"),
	token("Google OAuth", "ya29.", `[\w.-]{20,}`, nil, "https://developers.google.com/identity/protocols/oauth2"),
	token("Google OAuth refresh", "1//0", `[\w-]{30,}`, solid,
		"https://developers.google.com/identity/protocols/oauth2").at("1//"),
	token(
		"Google OAuth refresh, in a query",
		"1%2F%2F0",
		`[\w-]{30,}`,
		solid,
		"https://developers.google.com/identity/protocols/oauth2",
	),
	secret("Google OAuth client", "GOCSPX-", `[\w-]{20,}`, nil,
		"https://developers.google.com/identity/protocols/oauth2"),
	key("Alibaba", "LTAI", `[0-9A-Za-z]{16,}`, digitOr(20),
		"https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair"),
	token("DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", `[0-9a-f]{12,}`, nil,
		"https://docs.digitalocean.com/reference/api/create-personal-access-token/"),
	key("Cloudflare origin", "v1.0-", `[0-9a-f]{24}-[0-9a-f]{100,}`, nil,
		"https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/"),
	token("Heroku", "HRKU-", `[\w-]{30,}`, nil, "https://devcenter.heroku.com/articles/authentication"),
	token("Fly", "fm2_ fm1r_ fm1a_ fo1_", `(?:[\w+/-]|%2[BF]){40,}={0,3}`, nil, "https://fly.io/docs/security/tokens/"),
	token("OpenShift", "sha256~", `[\w-]{43}`, nil,
		"https://docs.redhat.com/en/documentation/openshift_container_platform/"),
	token("PlanetScale", "pscale_tkn_ pscale_oauth_ pscale_pw_", `[\w=.-]{20,}`, nil,
		"https://planetscale.com/docs/api/reference/service-tokens").folded(),
	token("Supabase", "sbp_ sb_secret_", `\w{20,}`, nil, "https://supabase.com/docs/guides/api/api-keys"),
	token("Scalingo", "tk-us-", `[\w-]{40,}`, solid, "https://developers.scalingo.com/"),
	token("Octopus Deploy", "API-", `[0-9A-Z]{26}`, nil,
		"https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key"),
	token("Pulumi", "pul-", `[0-9a-f]{40}`, nil,
		"https://www.pulumi.com/docs/administration/access-identity/access-tokens/"),
	token("Prefect", "pnu_", `[0-9A-Za-z]{36}`, nil, "https://docs.prefect.io/v3/manage/cloud/manage-users/api-keys"),
	token("Infracost", "ico-", `[0-9A-Za-z]{32}`, jumbled, "https://www.infracost.io/docs/"),

	// Code, builds and packages.
	token("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", `[0-9A-Za-z]{12,}`, digitOr(24),
		"https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"),
	token("GitHub, fine-grained", "github_pat_", `\w{12,}`, digitOr(24),
		"https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"),
	token(
		"GitLab",
		"glpat- gloas- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glwt- glsoat- glffct-",
		`[\w-]{16,}(?:\.[\w-]+)*`,
		digitOr(20),
		"https://docs.gitlab.com/security/tokens/",
	),
	token("GitLab agent", "glagent-", `[\w-]{20,}`, digitOr(40), "https://docs.gitlab.com/security/tokens/").at("gla"),
	token("GitLab runner registration", "GR1348941", `[\w-]{20}`, nil,
		"https://docs.gitlab.com/security/tokens/").at("R13"),
	token("GitLab session", "_gitlab_session=", `([0-9a-z]{32})`, nil, "gitleaks: gitlab-session-cookie").at("b_s"),
	token("npm", "npm_", `[0-9A-Za-z]{12,}`, digitOr(24), "https://docs.npmjs.com/about-access-tokens").folded(),
	token("PyPI", "pypi-", `[\w-]{10,}`, solid, "gitleaks: pypi-upload-token"),
	token("RubyGems", "rubygems_", `[0-9a-f]{32,}`, nil, "https://guides.rubygems.org/api-key-scopes/"),
	token("Clojars", "CLOJARS_ clojars_", `[0-9a-z]{60}`, nil,
		"https://github.com/clojars/clojars-web/wiki/Deploy-Tokens"),
	token("NuGet", "oy2", `[0-9a-z]{43}`, jumbled, "https://learn.microsoft.com/nuget/nuget-org/publish-a-package"),
	token("Docker Hub", "dckr_pat_ dckr_oat_", `[\w-]{12,}`, digitOr(24),
		"https://docs.docker.com/security/access-tokens/"),
	token("Bitbucket, Atlassian", "ATBB ATCTT3 ATATT3", `[\w=-]{24,}`, digitOr(40),
		"https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/"),
	token("Artifactory", "AKCp cmVmd", `[0-9A-Za-z]{50,}`, jumbled,
		"https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens"),
	token("SonarQube", "squ_ sqp_ sqa_", `[0-9a-f]{32,}`, nil,
		"https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/"),
	token("Sourcegraph", "sgp_", `\w{32,}`, digitOr(40),
		"https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token"),
	token("Postman", "PMAK-", `[0-9a-f]{20,}-[0-9a-f]{20,}`, nil,
		"https://learning.postman.com/docs/developer/postman-api/authentication/"),
	token("ReadMe", "rdme_", `[0-9a-z]{40,}`, nil, "https://docs.readme.com/main/reference/authentication"),
	token("CircleCI", "CCIPAT_ CCIPRJ_", `\w{20,}`, nil,
		"https://circleci.com/docs/guides/toolkit/managing-api-tokens/"),
	token("Buildkite", "bkua_", `[0-9a-f]{40}`, nil, "https://buildkite.com/docs/apis/managing-api-tokens"),

	// Secrets and identities.
	token("Vault", "hvs. hvb. hvr.", `[\w-]{20,}`, nil, "https://developer.hashicorp.com/vault/docs/concepts/tokens"),
	token(
		"1Password",
		"ops_eyJ",
		`(?:[\w+/-]|%2[BF]){40,}={0,3}`,
		nil,
		"https://developer.1password.com/docs/service-accounts/",
	),
	key("1Password secret", "A3-", `[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}`, nil,
		"https://support.1password.com/secret-key/"),
	key("age", "AGE-SECRET-KEY-1", `[0-9A-Z]{30,}`, nil, "https://github.com/C2SP/C2SP/blob/main/age.md").at("Y-1"),
	token("Doppler", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", `[\w.-]{30,}`, digitOr(40),
		"https://docs.doppler.com/reference/auth-token-formats"),
	token("Tailscale", "tskey-", `[\w-]{16,}`, solid, "https://tailscale.com/kb/1252/key-prefixes"),

	// Watching.
	token("Grafana", "glsa_", `[0-9A-Za-z]{12,}(?:_[0-9A-Fa-f]{8})?`, digitOr(24),
		"https://grafana.com/docs/grafana/latest/administration/service-accounts/").folded(),
	token("Grafana Cloud", "glc_", `(?:[\w+/]|%2[BF]){32,}={0,3}`, digitOr(32),
		"https://grafana.com/docs/grafana-cloud/account-management/authentication-and-permissions/access-policies/").folded(),
	key("Grafana", "eyJrIjoi", `[0-9A-Za-z]{40,}={0,3}`, nil,
		"https://grafana.com/docs/grafana/latest/administration/service-accounts/").folded(),
	token("Sentry", "sntrys_ sntryu_ sntryi_", `(?:[\w+/]|%2[BF]){20,}(?:={1,2}_[\w+/]+)?`, digitOr(40),
		"https://docs.sentry.io/account/auth-tokens/"),
	key("New Relic", "NRAK- NRII- NRRA- NRSP- NRAA- NRJS-", `[0-9A-Za-z-]{16,}`, digitOr(20),
		"https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/"),
	token("Dynatrace", "dt0c01. dt0s01. dt0s16.", `[0-9A-Z]{24}\.[0-9A-Za-z]{20,}|[0-9A-Za-z]{24}\.[0-9A-Za-z]{60,}`, nil,
		"https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens"),
	token("Honeycomb", "hcaik_ hcbik_ hcxik_ hcalk_ hcblk_ hcxlk_", `[0-9a-z]{30,}`, digitOr(40),
		"https://docs.honeycomb.io/configure/environments/manage-api-keys/"),
	token("PostHog", "phc_ phx_", `[0-9A-Za-z]{30,}`, jumbled, "https://posthog.com/docs/api"),

	// Money, shops and messages.
	key("Stripe", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_", `[0-9A-Za-z]{10,}`, nil,
		"https://docs.stripe.com/keys"),
	secret("Stripe webhook, Svix", "whsec_", `[0-9A-Za-z+/]{12,}={0,2}`, digitOr(24),
		"https://docs.stripe.com/webhooks"),
	token("Square", "sq0atp- sq0csp- sq0idp- EAAA", `[\w-]{22,}`, nil,
		"https://developer.squareup.com/docs/build-basics/access-tokens"),
	token("Shopify", "shpat_ shpca_ shppa_ shpss_", `[0-9A-Za-z]{12,}`, digitOr(24),
		"https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens"),
	token("Shippo", "shippo_live_ shippo_test_", `[0-9A-Fa-f]{20,}`, nil,
		"https://docs.goshippo.com/docs/guides_general/authentication/"),
	token("EasyPost", "EZAK EZTK", `[0-9A-Za-z]{54}`, nil, "https://docs.easypost.com/docs/authentication"),
	token("Duffel", "duffel_live_ duffel_test_", `[\w=-]{20,}`, digitOr(30),
		"https://duffel.com/docs/api/overview/making-requests"),
	key("Flutterwave", "FLWSECK_TEST- FLWPUBK_TEST- FLWSECK- FLWPUBK-", `[0-9A-Za-z]{12,}(?:-X)?`, nil,
		"https://developer.flutterwave.com/docs/authentication"),
	token("Plaid", "access-sandbox- access-production- link-sandbox- link-production-", `[0-9a-f-]{20,}`, nil,
		"https://plaid.com/docs/api/tokens/"),
	token("Slack", "xoxb- xoxa- xoxe- xoxo- xoxp- xoxr- xoxs- xoxc- xoxd- xapp- xwfp-", `[\w-]{7,}`, digitOr(24),
		"https://docs.slack.dev/authentication/tokens").folded(),
	token("Slack, rotated", "xoxe.xoxb- xoxe.xoxp-", `[\w-]{10,}`, digitOr(24),
		"https://docs.slack.dev/authentication/using-token-rotation").folded(),
	token("Facebook", "EAAM EAAC EAAG EAAB EAAD", `[0-9A-Za-z]{80,}`, nil,
		"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/"),
	token("Twilio", "SK", `[0-9A-Fa-f]{32}`, nil, "https://www.twilio.com/docs/iam/api-keys"),
	key("Mailgun", "key-", `[0-9a-f]{32}`, nil,
		"https://documentation.mailgun.com/docs/mailgun/user-manual/api-key-mgmt/rbac-mgmt"),
	key("Brevo", "xkeysib- xsmtpsib-", `[0-9a-f]{40,}(?:-[0-9A-Za-z]{12,})?`, nil,
		"https://developers.brevo.com/docs/getting-started"),
	token("Resend", "re_", `[0-9A-Za-z]{6,10}_[0-9A-Za-z]{20,}`, nil,
		"https://resend.com/docs/dashboard/api-keys/introduction"),

	// Work.
	token("Linear", "lin_api_ lin_oauth_ lin_wh_", `\w{12,}`, digitOr(24), "https://linear.app/developers"),
	token("Notion", "ntn_ secret_", `[0-9A-Za-z]{40,}`, nil, "https://developers.notion.com/docs/authorization"),
	token("Figma", "figd_ figu_ figo_ figoh_", `[\w-]{20,}`, digitOr(36),
		"https://developers.figma.com/docs/rest-api/authentication/"),
	token("Adobe", "p8e-", `[0-9A-Za-z-]{32}`, solid,
		"https://developer.adobe.com/developer-console/docs/guides/authentication/"),
	token("Frame.io", "fio-u-", `[\w=-]{40,}`, solid, "https://developer.frame.io/docs/getting-started/authentication"),
	token("Intra 42", "s-s4t2ud- s-s4t2af-", `[0-9a-f]{64}`, nil,
		"https://api.intra.42.fr/apidoc/guides/getting_started"),
	token("SettleMint", "sm_aat_ sm_pat_ sm_sat_", `[0-9A-Za-z]{16}`, nil,
		"https://console.settlemint.com/documentation/"),
	token(
		"Authress",
		"sc_ ext_ scauth_ authress_",
		`[0-9a-z]{5,30}\.[0-9a-z]{4,6}\.acc[_-][0-9a-z-]{10,32}\.[\w+/=-]{30,}`,
		nil,
		"https://authress.io/knowledge-base/docs/authorization/service-clients/",
	),
}

func token(name, prefixes, tail string, looks Looks, source string) Rule {
	return Rule{Name: name, Kind: Token, Prefixes: strings.Fields(prefixes), Tail: tail, Looks: looks, Source: source}
}

func key(name, prefixes, tail string, looks Looks, source string) Rule {
	r := token(name, prefixes, tail, looks, source)
	r.Kind = Key
	return r
}

func secret(name, prefixes, tail string, looks Looks, source string) Rule {
	r := token(name, prefixes, tail, looks, source)
	r.Kind = Secret
	return r
}

// folded says that the prefix may be written in any case.
func (r Rule) folded() Rule {
	for i := range r.Prefixes {
		r.Prefixes[i] = strings.ToLower(r.Prefixes[i])
	}
	r.Fold = true
	return r
}

// at says which literal of the prefixes lets the rule be looked at.
func (r Rule) at(literal string) Rule {
	r.At = literal
	return r
}
