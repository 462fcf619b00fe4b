#include "tests/lib/solo.h"

#include <platform/zone_files.h>
#include <warmline/fail.h>

static char *wording_text(int key)
{
	char *text = xstrdup(wording_key_name((enum wording_key)key));
	const char *slots = wording_slots((enum wording_key)key);

	while (*slots) {
		size_t n = strcspn(slots, " ");
		char *longer = xasprintf("%s|%.*s={%.*s}", text, (int)n, slots, (int)n, slots);

		free(text);
		text = longer;
		slots += n + strspn(slots + n, " ");
	}
	return text;
}

static void set_common(struct program *p, const char *id, const char *number)
{
	static const struct staff staff[] = {
		{"Sam", {SUPPORTER}, "en", STAFF_SUPPORTER},
		{"Rivera", {CLINICIAN}, "en", STAFF_ONCALL},
		{"Chen", {CLINICIAN_2}, "es", STAFF_ONCALL},
		{"Morgan", {SUPERVISOR}, "en", STAFF_SUPERVISOR},
	};

	text_set(p->id, sizeof(p->id), "%s", id);
	text_set(p->number.text, sizeof(p->number.text), "%s", number);
	text_set(p->signs_as, sizeof(p->signs_as), "Maple Team");
	text_set(p->emergency, sizeof(p->emergency), "911");
	text_set(p->zone, sizeof(p->zone), "America/Detroit");
	text_set(p->languages[0], LANGUAGE_SIZE, "en");
	text_set(p->languages[1], LANGUAGE_SIZE, "es");
	p->nlanguages = 2;
	text_set(p->join[0], sizeof(p->join[0]), "join");
	p->njoin = 1;
	p->missed_supervisor = 2;
	p->page_stale_ms = 3600000;
	p->page_details = true;
	p->staff = xmemdup(staff, sizeof(staff));
	p->nstaff = 4;
	for (int l = 0; l < 2; l++)
		for (int k = 0; k < WORDING_COUNT; k++)
			p->wording[l].text[k] = wording_text(k);
}

static void set_weekly(struct program *p)
{
	p->days = 7;
	p->weekday = 1;
	p->hour_min = 600;
	p->reminder_ms = p->missed_ms = 86400000;
	p->late_ms = 2 * 3600000;
	p->quiet = true;
	p->quiet_from = 1200;
	p->quiet_to = 540;
	p->page_next_ms = 300000;
}

static void set_fast(struct program *p)
{
	p->every_ms = 180000;
	p->first_after_ms = 20000;
	p->reminder_ms = p->missed_ms = 40000;
	p->late_ms = 60000;
	p->page_next_ms = 30000;
}

static const struct account accounts[] = {
	{.name = "maple", .kind = "twilio", .weight = 100, .receipt_ms = SOLO_RECEIPT_MS},
	{.name = "birch", .kind = "plivo", .weight = 100, .receipt_ms = SOLO_RECEIPT_MS},
	{.name = "mute", .kind = "kannel", .weight = 100},
};

struct house *solo_house(void)
{
	struct house *house = xcalloc(1, sizeof(*house));
	struct program *programs = xcalloc(2, sizeof(*programs));
	struct fail fail;

	set_common(&programs[0], "weekly", WEEKLY);
	set_weekly(&programs[0]);
	set_common(&programs[1], "fast", FAST);
	set_fast(&programs[1]);
	house->programs = programs;
	house->nprograms = 2;
	house->accounts = accounts;
	house->naccounts = 3;
	house->zones = zone_files_load(ZONE_FOLDER, &fail);
	if (!house->zones)
		fail_abort("%s", fail.text);
	return house;
}

void solo_house_free(struct house **house)
{
	struct program *programs = (struct program *)(uintptr_t)(*house)->programs;
	struct zones *zones = (struct zones *)(uintptr_t)(*house)->zones;

	for (int i = 0; i < 2; i++) {
		free(programs[i].staff);
		for (int l = 0; l < 2; l++)
			for (int k = 0; k < WORDING_COUNT; k++)
				free(programs[i].wording[l].text[k]);
	}
	free(programs);
	zones_free(&zones);
	free(*house);
	*house = NULL;
}
