/* Inside providers/: what Vonage's two messaging APIs share. */
#ifndef PROVIDERS_VONAGE_H
#define PROVIDERS_VONAGE_H

#include <warmline/provider.h>

#define VONAGE_REF_SIZE 41 /* client_ref, client-ref: 40 characters */

/* How long Vonage may try: from 20 seconds to 7 days; 0 = nothing was asked for. */
int64_t vonage_ttl(int64_t validity_s);
/* What a receipt must bring back: "<job>:<attempt>"; "" when that is too long. */
void vonage_ref(char ref[VONAGE_REF_SIZE], const char *job, int attempt);
/*
 * Our ids out of the callback URL. No scheme of Vonage's is known to sign that URL, but both sign
 * the reference: ids that do not fit `ref` ("" = the receipt has none) are taken away again.
 */
void vonage_take_ours(const struct form *query, const char *ref, struct inbound_receipt *receipt);

#endif
