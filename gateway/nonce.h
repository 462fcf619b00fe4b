/*
 * Nonces of signatures that were good: each belongs to the one request it came with. The same
 * request again is fine (a provider repeats what it got no answer to, and its event id makes it
 * one event); another request under an old nonce is a forgery that the signature alone does not
 * show, because some schemes do not cover the body (Plivo V2).
 *
 * The table lies in memory that all workers of this gateway share. It holds the latest NONCES of
 * them; what proves that nothing is done twice for good are the event ids in the store.
 */
#ifndef GATEWAY_NONCE_H
#define GATEWAY_NONCE_H

#include <stdbool.h>
#include <warmline/provider.h>

#define NONCES 65536

void nonces_open(void); /* before the workers are forked */
/* False: this nonce came before, with another request. */
bool nonce_take(const struct account *account, const char *nonce, const struct webhook *webhook);

#endif
