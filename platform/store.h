/* What both stores share: checks of what callers give, and names of days. */
#ifndef PLATFORM_STORE_H
#define PLATFORM_STORE_H

#include <warmline/store.h>

#define JOB_KEEP_MS   (3LL * 86400 * 1000) /* done jobs stay this long, for late receipts */
#define JOB_WAIT_MS   500                  /* BEGIN_WAIT: not before so much later */
#define RECALL_MS     (3600LL * 1000)      /* a recalled text stops its like for so long */
#define TEXT_KEY_SIZE 33                   /* names a text by what it says, keyed */
#define DAY_NAME_SIZE 9                    /* "20261123" */

/* False = a bug of the caller; logged here, the call completes as STORE_REFUSED. */
bool store_post_valid(const struct post *post);
bool store_commit_valid(const struct commit *commit);
bool store_job_valid(const char *job);
bool store_partition_valid(int partition);
bool store_recall_valid(const struct recall *recall);

/* The actor in front of a job id "<actor>.<number>"; false when there is none. */
bool job_actor(const char *job, struct actor_id *actor);
/* What makes two texts the same one to recall(), in one line; the caller frees. NULL: lane 0, where
 * pages may repeat. */
char *text_identity(enum lane lane, const char *program, const struct blob *body);
void day_name(int64_t at_ms, char day[DAY_NAME_SIZE]);
/* A WRITE_EVENT's receiver: its partition; -1 when it has none. */
int write_partition(const struct store_write *write);

#endif
