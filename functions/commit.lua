-- wl_commit: what a decision changes, all or nothing, if the fence still holds.
--   KEYS  {t}:alarm
--   ARGV  actor, fence, mails consumed, next alarm (0 = none), sealed document ('' = none), then
--         the writes, each a letter and its fields:
--           J job, lane, gate, not before, expires, blind, program, sealed body, key
--           C job                            cancel, unless it is being sent
--           E event id, actor or '', blind, derived actor, urgent, sealed event     same partition
--           T event id, packed event         another partition: waits for the forwarder
--           L sealed entry                   log
--           I index, score    U index        into and out of an index
--           N counter                        + 1 on the UTC day
--           P blind, 1 when derived          this number reaches this actor
--   Reply 1 done | 0 somebody else has the actor, or the claim was committed before
--   Errors WARMLINE commit: write not understood
local FIELDS = {J = 9, C = 1, E = 6, T = 2, L = 1, I = 2, U = 1, N = 1, P = 2}

local function commit_understood(args)
	local i = 6
	while i <= #args do
		local fields = FIELDS[args[i]]
		if not fields or i + fields > #args then
			return false
		end
		i = i + 1 + fields
	end
	return true
end

-- Every write returns 1 when somebody should hear the bell.
local write = {}

function write.J(c, id, lane, gate, at, expires, blind, program, body, text)
	local key = c.tag .. ':j:' .. id
	if redis.call('EXISTS', key) == 1 then
		return 0 -- the same cause again
	end
	if CONTROL == 'stop-at-enqueue-only' and gate == GATE_ROUTINE
		and stopped(c.tag, blind, program) then
		return 0
	end
	redis.call('HSET', key, 'l', lane, 'g', gate, 't', at, 'x', expires, 'b', blind, 'p', program,
		'm', body)
	if text ~= '' then
		redis.call('HSET', key, 'k', text)
	end
	redis.call('ZADD', c.tag .. ':due:' .. lane, at, id)
	return tonumber(at) <= c.now and 1 or 0
end

function write.C(c, id)
	local key = c.tag .. ':j:' .. id
	local job = redis.call('HMGET', key, 's', 'l')
	if not job[2] or job[1] == 'done' then
		return 0
	end
	if job[1] == 'sending' or job[1] == 'lapsed' then
		redis.call('HSET', key, 'c', 1) -- should it come back, begin turns it away
		return 0
	end
	redis.call('DEL', key)
	redis.call('ZREM', c.tag .. ':due:' .. job[2], id)
	redis.call('ZREM', c.tag .. ':lease', id)
	return 0
end

function write.E(c, id, actor, blind, derived, urgent, event)
	if actor == '' then
		actor = owner_of(c.tag, blind, derived)
	end
	return (deliver(c.tag, c.now, actor, id, urgent, event))
end

function write.T(c, id, packed)
	c.parcels = c.parcels + 1
	-- A fraction of a millisecond keeps the order in which the decision made them.
	if redis.call('ZADD', c.tag .. ':post', 'NX', c.now - 1 + c.parcels / 1000, id) == 0 then
		return 0
	end
	redis.call('HSET', c.tag .. ':post:b', id, packed)
	return 1
end

function write.L(c, entry)
	redis.call('RPUSH', c.box .. ':log', entry)
	return 0
end

function write.I(c, name, score)
	redis.call('ZADD', c.tag .. ':ix:' .. name, score, c.actor)
	return 0
end

function write.U(c, name)
	redis.call('ZREM', c.tag .. ':ix:' .. name, c.actor)
	return 0
end

function write.N(c, name)
	redis.call('HINCRBY', c.tag .. ':count:' .. day_of(c.now), name, 1)
	return 0
end

function write.P(c, blind, derived)
	local key = c.tag .. ':phone:' .. blind
	if derived == '1' then
		redis.call('DEL', key)
	else
		redis.call('SET', key, c.actor)
	end
	return 0
end

-- The next alarm; mail that is left or came meanwhile rings at once.
local function commit_alarm(c, alarm)
	local left = redis.call('EXISTS', c.box .. ':mail') == 1
	if left then
		alarm = c.now
	end
	if alarm == 0 then
		redis.call('ZREM', c.tag .. ':alarm', c.actor)
		return 0
	end
	redis.call('ZADD', c.tag .. ':alarm', alarm, c.actor)
	return alarm <= c.now and 1 or 0
end

local function commit(keys, args)
	local c = {tag = tag_of(keys[1]), actor = args[1], now = clock(), parcels = 0}
	c.box = c.tag .. ':a:' .. c.actor
	if not commit_understood(args) then
		return wrong('commit: write not understood')
	end
	local fence, til = lease_of(redis.call('GETRANGE', c.box, 0, HEAD - 1))
	local held = til > 0 and fence == tonumber(args[2])
	if not held and CONTROL ~= 'no-fence-in-commit' then
		return 0
	end
	redis.call('SET', c.box, head_of(fence, 0) .. args[5])
	if tonumber(args[3]) > 0 then
		redis.call('LTRIM', c.box .. ':mail', args[3], -1)
	end
	local rung, i = 0, 6
	while i <= #args do
		local fields = FIELDS[args[i]]
		rung = rung + write[args[i]](c, unpack(args, i + 1, i + fields))
		i = i + 1 + fields
	end
	ring(c.tag, rung + commit_alarm(c, tonumber(args[4])))
	return 1
end

redis.register_function('wl_commit', commit)
