-- wl_begin: may this text leave now? If so the intent is durable when the answer comes.
--   KEYS  {t}:alarm
--   ARGV  job, fence, lease ms
--   Reply 0 lost | 1 go | 2 stopped | 3 expired | 4 unwanted (and gone) | 5 wait (put back)
--         6 sent before, 7 perhaps sent before: to be finished as accepted, unknown (recall.lua)
--   All conditions are looked at in the call that writes "sending": a STOP that was acknowledged
--   before this call is always seen.
local LOST, GO, STOPPED, EXPIRED, UNWANTED, WAIT, SENT, UNSURE = 0, 1, 2, 3, 4, 5, 6, 7

-- Takes one mark of a text that left before Redis forgot it. Pages may repeat.
local function sent_before(tag, now, lane, key)
	if not key or lane == TEXT_CRISIS then
		return nil
	end
	local sent = tag .. ':sent:' .. key
	local mark = redis.call('LPOP', sent)
	while mark do
		local til, result = string.match(mark, '^(%d+) (%a)$')
		if til and tonumber(til) > now then
			return result == 'a' and SENT or UNSURE
		end
		mark = redis.call('LPOP', sent)
	end
	return nil
end

local function begin_verdict(tag, now, id, j)
	local lane, gate, blind, program, expires, canceled = j[3], j[4], j[5], j[6], j[7], j[8]
	if canceled then
		return UNWANTED
	end
	local sent = sent_before(tag, now, lane, j[9])
	if sent then
		return sent
	end
	if gate == GATE_ROUTINE and CONTROL ~= 'stop-at-enqueue-only'
		and stopped(tag, blind, program) then
		return STOPPED
	end
	if tonumber(expires) > 0 and tonumber(expires) <= now then
		return EXPIRED
	end
	if lane == TEXT_SCHEDULED and gate == GATE_ROUTINE
		and redis.call('EXISTS', tag .. ':a:' .. actor_of_job(id) .. ':mail') == 1 then
		return WAIT
	end
	return GO
end

local function begin(keys, args)
	local tag, now, id = tag_of(keys[1]), clock(), args[1]
	local key = tag .. ':j:' .. id
	local j = redis.call('HMGET', key, 's', 'f', 'l', 'g', 'b', 'p', 'x', 'c', 'k')
	if not j[3] then
		return UNWANTED
	end
	if CONTROL ~= 'no-fence-in-begin' and (j[1] ~= 'claimed' or j[2] ~= args[2]) then
		return LOST
	end
	local verdict = begin_verdict(tag, now, id, j)
	if verdict == GO or verdict == SENT or verdict == UNSURE then
		redis.call('HSET', key, 's', 'sending')
		redis.call('HINCRBY', key, 'n', 1)
		redis.call('ZADD', tag .. ':lease', now + tonumber(args[3]), id)
	elseif verdict == UNWANTED then
		redis.call('DEL', key)
		redis.call('ZREM', tag .. ':lease', id)
	elseif verdict == WAIT then
		redis.call('HDEL', key, 's')
		redis.call('ZADD', tag .. ':due:' .. j[3], now + JOB_WAIT_MS, id)
		redis.call('ZREM', tag .. ':lease', id)
	end
	return verdict
end

redis.register_function{function_name = 'wl_begin', callback = begin, flags = {'allow-oom'}}
