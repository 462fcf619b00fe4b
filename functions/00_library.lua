#!lua name=warmline
-- The store's verbs as one Redis Functions library. The files of this folder are joined in the
-- order of their names (tools/embed) and loaded as one text; this one comes first.
--
-- The loader puts one line behind the shebang:   local CONTROL, TEXT = '<control>', '<hash>'
--   CONTROL  name of a negative control of a test build (include/warmline/control.h), else ''
--   TEXT     hash of the joined text: same version with another text is replaced
--
-- Rules for every verb
--   * KEYS[1] carries the hash tag {pNN} of one partition; all other names are made from that tag,
--     so a call stays in one Cluster slot.
--   * Redis does not roll a failed function back: check everything first, then write.
--   * Time is TIME, read once. Key expiry is housekeeping; no promise rests on it.
--   * Replies are flat arrays (hiredis 0.14 gives up at depth 8).
--
-- Names ({t} = the tag)
--   {t}:alarm              zset  actor -> when it wants to wake; of a claimed actor: end of lease
--   {t}:a:<actor>          string: fence (12 digits), lease until (13 digits, 0 = not claimed),
--                                sealed document. A hash of the same costs 220 bytes more.
--   {t}:a:<actor>:mail     list  "<posted ms> <length of id> <event id><sealed event>"
--   {t}:a:<actor>:log      list  sealed entries, oldest first
--   {t}:seen               zset  event id -> when it was posted
--   {t}:phone:<blind>      string actor; only where it is not the one derived from the number
--   {t}:stop:<blind>       hash  program ('' = all) -> when STOP came
--   {t}:ix:<name>          zset  actor -> score
--   {t}:count:<yyyymmdd>   hash  counter -> value, UTC days
--   {t}:j:<job>            hash  l lane, g gate, b blind, p program, t not before, x expires,
--                                m sealed body, f fence, n attempts begun, u ambiguous attempts,
--                                s state (absent = due, claimed, sending, lapsed, done),
--                                c canceled, r last result, i provider's id,
--                                k keyed hash of lane, program, number and words (lanes 1-2)
--   {t}:sent:<k>           list  "<until> <a|u>": texts that left, says a sender's journal, and
--                                that Redis had forgotten (recall.lua)
--   {t}:due:<lane>         zset  job -> not before
--   {t}:lease              zset  job -> end of lease
--   {t}:post, {t}:post:b   zset  event id -> due; hash event id -> packed event for elsewhere
--   {t}:epoch              counter of ticks; going back = Redis lost acknowledged writes

local VERSION = 1

local BELL = 'warmline:bell'
local SEEN_MIN = 200000           -- never trimmed below so many ids
local SEEN_MS = 30 * 86400 * 1000 -- nor younger than this
local JOB_KEEP_MS = 3 * 86400 * 1000
local JOB_WAIT_MS = 500
local TEXT_CRISIS, TEXT_SCHEDULED = '0', '2' -- lanes
local GATE_ROUTINE = '0'

local function clock()
	local t = redis.call('TIME')
	return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function tag_of(key)
	return string.sub(key, 1, 5)
end

local function wrong(what)
	return redis.error_reply('WARMLINE ' .. what)
end

local HEAD = 25

local function head_of(fence, til)
	return string.format('%012d%013d', fence, til)
end

-- The head of an actor's value -> fence, lease until.
local function lease_of(value)
	if not value or #value < HEAD then
		return 0, 0
	end
	return tonumber(string.sub(value, 1, 12)), tonumber(string.sub(value, 13, HEAD))
end

-- Puts mail into an actor's box. The caller knows that the event id is new. 1 = the actor was
-- not ringing and does now. A leased actor is not rung: its commit finds the mail.
local function put_mail(tag, now, actor, id, event)
	local box = tag .. ':a:' .. actor
	redis.call('RPUSH', box .. ':mail', now .. ' ' .. #id .. ' ' .. id .. event)
	local _, til = lease_of(redis.call('GETRANGE', box, 0, HEAD - 1))
	if til > now then
		return 0
	end
	return redis.call('ZADD', tag .. ':alarm', 'LT', 'CH', now, actor)
end

-- Who has this number: the person whose id the caller derived from it, unless a decision said
-- otherwise. A new number needs no entry: the same number always derives the same id.
local function owner_of(tag, blind, derived)
	return redis.call('GET', tag .. ':phone:' .. blind) or derived
end

-- Mail once per event id. Returns 1 when somebody rings now, and whether it was new.
local function deliver(tag, now, actor, id, urgent, event)
	if redis.call('ZADD', tag .. ':seen', 'NX', now, id) == 0 then
		return 0, false
	end
	if urgent == '1' then
		redis.call('ZADD', tag .. ':ix:urgent', 'NX', now, actor)
	end
	return put_mail(tag, now, actor, id, event), true
end

local function ring(tag, rung)
	if rung > 0 then
		redis.call('PUBLISH', BELL, string.sub(tag, 3, 4))
	end
end

-- Did this number refuse texts of this program? A text of no program is refused by any mark.
local function stopped(tag, blind, program)
	if not blind or blind == '' then
		return false
	end
	local key = tag .. ':stop:' .. blind
	if not program or program == '' then
		return redis.call('EXISTS', key) == 1
	end
	local marks = redis.call('HMGET', key, program, '')
	return (marks[1] or marks[2]) and true or false
end

-- UTC day of a time in ms: "20261123". Days since 1970 to a civil date, years counted from March.
local function day_of(now)
	local z = math.floor(now / 86400000) + 719468
	local era = math.floor(z / 146097)
	local doe = z - era * 146097
	local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524)
		- math.floor(doe / 146096)) / 365)
	local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
	local mp = math.floor((5 * doy + 2) / 153)
	local month = mp < 10 and mp + 3 or mp - 9
	local year = yoe + era * 400 + (month <= 2 and 1 or 0)
	return string.format('%04d%02d%02d', year, month, doy - math.floor((153 * mp + 2) / 5) + 1)
end

local function actor_of_job(job)
	return string.match(job, '^([^.]+)%.')
end
