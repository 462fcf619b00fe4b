-- wl_jobs: texts that are due, per lane, each with a new fence and a lease.
--   KEYS  {t}:alarm
--   ARGV  lease ms, at most in lane 0, in lane 1, in lane 2
--   Reply {now, 1 when more are due, then per job: job, state (claimed|lapsed), lane, fence,
--         attempt, ambiguous, not before, expires, program, sealed body}
--   Leases that ran out come first (reliability.md C3):
--     claimed            due again
--     sending, lane 0    due again with one more ambiguity
--     sending, lanes 1-2 handed out as lapsed: nobody knows whether the text left, so whoever gets
--                        it tells the person's actor "unknown" and never sends. Should that one
--                        die too, it is handed out again.
--   Allowed without memory: what waits in the outbox must go out.
local SWEEP = 500

local function hand_out(reply, tag, til, id, state)
	local key = tag .. ':j:' .. id
	local j = redis.call('HMGET', key, 'l', 'f', 'n', 'u', 't', 'x', 'p', 'm')
	if not j[1] then
		return false
	end
	local fence, begun = tonumber(j[2] or 0) + 1, tonumber(j[3] or 0)
	redis.call('HSET', key, 'f', fence, 's', state)
	redis.call('ZADD', tag .. ':lease', til, id)
	local at = #reply
	reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = id, state, tonumber(j[1]), fence
	reply[at + 5] = state == 'lapsed' and begun or begun + 1
	reply[at + 6] = tonumber(j[4] or 0)
	reply[at + 7], reply[at + 8], reply[at + 9], reply[at + 10] =
		tonumber(j[5]), tonumber(j[6]), j[7], j[8] or ''
	return true
end

-- One job whose lease ran out. True = more is due than there was room for.
local function lapse(reply, tag, now, til, room, id)
	local key = tag .. ':j:' .. id
	local j = redis.call('HMGET', key, 's', 'l')
	local state, lane = j[1], j[2]
	if not lane or state == 'done' then
		redis.call('ZREM', tag .. ':lease', id)
		return false
	end
	local again = lane == TEXT_CRISIS or CONTROL == 'unknown-requeued'
	if state == 'lapsed' or (state == 'sending' and not again) then
		if room[lane] == 0 then
			return true
		end
		room[lane] = room[lane] - 1
		hand_out(reply, tag, til, id, 'lapsed')
		return false
	end
	if state == 'sending' then
		redis.call('HINCRBY', key, 'u', 1)
	end
	redis.call('HDEL', key, 's')
	redis.call('ZADD', tag .. ':due:' .. lane, now, id)
	redis.call('ZREM', tag .. ':lease', id)
	return false
end

local function jobs(keys, args)
	local tag, now = tag_of(keys[1]), clock()
	local til = now + tonumber(args[1])
	local room = {['0'] = tonumber(args[2]), ['1'] = tonumber(args[3]), ['2'] = tonumber(args[4])}
	local reply, more = {now, 0}, false
	local over = redis.call('ZRANGE', tag .. ':lease', '-inf', now, 'BYSCORE', 'LIMIT', 0, SWEEP)
	for _, id in ipairs(over) do
		more = lapse(reply, tag, now, til, room, id) or more
	end
	for _, lane in ipairs{'0', '1', '2'} do
		local due = tag .. ':due:' .. lane
		local ids = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, room[lane] + 1)
		for i, id in ipairs(ids) do
			if i > room[lane] then
				more = true
			else
				hand_out(reply, tag, til, id, 'claimed')
				redis.call('ZREM', due, id)
			end
		end
	end
	reply[2] = more and 1 or 0
	return reply
end

redis.register_function{function_name = 'wl_jobs', callback = jobs, flags = {'allow-oom'}}
