/*
 * Faults that a test arms: how the next API calls, webhooks and receipts go wrong. Armed faults
 * of one kind are used up in the order in which they were armed; one with a number or a provider
 * waits for that and lets the others pass. docs/carrier.md says what each effect does.
 *
 * A number that got a receipt 21610 is opted out at that provider: its API refuses texts to it
 * until the handset texts a word to it that opts in again, or until the faults are cleared.
 */
#ifndef SIMULATOR_FAULT_H
#define SIMULATOR_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <warmline/fail.h>
#include <warmline/site.h>

enum fault_kind { FAULT_API, FAULT_WEBHOOK, FAULT_RECEIPT };
enum fault_effect {
	FAULT_NONE,
	/* api */
	FAULT_500,
	FAULT_429,
	FAULT_TIMEOUT,
	FAULT_HANG_AFTER_ACCEPT,
	FAULT_SLOW,
	FAULT_REFUSE,
	/* webhook and receipt */
	FAULT_DUPLICATE,
	FAULT_OUT_OF_ORDER,
	FAULT_LATE,
	/* receipt */
	FAULT_DROP,
	FAULT_UNDELIVERED,
	FAULT_21610, /* opted out, whatever code the provider has for that */
};

struct faults;

/* `site`: whose accounts faults may name; must outlive them. */
struct faults *faults_new(const struct site *site);
void faults_free(struct faults **faults);
/* False with a sentence when the order has another shape; then nothing is armed. */
bool faults_arm(struct faults *faults, json_t *order, struct fail *fail);
/* Uses up one armed fault of this kind that fits account and number; FAULT_NONE when there is none.
 */
enum fault_effect faults_take(struct faults *faults, enum fault_kind kind,
	const struct account *account, const char *number);
json_t *faults_list(const struct faults *faults); /* as they were armed, with what is left */
void faults_clear(struct faults *faults);         /* opt-outs at the carrier too */

void faults_opt_out(struct faults *faults, const struct account *account, const char *number);
void faults_opt_in(struct faults *faults, const struct account *account, const char *number);
bool faults_opted_out(
	const struct faults *faults, const struct account *account, const char *number);

#endif
