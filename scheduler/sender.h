/*
 * Works the outbox: claim → begin → HTTP → finish, by lane (reliability.md C3).
 *
 * Lane 0 has room of its own, is not paced and never rests. Lanes 1 and 2 are paced by the rates
 * of accounts and numbers, keep out of the last fifth of their room, and rest after an outage of
 * the store and while the journal tells a store that forgot what has left (recaller.h).
 *
 * Which account carries a text: core/route.h. A page that failed goes to the next one at once; a
 * text of lanes 1 and 2 only when it failed for certain.
 */
#ifndef SCHEDULER_SENDER_H
#define SCHEDULER_SENDER_H

#include "scheduler/ledger.h"
#include "scheduler/outage.h"

#include <stddef.h>
#include <warmline/http_client.h>
#include <warmline/provider.h>
#include <warmline/store.h>

struct sender;

struct sender_options {
	struct store *store;
	struct http_client *client;
	const struct account *accounts; /* outlive the sender */
	size_t naccounts;
	const struct program *programs; /* likewise: whose numbers texts leave from */
	size_t nprograms;
	const char *public_url; /* likewise; receipts come there */
	struct outage *outage;  /* shared; outlives the sender */
	struct ledger *ledger;  /* likewise; NULL = nothing is journaled */
	int finish_tries;       /* of an end that a well store refuses; 0 = 30 */
	int64_t http_ms;        /* 0 = 10 000: total time of a send; its lease is 2.5 times that */
};

/* NULL when an account's kind of provider is unknown. */
struct sender *sender_new(const struct sender_options *options, int64_t now_ms, struct fail *fail);
void sender_ring(struct sender *sender, int partition);
/* A text there is due at `due_ms`; both in the store's time. */
void sender_wake(struct sender *sender, int partition, int64_t now_ms, int64_t due_ms);
/*
 * At a start: what was journaled since (wall clock; 0 = all) is told to the store, in case it
 * forgot while nobody looked.
 */
void sender_recall(struct sender *sender, int64_t since_ms);
/* The store did lose writes: also what is on its way now is told as news, when it has ended. */
void sender_recall_lost(struct sender *sender, int64_t since_ms);
bool sender_recalls(const struct sender *sender); /* still at it */
/* A text was delivered so long after its account's provider had said yes. */
void sender_observe(struct sender *sender, const char *account, int64_t latency_ms, int64_t now_ms);
void sender_beat(struct sender *sender, int64_t now_ms);
/* No more claims; what is on its way is finished and recorded. */
void sender_stop(struct sender *sender);
/* No more calls of the store at all: it is about to be freed. */
void sender_quit(struct sender *sender);
size_t sender_busy(const struct sender *sender);
/* Idle, or after the store was freed. Sends that are still open are cut off. */
void sender_free(struct sender **sender);

#endif
