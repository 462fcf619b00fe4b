#include "platform/account_file.h"

#include "platform/account_secret.h"
#include "platform/network.h"

#include <string.h>
#include <warmline/fail.h>

#define IN_FLIGHT  16
#define RECEIPT_MS INT64_C(300000) /* a receipt comes within minutes or is late */

/* One account while it is read. */
struct reading {
	struct site *site;
	const char *folder; /* of warmline.yaml: secrets lie beside it */
	struct account *account;
	const struct provider *provider;
	struct settings s;
};

/* --- values ---------------------------------------------------------------------------------- */

static void numbers_read(struct reading *r)
{
	const struct tree *list = settings_list(&r->s, "numbers", SETTING_OPTIONAL);
	struct account *a = r->account;

	a->numbers = list ? xcalloc(list->n, sizeof(*a->numbers)) : NULL;
	for (size_t i = 0; list && i < list->n; i++) {
		const struct tree *item = list->items[i];

		if (item->kind == TREE_TEXT && phone_parse(item->text, &a->numbers[a->nnumbers]))
			a->nnumbers++;
		else
			problems_add(r->s.problems, r->s.file, item->line,
				"numbers: expected numbers like +12025550100");
	}
}

static bool is_prefix(const char *text)
{
	return text[0] == '+' && text[1] >= '1' && text[1] <= '9' &&
	       text[1 + strspn(text + 1, "0123456789")] == '\0';
}

static void countries_read(struct reading *r)
{
	const struct tree *list = settings_list(&r->s, "countries", SETTING_OPTIONAL);
	struct account *a = r->account;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct tree *item = list->items[i];

		if (a->ncountries == COUNTRIES_MOST || item->kind != TREE_TEXT ||
			!is_prefix(item->text) ||
			!text_set(a->countries[a->ncountries], sizeof(a->countries[0]), "%s",
				item->text))
			problems_add(r->s.problems, r->s.file, item->line,
				"countries: expected at most %d beginnings of numbers like +1 or "
				"+254",
				COUNTRIES_MOST);
		else
			a->ncountries++;
	}
}

static void networks_read(struct reading *r)
{
	const struct tree *list = settings_list(&r->s, "networks", SETTING_OPTIONAL);
	struct account *a = r->account;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct tree *item = list->items[i];

		if (a->nnetworks == NETWORKS_MOST || item->kind != TREE_TEXT ||
			!network_parse(item->text, &a->networks[a->nnetworks]))
			problems_add(r->s.problems, r->s.file, item->line,
				"networks: expected at most %d addresses or networks like "
				"196.201.214.0/24",
				NETWORKS_MOST);
		else
			a->nnetworks++;
	}
}

/* Scheme, host and port, without a slash at the end: adapters append their paths. */
static void api_url_read(struct reading *r)
{
	struct account *a = r->account;
	size_t n;

	text_set(a->api_url, sizeof(a->api_url), "%s",
		r->provider->api_url ? r->provider->api_url : "");
	setting_text(&r->s, "api_url",
		r->provider->needs & NEED_API_URL ? SETTING_REQUIRED : SETTING_OPTIONAL, a->api_url,
		sizeof(a->api_url));
	n = strlen(a->api_url);
	while (n && a->api_url[n - 1] == '/')
		a->api_url[--n] = '\0';
	if (n && strncmp(a->api_url, "https://", 8) != 0 && strncmp(a->api_url, "http://", 7) != 0)
		settings_problem(&r->s, "api_url",
			"\"%s\" cannot be called, expected https:// and a host", a->api_url);
}

static void scheme_read(struct reading *r)
{
	int choice = 0;

	if (!r->provider->schemes) {
		return;
	}
	setting_choice(&r->s, "signature", SETTING_OPTIONAL, r->provider->schemes, &choice);
	text_set(
		r->account->scheme, sizeof(r->account->scheme), "%s", r->provider->schemes[choice]);
}

static void identity_read(struct reading *r)
{
	struct account *a = r->account;
	unsigned needs = r->provider->needs;

	setting_text(&r->s, "account", needs & NEED_ID ? SETTING_REQUIRED : SETTING_OPTIONAL, a->id,
		sizeof(a->id));
	if (!*a->id && !(needs & NEED_ID))
		text_set(a->id, sizeof(a->id), "%s", a->name); /* part of event ids all the same */
	setting_text(&r->s, "user", needs & NEED_USER ? SETTING_REQUIRED : SETTING_OPTIONAL,
		a->user, sizeof(a->user));
	setting_text(&r->s, "application",
		needs & NEED_APPLICATION ? SETTING_REQUIRED : SETTING_OPTIONAL, a->application,
		sizeof(a->application));
	setting_text(&r->s, "webhook_user",
		needs & NEED_WEBHOOK_USER ? SETTING_REQUIRED : SETTING_OPTIONAL, a->webhook_user,
		sizeof(a->webhook_user));
	if (strcmp(a->kind, "twilio") == 0 && *a->id &&
		(strncmp(a->id, "AC", 2) != 0 || strlen(a->id) != 34))
		settings_problem(&r->s, "account",
			"does not look like an Account SID, expected AC and 32 hex digits");
	if (strpbrk(a->id, "/?#% "))
		settings_problem(&r->s, "account", "has a character that cannot be in an address");
}

static void pace_read(struct reading *r)
{
	struct account *a = r->account;

	setting_number(&r->s, "texts_per_second", 0, 1000, &a->per_second);
	setting_number(&r->s, "number_per_second", 0, 1000, &a->number_per_second);
	setting_int(&r->s, "at_once", 1, 256, &a->in_flight);
	setting_int(&r->s, "weight", 0, 100, &a->weight);
	setting_duration(&r->s, "look_up_after", SETTING_OPTIONAL, &a->receipt_ms);
}

/* --- can the provider call us? --------------------------------------------------------------- */

static bool is_loopback(const char *url)
{
	return strncmp(url, "http://127.", 11) == 0 || strncmp(url, "http://[::1]", 12) == 0;
}

static void public_url_check(struct reading *r)
{
	const char *url = r->site->public_url, *title = r->provider->title;

	/* Kannel runs on this machine or beside it; a real network is the operator's choice. */
	if (r->provider->needs & NEED_API_URL && is_loopback(r->account->api_url))
		return;
	if (strncmp(url, "https://", 8) != 0 && !is_loopback(url))
		settings_problem(&r->s, "kind",
			"%s cannot reach %s safely, expected gateway: public_url with https://",
			title, url);
	if (is_loopback(url) && !is_loopback(r->account->api_url))
		settings_problem(&r->s, "kind",
			"%s cannot call this machine back, expected gateway: public_url with the "
			"address that %s was told",
			title, title);
}

/* --- one account ----------------------------------------------------------------------------- */

static void kinds_told(char *text, size_t size)
{
	text_set(text, size, "simulator");
	for (size_t i = 0; providers_all[i]; i++) {
		size_t n = strlen(text);

		text_set(text + n, size - n, "%s%s", providers_all[i + 1] ? ", " : " or ",
			providers_all[i]->kind);
	}
}

static void simulator_read(struct reading *r)
{
	static const char *const speaks[] = {"twilio", "telnyx", NULL};
	struct account *a = r->account;
	int choice = 0;

	setting_choice(&r->s, "speaks", SETTING_OPTIONAL, speaks, &choice);
	text_set(a->kind, sizeof(a->kind), "%s", speaks[choice]);
	text_set(a->api_url, sizeof(a->api_url), "http://127.0.0.1:%d", r->site->carrier_port);
	r->site->simulator = a->simulated = true;
	a->per_second = 0;
}

static bool is_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* False: the kind is not known, and nothing else of it can be. */
static bool kind_read(struct reading *r)
{
	char kind[32] = "simulator", known[256];

	setting_text(&r->s, "kind", SETTING_OPTIONAL, kind, sizeof(kind));
	if (strcmp(kind, "simulator") == 0) {
		simulator_read(r);
		return (r->provider = provider_find(r->account->kind)) != NULL;
	}
	r->provider = provider_find(kind);
	if (r->provider) {
		text_set(r->account->kind, sizeof(r->account->kind), "%s", kind);
		r->account->per_second = r->provider->per_second;
		return true;
	}
	kinds_told(known, sizeof(known));
	settings_problem(
		&r->s, "kind", "\"%s\" is no provider that is known, expected %s", kind, known);
	return false;
}

static void account_read(struct reading *r, const char *name)
{
	struct account *a = r->account;

	a->in_flight = IN_FLIGHT;
	a->receipt_ms = RECEIPT_MS;
	a->weight = 100;
	if (!kind_read(r))
		return;
	text_set(a->name, sizeof(a->name), "%s", *name ? name : a->kind);
	setting_text(&r->s, "name", SETTING_OPTIONAL, a->name, sizeof(a->name));
	if (!is_name(a->name))
		settings_problem(&r->s, "name",
			"\"%s\" cannot be part of an address, expected small letters, digits and -",
			a->name);
	if (!a->simulated) {
		identity_read(r);
		api_url_read(r);
		scheme_read(r);
		account_secrets_read(a, r->provider, r->folder, &r->s);
		public_url_check(r);
	}
	numbers_read(r);
	countries_read(r);
	networks_read(r);
	pace_read(r);
}

static void map_read(struct site *site, const char *folder, const char *file, const char *name,
	const struct tree *map, struct problems *problems)
{
	struct reading r = {
		.site = site, .folder = folder, .account = &site->accounts[site->naccounts++]};

	settings_begin(&r.s, file, map, problems);
	account_read(&r, name);
	if (r.provider)
		settings_end(&r.s);
}

static void file_read(
	struct site *site, const char *folder, const char *name, struct problems *problems)
{
	char file[PATH_SIZE];
	struct tree *tree;

	text_set(file, sizeof(file), "%s/providers/%s.yaml", folder, name);
	tree = tree_read(file, problems);
	if (tree)
		map_read(site, folder, file, name, tree, problems);
	tree_free(&tree);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void names_check(const struct site *site, struct settings *top)
{
	static const char *const taken[] = {"healthz", "readyz", "metrics", "sim"};

	for (size_t i = 0; i < site->naccounts; i++) {
		const char *name = site->accounts[i].name;

		for (size_t j = 0; j < i; j++)
			if (strcmp(name, site->accounts[j].name) == 0)
				settings_problem(top, "providers",
					"two providers are called \"%s\", expected a name: for "
					"each",
					name);
		for (size_t j = 0; j < sizeof(taken) / sizeof(taken[0]); j++)
			if (strcmp(name, taken[j]) == 0)
				settings_problem(top, "providers",
					"a provider cannot be called \"%s\", expected another name",
					name);
	}
}

void site_accounts_read(struct site *site, const char *folder, struct settings *top)
{
	const struct tree *one = settings_map(top, "provider", SETTING_OPTIONAL);
	const struct tree *list = settings_list(top, "providers", SETTING_OPTIONAL);
	size_t n = list ? list->n : 0;

	site->accounts = xcalloc(n + 1, sizeof(*site->accounts));
	if (n > ACCOUNTS_MOST)
		settings_problem(
			top, "providers", "has %zu entries, expected at most %d", n, ACCOUNTS_MOST);
	if (one && list)
		settings_problem(top, "provider", "stands beside providers, expected one of both");
	if (list && n == 0)
		settings_problem(top, "providers", "is empty, expected at least one provider");
	if (!list)
		map_read(site, folder, top->file, "", one, top->problems);
	for (size_t i = 0; i < n && i < ACCOUNTS_MOST; i++) {
		const struct tree *item = list->items[i];

		if (item->kind == TREE_TEXT)
			file_read(site, folder, item->text, top->problems);
		else
			map_read(site, folder, top->file, "", item, top->problems);
	}
	names_check(site, top);
}

/* --- whose number is whose ------------------------------------------------------------------- */

static bool is_claimed(const struct site *site, const char *e164)
{
	for (size_t i = 0; i < site->naccounts; i++)
		if (account_has_number(&site->accounts[i], e164))
			return true;
	return false;
}

static void take_number(struct account *a, const char *e164)
{
	a->numbers = xrealloc(a->numbers, (a->nnumbers + 1) * sizeof(*a->numbers));
	text_set(a->numbers[a->nnumbers++].text, sizeof(a->numbers[0].text), "%s", e164);
}

/* Gives every number that no account names to `heir` (NULL: that is a problem). */
static void number_given(struct site *site, struct account *heir, const struct program *p,
	const char *e164, struct settings *top)
{
	if (!*e164 || is_claimed(site, e164))
		return;
	if (heir)
		take_number(heir, e164);
	else
		settings_problem(top, "providers",
			"no provider has the number %s of program %s, expected it among the "
			"numbers: of one",
			e164, p->id);
}

static void numbers_check(const struct site *site, struct settings *top)
{
	for (size_t i = 0; i < site->naccounts; i++) {
		const struct account *a = &site->accounts[i];

		if (a->nnumbers == 0 && i > 0)
			settings_problem(top, "providers",
				"%s has no number, expected numbers: with at least one that is a "
				"program's",
				a->name);
		for (size_t j = 0; j < a->nnumbers; j++) {
			const char *number = a->numbers[j].text;

			if (!program_of_number(site->programs, site->nprograms, number))
				settings_problem(top, "providers",
					"%s has the number %s that no program has, expected it as "
					"number: or among more_numbers: of one",
					a->name, number);
			for (size_t k = 0; k < i; k++)
				if (account_has_number(&site->accounts[k], number))
					settings_problem(top, "providers",
						"%s and %s both have the number %s, expected it "
						"with one of them",
						site->accounts[k].name, a->name, number);
		}
	}
}

void site_accounts_share_numbers(struct site *site, struct settings *top)
{
	struct account *heir = NULL;

	for (size_t i = 0; i < site->naccounts && !heir; i++)
		if (site->accounts[i].nnumbers == 0)
			heir = &site->accounts[i];
	for (size_t i = 0; i < site->nprograms; i++) {
		const struct program *p = &site->programs[i];

		number_given(site, heir, p, p->number.text, top);
		for (size_t j = 0; j < p->nmore; j++)
			number_given(site, heir, p, p->more[j].text, top);
	}
	numbers_check(site, top);
}
