/* Who is told of a missed contact, and that all of them are told when the person is back. */
#include <core/check_in.h>
#include <warmline/fail.h>

static json_t *count_slots(const struct member *m, int64_t streak)
{
	json_t *slots = member_notice_slots(m);
	char count[24];

	text_set(count, sizeof(count), "%lld", (long long)streak);
	json_put_text(slots, "count", count);
	return slots;
}

/* Everyone who is told stays noted until the person is heard: supporters may change meanwhile. */
static void note_told(const struct member *m, const char *number, const char *role)
{
	if (!json_is_object(json_object_get(m->slot, "told")))
		json_object_set_new(m->slot, "told", json_object());
	json_put_text(json_object_get(m->slot, "told"), number, role);
}

void check_in_tell_missed(const struct member *m, int64_t streak)
{
	const char *supporter = member_supporter(m), *supervisor = member_supervisor(m);

	if (supporter) {
		member_notice(m, "missed.supporter", supporter, WORDING_SUPPORTER_MISSED, true,
			count_slots(m, streak));
		note_told(m, supporter, "s");
	}
	if (streak < m->program->missed_supervisor || !supervisor ||
		(supporter && strcmp(supporter, supervisor) == 0))
		return;
	member_notice(m, "missed.supervisor", supervisor, WORDING_SUPERVISOR_MISSED, true,
		count_slots(m, streak));
	note_told(m, supervisor, "v");
}

/* "Sam, Morgan"; the signature stands for people whose names we do not know. */
static void names_of_told(const struct member *m, char *told, size_t size)
{
	static const char *const roles[] = {"s", "v"};
	json_t *list = json_object_get(m->slot, "told"), *role;
	const char *number;

	told[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		json_object_foreach(list, number, role)
		{
			const struct staff *staff = program_staff(m->program, number);
			size_t n = strlen(told);

			/* A name that would be cut in two is left out. */
			if (staff && strcmp(json_string_value(role), roles[i]) == 0 &&
				n + strlen(staff->name) + 3 < size)
				text_set(told + n, size - n, "%s%s", n ? ", " : "", staff->name);
		}
	}
	if (!*told && json_object_size(list))
		text_set(told, size, "%s", m->program->signs_as);
}

static enum wording_key back_wording(const char *answer, const char *role)
{
	if (strcmp(role, "s") == 0)
		return answer ? WORDING_SUPPORTER_BACK : WORDING_SUPPORTER_HEARD;
	return answer ? WORDING_SUPERVISOR_BACK : WORDING_SUPERVISOR_HEARD;
}

bool check_in_stand_down(
	const struct member *m, const char *answer, const char *knows, char *told, size_t size)
{
	json_t *list = json_object_get(m->slot, "told"), *slots;
	const char *number;
	json_t *role;

	names_of_told(m, told, size);
	json_object_foreach(list, number, role)
	{
		if (knows && strcmp(number, knows) == 0)
			continue;
		slots = member_notice_slots(m);
		json_put_text(slots, "answer", answer ? answer : "");
		member_notice(m, "missed.back", number,
			back_wording(answer, json_string_value(role)), true, slots);
	}
	json_object_del(m->slot, "told");
	return told[0] != '\0';
}

void check_in_told_stopped(const struct member *m, const char *knows)
{
	const char *number;
	json_t *role;

	json_object_foreach(json_object_get(m->slot, "told"), number, role)
	{
		if (!knows || strcmp(number, knows) != 0)
			member_notice(m, "missed.stopped", number, WORDING_SUPPORTER_STOPPED, true,
				member_notice_slots(m));
	}
	json_object_del(m->slot, "told");
}

void check_in_told_instead(const struct member *m, const char *number, const char *instead)
{
	json_t *told = json_object_get(m->slot, "told");
	json_t *role = json_object_get(told, number);

	if (!role)
		return;
	if (*instead && !json_object_get(told, instead))
		json_object_set(told, instead, role);
	json_object_del(told, number);
}
