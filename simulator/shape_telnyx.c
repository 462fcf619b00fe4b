/*
 * Telnyx' webhooks (providers/telnyx.md): JSON with the event in "data" and the try in "meta",
 * Ed25519 over the time and the raw body; 2 s in all, three tries until a 2xx comes. How long
 * Telnyx waits between them is not documented.
 */
#include <sodium.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/provider.h>

#include "simulator/shape.h"
#include "simulator/telnyx_message.h"

static void write_id(const char hex[33], bool pictures, char id[TEXT_ID_SIZE])
{
	(void)pictures;
	(void)text_set(id, TEXT_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

/* The event that "data" is; takes `message`. */
static char *tell(const struct account *account, const char *type, json_t *message)
{
	char id[TEXT_ID_SIZE], now[40];

	text_id_make(account, false, id);
	clock_print(clock_wall_ms(), now, sizeof(now));
	return carrier_print(json_pack("{s:s, s:s, s:s, s:s, s:o}", "record_type", "event", "id",
		id, "event_type", type, "occurred_at", now, "payload", message));
}

static char *tell_text(const struct typed_text *text)
{
	return tell(text->account, "message.received", telnyx_typed(text));
}

static char *tell_receipt(const struct sent_text *text, const struct receipt *receipt)
{
	const char *type = receipt->state == TEXT_SENT ? "message.sent" : "message.finalized";

	return tell(text->account, type, telnyx_sent(text, receipt));
}

/* The key pair of a simulated account follows from its secret, as in site_use_keys(). */
static void put_signature(
	const struct account *account, const char *time, struct envelope *envelope)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], key[crypto_sign_SECRETKEYBYTES];
	unsigned char seed[crypto_sign_SEEDBYTES];
	char signature[89];

	memcpy(seed, account->api_secret, sizeof(seed));
	crypto_sign_seed_keypair(public, key, seed);
	telnyx_sign(key, time, envelope->body, strlen(envelope->body), signature);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(key, sizeof(key));
	envelope_put(envelope, "telnyx-timestamp", time);
	envelope_put(envelope, "telnyx-signature-ed25519", signature);
}

static void seal(const struct letter *letter, int try, struct envelope *envelope)
{
	char *meta =
		carrier_print(json_pack("{s:i, s:s}", "attempt", try, "delivered_to", letter->url));
	char time[24];

	envelope->body = xasprintf("{\"data\":%s,\"meta\":%s}", letter->content, meta);
	free(meta);
	(void)text_set(time, sizeof(time), "%lld", (long long)(clock_wall_ms() / 1000));
	envelope_put(envelope, "Content-Type", "application/json");
	envelope_put(envelope, "User-Agent", "telnyx-webhooks");
	put_signature(letter->account, time, envelope);
}

static const char *const opt_in[] = {"START", "UNSTOP", NULL};

const struct shape shape_telnyx = {
	.kind = "telnyx",
	.opt_in = opt_in,
	.troubles =
		{
			[TROUBLE_UNREACHABLE] = {40008, "Undeliverable"},
			[TROUBLE_OPTED_OUT] = {40300, "Blocked due to STOP message"},
		},
	.patience = {.connect_ms = 2000, .total_ms = 2000, .tries = 3, .insists = true},
	.write_id = write_id,
	.tell_text = tell_text,
	.tell_receipt = tell_receipt,
	.seal = seal,
};
