#include <warmline/program.h>

#include <string.h>

const struct program *program_find(const struct program *programs, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(programs[i].id, id) == 0)
			return &programs[i];
	return NULL;
}

const struct program *program_of_number(const struct program *programs, size_t n, const char *e164)
{
	if (!*e164)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (program_has_number(&programs[i], e164))
			return &programs[i];
	return NULL;
}

bool program_has_number(const struct program *p, const char *e164)
{
	bool has = strcmp(p->number.text, e164) == 0;

	for (size_t i = 0; i < p->nmore; i++)
		has = has || strcmp(p->more[i].text, e164) == 0;
	return has;
}

const struct staff *program_staff(const struct program *p, const char *e164)
{
	if (!*e164)
		return NULL;
	for (size_t i = 0; i < p->nstaff; i++)
		if (strcmp(p->staff[i].phone.text, e164) == 0)
			return &p->staff[i];
	return NULL;
}

const struct staff *program_nth(const struct program *p, enum staff_role role, size_t n)
{
	for (size_t i = 0; i < p->nstaff; i++)
		if (p->staff[i].role == role && n-- == 0)
			return &p->staff[i];
	return NULL;
}

const struct wording *program_wording(const struct program *p, const char *language)
{
	for (size_t i = 0; i < p->nlanguages; i++)
		if (strcmp(p->languages[i], language) == 0)
			return &p->wording[i];
	return &p->wording[0];
}
