#include <warmline/fail.h>
#include <warmline/phone.h>

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool nanp_valid(const char *ten)
{
	return ten[0] >= '2' && ten[3] >= '2';
}

bool phone_parse(const char *text, struct phone *phone)
{
	size_t n;

	if (text[0] != '+' || text[1] < '1' || text[1] > '9')
		return false;
	n = digits(text + 1);
	if (n < 2 || n > 15 || text[n + 1] != '\0')
		return false;
	if (text[1] == '1' && (n != 11 || !nanp_valid(text + 2)))
		return false;
	return text_set(phone->text, sizeof(phone->text), "%s", text);
}

bool phone_is_sender(const char *text)
{
	struct phone phone;
	size_t n = digits(text);

	return phone_parse(text, &phone) || (n >= 3 && n <= 8 && text[n] == '\0');
}

void phone_mask(const char *text, char *masked, size_t size)
{
	size_t n = strlen(text);

	if (n < 6)
		text_set(masked, size, "…");
	else
		text_set(masked, size, "%.2s…%s", text, text + n - 2);
}
