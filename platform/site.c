#include "platform/account_file.h"
#include "platform/lexicon_file.h"
#include "platform/program_check.h"
#include "platform/program_file.h"
#include "platform/site_sections.h"
#include "platform/zone_files.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <warmline/seal.h>
#include <warmline/site.h>

#define LOCAL_CONFIG  "config/warmline.yaml"
#define SYSTEM_CONFIG "/etc/warmline/warmline.yaml"

/* --- where things are --------------------------------------------------------------------------
 */

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *config_find(const char *config)
{
	if (!config)
		config = environment("WARMLINE_CONFIG");
	if (config)
		return config;
	return access(LOCAL_CONFIG, F_OK) == 0 ? LOCAL_CONFIG : SYSTEM_CONFIG;
}

static const char *state_find(const char *state, const char *config)
{
	if (!state)
		state = environment("WARMLINE_STATE");
	if (state)
		return state;
	if (strncmp(config, "./", 2) == 0)
		config += 2;
	return strcmp(config, LOCAL_CONFIG) == 0 ? "./state" : "/var/lib/warmline";
}

static bool paths_set(
	struct site *site, const char *config, const char *state, struct problems *problems)
{
	size_t n;

	config = config_find(config);
	state = state_find(state, config);
	/* Room for the files inside: "/programs/<id>.yaml" is the longest name. */
	if (!text_set(site->config, PATH_SIZE - 64, "%s", config)) {
		problems_add(problems, config, 0, "the path is too long, expected less than 190");
		return false;
	}
	if (!text_set(site->state, PATH_SIZE - 64, "%s", state)) {
		problems_add(problems, state, 0, "the path is too long, expected less than 190");
		return false;
	}
	for (n = strlen(site->state); n > 1 && site->state[n - 1] == '/'; n--)
		site->state[n - 1] = '\0';
	return true;
}

static void folder_of(const char *path, char folder[PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	text_set(folder, PATH_SIZE, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (slash == path)
		text_set(folder, PATH_SIZE, "/");
}

void site_path(const struct site *site, const char *name, char path[PATH_SIZE])
{
	if (!text_set(path, PATH_SIZE, "%s/%s", site->state, name))
		fail_abort("the path %s/%s is too long; choose a shorter state folder", site->state,
			name);
}

/* --- loading -----------------------------------------------------------------------------------
 */

static void zone_read(struct site *site, struct settings *top)
{
	struct fail fail;

	site->zones = zone_files_load(ZONE_FOLDER, &fail);
	if (!site->zones)
		problems_add(top->problems, ZONE_FOLDER, 0, "%s", fail.text);
	setting_text(top, "zone", SETTING_REQUIRED, site->zone, sizeof(site->zone));
	if (*site->zone && !zones_find(site->zones, site->zone))
		settings_problem(top, "zone",
			"\"%s\" is not known, expected a name like America/Detroit", site->zone);
}

static void programs_read(struct site *site, const char *folder, struct settings *top)
{
	const struct tree *list = settings_list(top, "programs", SETTING_REQUIRED);
	struct program_source source = {folder, site->zone, site->zones, top->problems};

	if (list && list->n == 0)
		settings_problem(top, "programs", "is empty, expected at least one program");
	site->programs = xcalloc(list ? list->n : 0, sizeof(*site->programs));
	for (size_t i = 0; list && i < list->n; i++) {
		if (list->items[i]->kind != TREE_TEXT) {
			problems_add(top->problems, top->file, list->items[i]->line,
				"programs: expected names of files in programs/");
			continue;
		}
		program_file_read(
			&source, list->items[i]->text, &site->programs[site->nprograms++]);
	}
	programs_check(site->programs, site->nprograms, top->file, top->problems);
}

static void lexicons_read(struct site *site, const char *folder, struct problems *problems)
{
	char path[PATH_SIZE];

	if (text_set(path, sizeof(path), "%s/lexicons", folder))
		site->lexicons = lexicon_files_load(path, problems);
}

static void site_read(struct site *site, const struct tree *tree, struct problems *problems)
{
	char folder[PATH_SIZE];
	struct settings top;

	folder_of(site->config, folder);
	settings_begin(&top, site->config, tree, problems);
	zone_read(site, &top);
	site_gateway_read(site, &top);
	site_carrier_read(site, &top);
	site_redis_read(site, &top);
	site_accounts_read(site, folder, &top);
	programs_read(site, folder, &top);
	site_accounts_share_numbers(site, &top);
	site_handsets_read(site, &top);
	settings_end(&top);
	lexicons_read(site, folder, problems);
}

struct site *site_load(const char *config, const char *state, struct problems *problems)
{
	struct site *site = xcalloc(1, sizeof(*site));
	size_t before = problems->n;
	struct tree *tree = NULL;

	if (paths_set(site, config, state, problems))
		tree = tree_read(site->config, problems);
	if (tree)
		site_read(site, tree, problems);
	tree_free(&tree);
	if (problems->n > before)
		site_free(&site);
	return site;
}

void site_free(struct site **site)
{
	if (!*site)
		return;
	for (size_t i = 0; i < (*site)->nprograms; i++)
		program_clear(&(*site)->programs[i]);
	free((*site)->programs);
	free((*site)->handsets);
	lexicons_free(&(*site)->lexicons);
	zones_free(&(*site)->zones);
	for (size_t i = 0; i < (*site)->naccounts; i++)
		account_clear(&(*site)->accounts[i]);
	free((*site)->accounts);
	free(*site);
	*site = NULL;
}

/* Ids and secrets that are this installation's and the same at every start. */
static void simulated_use_keys(struct account *a, const struct keys *keys)
{
	unsigned char seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char what[64], hex[33];

	text_set(what, sizeof(what), "%s", strcmp(a->kind, "twilio") == 0 ? "carrier" : a->kind);
	text_set(what + strlen(what), sizeof(what) - strlen(what), " account");
	keys_derive(keys, what, hex);
	text_set(a->id, sizeof(a->id), "AC%s", hex);
	keys_derive(keys, "carrier token", hex);
	text_set(a->api_secret, sizeof(a->api_secret), "%s", hex);
	a->nsecrets = 1;
	if (strcmp(a->kind, "twilio") == 0) {
		text_set(a->secrets[0], SECRET_SIZE, "%s", hex);
		return;
	}
	/* Telnyx signs with a key pair: the public half is what the gateway knows. */
	memcpy(seed, hex, sizeof(seed));
	crypto_sign_seed_keypair(public, secret, seed);
	sodium_bin2base64(
		a->secrets[0], SECRET_SIZE, public, sizeof(public), sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(seed, sizeof(seed));
}

void site_use_keys(struct site *site, const struct keys *keys)
{
	for (size_t i = 0; i < site->naccounts; i++)
		if (site->accounts[i].simulated)
			simulated_use_keys(&site->accounts[i], keys);
}

const struct account *site_simulated(const struct site *site, const char *kind)
{
	for (size_t i = 0; i < site->naccounts; i++)
		if (site->accounts[i].simulated && strcmp(site->accounts[i].kind, kind) == 0)
			return &site->accounts[i];
	return NULL;
}

char *site_webhook_path(const struct account *account, const char *token, const char *leaf)
{
	return xasprintf("/%s/%s%s%s", account->name, token ? token : "", token ? "/" : "", leaf);
}

struct house site_house(const struct site *site)
{
	return (struct house){.programs = site->programs,
		.nprograms = site->nprograms,
		.zones = site->zones,
		.accounts = site->accounts,
		.naccounts = site->naccounts,
		.lexicons = site->lexicons};
}
