/* What every file of the store's contract starts with: one rig, on either store, and short ways. */
#ifndef TESTS_LIB_STORE_CASES_H
#define TESTS_LIB_STORE_CASES_H

#include "tests/lib/store_rig.h"

extern struct rig rig;

int cases_open_memory(void **state);
int cases_open_redis(void **state);
int cases_close(void **state);

/* Claims the one actor that is due, and it must be this one: rig.claim.item[0]. */
void cases_claim_one(const char *actor, int64_t lease_ms);
struct commit cases_commit_of(const struct seen_actor *claimed, const char *document);
/* Claims the one actor that is due and commits it with these writes. */
void cases_settle(const char *actor, const struct store_write *writes, size_t n);

#endif
