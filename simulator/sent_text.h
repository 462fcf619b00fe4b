/*
 * Texts that an API accepted, for look-ups: the newest SENT_TEXTS_KEEP of all providers.
 * A pointer is good until the next sent_texts_add(); hold the id across turns of the loop.
 */
#ifndef SIMULATOR_SENT_TEXT_H
#define SIMULATOR_SENT_TEXT_H

#include <stdint.h>
#include <warmline/account.h>
#include <warmline/phone.h>

#include "simulator/carrier.h"

#define SENT_TEXTS_KEEP 50000

enum text_state { TEXT_QUEUED, TEXT_SENT, TEXT_DELIVERED, TEXT_UNDELIVERED };
enum text_trouble { TROUBLE_NONE, TROUBLE_UNREACHABLE, TROUBLE_OPTED_OUT, TROUBLES };

struct receipt { /* what became of a text; `trouble` when it is undelivered */
	enum text_state state;
	enum text_trouble trouble;
};

struct sent_text {
	const struct account *account; /* that took it */
	char id[TEXT_ID_SIZE];
	char from[32];
	struct phone to;
	char *body, *callback; /* owned; callback "" = no receipts wanted */
	struct receipt fate;
	int64_t created_ms, updated_ms, sent_ms; /* sent 0 = not yet */
	size_t segments;
};

struct sent_texts;

struct sent_texts *sent_texts_new(void);
void sent_texts_free(struct sent_texts **texts);
/* Takes over `text` and what it owns. */
struct sent_text *sent_texts_add(struct sent_texts *texts, const struct sent_text *text);
struct sent_text *sent_texts_find(struct sent_texts *texts, const char *id);
/* The one that was added before `text`; the newest for NULL; NULL = no more. */
const struct sent_text *sent_texts_before(
	const struct sent_texts *texts, const struct sent_text *text);

bool sent_text_is_final(const struct sent_text *text);
void sent_text_redact(struct sent_text *text); /* takes its words away */
/* "queued", "sent", "delivered", "undelivered": as the log has it. */
const char *text_state_name(enum text_state state);

#endif
