#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>

#include <stdarg.h>
#include <unistd.h>

#define LIMITED_EVENTS 64
#define LIMITED_MS     60000

static const char *log_program = "warmline";
static enum log_level log_lowest = LOG_LEVEL_DEBUG;

static struct {
	const char *event;
	int64_t last_ms;
	unsigned left_out;
} limited[LIMITED_EVENTS];

void log_open(const char *program)
{
	log_program = program;
}

void log_least(enum log_level level)
{
	log_lowest = level;
}

static const char *level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return names[level];
}

static void log_line(enum log_level level, const char *event, unsigned left_out, const char *format,
	va_list args) __attribute__((format(printf, 4, 0)));

/* One write per line: lines of several workers on one file do not mix. */
static void log_line(enum log_level level, const char *event, unsigned left_out, const char *format,
	va_list args)
{
	char now[32], text[1024], line[1200];
	int n;

	if (level < log_lowest)
		return;
	clock_print(clock_wall_ms(), now, sizeof(now));
	vsnprintf(text, sizeof(text), format, args);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	n = snprintf(line, sizeof(line), "%s %s[%d] %s %s %s", now, log_program, (int)getpid(),
		level_name(level), event, text);
	if (left_out)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " left_out=%u", left_out);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nobody to tell */
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(level, event, 0, format, args);
	va_end(args);
}

void log_limited(enum log_level level, const char *event, const char *format, ...)
{
	int64_t now = clock_monotonic_ms();
	va_list args;
	size_t i = 0;

	while (i < LIMITED_EVENTS - 1 && limited[i].event && limited[i].event != event)
		i++;
	if (limited[i].event == event && now - limited[i].last_ms < LIMITED_MS) {
		limited[i].left_out++;
		return;
	}
	va_start(args, format);
	log_line(level, event, limited[i].event == event ? limited[i].left_out : 0, format, args);
	va_end(args);
	limited[i].event = event;
	limited[i].last_ms = now;
	limited[i].left_out = 0;
}
