/*
 * One installation: config/warmline.yaml, its programs, wording and lexicons, checked as a whole.
 * All errors come at once, each as "file:line: what, expected what". Unknown keys are errors.
 */
#ifndef WARMLINE_SITE_H
#define WARMLINE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <warmline/decision.h>
#include <warmline/program.h>
#include <warmline/provider.h>
#include <warmline/screen.h>
#include <warmline/zone.h>

#define PATH_SIZE 256

struct redis_address {
	char path[PATH_SIZE]; /* unix socket; "" = TCP */
	char host[64];        /* numeric address */
	int port;
};

struct handset { /* a phone of the simulator's page */
	char name[NAME_SIZE];
	char role[24];
	struct phone number, writes_to;
};

struct site {
	char config[PATH_SIZE]; /* the file; programs/, wording/, lexicons/ lie beside it */
	char state[PATH_SIZE];  /* folder: keys, redis.sock, redis/, journal/, log/, *.pid */
	char zone[ZONE_SIZE];
	char listen[64]; /* numeric address */
	int port, carrier_port, workers;
	char public_url[256]; /* scheme, host, port if any; what the provider was told to call */
	struct redis_address redis;
	struct account *accounts; /* in the order of the file; at least one */
	size_t naccounts;
	bool simulator; /* some account is simulated: warmline up starts the carrier */
	struct program *programs;
	size_t nprograms;
	struct handset *handsets;
	size_t nhandsets;
	struct lexicons *lexicons;
	struct zones *zones;
};

struct problems { /* what is wrong with the configuration, in file order */
	char **lines;
	size_t n;
};
void problems_add(struct problems *p, const char *file, size_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void problems_print(const struct problems *p); /* to stderr */
void problems_free(struct problems *p);

/*
 * `config` NULL: $WARMLINE_CONFIG, ./config/warmline.yaml, /etc/warmline/warmline.yaml, the first
 * that exists. `state` NULL: $WARMLINE_STATE, else ./state when the configuration is
 * ./config/warmline.yaml, else /var/lib/warmline. $WARMLINE_PORT and $WARMLINE_CARRIER_PORT
 * override the file. NULL when there were problems.
 */
struct site *site_load(const char *config, const char *state, struct problems *problems);
void site_free(struct site **site);
/* "<state>/<name>" */
void site_path(const struct site *site, const char *name, char path[PATH_SIZE]);
/* Simulated accounts: ids and secrets of this installation, api_url on loopback. */
struct keys;
void site_use_keys(struct site *site, const struct keys *keys);
/* The first simulated account that speaks `kind`; NULL = none. */
const struct account *site_simulated(const struct site *site, const char *kind);
/*
 * Where the provider is told to post: "/<name>/sms" and "/<name>/status", with a path token in
 * between where the account has one (else NULL). The caller frees.
 */
char *site_webhook_path(const struct account *account, const char *token, const char *leaf);
/* What decide() may look at; borrows from the site. */
struct house site_house(const struct site *site);
bool lexicons_check(const char *folder, struct problems *problems); /* examples hit and miss */

#endif
