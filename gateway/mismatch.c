#include "gateway/mismatch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define BASE_MAX 300

void mismatch_path(const struct site *site, const struct account *account, char path[PATH_SIZE])
{
	char name[64];

	text_set(name, sizeof(name), "mismatch-%s", account->name);
	site_path(site, name, path);
}

/* A host name with port as headers give it; anything else is nobody's address. */
static bool is_host(const char *text)
{
	return text && *text && strlen(text) < 256 &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789.-:[]")] == '\0';
}

static bool is_good(const struct account *account, const struct provider *provider,
	const struct webhook *webhook, const char *base, const char *target)
{
	struct webhook other = *webhook;
	struct proof proof;
	char *url = xasprintf("%s%s", base, target);
	bool good;

	other.url = url;
	good = provider->verify(account, &other, &proof);
	free(url);
	return good;
}

static void keep(const struct site *site, const struct account *account, const char *base)
{
	char path[PATH_SIZE], fresh[PATH_SIZE + 8];
	FILE *file;

	mismatch_path(site, account, path);
	text_set(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	if (!file)
		return; /* the log has it */
	fprintf(file, "%s\n", base);
	if (fclose(file) == 0)
		rename(fresh, path);
}

static void told(const struct site *site, const struct account *account, const char *base)
{
	metric_add("warmline_webhooks_wrong_address_total", "", 1);
	log_limited(LOG_LEVEL_ERROR, "wrong-address",
		"provider=%s signs %s, but public_url is %s: set one to the other", account->name,
		base, site->public_url);
	keep(site, account, base);
}

bool mismatch_look(const struct site *site, const struct account *account,
	const struct provider *provider, const struct webhook *webhook, struct http_request *r)
{
	static const char *const schemes[] = {"https", "http"};
	const char *ours = strstr(site->public_url, "://");
	const char *hosts[] = {http_request_header(r, "Host"),
		http_request_header(r, "X-Forwarded-Host"), ours ? ours + 3 : NULL};
	char base[BASE_MAX];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (size_t j = 0; is_host(hosts[i]) && j < 2; j++) {
			text_set(base, sizeof(base), "%s://%s", schemes[j], hosts[i]);
			if (strcmp(base, site->public_url) == 0 ||
				!is_good(account, provider, webhook, base, http_request_target(r)))
				continue;
			told(site, account, base);
			return true;
		}
	}
	return false;
}

void mismatch_over(const struct site *site, const struct account *account)
{
	char path[PATH_SIZE];

	mismatch_path(site, account, path);
	unlink(path);
}
