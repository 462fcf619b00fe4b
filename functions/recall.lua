-- wl_recall: what a sender's own journal says became of a text of lanes 1-2, after Redis may have
-- lost writes it had acknowledged (reliability.md J6, J7).
--   KEYS  {t}:alarm
--   ARGV  job, fence, lane, key of the text, expires, result (a accepted, r refused, u unknown,
--         x expired), provider's id, event id, sealed event
--   Reply 1 it was news | 0 it was known | 2 somebody is sending it right now
--   A text that Redis still has is settled with that result. One that is forgotten will be decided
--   again, perhaps under another number, because other mail may come first: so its key is put
--   down, and the first text with the same words for the same number that wants to begin is the
--   same text and does not leave again (begin.lua). One mark stops one text.
local RECALL_MS = 3600000

local function recall_news(tag, now, actor, args)
	ring(tag, (deliver(tag, now, actor, args[8], '0', args[9])))
	return 1
end

-- `taken`: the number belongs to another text by now, whose outcomes these are not.
local function recall_forgotten(tag, now, actor, args, taken)
	local seen, event, expires = tag .. ':seen', args[8], tonumber(args[5])
	-- Its outcome may be known although it is forgotten: an end that was told to a Redis which had
	-- just come back from an older copy. The text itself would be decided, and leave, again.
	local known = not taken and redis.call('ZSCORE', seen, event)
	if redis.call('ZADD', seen, 'NX', now, 'recall:' .. event) == 0 then
		return 0
	end
	local til = now + RECALL_MS
	if expires > 0 and expires < til then
		til = expires
	end
	if til > now and (args[6] == 'a' or args[6] == 'u') then
		local sent = tag .. ':sent:' .. args[4]
		redis.call('RPUSH', sent, til .. ' ' .. args[6])
		redis.call('PEXPIRE', sent, JOB_KEEP_MS)
	end
	if known then
		return 0
	end
	return taken and 1 or recall_news(tag, now, actor, args)
end

local function recall(keys, args)
	local tag, now, id, result = tag_of(keys[1]), clock(), args[1], args[6]
	local key, actor = tag .. ':j:' .. id, actor_of_job(id)
	if not actor or not string.find(result, '^[arux]$') or args[8] == '' then
		return wrong('recall: job or result not understood')
	end
	local j = redis.call('HMGET', key, 's', 'f', 'l', 'k', 'r')
	local state, lane = j[1], j[3]
	local other = lane and (lane ~= args[3] or (j[4] and j[4] ~= args[4]))
	if not lane or other then
		return recall_forgotten(tag, now, actor, args, other)
	end
	if state == 'done' and (result ~= 'a' or j[5] == 'a') then
		return 0
	end
	if state == 'sending' and tonumber(j[2]) > tonumber(args[2]) then
		if result == 'a' then
			recall_news(tag, now, actor, args)
		end
		return 2
	end
	settle(tag, id, key, lane, result)
	if args[7] ~= '' then
		redis.call('HSET', key, 'i', args[7])
	end
	return recall_news(tag, now, actor, args)
end

redis.register_function{function_name = 'wl_recall', callback = recall, flags = {'allow-oom'}}
