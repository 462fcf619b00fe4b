#include "tests/lib/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct rig rig;

int cases_open_memory(void **state)
{
	*state = &rig;
	rig_open_memory(&rig);
	return 0;
}

int cases_open_redis(void **state)
{
	*state = &rig;
	rig_open_redis(&rig);
	return 0;
}

int cases_close(void **state)
{
	(void)state;
	rig_close_store(&rig);
	return 0;
}

void cases_claim_one(const char *actor, int64_t lease_ms)
{
	assert_int_equal(rig_claim(&rig, actor_partition(actor), 16, lease_ms), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	assert_string_equal(rig.claim.item[0].actor, actor);
}

struct commit cases_commit_of(const struct seen_actor *claimed, const char *document)
{
	return (struct commit){.actor = claimed->actor,
		.fence = claimed->fence,
		.document = rig_blob(document),
		.consumed = claimed->nmail};
}

void cases_settle(const char *actor, const struct store_write *writes, size_t n)
{
	struct commit commit;

	cases_claim_one(actor, LEASE_LONG);
	commit = cases_commit_of(&rig.claim.item[0], "{}");
	commit.writes = writes;
	commit.nwrites = n;
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
}
