/*
 * How a text travels: GSM 7-bit default alphabet (3GPP TS 23.038; extension characters count two)
 * or UCS-2, and how many parts that makes by the plain rule (160/153 septets, 70/67 UTF-16 units;
 * an escape or surrogate pair is never split).
 */
#ifndef WARMLINE_SMS_TEXT_H
#define WARMLINE_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct sms_size {
	bool ucs2;
	size_t units;    /* septets or UTF-16 units */
	size_t segments; /* the empty text is one */
	const char *odd; /* in the text: the first character that is not in the alphabet, ... */
	size_t odd_len;  /* ... so many bytes; NULL and 0: all are, it is not UCS-2 */
};

/* False when `utf8` is not valid UTF-8. */
bool sms_measure(const char *utf8, struct sms_size *size);
/*
 * Takes out what makes a text twice as dear and looks the same on a telephone, in place: curly
 * quotes become straight ones, dashes "-", an ellipsis "...", no-break and narrow spaces plain
 * ones. Letters, marks and numbers are never touched. For programs that ask for it
 * (plain_punctuation).
 */
void sms_plain(char *utf8);

#endif
