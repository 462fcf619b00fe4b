#include "simulator/fault.h"

#include <string.h>
#include <uthash.h>
#include <utlist.h>
#include <warmline/json.h>
#include <warmline/phone.h>

#define COUNT_MAX 1000000
#define ARMED_MAX 1000

struct fault {
	enum fault_kind kind;
	enum fault_effect effect;
	int64_t count;
	struct phone to;            /* "" = any */
	const struct account *only; /* NULL = any */
	struct fault *prev, *next;
};
struct opted_out {
	char key[ACCOUNT_NAME_SIZE + 40]; /* "<account> <number>" */
	UT_hash_handle hh;
};
struct faults {
	const struct site *site;
	struct fault *armed;
	size_t narmed;
	struct opted_out *opted_out;
};

static const char *const kinds[] = {"api", "webhook", "receipt"};

static const struct {
	enum fault_kind kind;
	enum fault_effect effect;
	const char *name;
} effects[] = {
	{FAULT_API, FAULT_500, "500"},
	{FAULT_API, FAULT_429, "429"},
	{FAULT_API, FAULT_TIMEOUT, "timeout"},
	{FAULT_API, FAULT_HANG_AFTER_ACCEPT, "hang-after-accept"},
	{FAULT_API, FAULT_SLOW, "slow"},
	{FAULT_API, FAULT_REFUSE, "refuse"},
	{FAULT_WEBHOOK, FAULT_DUPLICATE, "duplicate"},
	{FAULT_WEBHOOK, FAULT_OUT_OF_ORDER, "out-of-order"},
	{FAULT_WEBHOOK, FAULT_LATE, "late"},
	{FAULT_RECEIPT, FAULT_DROP, "drop"},
	{FAULT_RECEIPT, FAULT_UNDELIVERED, "undelivered"},
	{FAULT_RECEIPT, FAULT_21610, "21610"},
	{FAULT_RECEIPT, FAULT_DUPLICATE, "duplicate"},
	{FAULT_RECEIPT, FAULT_OUT_OF_ORDER, "out-of-order"},
	{FAULT_RECEIPT, FAULT_LATE, "late"},
};
#define EFFECTS (sizeof(effects) / sizeof(effects[0]))

struct faults *faults_new(const struct site *site)
{
	struct faults *f = xcalloc(1, sizeof(*f));

	f->site = site;
	return f;
}

static bool find_effect(struct fault *fault, const char *name, struct fail *fail)
{
	char known[160] = "";

	for (size_t i = 0; i < EFFECTS; i++) {
		size_t used = strlen(known);

		if (effects[i].kind != fault->kind)
			continue;
		if (strcmp(effects[i].name, name) == 0) {
			fault->effect = effects[i].effect;
			return true;
		}
		(void)text_set(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
			effects[i].name);
	}
	return fail_set(fail, "\"%s\" is not one of: %s", kinds[fault->kind], known);
}

static bool read_kind(struct fault *fault, json_t *order, struct fail *fail)
{
	const char *name = NULL;
	int found = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const json_t *value = json_object_get(order, kinds[i]);

		if (!value)
			continue;
		found++;
		fault->kind = (enum fault_kind)i;
		name = json_string_value(value);
	}
	if (found != 1 || !name)
		return fail_set(fail, "a fault names exactly one of \"api\", \"webhook\", "
				      "\"receipt\", with a text");
	return find_effect(fault, name, fail);
}

static bool read_count(struct fault *fault, json_t *order, struct fail *fail)
{
	const json_t *count = json_object_get(order, "count");

	fault->count = count ? json_integer_value(count) : 1;
	if (count && !json_is_integer(count))
		fault->count = 0;
	if (fault->count < 1 || fault->count > COUNT_MAX)
		return fail_set(
			fail, "\"count\" is a whole number from 1 to %d, expected here", COUNT_MAX);
	return true;
}

/* The number of the handset, whichever way the text goes: "to", or "from" for webhooks. */
static bool read_number(struct fault *fault, json_t *order, struct fail *fail)
{
	const char *key = fault->kind == FAULT_WEBHOOK ? "from" : "to";
	const json_t *number = json_object_get(order, key);

	if (!number)
		return true;
	if (!json_is_string(number) || !phone_parse(json_string_value(number), &fault->to))
		return fail_set(fail, "\"%s\" is a number such as +12025550111", key);
	return true;
}

static bool read_provider(
	struct fault *fault, json_t *order, const struct site *site, struct fail *fail)
{
	const json_t *value = json_object_get(order, "provider");
	const char *name = json_string_value(value);

	if (!value)
		return true;
	fault->only = name ? account_find(site->accounts, site->naccounts, name) : NULL;
	if (!fault->only || !fault->only->simulated)
		return fail_set(fail, "\"provider\" is the name of one that the carrier plays");
	return true;
}

static bool known_keys(const struct fault *fault, json_t *order, struct fail *fail)
{
	const char *key;
	json_t *value;

	json_object_foreach(order, key, value)
	{
		bool fits = strcmp(key, kinds[fault->kind]) == 0 || strcmp(key, "count") == 0 ||
			    strcmp(key, "provider") == 0 ||
			    strcmp(key, fault->kind == FAULT_WEBHOOK ? "from" : "to") == 0;

		if (!fits)
			return fail_set(fail, "\"%s\" is not known for a fault of this kind", key);
	}
	return true;
}

bool faults_arm(struct faults *f, json_t *order, struct fail *fail)
{
	struct fault fault = {0}, *kept;

	if (!read_kind(&fault, order, fail) || !read_count(&fault, order, fail) ||
		!read_number(&fault, order, fail) || !read_provider(&fault, order, f->site, fail) ||
		!known_keys(&fault, order, fail))
		return false;
	if (f->narmed >= ARMED_MAX)
		return fail_set(
			fail, "%d faults are armed already; DELETE /sim/faults first", ARMED_MAX);
	kept = xmemdup(&fault, sizeof(fault));
	DL_APPEND(f->armed, kept);
	f->narmed++;
	return true;
}

static void drop(struct faults *f, struct fault *fault)
{
	DL_DELETE(f->armed, fault);
	f->narmed--;
	free(fault);
}

static bool fits(const struct fault *fault, enum fault_kind kind, const struct account *account,
	const char *number)
{
	return fault->kind == kind && (!fault->only || fault->only == account) &&
	       (!fault->to.text[0] || strcmp(fault->to.text, number) == 0);
}

enum fault_effect faults_take(
	struct faults *f, enum fault_kind kind, const struct account *account, const char *number)
{
	struct fault *fault;

	DL_FOREACH(f->armed, fault)
	{
		enum fault_effect effect = fault->effect;

		if (!fits(fault, kind, account, number))
			continue;
		if (--fault->count == 0)
			drop(f, fault);
		return effect;
	}
	return FAULT_NONE;
}

static const char *effect_name(const struct fault *fault)
{
	for (size_t i = 0; i < EFFECTS; i++)
		if (effects[i].kind == fault->kind && effects[i].effect == fault->effect)
			return effects[i].name;
	return "";
}

json_t *faults_list(const struct faults *f)
{
	json_t *list = json_array();
	const struct fault *fault;

	DL_FOREACH(f->armed, fault)
	{
		json_t *one = json_pack("{s:s, s:I}", kinds[fault->kind], effect_name(fault),
			"count", (json_int_t)fault->count);

		json_put_text(one, fault->kind == FAULT_WEBHOOK ? "from" : "to", fault->to.text);
		json_put_text(one, "provider", fault->only ? fault->only->name : NULL);
		json_array_append_new(list, one);
	}
	return list;
}

void faults_clear(struct faults *f)
{
	struct opted_out *o = f->opted_out, *next;
	struct fault *fault, *after;

	DL_FOREACH_SAFE(f->armed, fault, after)
	drop(f, fault);
	HASH_CLEAR(hh, f->opted_out);
	for (; o; o = next) {
		next = o->hh.next;
		free(o);
	}
}

void faults_free(struct faults **faults)
{
	if (!*faults)
		return;
	faults_clear(*faults);
	free(*faults);
	*faults = NULL;
}

static void key_of(struct opted_out *o, const struct account *account, const char *number)
{
	(void)text_set(o->key, sizeof(o->key), "%s %s", account->name, number);
}

static struct opted_out *find_opted_out(
	const struct faults *f, const struct account *account, const char *number)
{
	struct opted_out wanted, *o = NULL;

	key_of(&wanted, account, number);
	HASH_FIND_STR(f->opted_out, wanted.key, o);
	return o;
}

void faults_opt_out(struct faults *f, const struct account *account, const char *number)
{
	struct opted_out *o;

	if (find_opted_out(f, account, number))
		return;
	o = xcalloc(1, sizeof(*o));
	key_of(o, account, number);
	HASH_ADD_STR(f->opted_out, key, o);
}

void faults_opt_in(struct faults *f, const struct account *account, const char *number)
{
	struct opted_out *o = find_opted_out(f, account, number);

	if (o) {
		HASH_DEL(f->opted_out, o);
		free(o);
	}
}

bool faults_opted_out(const struct faults *f, const struct account *account, const char *number)
{
	return find_opted_out(f, account, number) != NULL;
}
