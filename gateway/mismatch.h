/*
 * A signature that is wrong for the configured address but right for another one shows that the
 * provider was told another address than public_url: a proxy, a port, http for https. The request
 * is refused all the same; what is found is logged, counted and kept in a file for
 * "warmline check --providers".
 */
#ifndef GATEWAY_MISMATCH_H
#define GATEWAY_MISMATCH_H

#include <warmline/http_server.h>
#include <warmline/site.h>

/* "<state>/mismatch-<account>": the address that the provider signs, one line. */
void mismatch_path(const struct site *site, const struct account *account, char path[PATH_SIZE]);
/* Looks for the address under which `webhook` would be good. True: it was told and kept. */
bool mismatch_look(const struct site *site, const struct account *account,
	const struct provider *provider, const struct webhook *webhook, struct http_request *r);
/* A good one came: what was kept is over. */
void mismatch_over(const struct site *site, const struct account *account);

#endif
