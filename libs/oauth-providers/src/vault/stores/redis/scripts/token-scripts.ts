import { clockLua, recordLua, scheduleLua, wakeLua, writesLua } from './prelude.js';

const record = clockLua + recordLua + scheduleLua;

/** Scripts about one record. Its Redis key is their only key, from which they derive those of the sets it lies in. */
export const tokenScripts = {
  // mode, expected generation, write, generation, lane, due, owner, sealed
  tokenSave: `${record}${wakeLua}${writesLua}
local mode, expected, write, nextGeneration, nextLane = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local nextDue, nextOwner, sealed = tonumber(ARGV[7]) or never, ARGV[8], ARGV[9]
local repeated = knows(write)
if repeated or (mode == 'nothing' and here) or (mode == 'fenced' and generation ~= expected) then
  if repeated and here and generation == nextGeneration then return 1 end
  return here and call('GET', KEYS[1])
end
local oldOwner = here and has(2) and owner or ''
if mode == 'fenced' then nextOwner = oldOwner end
remember(write)
call('SET', KEYS[1], pack(format, 1, 0, nextOwner == '' and 0 or 2, #remembered / 12, #sealed, 0, nextDue,
  none, zeros, 0, 0, never, nextGeneration, remembered .. zeros, nextLane, nextOwner .. zeros) .. sealed)
move(nextLane, nextDue, none)
if not here then call('ZADD', base .. 'p', 0, id) end
if oldOwner ~= nextOwner then
  if nextOwner == '' then call('ZREM', base .. 'o', id)
  else call('ZADD', base .. 'o', rank(nextOwner), id) end
end
wake()
return 1`,

  // write, how long to remember it
  tokenRemove: `${record}${wakeLua}${writesLua}
if knows(ARGV[2]) then return end
remember(ARGV[2])
local gone = now() + tonumber(ARGV[3])
keep(KEYS[1], pack('>BBd', 2, #remembered / 12, gone) .. remembered, gone)
if here then
  move(lane, never, none)
  call('ZREM', base .. 'p', id)
  call('ZREM', base .. 'o', id)
  wake()
end`,

  // holder, for how long
  tokenClaim: `${record}
if not here then return {0} end
if lease > now() and holder ~= ARGV[2] then return {0, call('GET', KEYS[1])} end
local till = now() + tonumber(ARGV[3])
call('SETRANGE', KEYS[1], 20, pack('>d', till) .. ARGV[2])
move(lane, due, till)
return {1, call('GET', KEYS[1])}`,

  // holder
  tokenRelease: `${record}${wakeLua}
if not here or lease == none or holder ~= ARGV[2] then return end
call('SETRANGE', KEYS[1], 20, pack('>dc16', none, zeros))
move(lane, due, none)
wake()`,

  // holder, generation
  tokenMark: `${record}
if not here or generation ~= ARGV[3] or lease <= now() or holder ~= ARGV[2] then return 0 end
call('SETRANGE', KEYS[1], 2, string.char(bit.bor(flags, 1)))
return 1`,

  // holder, generation
  tokenUnmark: `${record}
if not here or generation ~= ARGV[3] or lease == none or holder ~= ARGV[2] then return end
call('SETRANGE', KEYS[1], 2, string.char(bit.band(flags, 254)))`,

  // holder or nobody, generation, state, failures, refusals, refused since, due, forget the spending, cause or not, cause
  tokenSettle: `${record}${wakeLua}
if not here or generation ~= ARGV[3] then return 0 end
local nextState, nextFailures, nextRefusals = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local nextSince, nextDue, forget = tonumber(ARGV[7]) or never, tonumber(ARGV[8]) or never, ARGV[9] == '1'
local cause, tail = ARGV[11], 188 + size
local nextFlags = bit.bor(bit.band(flags, forget and 2 or 3), ARGV[10] == '1' and 4 or 0)
if ARGV[2] == '' then
  if lease > now() then return 0 end
elseif lease == none or holder ~= ARGV[2] then
  local settled = lease == none and state == nextState and failures == nextFailures and refusals == nextRefusals
    and since == nextSince and due == nextDue and bit.band(flags, 7) == nextFlags
    and causeSize == #cause and call('GETRANGE', KEYS[1], tail, tail + causeSize - 1) == cause
  return settled and 1 or 0
end
local front = pack('>BBBBI4I4ddc16I4I4d', 1, nextState, nextFlags, count, size, #cause, nextDue, none, zeros,
  nextFailures, nextRefusals, nextSince)
-- Growing a string in place would double what it takes, for every record during an outage.
if tail + #cause > call('STRLEN', KEYS[1]) then
  call('SET', KEYS[1], front .. call('GETRANGE', KEYS[1], 60, tail - 1) .. cause)
else
  call('SETRANGE', KEYS[1], 0, front)
  if #cause > 0 then call('SETRANGE', KEYS[1], tail, cause) end
end
move(lane, nextDue, none)
wake()
return 1`,

  // generation, sealed
  tokenReseal: `${clockLua}${recordLua}
if not here or generation ~= ARGV[2] then return 0 end
local tail = 188 + size
local cause = causeSize > 0 and call('GETRANGE', KEYS[1], tail, tail + causeSize - 1) or ''
call('SET', KEYS[1], sub(head, 1, 4) .. pack('>I4', #ARGV[3]) .. sub(head, 9) .. ARGV[3] .. cause)
return 1`,

  // channel, for how long
  tokenAwait: `${clockLua}${recordLua}
if here and not has(8) then call('SETRANGE', KEYS[1], 2, string.char(bit.bor(flags, 8))) end
call('SADD', base .. 'w' .. id, ARGV[2])
call('PEXPIRE', base .. 'w' .. id, ARGV[3])`,

  storeNow: `${clockLua}
return string.format('%.17g', now())`,
} as const;
