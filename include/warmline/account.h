/*
 * One account at a telephony provider, as configured: who we are there, what our requests carry,
 * how the provider's webhooks are known to be the provider's, and how fast texts may leave. Filled
 * by platform/account_file.c, read by adapters (providers/) and by the sender. Read-only after
 * loading; secrets are wiped by account_clear().
 *
 * What each provider calls its things stands in its file config/providers/<kind>.yaml.
 */
#ifndef WARMLINE_ACCOUNT_H
#define WARMLINE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/phone.h>

#define ACCOUNT_NAME_SIZE 32
#define ACCOUNTS_MOST     16
#define SECRETS_MOST      2 /* two while one is being changed */
#define SECRET_SIZE       256
#define NETWORKS_MOST     16
#define COUNTRIES_MOST    32

struct network {                   /* source addresses of webhooks */
	unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
	int bits;                  /* of the 128 */
};

struct account {
	char name[ACCOUNT_NAME_SIZE]; /* ours: in paths, logs, event ids of texts that leave */
	char kind[20];                /* which adapter: "twilio" ... */
	char api_url[256];            /* scheme, host, port; no slash at the end */
	char id[96];                  /* the account there: SID, project, auth id, user name */
	char user[96];                /* Basic user of our requests when it is not `id` */
	char application[96]; /* Bandwidth applicationId, Kannel smsc, Telnyx profile; "" = none */
	char scheme[16];      /* one of several signature schemes, where the adapter says so */
	/* What our requests carry: API key, token, password. */
	char api_secret[512];
	char *private_key; /* PEM, owned; Vonage's application key; NULL = none */
	/* What the provider's webhooks are proven with: auth token, signing key, public key, or
	 * the password of Basic (user `webhook_user`). Newest first. */
	char secrets[SECRETS_MOST][SECRET_SIZE];
	size_t nsecrets;
	char webhook_user[64];
	/* A long random part of the webhook's path, for providers without a signature. */
	char path_tokens[SECRETS_MOST][80];
	size_t npath_tokens;
	struct network networks[NETWORKS_MOST]; /* none: any source */
	size_t nnetworks;

	struct phone *numbers; /* ours there, owned: texts leave from them */
	size_t nnumbers;
	char countries[COUNTRIES_MOST][8]; /* number prefixes it carries, "+1"; none: all */
	size_t ncountries;
	int weight;               /* 0-100: share of texts that no habit sends elsewhere */
	double per_second;        /* segments per second of the account, 0 = no limit */
	double number_per_second; /* of each number, 0 = no limit */
	int in_flight;            /* at once */
	int64_t receipt_ms;       /* no receipt for so long: looked up; 0 = never */
	bool simulated;           /* spoken by the telephone company in the box */
};

void account_clear(struct account *account); /* wipes secrets, frees what it owns */
bool account_has_number(const struct account *account, const char *e164);
/*
 * May texts to this number leave here? -1 no; else the length of the longest of `countries` that it
 * begins with, 0 when the account carries everything: the more exact rule goes first.
 */
int account_reach(const struct account *account, const char *e164);
const struct account *account_find(const struct account *accounts, size_t n, const char *name);

#endif
