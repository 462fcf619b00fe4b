/* What each series counts, for who reads a scrape. A test keeps the list whole. */
#include "platform/metrics_help.h"

#include <string.h>

static const struct {
	const char *name, *help;
} all[] = {
	{"warmline_actors_broken_total", "People or cases that could not be opened or decided"},
	{"warmline_attempts_unjournaled_total",
		"Texts sent without a line in the sender's journal"},
	{"warmline_begins_lost_total", "Texts that another sender had taken over before they left"},
	{"warmline_begins_sent_before_total",
		"Texts not sent because a journal says they left before"},
	{"warmline_begins_stale_total", "Texts put back because leave to send them came too late"},
	{"warmline_begins_unwanted_total", "Texts that were canceled before they left"},
	{"warmline_begins_wait_total", "Texts that had to wait for their turn"},
	{"warmline_claims_total", "People and cases taken for a decision"},
	{"warmline_commits_total", "Decisions, by what became of them"},
	{"warmline_crisis_texts_total", "Texts received with words of crisis"},
	{"warmline_events_waiting", "Events in the journal that the store has not confirmed"},
	{"warmline_events_without_journal_total",
		"Events that only the store has: the journal failed"},
	{"warmline_finishes_lost_total",
		"Results of texts that came after another sender took over"},
	{"warmline_finishes_unrecorded_total", "Ends of texts that the store refused to record"},
	{"warmline_forward_left_total", "Events for other partitions that have to be tried again"},
	{"warmline_forwarded_total", "Events carried to other partitions"},
	{"warmline_heartbeats_missed_total", "Signs of life that the store did not take"},
	{"warmline_http_accept_errors_total", "Connections that could not be accepted"},
	{"warmline_http_connections", "Open connections"},
	{"warmline_http_cut_total", "Connections cut because of their age"},
	{"warmline_http_late_total", "Requests answered 503 because nothing was ready in time"},
	{"warmline_http_refused_total", "Requests refused before anybody read them, by status"},
	{"warmline_jobs_claimed_total", "Texts taken for sending"},
	{"warmline_journal_disk_free_percent", "Free room on the journal's disk"},
	{"warmline_journal_failures_total", "Events that the journal could not keep"},
	{"warmline_journal_quarantined_bytes", "Damaged bytes found in the journal and set aside"},
	{"warmline_journal_records", "Events written to the journal since the start"},
	{"warmline_journal_unreadable_total", "Records of another version in the journal"},
	{"warmline_journal_up", "1 when the journal takes events"},
	{"warmline_loop_lag_ms", "How late the scheduler's loop is"},
	{"warmline_mail_unreadable_total", "Events that are no JSON of ours"},
	{"warmline_metrics_lost_total", "Series that found no room"},
	{"warmline_posts_failed_total", "Posts to the store to be repeated, by reason"},
	{"warmline_posts_total", "Events in the store, new or known before"},
	{"warmline_recalls_left_total", "Texts that a forgetful store could not be told of"},
	{"warmline_recalls_total", "Texts that a store which forgot them was told of"},
	{"warmline_receipts_orphaned_total", "Receipts of texts that are not ours"},
	{"warmline_replayed_total", "Events posted again from the journal"},
	{"warmline_replays_failed_total", "Journals that could not be read again"},
	{"warmline_rollbacks_total", "Times the store had lost what it had acknowledged"},
	{"warmline_sender_journal_failed_total",
		"Lines of the sender's journal that are on no disk"},
	{"warmline_sender_journal_records", "Lines in the sender's journal since it started"},
	{"warmline_sender_journal_unreadable_total",
		"Lines of the sender's journal that do not read"},
	{"warmline_sender_journal_up", "1 when the sender's journal works"},
	{"warmline_store_broken_total", "Values in the store that our keys do not open"},
	{"warmline_store_errors_total", "Error answers of the store"},
	{"warmline_store_forgot_total", "Times a sender found that the store had forgotten"},
	{"warmline_texts_from_no_number_total",
		"Texts whose sender is no number that can be answered"},
	{"warmline_texts_in_flight", "Texts on their way to the provider"},
	{"warmline_texts_not_durable_total",
		"Events answered 503: neither journal nor store took them"},
	{"warmline_texts_repaired_total", "Texts received that were not valid UTF-8"},
	{"warmline_texts_to_unknown_numbers_total", "Texts to a number that no program has"},
	{"warmline_texts_total", "Texts sent, by lane and result"},
	{"warmline_ticks_total", "Looks at whether the store lost something"},
	{"warmline_turns_waited_out_total", "Events posted past an older one of another worker"},
	{"warmline_webhooks_ignored_total", "News in webhooks that warmline has no use for"},
	{"warmline_webhooks_stale_total", "Good webhooks signed long ago: a clock is wrong"},
	{"warmline_webhooks_total", "Webhooks by route, provider and answer"},
	{"warmline_webhooks_wrong_address_total",
		"Webhooks refused because the provider calls another address than public_url"},
	{"warmline_workers_died_total", "Workers that ended and were started again"},
};

const char *metrics_help(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].help;
	return NULL;
}
