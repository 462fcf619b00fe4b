#include "providers/params.h"

#include <string.h>
#include <warmline/fail.h>

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order == 0 && a_len != b_len)
		order = a_len < b_len ? -1 : 1;
	return order;
}

/* The fields lie in one array in the order in which they came. */
static int by_name(const void *x, const void *y)
{
	const struct form_field *a = *(const struct form_field *const *)x;
	const struct form_field *b = *(const struct form_field *const *)y;
	int order = compare(a->name, a->name_len, b->name, b->name_len);

	return order ? order : (a > b) - (a < b);
}

static int by_name_then_value(const void *x, const void *y)
{
	const struct form_field *a = *(const struct form_field *const *)x;
	const struct form_field *b = *(const struct form_field *const *)y;
	int order = compare(a->name, a->name_len, b->name, b->name_len);

	return order ? order : compare(a->value, a->value_len, b->value, b->value_len);
}

static size_t drop_equal(const struct form_field **sorted, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_name_then_value(&sorted[kept - 1], &sorted[i]) != 0)
			sorted[kept++] = sorted[i];
	return kept;
}

const struct form_field **params_sort(const struct form *form, enum params_order order, size_t *n)
{
	size_t all = form ? form->n : 0;
	const struct form_field **sorted = xcalloc(all, sizeof(struct form_field *));

	for (size_t i = 0; i < all; i++)
		sorted[i] = &form->fields[i];
	qsort(sorted, all, sizeof(struct form_field *),
		order == PARAMS_CAME ? by_name : by_name_then_value);
	*n = order == PARAMS_UNIQUE ? drop_equal(sorted, all) : all;
	return sorted;
}
