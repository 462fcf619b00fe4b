/* Inside providers/: what Vonage's two messaging APIs share. */
#ifndef PROVIDERS_VONAGE_H
#define PROVIDERS_VONAGE_H

#include <warmline/provider.h>

/* How long Vonage may try: from 20 seconds to 7 days; 0 = nothing was asked for. */
int64_t vonage_ttl(int64_t validity_s);
#define VONAGE_REF_SIZE 64
/* client_ref, client-ref: our ids as one word; "" when that has more than the 40 letters that
 * Vonage gives back. */
void vonage_ref(char ref[VONAGE_REF_SIZE], const struct outbound_text *text);
/*
 * Our ids in a receipt. No scheme of Vonage's is known to sign the callback URL, but both sign the
 * reference: the query counts only where there is none.
 */
void vonage_take_ours(const struct form *query, const char *ref, struct inbound_receipt *receipt);

#endif
