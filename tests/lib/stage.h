/* One actor on a stage: its document, a clock that tests set, and what it decided last. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

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
 * texts are the key and the slots: "page|code=4821|age=0 min". */
struct house *stage_house(void);
void stage_house_free(struct house **house);

#define PERSON      "+12025550111"
#define SUPPORTER   "+12025550112"
#define CLINICIAN   "+12025550113"
#define CLINICIAN_2 "+12025550114"
#define SUPERVISOR  "+12025550115"
#define OTHER       "+12025550119"
#define WEEKLY      "+12025550101"
#define FAST        "+12025550100"

struct stage {
	struct house *house;
	char actor[ACTOR_SIZE];
	const char *number, *to; /* whose texts these are, and which program they go to */
	json_t *doc;
	int64_t now;
	struct decision *last;
	int events;
};

/* Friday 2026-01-09 15:00 UTC = 10:00 in Detroit. */
#define STAGE_START INT64_C(1767970800000)

struct stage *stage_new(const char *number, const char *to);
struct stage *stage_case(void); /* a case instead of a person */
void stage_free(struct stage **stage);

json_t *stage_data(struct stage *s, const char *kind); /* an event to fill; id and at are set */
void stage_give(struct stage *s, json_t *data);        /* taken */
void stage_give_all(struct stage *s, json_t **data, size_t n);
void stage_text(struct stage *s, const char *body);
void stage_crisis(struct stage *s, const char *body); /* a text that the screen found */
void stage_join(struct stage *s);                     /* join word, YES, all accepted */
void stage_enroll(struct stage *s, bool confirmed);
void stage_wait(struct stage *s, int64_t ms); /* time goes by, nobody decides */
bool stage_wake(struct stage *s);             /* goes to the alarm and decides; false = none */
/* Every text of the last decision comes back with `result`. */
void stage_outcome(struct stage *s, const char *result);
void stage_receipt(struct stage *s, const char *job, const char *status);

size_t stage_texts(const struct stage *s, enum wording_key key); /* in the last decision */
size_t stage_all_texts(const struct stage *s);
const struct effect *stage_find(const struct stage *s, enum wording_key key);
size_t stage_logged(const struct stage *s, const char *kind);
bool stage_indexed(const struct stage *s, const char *name);
bool stage_canceled(const struct stage *s, const char *job);
/* The event for `to` (a number or an actor) of this kind; NULL = none. */
const json_t *stage_event(const struct stage *s, const char *to, const char *kind);
size_t stage_events(const struct stage *s, const char *kind);
bool stage_notice(const struct stage *s, const char *to, enum wording_key key);
const char *stage_state(const struct stage *s, const char *program);

#endif
