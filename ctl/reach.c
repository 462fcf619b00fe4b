#include "ctl/reach.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/http_client.h>

#define ASK_MS 5000

/* --- what a provider is told ----------------------------------------------------------------- */

/* The token stands for itself: who prints this may show it to the provider only. */
static void print_address(
	const struct site *site, const struct account *a, const char *leaf, const char *what)
{
	char *path = site_webhook_path(a, a->npath_tokens ? "<path>" : NULL, leaf);

	printf("  %-12s %s%s\n", what, site->public_url, path);
	free(path);
}

static const char *proof_of(const struct account *a, const struct provider *p)
{
	if (p->basic && a->npath_tokens == 0)
		return "the password of the callback; the provider signs nothing";
	if (a->npath_tokens == 0)
		return a->nsecrets > 1 ? "a signature, with the new secret or the old one"
				       : "a signature";
	if (*a->webhook_user)
		return "the random path and a password; the provider signs nothing";
	if (a->nnetworks)
		return "the random path and where it comes from; the provider signs nothing";
	return "the random path only: the provider signs nothing. networks: would make it safer";
}

static void print_account(const struct site *site, const struct account *a)
{
	const struct provider *p = provider_find(a->kind);

	printf("provider %s: %s, %zu number%s\n", a->name, a->simulated ? "simulator" : p->title,
		a->nnumbers, a->nnumbers == 1 ? "" : "s");
	print_address(site, a, "sms", p->same_path ? "told" : "texts");
	if (!p->same_path)
		print_address(site, a, "status", "receipts");
	printf("  %-12s %s\n", "proven by", proof_of(a, p));
}

/* --- what cannot be right -------------------------------------------------------------------- */

/* A webhook came whose signature was right for another address than ours. */
static bool signs_ours(const struct site *site, const struct account *a)
{
	char path[PATH_SIZE], name[64], base[320] = "";
	FILE *file;

	text_set(name, sizeof(name), "mismatch-%s", a->name);
	site_path(site, name, path);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (!fgets(base, sizeof(base), file))
		base[0] = '\0';
	fclose(file);
	base[strcspn(base, "\r\n")] = '\0';
	printf("  %-12s it calls %s, but public_url is %s: webhooks are refused.\n"
	       "  %-12s Tell the provider the addresses above, or correct public_url.\n",
		"PROBLEM", base, site->public_url, "");
	return false;
}

static int port_of(const char *url)
{
	const char *host = strstr(url, "://"), *colon = host ? strrchr(host + 3, ':') : NULL;

	if (colon && colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		return (int)strtol(colon + 1, NULL, 10);
	return strncmp(url, "https:", 6) == 0 ? 443 : 80;
}

/* The gateway itself speaks no TLS: something before it must, and on another port. */
static bool scheme_possible(const struct site *site)
{
	if (strncmp(site->public_url, "https:", 6) != 0 || port_of(site->public_url) != site->port)
		return true;
	printf("PROBLEM: public_url is %s, and on that port the gateway answers without TLS: put a "
	       "proxy with a certificate before it and name the proxy's port.\n",
		site->public_url);
	return false;
}

/* --- asking ---------------------------------------------------------------------------------- */

struct question {
	struct event_base *base;
	int status;
	bool is_gateway; /* the answer is that of our /healthz */
	char reason[96];
};

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct question *q = arg;

	q->status = answer->outcome == HTTP_ANSWERED ? answer->status : 0;
	q->is_gateway = q->status == 200 && strcmp(answer->body, "ok\n") == 0;
	text_set(q->reason, sizeof(q->reason), "%s", answer->reason ? answer->reason : "");
	event_base_loopbreak(q->base);
}

static void ask(const struct site *site, struct question *q)
{
	char *url = xasprintf("%s/healthz", site->public_url);
	struct http_call call = {.method = "GET", .url = url, .fresh = true, .total_ms = ASK_MS};
	struct http_client *client;
	struct fail fail;

	q->base = event_base_new();
	client = q->base ? http_client_new(q->base, &fail) : NULL;
	if (client && http_call(client, &call, on_answer, q))
		event_base_dispatch(q->base);
	http_client_free(&client);
	if (q->base)
		event_base_free(q->base);
	free(url);
}

/* From here, that is; a provider may see it otherwise. */
static bool leads_to_us(const struct site *site)
{
	struct question q = {.status = 0};

	ask(site, &q);
	if (q.is_gateway)
		printf("%s leads to a gateway.\n", site->public_url);
	else if (q.status)
		printf("PROBLEM: %s/healthz is answered with %d, not by a gateway: does the proxy "
		       "pass every path on, unchanged?\n",
			site->public_url, q.status);
	else
		printf("%s was not reached from here (%s); if warmline runs, look at the proxy, "
		       "the port and the name.\n",
			site->public_url, q.reason);
	return q.is_gateway || q.status == 0;
}

bool reach_print(const struct site *site)
{
	bool good = true;

	for (size_t i = 0; i < site->naccounts; i++) {
		print_account(site, &site->accounts[i]);
		good = signs_ours(site, &site->accounts[i]) && good;
	}
	good = scheme_possible(site) && good;
	return leads_to_us(site) && good;
}
