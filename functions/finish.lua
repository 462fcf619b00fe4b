-- wl_finish: what became of a text; the outcome event goes into its actor's mail in the same call.
--   KEYS  {t}:alarm
--   ARGV  job, fence, result (a accepted, r refused, l later, u unknown, x expired), retry at ms,
--         provider's id, event id ('' = no event), sealed event
--   Reply 1 recorded | 0 lost
--   Unknown is final in lanes 1-2 and due again (one more ambiguity) in lane 0. Without the fence
--   only "accepted" counts: the provider has the text, so a job that nobody is sending is done.
local function settle(tag, id, key, lane, result)
	redis.call('HSET', key, 's', 'done', 'r', result)
	redis.call('HDEL', key, 'm')
	redis.call('ZREM', tag .. ':lease', id)
	redis.call('ZREM', tag .. ':due:' .. lane, id)
	redis.call('PEXPIRE', key, JOB_KEEP_MS)
end

local function put_back(tag, id, key, lane, result, at)
	redis.call('HSET', key, 's', 'due', 'r', result)
	redis.call('ZREM', tag .. ':lease', id)
	redis.call('ZADD', tag .. ':due:' .. lane, at, id)
end

-- 1 = the fact is kept, 0 = lost, nil = this very call was done before.
local function finish_late(tag, id, key, j, fence, result)
	if j[2] == fence and j[4] == result then
		return nil
	end
	if result ~= 'a' then
		return 0
	end
	if j[3] and j[1] ~= 'sending' then
		settle(tag, id, key, j[3], result)
	end
	return 1
end

local function finish(keys, args)
	local tag, now, id, fence, result = tag_of(keys[1]), clock(), args[1], args[2], args[3]
	local key, actor = tag .. ':j:' .. id, actor_of_job(id)
	if not actor or not string.find(result, '^[arlux]$') then
		return wrong('finish: job or result not understood')
	end
	local j = redis.call('HMGET', key, 's', 'f', 'l', 'r')
	local state, lane = j[1], j[3]
	if lane and j[2] == fence
		and (state == 'claimed' or state == 'sending' or state == 'lapsed') then
		local unknown_again = result == 'u'
			and (lane == TEXT_CRISIS or CONTROL == 'unknown-requeued')
		if unknown_again then
			redis.call('HINCRBY', key, 'u', 1)
		end
		if unknown_again or result == 'l' then
			put_back(tag, id, key, lane, result, args[4])
		else
			settle(tag, id, key, lane, result)
		end
	else
		local late = finish_late(tag, id, key, j, fence, result)
		if late ~= 1 then
			return late or 1
		end
	end
	if args[5] ~= '' and lane then
		redis.call('HSET', key, 'i', args[5])
	end
	if args[6] ~= '' then
		ring(tag, (deliver(tag, now, actor, args[6], '0', args[7])))
	end
	return 1
end

redis.register_function{function_name = 'wl_finish', callback = finish, flags = {'allow-oom'}}
