/* One actor on a stage: its document, a clock that tests set, and what it decided last. */
#ifndef TESTS_SOLO_H
#define TESTS_SOLO_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on
#include <warmline/decision.h>
#include <warmline/json.h>

#define TEST(name) static void name(__attribute__((unused)) void **state)

/* Two programs: "weekly" (Mondays 10:00 in Detroit, quiet 20:00-09:00) and "fast" (minutes). Their
 * texts are the key and the slots: "page|code=4821|age=0 min". Three accounts: "maple" and "birch",
 * whose receipts come within SOLO_RECEIPT_MS, and "mute", which has none. */
#define SOLO_RECEIPT_MS 300000
struct house *solo_house(void);
void solo_house_free(struct house **house);

#define PERSON      "+12025550111"
#define SUPPORTER   "+12025550112"
#define CLINICIAN   "+12025550113"
#define CLINICIAN_2 "+12025550114"
#define SUPERVISOR  "+12025550115"
#define OTHER       "+12025550119"
#define WEEKLY      "+12025550101"
#define FAST        "+12025550100"

struct solo {
	struct house *house;
	char actor[ACTOR_SIZE];
	const char *number, *to; /* whose texts these are, and which program they go to */
	json_t *doc;
	int64_t now;
	struct decision *last;
	int events;
};

/* Friday 2026-01-09 15:00 UTC = 10:00 in Detroit. */
#define SOLO_START INT64_C(1767970800000)

struct solo *solo_new(const char *number, const char *to);
struct solo *solo_case(void); /* a case instead of a person */
void solo_free(struct solo **solo);

json_t *solo_data(struct solo *s, const char *kind); /* an event to fill; id and at are set */
void solo_give(struct solo *s, json_t *data);        /* taken */
void solo_give_all(struct solo *s, json_t **data, size_t n);
void solo_text(struct solo *s, const char *body);
void solo_crisis(struct solo *s, const char *body); /* a text that the screen found */
void solo_join(struct solo *s);                     /* join word, YES, all accepted */
void solo_enroll(struct solo *s, bool confirmed);
void solo_wait(struct solo *s, int64_t ms); /* time goes by, nobody decides */
bool solo_wake(struct solo *s);             /* goes to the alarm and decides; false = none */
/* Every text of the last decision comes back with `result`. */
void solo_outcome(struct solo *s, const char *result);
/* `account` took it, and calls it `provider_id`. */
void solo_accept(struct solo *s, const char *job, const char *account, const char *provider_id);
void solo_receipt(struct solo *s, const char *job, const char *status);
/* The same with a reason: "network", "bad number" ... */
void solo_receipt_why(struct solo *s, const char *job, const char *status, const char *why);

size_t solo_texts(const struct solo *s, enum wording_key key); /* in the last decision */
size_t solo_all_texts(const struct solo *s);
const struct effect *solo_find(const struct solo *s, enum wording_key key);
size_t solo_logged(const struct solo *s, const char *kind);
/* The first entry of this kind; NULL = none. */
const json_t *solo_entry(const struct solo *s, const char *kind);
/* The only errand of the last decision; NULL = none. */
const struct effect *solo_errand(const struct solo *s);
struct program *solo_program(struct solo *s, int i); /* to change its settings */
bool solo_indexed(const struct solo *s, const char *name);
bool solo_canceled(const struct solo *s, const char *job);
/* The event for `to` (a number or an actor) of this kind; NULL = none. */
const json_t *solo_event(const struct solo *s, const char *to, const char *kind);
size_t solo_events(const struct solo *s, const char *kind);
bool solo_notice(const struct solo *s, const char *to, enum wording_key key);
const char *solo_state(const struct solo *s, const char *program);

#endif
