/*
 * warmline-carrier: a telephone company on loopback (docs/carrier.md is its contract).
 *
 * Handsets text in by /sim/text, warmline texts out by the parts of its providers' APIs that it
 * uses; both directions, receipts and refusals stand in one list, the traffic. Nothing here is on
 * the way of a real text: it is for demos, for training supporters, and for every test. It keeps
 * numbers and bodies in memory only, bounded, and never logs them.
 */
#ifndef SIMULATOR_CARRIER_H
#define SIMULATOR_CARRIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <warmline/fail.h>
#include <warmline/http_server.h>
#include <warmline/site.h>

#define SID_SIZE     35 /* two letters, 32 hex digits, NUL */
#define TEXT_ID_SIZE 37 /* the same, or a UUID, whichever the provider has */

struct event_base;
struct carrier;

/* `site` must carry the accounts of this installation (site_use_keys), at least one of them
 * simulated, and outlive the carrier. */
struct carrier *carrier_new(
	struct event_base *base, const struct site *site, int listen_fd, struct fail *fail);
/* Lets held requests go, answers what is owed, then calls `done`. */
void carrier_drain(struct carrier *carrier, void (*done)(void *), void *arg);
void carrier_free(struct carrier **carrier);

/* Of this run: numbers of the traffic are only comparable within one. */
const char *carrier_run(const struct carrier *carrier);
struct event_base *carrier_base(const struct carrier *carrier);
const struct site *carrier_site(const struct carrier *carrier);
/* The simulated account that has this number; the first one, when none has. */
const struct account *carrier_account(const struct carrier *carrier, const char *number);
struct traffic *carrier_traffic(const struct carrier *carrier);
struct faults *carrier_faults(const struct carrier *carrier);
struct sent_texts *carrier_texts(const struct carrier *carrier);
struct courier *carrier_courier(const struct carrier *carrier);
struct held *carrier_held(const struct carrier *carrier);
struct deliveries *carrier_deliveries(const struct carrier *carrier);

/* Two letters and 32 random hex digits. */
void carrier_sid(const char *letters, char sid[SID_SIZE]);
char *carrier_print(json_t *value); /* compact JSON, the caller frees it; takes `value` */
void carrier_reply(struct http_request *request, int status, json_t *value); /* takes `value` */
size_t utf8_characters(const char *text);
/* Runs once, after `ms`, unless the carrier ends before; then frees `arg`: plain memory. */
void carrier_after(struct carrier *carrier, int64_t ms, void (*run)(void *), void *arg);

/* Handlers of the doors; `arg` is the carrier. */
http_handler rest_twilio_post, rest_twilio_get;
http_handler rest_telnyx_post, rest_telnyx_get;
http_handler control_phones, control_text, control_log;
http_handler control_faults, control_arm, control_disarm;
http_handler handset_page;

#endif
